// The effect studio: every effect is played on one's own words before one is chosen. The player
// is fetched when it is first needed.
import { choose, chosen, refusal, showChosen } from "./chosen.js";

const NEIGHBOURS = 3;
const studio = () => document.getElementById("effect-studio");
const stage = () => studio().querySelector(".studio-stage");
const picked = () => studio().querySelector("input:checked");
const player = () => import("./player.js");

function bubble(words, classes) {
  const make = (tag) => document.createElement(tag);
  const [row, line, box, text] = ["li", "div", "div", "p"].map(make);
  row.className = classes;
  line.className = "bubble-line";
  box.className = "bubble";
  text.className = "words";
  text.dir = "auto";
  text.textContent = words;
  box.append(text);
  line.append(box);
  row.append(line);
  return row;
}

// The end of the conversation, and below it what is about to be said.
function setStage() {
  const list = stage().querySelector(".messages");
  const said = [...document.querySelectorAll("#messages > .message")]
    .map((message) => [message.querySelector(".words")?.textContent, message.className])
    .filter(([words]) => words)
    .slice(-NEIGHBOURS);
  const draft = document.getElementById("content").value.trim() || "Your message";
  list.replaceChildren(
    ...said.map(([words, classes]) => bubble(words, classes.replace("is-new", ""))),
    bubble(draft, list.dataset.own),
  );
}

async function show() {
  const choice = picked();
  const { hold, isCalm, play } = await player();
  if (!studio()?.open || picked() !== choice) return;
  const { value, dataset } = choice;
  const still = isCalm() ? " Shown still, as this device asks for." : "";
  document.getElementById("studio-says").textContent = dataset.says + still;
  const scene = { pane: stage(), bubble: stage().querySelector(".messages > :last-child .bubble") };
  if (isCalm()) hold(value, scene);
  else play(value, scene);
}

function standing() {
  const refused = Boolean(refusal());
  for (const control of studio().querySelectorAll("input, .dialog-actions .button")) {
    control.disabled = refused;
  }
  document.getElementById("effects-button").classList.toggle("is-refused", refused);
  showChosen();
}

let isSet = false; // the stage, and not cleared yet

function open() {
  setStage();
  isSet = true;
  const style = chosen() || studio().querySelector("input").value;
  studio().querySelector(`[value="${style}"]`).checked = true;
  studio().showModal();
  if (refusal()) return;
  picked().focus();
  show();
}

// At once where a choice closes it: the dialog's own event comes later, when somebody fast may have
// opened it again. It tells of Escape.
function leave() {
  if (!isSet || studio().open) return;
  isSet = false;
  player().then(({ stop }) => stop());
  stage().querySelector(".messages").replaceChildren();
  document.getElementById("content").focus();
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("#effects-button")) open();
  if (target.closest("[data-closes=studio]")) {
    studio().close();
    leave();
  }
  if (target.closest("[data-plays=again]")) show();
  if (target.closest("[data-removes=effect]")) {
    choose("");
    document.getElementById("content").focus();
  }
});
document.addEventListener("change", ({ target }) => {
  if (target.closest("#effect-studio")) show();
});
document.addEventListener("submit", (event) => {
  if (!event.target.closest("#effect-studio")) return;
  event.preventDefault();
  choose(picked().value);
  studio().close();
  leave();
});
// `close` does not bubble, so it is caught on its way down.
document.addEventListener("close", ({ target }) => target === studio() && leave(), true);
document.addEventListener("composer-restored", ({ detail }) => {
  const style = detail.data.get("send_style");
  if (style && !chosen()) choose(style);
});
// Words that are taken back bring their effect along.
document.addEventListener("draft-returned", ({ target }) => {
  const style = target.closest?.(".message")?.querySelector(".replay")?.dataset.replays;
  if (style && !chosen()) choose(style);
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (studio() && ctx.sourceElement.id === "changes") standing();
});

function ready() {
  if (studio()) standing();
}
document.addEventListener("pane-opened", ready);
ready();
