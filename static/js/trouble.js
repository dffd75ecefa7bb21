// The list of what failed: choosing all of a page, how many are chosen, filtering by line.
import "./evidence.js";

const all = document.getElementById("choose-all");
const boxes = () => [...document.querySelectorAll("#trouble-list [name=message]:enabled")];

function count() {
  const chosen = boxes().filter(({ checked }) => checked).length;
  const words = chosen ? `${chosen} chosen` : "";
  const status = document.getElementById("chosen-count");
  if (status.textContent !== words) status.textContent = words;
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && !all.checked;
  all.disabled = !boxes().length;
}

document.addEventListener("change", ({ target }) => {
  if (target.id === "trouble-line") target.form.requestSubmit();
  if (target === all) {
    for (const box of boxes()) box.checked = all.checked;
  }
  count();
});
document.addEventListener("htmx:after:swap", count);
count();
