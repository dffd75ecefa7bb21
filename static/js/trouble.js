// The list of what failed: choosing many at once, filtering by line.
import "./evidence.js";
import { choosing } from "./choosing.js";

document.addEventListener("change", ({ target }) => {
  if (target.id === "trouble-line") target.form.requestSubmit();
});
choosing("#trouble-list [name=message]");
