// The ways to a message's tools: the pointer rests on it, a finger stays on it, or keys walk to it.
import { close, current, isOpen, open, openedBy, place, tools, use } from "./tapbacks.js";

const REST = 80; // ms that a pointer stays before the bar comes
const LEAVE = 220; // ms that it may be away from both
const PRESS = 500; // ms that a finger stays
const STILL = 8; // px that it may move meanwhile
const bar = () => document.getElementById("message-tools");
const written = ":scope > .message:not(.is-event)";
const messages = () => [...document.querySelector("#messages").querySelectorAll(written)];
const messageAt = (target) =>
  target.closest?.(".bubble-line")?.closest("#messages > .message:not(.is-event)");

// --- pointer ---
let resting;
let leaving;
document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch" || event.buttons || !bar()) return;
  const message = messageAt(event.target);
  const stays = bar().contains(event.target) || (message && message === current());
  clearTimeout(resting);
  if (stays || message) clearTimeout(leaving);
  if (stays || openedBy() === "keys") return;
  if (message) resting = setTimeout(() => message.isConnected && open(message, "hover"), REST);
  else if (isOpen() && openedBy() === "hover") leaving = setTimeout(close, LEAVE);
});
document.documentElement.addEventListener("pointerleave", () => {
  clearTimeout(resting);
  if (openedBy() === "hover") close();
});

// --- finger ---
let press;
let swallows = false; // the click that ends a long press
function lift() {
  clearTimeout(press?.timer);
  press = undefined;
}
document.addEventListener("pointerdown", (event) => {
  swallows = false;
  if (openedBy() === "touch" && !bar().contains(event.target)) close();
  lift();
  const message = event.pointerType === "touch" && messageAt(event.target);
  if (!message) return;
  const timer = setTimeout(() => {
    swallows = true;
    open(message, "touch");
  }, PRESS);
  press = { timer, x: event.clientX, y: event.clientY };
});
document.addEventListener("pointermove", (event) => {
  if (press && Math.hypot(event.clientX - press.x, event.clientY - press.y) > STILL) lift();
});
for (const ends of ["pointerup", "pointercancel"]) document.addEventListener(ends, lift);
document.addEventListener("contextmenu", (event) => {
  if (press || swallows) event.preventDefault();
});
document.addEventListener(
  "click",
  (event) => {
    if (swallows && messageAt(event.target)) {
      event.preventDefault();
      event.stopPropagation();
    }
    swallows = false;
  },
  true,
);
document.addEventListener(
  "scroll",
  ({ target }) => {
    if (target.id !== "scroller") return;
    lift();
    clearTimeout(resting);
    if (openedBy() === "keys") place();
    else close();
  },
  { capture: true, passive: true },
);

// --- keys ---
function walk(from, by) {
  const all = messages();
  const at = all.indexOf(from);
  const next = at < 0 ? all.at(-1) : all[at + by];
  if (!next) return false;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function onMessage(event, message) {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (by) return walk(message, by);
  if (!message) return false;
  if (event.key === "Enter" || event.key === "t") open(message, "keys");
  else if (event.key === "r" && !message.dataset.lacks) {
    open(message, "hover");
    use("reply");
  } else return false;
  return true;
}

function onBar(event) {
  const all = tools();
  const at = all.indexOf(document.activeElement);
  const isSelect = document.activeElement.matches("select");
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  const letter = { r: "reply", c: "copy", d: "details" }[event.key];
  if (event.key === "Escape") close();
  else if (isSelect && !["ArrowLeft", "ArrowRight"].includes(event.key)) return false;
  else if (by) all[(at + by + all.length) % all.length]?.focus();
  else if (event.key === "Home") all[0]?.focus();
  else if (event.key === "End") all.at(-1)?.focus();
  else if (/^[1-6]$/.test(event.key)) bar().querySelectorAll(".tapback")[event.key - 1].click();
  else if (letter) all.find(({ dataset }) => dataset.tool === letter)?.click();
  else return false;
  return true;
}

// Before all others: a key that means something here means nothing elsewhere.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !bar()) return;
    const { target } = event;
    const message = target.matches(".message") ? target : undefined;
    let done = false;
    if (bar().contains(target)) done = onBar(event);
    else if (message || target.id === "scroller") done = onMessage(event, message);
    else if (event.key === "Escape" && isOpen()) {
      close();
      done = true;
    }
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
document.addEventListener("focusout", ({ relatedTarget }) => {
  if (openedBy() === "keys" && relatedTarget && !bar().contains(relatedTarget)) close();
});
