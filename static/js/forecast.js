// What the next message loses on the way that it is expected to go, said before it is sent, and
// one press that takes just that out of the draft.
import { choose, chosen } from "./effects/chosen.js";

const IMESSAGE = "iMessage";
const forecast = () => document.getElementById("composer-forecast");
const line = () => document.getElementById("forecast-loss");
const reply = () => document.querySelector("#composer-reply:not([hidden])");
const effect = () => document.querySelector("#effect-chosen strong").textContent;
const files = () => [...document.querySelectorAll("#draft-files > li[data-size]")];

const inWords = (size) => `${(size / 1e6).toFixed(size < 1e7 ? 1 : 0).replace(/\.0$/, "")} MB`;
const joined = (words) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
const noun = ({ dataset: { shape } }) => ({ picture: "photo", film: "video" })[shape] ?? "file";

// What of the draft cannot go as it is: features that get lost, and files that are too large.
function losses() {
  const { service, most } = forecast().dataset;
  if (!service || service === IMESSAGE) return { features: [], heavy: [] };
  const features = [];
  if (chosen()) features.push(`the ${effect()} effect`);
  if (reply()) features.push("the link to the message that you reply to");
  if (features.length) features.push("tapbacks");
  return { features, heavy: files().filter(({ dataset }) => Number(dataset.size) > Number(most)) };
}

function sentence({ features, heavy }) {
  const parts = [];
  if (features.length) parts.push(`${joined(features)} will be lost`);
  for (const file of heavy) parts.push(`this ${inWords(file.dataset.size)} ${noun(file)} will not go`);
  return `${forecast().dataset.words}: ${parts.join("; ")}.`;
}

function offer({ heavy }) {
  const removed = [];
  if (chosen()) removed.push("the effect");
  if (reply()) removed.push("the reply");
  if (heavy.length) removed.push(heavy.length === 1 ? `the ${noun(heavy[0])}` : "the large files");
  return `Remove ${joined(removed)}`;
}

function say() {
  if (!forecast()) return;
  const found = losses();
  const isSafe = !found.features.length && !found.heavy.length;
  line().hidden = isSafe;
  line().title = forecast().dataset.because;
  const words = isSafe ? "" : sentence(found);
  const [text, button] = [line().querySelector(".forecast-words"), line().querySelector("button")];
  if (text.textContent !== words) text.textContent = words;
  if (!isSafe) button.textContent = offer(found);
  const counter = document.getElementById("counter");
  const { service } = forecast().dataset;
  if (service && counter.dataset.service !== service) {
    counter.dataset.service = service;
    document.dispatchEvent(new CustomEvent("service-changed"));
  }
}

document.addEventListener("click", ({ target }) => {
  if (!target.closest("#forecast-loss button")) return;
  const { heavy } = losses();
  if (chosen()) choose("");
  reply()?.querySelector("button").click();
  for (const file of heavy) file.querySelector(".draft-remove").click();
  document.getElementById("content").focus();
});

document.addEventListener("draft-changed", say);
document.addEventListener("pane-opened", say);
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id === "changes" || ctx.sourceElement.id === "draft-files") say();
});
say();
