// The bubbles: always in true order and without doubles, never more than the screen can carry,
// and never moving what is being read.
const MOST = 300;
const SLACK = 20;
const PAGE = 50;
const RUN_ENDS_AFTER = 15 * 60; // seconds, as on the server
const NEAR = 80; // px from the end that still count as being there
const list = () => document.getElementById("messages");
const scroller = () => document.getElementById("scroller");
const edge = (side) => list().querySelector(`:scope > #${side}`);
const bubbles = () => [...list().querySelectorAll(":scope > .message")];

let known = new WeakSet();
let news = 0;
let unseen = false;
let wantsEnd = false; // and it is not loaded yet

// In a reversed column the end is 0 and everything above is negative.
const isAtEnd = () => scroller().scrollTop > -NEAR;

// --- order ---
function removeDoubles() {
  const seen = new Map();
  for (const item of [...list().children]) {
    const first = seen.get(item.id);
    if (!first) {
      seen.set(item.id, item);
    } else if (item.classList.contains("day")) {
      item.remove();
    } else {
      if (known.has(first)) known.add(item);
      first.replaceWith(item);
      seen.set(item.id, item);
    }
  }
}

// What lies beyond a button that loads more comes with that button's page, without a gap.
function dropBeyondEdges() {
  const older = edge("older")?.dataset.bound;
  const newer = edge("newer")?.dataset.bound;
  for (const bubble of bubbles()) {
    const { sort } = bubble.dataset;
    if ((older && sort < older) || (newer && sort > newer)) bubble.remove();
  }
}

function sort() {
  const items = [...list().querySelectorAll(":scope > [data-sort]")];
  items.sort((one, other) => (one.dataset.sort < other.dataset.sort ? -1 : 1));
  let next = edge("newer");
  for (const item of items.reverse()) {
    if (item.nextElementSibling !== next) list().insertBefore(item, next);
    next = item;
  }
  const older = edge("older");
  if (older && older !== list().firstElementChild) list().prepend(older);
}

function removeEmptyDays() {
  for (const day of list().querySelectorAll(":scope > .day")) {
    if (!day.nextElementSibling?.classList.contains("message")) day.remove();
  }
  if (bubbles().length) document.getElementById("no-messages")?.remove();
}

function group() {
  let before;
  for (const bubble of bubbles()) {
    const together =
      before !== undefined &&
      bubble.previousElementSibling === before &&
      before.dataset.run === bubble.dataset.run &&
      bubble.dataset.at - before.dataset.at < RUN_ENDS_AFTER;
    bubble.classList.toggle("starts", !together);
    before?.classList.toggle("ends", !together);
    before = bubble;
  }
  before?.classList.add("ends");
}

// --- length ---
function loader(side, bubble) {
  const row = document.createElement("li");
  const link = document.createElement("a");
  const { url } = document.getElementById("pane").dataset;
  const word = side === "older" ? "before" : "after";
  const place = encodeURIComponent(bubble.dataset.place);
  Object.assign(row, { id: side, className: "loader-row" });
  row.dataset.bound = bubble.dataset.sort;
  Object.assign(link, { className: "loader", href: `${url}?${word}=${place}` });
  link.textContent = side === "older" ? "Older messages" : "Newer messages";
  const attributes = {
    "hx-nonce": document.querySelector("script[nonce]").nonce,
    "hx-get": `${url}messages/?${word}=${place}`,
    "hx-trigger": "intersect once root:#scroller rootMargin:500px, click",
    "hx-target": `#${side}`,
    "hx-swap": "outerHTML",
  };
  for (const [name, value] of Object.entries(attributes)) link.setAttribute(name, value);
  row.append(link);
  return row;
}

function trim() {
  const all = bubbles();
  if (all.length <= MOST + SLACK) return;
  const { scrollTop, scrollHeight, clientHeight } = scroller();
  const readsEnd = -scrollTop < scrollHeight - clientHeight + scrollTop;
  const [side, gone] = readsEnd ? ["older", all.slice(0, -MOST)] : ["newer", all.slice(MOST)];
  edge(side)?.remove();
  for (const bubble of gone) bubble.remove();
  const kept = bubbles();
  const row = loader(side, readsEnd ? kept[0] : kept.at(-1));
  if (readsEnd) list().prepend(row);
  else list().append(row);
  htmx.process(row);
}

