// The bar with what can be done with one message: one for all bubbles, put beside the one in
// question. How it is reached lies in reaching.js.
import { toast } from "./toasts.js";

const GAP = 6; // px between a bubble and the bar
const bar = () => document.getElementById("message-tools");
const scroller = () => document.getElementById("scroller");
// An adopted sheet: the policy refuses style attributes, which htmx copies while it settles.
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

let pk; // of the message that the bar is about
let way; // how it was opened: hover, touch or keys

export const tools = () => [...bar().querySelectorAll(".tool, select")].filter(isUsable);
export const isOpen = () => Boolean(pk) && Boolean(bar()?.matches(":popover-open"));
export const openedBy = () => (isOpen() ? way : "");
export const current = () => document.getElementById(`message-${pk}`);
const isUsable = (tool) => !tool.disabled && tool.offsetParent !== null;

export function open(message, by) {
  close();
  pk = message.dataset.pk;
  way = by;
  fill(message);
  bar().showPopover();
  message.classList.add("has-tools");
  place();
  if (by === "keys") tools()[0]?.focus();
}

export function close() {
  if (!pk) return;
  const message = current();
  const held = way === "keys" && bar()?.contains(document.activeElement);
  pk = way = undefined;
  message?.classList.remove("has-tools");
  bar()?.hidePopover();
  if (held) message?.focus({ preventScroll: true });
}

function fill(message) {
  const { parts, reaction } = message.dataset;
  const note = bar().querySelector(".tools-note");
  const isBlocked = document.getElementById("composer-notice")?.dataset.blocked === "yes";
  const lacks = message.dataset.lacks ?? (isBlocked ? note.dataset.blocked : undefined);
  const form = bar().querySelector("form");
  form.elements.message.value = pk;
  form.elements.client_ref.value = crypto.randomUUID();
  for (const button of form.querySelectorAll(".tapback")) {
    button.disabled = Boolean(lacks);
    button.ariaPressed = `${button.value === reaction}`;
  }
  const count = Number(parts ?? 1);
  const options = Array.from({ length: count }, (_, part) => new Option(`part ${part + 1}`, part));
  form.elements.part_index.replaceChildren(...options);
  form.querySelector(".tools-part").hidden = count < 2;
  bar().querySelector("[data-tool=reply]").disabled = Boolean(lacks);
  bar().querySelector("[data-tool=copy]").hidden = !wordsOf(message);
  const details = bar().querySelector("[data-tool=details]");
  details.href = details.dataset.url.replace("/0/", `/${pk}/`);
  note.textContent = lacks ?? note.dataset.words;
  note.classList.toggle("is-reason", Boolean(lacks));
}

// Beside the bubble where there is room, else above or below it; never out of the conversation.
export function place() {
  const message = current();
  if (!message) return close();
  const line = message.querySelector(".bubble-line").getBoundingClientRect();
  const bubble = message.querySelector(".bubble").getBoundingClientRect();
  const room = scroller().getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = bar();
  const isOut = message.classList.contains("is-out");
  let left = isOut ? line.left - GAP - width : line.right + GAP;
  let top = bubble.height < height ? bubble.bottom - height : bubble.top;
  if (left < room.left + GAP || left + width > room.right - GAP) {
    left = isOut ? bubble.right - width : bubble.left;
    top = bubble.top - height - GAP;
    if (top < room.top) top = bubble.bottom + GAP;
  }
  const within = (value, least, most) => Math.round(Math.max(least, Math.min(value, most)));
  left = within(left, room.left + GAP, room.right - width - GAP);
  top = within(top, room.top + GAP, room.bottom - height - GAP);
  sheet.replaceSync(`#message-tools { left: ${left}px; top: ${top}px; }`);
}

export const wordsOf = (message) => message.querySelector(".bubble .words")?.innerText.trim() ?? "";

export function use(tool) {
  const message = current();
  const part = Number(bar().querySelector("[name=part_index]").value);
  if (tool === "reply") {
    pk && document.dispatchEvent(new CustomEvent("reply-asked", { detail: { message, part } }));
    way = "hover"; // the composer takes the focus, not the bubble
  }
  if (tool === "copy") {
    navigator.clipboard.writeText(wordsOf(message)).then(() => toast("The words are copied."));
  }
  close();
}

document.addEventListener("click", ({ target }) => {
  const tool = target.closest("#message-tools [data-tool]")?.dataset.tool;
  if (tool) use(tool);
});
document.addEventListener("submit", ({ target }) => {
  if (target.closest("#message-tools")) close();
});
// The bubble may have moved, or gone.
document.addEventListener("htmx:after:swap", () => {
  if (!isOpen()) return;
  if (!current()) close();
  else if (way === "keys") place();
});
document.addEventListener("pane-opened", () => {
  pk = way = undefined;
});
