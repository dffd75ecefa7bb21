// Which people are chosen: by box, by range, by page, or all that match; kept while paging.
const KEPT_AS = "chosen-contacts";
const form = document.getElementById("contact-choice");
const bar = document.getElementById("chosen");
const boxes = () => [...document.querySelectorAll("#contact-rows [type=checkbox]")];
const whose = () => {
  const query = new URLSearchParams(location.search);
  for (const name of ["sort", "after", "before", "all"]) query.delete(name);
  return `${query}`;
};

// --- what is chosen ---
let chosen = new Set(); // primary keys, also of other pages
let filter; // the one that they were chosen from
let isAll = false; // all that match instead, as many as `#all-chosen` says
let last; // box, for ranges

function restore() {
  filter = whose();
  let kept;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEPT_AS));
  } catch {
    // Then it holds for this page.
  }
  if (kept?.filter !== filter) kept = undefined;
  chosen = new Set(kept?.pks);
  // They are counted anew.
  if (kept?.isAll) htmx.trigger("#choose-all-matching", "click", {});
}

function keep() {
  try {
    sessionStorage.setItem(KEPT_AS, JSON.stringify({ filter, pks: [...chosen], isAll }));
  } catch {
    // As above.
  }
}

function choose(some, isChosen) {
  // Whoever is left out of all leaves those of this page.
  if (isAll) chosen = new Set(boxes().map(({ value }) => value));
  forgetAll();
  for (const { value } of some) {
    if (isChosen) chosen.add(value);
    else chosen.delete(value);
  }
  keep();
  show();
}

function forgetAll() {
  isAll = false;
  document.getElementById("all-chosen").replaceChildren();
}

function show() {
  const shown = boxes();
  for (const box of shown) {
    box.checked = isAll || chosen.has(box.value);
    box.closest("tr").toggleAttribute("data-chosen", box.checked);
  }
  const here = shown.filter(({ checked }) => checked).length;
  const page = document.getElementById("choose-page");
  if (page) {
    page.checked = here > 0 && here === shown.length;
    page.indeterminate = here > 0 && !page.checked;
  }
  bar.hidden = !(isAll || chosen.size);
  const told = isAll ? Number(document.querySelector("#all-chosen [name=count]").value) : chosen.size;
  const elsewhere = isAll ? 0 : chosen.size - here;
  const words = `${told.toLocaleString("en")} chosen${elsewhere ? `, ${elsewhere} on other pages` : ""}`;
  document.getElementById("chosen-count").textContent = words;
  const status = document.getElementById("contact-status");
  status.textContent = bar.hidden ? "" : words;
  const more = document.getElementById("choose-all-matching");
  more.hidden = isAll || !page?.checked || !document.querySelector(".people-pages [rel]");
  const count = document.querySelector("#contact-count strong")?.textContent;
  more.textContent = count ? `Choose all ${count} that match` : "Choose all that match";
}

// --- by mouse and by keys ---
document.addEventListener("click", (event) => {
  const { target } = event;
  if (target.id === "choose-none") {
    forgetAll();
    choose([...chosen].map((value) => ({ value })), false);
  }
  if (!target.matches("#contact-rows [type=checkbox]")) return;
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(target)].sort((one, other) => one - other);
  choose(event.shiftKey && from >= 0 ? all.slice(from, to + 1) : [target], target.checked);
  last = target;
});
document.addEventListener("change", ({ target }) => {
  if (target.id === "choose-page") choose(boxes(), target.checked);
});
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.getElementById("search");
  const fromSearch = event.target === search && event.key === "ArrowDown";
  if (event.target.closest("input:not([type=checkbox]), select, dialog, [popover]") && !fromSearch) return;
  const single = document.getElementById("single-keys").checked;
  const rows = [...document.querySelectorAll("#contact-rows > tr")];
  const at = rows.indexOf(event.target.closest("#contact-rows > tr"));
  const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
  const by = (at >= 0 || fromSearch ? arrow : 0) || (single ? ({ j: 1, k: -1 }[event.key] ?? 0) : 0);
  if (by) {
    const row = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    row?.querySelector("a").focus();
    row?.scrollIntoView({ block: "nearest" });
  } else if (single && event.key === "x" && at >= 0) {
    rows[at].querySelector("[type=checkbox]")?.click();
  } else return;
  event.preventDefault();
});

// --- what comes from the server, and what goes there ---
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!bar) return;
  if (ctx.sourceElement.id === "choose-all-matching") {
    isAll = true;
    keep();
  }
  if (ctx.sourceElement.id === "contact-list" && whose() !== filter) {
    forgetAll();
    restore();
  }
  if (/^(contact-list|contact-count|choose-all-matching)$/.test(ctx.sourceElement.id)) show();
});
form.addEventListener("formdata", ({ formData }) => {
  formData.delete("pk");
  if (isAll) return;
  // As one field: their number is limited.
  if (chosen.size) formData.append("pk", [...chosen].join());
});

// After htmx, which was loaded first, has wired the page.
document.addEventListener("DOMContentLoaded", () => {
  if (!bar) return;
  isAll = document.querySelector("#all-chosen [name=count]") !== null;
  restore();
  show();
});