// --- the reader ---
function showNewest() {
  const button = document.getElementById("to-newest");
  const away = !isAtEnd() || edge("newer");
  if (!away) news = 0;
  button.hidden = !away;
  button.classList.toggle("has-news", news > 0);
  const words = { 0: "Newest", 1: "1 new message" }[news] ?? `${news} new messages`;
  const label = button.querySelector("span");
  if (label.textContent !== words) label.textContent = words;
}

function toEnd() {
  news = 0;
  wantsEnd = Boolean(edge("newer"));
  if (wantsEnd) htmx.trigger("#changes", "thread-acted", {});
  scroller().scrollTop = 0;
  showNewest();
}

function saySeen() {
  if (!unseen || document.visibilityState !== "visible" || !document.hasFocus()) return;
  unseen = false;
  htmx.trigger("#read", "thread-seen", {});
}

function welcome(arrived) {
  const theirs = arrived.filter((bubble) => bubble.classList.contains("is-in"));
  for (const bubble of arrived) bubble.classList.add("is-new");
  if (theirs.length) {
    unseen = true;
    const words = theirs.at(-1).querySelector(".bubble").textContent;
    document.getElementById("announcer").textContent = `New message: ${words.trim()}`;
  }
  return theirs.length;
}

// --- what happens when ---
let before; // a bubble on screen and where it stood

function remember() {
  const top = scroller().getBoundingClientRect().top;
  const first = bubbles().find((bubble) => bubble.getBoundingClientRect().bottom > top);
  const stays = wantsEnd || (isAtEnd() && !edge("newer"));
  before = stays || !first ? null : { first, y: first.getBoundingClientRect().top };
}

function keepPlace() {
  if (!before?.first.isConnected) return;
  const moved = before.first.getBoundingClientRect().top - before.y;
  if (moved) scroller().scrollTop += moved;
}

const isOurs = (element) => element.id === "changes" || element.closest?.("#messages, [data-jump]");

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id !== "changes") return;
  // Set as the request leaves: one that waited would ask with the cursor of the past.
  const url = new URL(ctx.request.action, location.href);
  // A cursor from the beginning makes the server send the newest page.
  url.searchParams.set("since", wantsEnd ? "0" : document.getElementById("since").value);
  const loaded = bubbles();
  if (loaded.length > PAGE && !wantsEnd) url.searchParams.set("first", loaded[0].dataset.place);
  ctx.request.action = url.pathname + url.search;
});
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  if (list() && isOurs(ctx.sourceElement)) remember();
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!list() || !isOurs(ctx.sourceElement)) return;
  const live = ctx.sourceElement.id === "changes";
  removeDoubles();
  const arrived = live ? bubbles().filter((bubble) => !known.has(bubble)) : [];
  const wasAtEnd = !before;
  const theirs = welcome(arrived);
  dropBeyondEdges();
  sort();
  trim();
  removeEmptyDays();
  group();
  for (const bubble of bubbles()) known.add(bubble);
  if (!wasAtEnd) {
    keepPlace();
    if (live) news += theirs;
  }
  if (wantsEnd && !edge("newer")) {
    wantsEnd = false;
    scroller().scrollTop = 0;
  }
  showNewest();
  saySeen();
});

function open() {
  if (!list()) return;
  known = new WeakSet(bubbles());
  news = 0;
  unseen = wantsEnd = false;
  scroller().addEventListener("scroll", showNewest, { passive: true });
  document.getElementById("to-newest").addEventListener("click", toEnd);
  showNewest();
}
document.addEventListener("pane-opened", open);
document.addEventListener("message-sent", toEnd);
document.addEventListener("visibilitychange", saySeen);
addEventListener("focus", saySeen);
open();
