// What is open beside the list: which row is marked, the person's details, copying a number.
import { toast } from "./toasts.js";

const root = document.documentElement;
const wide = matchMedia("(min-width: 1180px)");
const pane = () => document.getElementById("pane");

function mark() {
  const { thread } = pane().dataset;
  for (const link of document.querySelectorAll("#thread-rows a[aria-current]")) {
    link.removeAttribute("aria-current");
  }
  document.getElementById(`thread-link-${thread}`)?.setAttribute("aria-current", "page");
}

function sayPerson() {
  const open = wide.matches ? root.dataset.person !== "closed" : root.dataset.person === "open";
  const toggle = document.getElementById("panel-toggle");
  if (toggle) toggle.ariaExpanded = `${open}`;
}

function togglePerson() {
  const open = document.getElementById("panel-toggle").ariaExpanded !== "true";
  root.dataset.person = open ? "open" : "closed";
  try {
    if (wide.matches) localStorage.setItem("person", root.dataset.person);
  } catch {
    // Then it holds for this page.
  }
  sayPerson();
  if (!open) document.getElementById("panel-toggle").focus();
}

document.addEventListener("click", async ({ target }) => {
  if (target.closest("#panel-toggle, [data-closes=person]")) togglePerson();
  const copier = target.closest("[data-copy]");
  if (!copier) return;
  await navigator.clipboard.writeText(copier.dataset.copy);
  toast("The number is copied.");
});
document.addEventListener("keydown", (event) => {
  const drawer = !wide.matches && root.dataset.person === "open";
  if (event.key === "Escape" && drawer && !event.defaultPrevented) togglePerson();
});
wide.addEventListener("change", sayPerson);

// Another conversation came into the pane.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  sayPerson();
  if (!ctx.sourceElement.closest("#thread-rows") && ctx.target?.id !== "pane") return;
  if (!wide.matches) root.dataset.person = "closed";
  mark();
  document.dispatchEvent(new CustomEvent("pane-opened"));
  // Where the pane took the list's place, the focus must not stay behind in it.
  if (document.getElementById("list-pane").offsetParent === null) pane().focus();
});
sayPerson();
document.dispatchEvent(new CustomEvent("pane-opened"));
