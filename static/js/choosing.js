// A list of which many can be chosen at once: all of a page, and how many are.
export function choosing(selector) {
  const all = document.getElementById("choose-all");
  if (!all) return;
  const status = document.getElementById("chosen-count");
  const boxes = () => [...document.querySelectorAll(`${selector}:enabled`)];

  function count() {
    const chosen = boxes().filter(({ checked }) => checked).length;
    const words = chosen ? `${chosen} chosen` : "";
    if (status.textContent !== words) status.textContent = words;
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
    all.disabled = !boxes().length;
  }

  document.addEventListener("change", ({ target }) => {
    if (target === all) {
      for (const box of boxes()) box.checked = all.checked;
    }
    count();
  });
  document.addEventListener("htmx:after:swap", count);
  count();
}
