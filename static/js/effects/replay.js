// Effects in the thread: ours plays as it arrives there, and again whenever somebody asks.
import { choose, chosen } from "./chosen.js";

let awaited = ""; // the style of what was just sent from this page
const played = new Set(); // the ids of messages

async function perform(button) {
  const { play } = await import("./player.js");
  const message = button.closest(".message");
  const bubble = message.querySelector(".bubble");
  played.add(message.id);
  bubble.scrollIntoView({ block: "nearest" });
  play(button.dataset.replays, { pane: document.querySelector(".messages-frame"), bubble });
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest(".replay");
  if (button) perform(button);
});
document.addEventListener("composer-cleared", () => {
  awaited = chosen();
  if (awaited) choose("");
});
document.addEventListener("composer-restored", () => {
  awaited = "";
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!awaited || ctx.sourceElement.id !== "changes") return;
  const button = [...document.querySelectorAll("#messages > .is-out.is-new .replay")].at(-1);
  if (button?.dataset.replays !== awaited || played.has(button.closest(".message").id)) return;
  awaited = "";
  perform(button);
});
