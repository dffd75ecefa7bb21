// The list of people: search and filters in the address, news that move nothing under the pointer.
import "./contact_choice.js";

const list = document.getElementById("contact-list");
const form = document.getElementById("contact-filters");
const search = document.getElementById("search");
const news = document.getElementById("contact-news");
const TYPING = 120; // ms of rest before a search
// After a look at the news a screen rests, the longer the busier the server is; counting rests more.
const [SOON, REST, TIMES, COUNTS] = [500, 1500, 10, 10_000]; // ms, but for the third
const hovers = matchMedia("(hover: hover)");
const rows = () => [...document.querySelectorAll("#contact-rows > tr")];

function asked() {
  const query = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...query]) {
    if (!value || (name === "sort" && value === "name")) query.delete(name);
  }
  return query;
}

// --- search and filters ---
let typing;
function ask() {
  clearTimeout(typing);
  htmx.trigger(list, "list-asked", {});
}
function go(change) {
  const query = asked();
  const address = query.size ? `?${query}` : location.pathname;
  // The mark tells htmx that this place is ours to come back to.
  if (change === "push" && !history.state?.htmx) {
    history.replaceState({ htmx: true }, "", location.href);
  }
  history[`${change}State`]({ htmx: true }, "", address);
  ask();
}
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => go("replace"), TYPING);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  go("replace");
});
form.addEventListener("change", ({ target }) => {
  if (target !== search) go("push");
});
// Back and forward bring the filters of that place, and the list for them.
document.addEventListener("htmx:before:history:restore", (event) => {
  event.preventDefault();
  const query = new URLSearchParams(location.search);
  for (const field of form.elements) {
    if (field.name) field.value = query.get(field.name) ?? (field.name === "sort" ? "name" : "");
  }
  ask();
});

// --- news ---
// What stands under the pointer, or has the focus, stays where it is until the agent asks.
const isHeld = () => (hovers.matches && list.matches(":hover")) || list.matches(":focus-within");
let waiting; // for the next look
let hasNews = false;
let since = 0; // when the question under way left
let restsUntil = 0;
function look() {
  if (waiting || document.hidden || !hasNews) return;
  const rest = restsUntil - performance.now();
  waiting = setTimeout(() => {
    waiting = undefined;
    hasNews = false;
    htmx.trigger(list, "list-asked", { isLook: true });
  }, Math.max(rest, SOON * Math.random()));
}
let counting;
let countedAt = 0;
function count(wait = 0) {
  clearTimeout(counting);
  counting = setTimeout(() => htmx.trigger(document.body, "contacts-shown", {}), wait);
}
for (const name of ["contacts", "live-connected", "live-poll"]) {
  document.addEventListener(name, ({ target }) => {
    if (target !== document.body) return;
    hasNews = true;
    look();
  });
}
document.addEventListener("visibilitychange", look);
document.addEventListener("contacts-moved", () => {
  news.hidden = false;
});
news.addEventListener("click", ask);
list.addEventListener("pointerleave", () => {
  if (!news.hidden && !isHeld()) ask();
});

// --- the question, made as it leaves, and its answer ---
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const { sourceElement: source, request } = ctx;
  const path = new URL(request.action, location.href).pathname;
  if (source.id === "contact-count") {
    countedAt = performance.now();
    request.action = `${path}?${asked()}`;
  }
  if (source.id === "choose-all-matching") request.action = `${path}?${asked()}&all=1`;
  if (source !== list) return;
  since = performance.now();
  const query = new URLSearchParams(location.search);
  query.delete("all");
  if (ctx.sourceEvent?.detail?.isLook && isHeld()) {
    query.set("shown", rows().map(({ id }) => id.replace("contact-row-", "")).join());
    ctx.swap = "none"; // each row comes as a fragment of its own
  }
  request.action = `${path}?${query}`;
});
// The pointer may have come while the answer was on its way.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement !== list || ctx.swap === "none") return;
  if (!ctx.sourceEvent?.detail?.isLook || !isHeld()) return;
  event.preventDefault();
  news.hidden = false;
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.sourceElement !== list) return;
  if (ctx.swap !== "none") news.hidden = true;
  const isLook = ctx.sourceEvent?.detail?.isLook;
  count(isLook ? Math.max(0, countedAt + COUNTS - performance.now()) : 0);
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement !== list) return;
  const now = performance.now();
  restsUntil = now + Math.max(REST, TIMES * (now - since));
  look();
});
