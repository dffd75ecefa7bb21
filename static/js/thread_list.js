// The list beside the conversation: search and filters, moving by keys, and its width.
import { askAll, rows, shown } from "./thread_rows.js";

const list = document.getElementById("thread-list");
const search = document.getElementById("search");
const pane = document.getElementById("list-pane");
const TYPING = 120; // ms of rest before a search
const links = () => [...document.querySelectorAll("#thread-rows > li > a")];

// --- search and filters ---
let resting;
search.addEventListener("input", () => {
  pane.toggleAttribute("data-searching", search.value !== "");
  clearTimeout(resting);
  resting = setTimeout(() => {
    const asked = shown();
    history.replaceState(history.state, "", asked.size ? `?${asked}` : location.pathname);
    askAll();
  }, TYPING);
});
document.addEventListener("htmx:after:swap", () => {
  const [found, more] = [rows().length, document.querySelector("a#more-threads") ? " or more" : ""];
  const status = document.getElementById("list-status");
  const words = search.value && `${found}${more} found`;
  if (status.textContent !== words) status.textContent = words;
});
document.getElementById("line-filter")?.addEventListener("change", ({ target }) => {
  target.form.requestSubmit();
});

// --- keys ---
function step(by) {
  const all = links();
  const at = all.findIndex((link) => link === document.activeElement);
  const from = at < 0 ? all.findIndex((link) => link.ariaCurrent === "page") : at;
  const next = all[Math.min(Math.max(from + by, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const inList = list.contains(event.target);
  const fromSearch = event.target === search && event.key === "ArrowDown";
  const typing = event.target.closest("input, textarea, select, dialog, [popover]");
  const single = document.getElementById("single-keys").checked && !typing;
  const by = { j: 1, k: -1 }[event.key] ?? 0;
  const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
  if (by && single) step(by);
  else if (arrow && (inList || fromSearch)) step(fromSearch ? 0 : arrow);
  else return;
  event.preventDefault();
});

// --- width ---
const root = document.documentElement;
const resizer = document.createElement("div");
const [LEAST, MOST] = [260, 520];
Object.assign(resizer, { className: "resizer", tabIndex: 0, role: "separator" });
Object.assign(resizer, { ariaOrientation: "vertical", ariaLabel: "Width of the list" });
Object.assign(resizer, { ariaValueMin: `${LEAST}`, ariaValueMax: `${MOST}` });
function resize(width) {
  const kept = Math.round(Math.min(Math.max(width, LEAST), MOST));
  root.style.setProperty("--list-width", `${kept}px`);
  resizer.ariaValueNow = `${kept}`;
  try {
    localStorage.setItem("list-width", kept);
  } catch {
    // Then it holds for this page.
  }
}
resizer.addEventListener("pointerdown", (event) => resizer.setPointerCapture(event.pointerId));
resizer.addEventListener("pointermove", (event) => {
  if (!resizer.hasPointerCapture(event.pointerId)) return;
  resize(event.clientX - pane.getBoundingClientRect().left);
});
resizer.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
  if (by) resize(pane.getBoundingClientRect().width + by);
});
resizer.ariaValueNow = `${Math.round(pane.getBoundingClientRect().width)}`;
pane.append(resizer);
