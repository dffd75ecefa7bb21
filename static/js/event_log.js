// The event log: choosing many at once, filters that apply at once.
import { choosing } from "./choosing.js";

document.addEventListener("change", ({ target }) => {
  if (target.matches("#event-filters select")) target.form.requestSubmit();
});
choosing("#event-list [name=event]");
