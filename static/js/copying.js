// A press copies what the control names.
import { toast } from "./toasts.js";

document.addEventListener("click", async ({ target }) => {
  const copier = target.closest("[data-copy]");
  if (!copier) return;
  await navigator.clipboard.writeText(copier.dataset.copy);
  toast("Copied");
});
