// The rows of the list: asks for those that changed.
//
// Rows are heard of by name. Every screen waits a moment of its own before it asks, so that open
// conversations are answered first and a burst becomes one question; after an answer it rests, the
// longer the busier the server is. What nobody looks at waits until somebody does.
import { arrange, takeAway } from "./row_places.js";

const ALL = new Set(["threads", "contacts", "live-connected", "live-poll"]);
const AT_ONCE = 40; // rows by name; beyond that the whole list costs no more
const [SOON, SPREAD, REST] = [50, 200, 500]; // ms
const list = document.getElementById("thread-list");
const filters = document.getElementById("filters");
const isOurs = ({ id }) => id === "thread-list" || id === "more-threads";

export const rows = () => [...document.querySelectorAll("#thread-rows > li:not(.is-gone)")];

export function shown() {
  const asked = new URLSearchParams(new FormData(filters));
  for (const [name, value] of [...asked]) if (!value) asked.delete(name);
  return asked;
}

// --- when to ask ---
const named = new Set(); // threads whose row changed
let all = false; // or anything may have
let asked; // what the question under way is about
let timer;
let restsUntil = 0;

function askNow() {
  htmx.trigger(list, "list-asked", {});
}

function askSoon() {
  if (timer || asked || document.hidden || !(all || named.size)) return;
  const rest = restsUntil - performance.now();
  timer = setTimeout(askNow, Math.max(rest, SOON + Math.random() * SPREAD));
}

export function askAll() {
  all = true;
  askNow();
}

document.addEventListener("live-name", ({ detail: { name } }) => {
  if (/^row-\d+$/.test(name)) named.add(name.slice(4));
  else if (ALL.has(name)) all = true;
  askSoon();
});
// What the agent does here shows at once.
document.addEventListener("thread-acted", () => {
  named.add(document.getElementById("pane").dataset.thread);
  askNow();
});
document.addEventListener("visibilitychange", () => {
  if (all || named.size) askSoon();
});

// --- the question, made as it leaves ---
document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  const source = ctx.sourceElement;
  if (!isOurs(source)) return;
  if (source !== list) {
    // A page that waited for a new list goes on from where that one ends.
    if (source.isConnected) ctx.request.action = source.getAttribute("hx-get");
    else event.preventDefault();
    return;
  }
  clearTimeout(timer);
  timer = undefined;
  const query = shown();
  const { thread } = document.getElementById("pane").dataset;
  if (thread) query.set("selected", thread);
  if (all || named.size > AT_ONCE) query.set("count", rows().length);
  else query.set("rows", [...named].join());
  asked = { names: query.has("rows") ? [...named] : [], since: performance.now() };
  if (query.has("rows")) ctx.swap = "none"; // each row comes as a fragment of its own
  all = false;
  named.clear();
  ctx.request.action = `${new URL(ctx.request.action, location.href).pathname}?${query}`;
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!isOurs(ctx.sourceElement)) return;
  if (ctx.sourceElement === list) {
    const took = performance.now() - asked.since;
    restsUntil = performance.now() + Math.max(REST, took);
    asked = undefined;
    if (!ctx.response?.raw.ok) {
      // The next poll or name asks again.
      all = true;
      return;
    }
  }
  askSoon();
});

// --- the answer ---
// Those asked for are marked, and an answer takes the mark away: who keeps it is not shown here.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement !== list || !ctx.response.raw.ok) return;
  for (const name of asked.names) {
    let row = document.getElementById(`thread-row-${name}`);
    if (!row) {
      row = document.createElement("li");
      row.id = `thread-row-${name}`;
      document.getElementById("thread-rows").append(row);
    }
    row.dataset.asked = "";
  }
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!isOurs(ctx.sourceElement)) return;
  const last = document.querySelector("a#more-threads")?.dataset.bound ?? "";
  for (const row of rows()) {
    // What lies beyond the button that loads more comes with it, without a gap.
    if ("asked" in row.dataset || row.dataset.sort < last) takeAway(row);
  }
  arrange();
  // The words for an empty list come with the list.
  const saysEmpty = list.querySelector(".empty-list") !== null;
  if (saysEmpty !== (rows().length === 0)) askAll();
});
