// The evidence of a message in a drawer beside its thread; without this it is a page of its own.
const SAID_FOR = 2000;
const drawer = document.getElementById("evidence-drawer");

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-evidence]");
  if (link && drawer && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    document.getElementById("evidence-body").replaceChildren();
    if (!drawer.open) drawer.showModal();
    htmx.ajax("GET", link.href, { target: "#evidence-body", swap: "innerHTML" });
  }
  const copier = event.target.closest("[data-copies]");
  if (!copier) return;
  await navigator.clipboard.writeText(document.getElementById(copier.dataset.copies).textContent);
  const label = copier.lastChild;
  label.textContent = "Copied";
  setTimeout(() => (label.textContent = "Copy"), SAID_FOR);
});

// What nobody looks at asks for nothing.
document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement } = event.detail.ctx;
  const shown = !drawer || drawer.open || !drawer.contains(sourceElement);
  if (sourceElement.matches?.(".evidence") && !shown) event.preventDefault();
});

// A click beside the drawer closes it, as Escape does.
drawer?.addEventListener("click", ({ target }) => {
  if (target === drawer) drawer.close();
});
