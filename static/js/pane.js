// What is open beside the list: which row is marked, and the person's details.
const root = document.documentElement;
const wide = matchMedia("(min-width: 1180px)");
const pane = () => document.getElementById("pane");

let last; // the row that was open, to return to

function mark(link) {
  for (const other of document.querySelectorAll("#thread-rows a[aria-current]")) {
    if (other !== link) other.removeAttribute("aria-current");
  }
  link?.setAttribute("aria-current", "page");
  last = link ?? last;
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

document.addEventListener("click", ({ target }) => {
  if (target.closest("#panel-toggle, [data-closes=person]")) togglePerson();
});
document.addEventListener("keydown", (event) => {
  const drawer = !wide.matches && root.dataset.person === "open";
  if (event.key === "Escape" && drawer && !event.defaultPrevented) togglePerson();
});
wide.addEventListener("change", sayPerson);

// A click is answered at once, before the conversation is there.
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.closest("#thread-rows")) mark(ctx.sourceElement);
});

// Another conversation came into the pane.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  sayPerson();
  if (ctx.target?.id !== "pane") return;
  if (!wide.matches) root.dataset.person = "closed";
  mark(document.getElementById(`thread-link-${pane().dataset.thread}`));
  document.dispatchEvent(new CustomEvent("pane-opened"));
  // Where one pane takes the other's place, the focus must not stay behind.
  const listIsHidden = document.getElementById("list-pane").offsetParent === null;
  if (pane().offsetParent === null) last?.focus();
  else if (pane().querySelector("[autofocus]")) pane().querySelector("[autofocus]").focus();
  else if (listIsHidden) pane().focus();
});
mark(document.getElementById(`thread-link-${pane().dataset.thread}`));
last?.scrollIntoView({ block: "nearest" });
sayPerson();
document.dispatchEvent(new CustomEvent("pane-opened"));
