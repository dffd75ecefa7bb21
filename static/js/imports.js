// One import as it goes on: how long it will take, what is said aloud, where the focus goes when the
// next step comes by itself.
const CALM = 2000; // ms between two estimates
const STEP = 0.25; // of the work, between two announcements
const seen = new Map(); // by bar: when it was first seen here, and at which share
let said = { stage: stage(), step: 0 };
let hadFocus = false;

function stage() {
  return document.querySelector(".import")?.dataset.stage;
}

function inWords(seconds) {
  if (seconds < 10) return "a few seconds left";
  if (seconds < 90) return `about ${Math.round(seconds / 10) * 10} seconds left`;
  return `about ${Math.round(seconds / 60)} minutes left`;
}

// How long the rest takes at the pace that was seen here.
function estimate(place) {
  const bar = document.getElementById(place.dataset.leftOf);
  const key = `${stage()} ${bar.id}`;
  const now = performance.now();
  const share = bar.position < 0 ? 0 : bar.position;
  const first = seen.get(key) ?? { at: now, share, told: 0, words: "" };
  seen.set(key, first);
  if (share < first.share) Object.assign(first, { at: now, share, words: "" });
  const gained = share - first.share;
  if (gained > 0 && now - first.at > CALM && now - first.told > CALM) {
    first.told = now;
    first.words = inWords((((1 - share) / gained) * (now - first.at)) / 1000);
  }
  place.textContent = share < 1 ? first.words : "";
}

// A quarter of the work, or another step: no more is read out.
function announce() {
  const bar = document.querySelector(".import-bar progress");
  const step = bar ? Math.floor(Math.max(0, bar.position) / STEP) : 0;
  const isNew = stage() !== said.stage;
  if (!isNew && step <= said.step) return;
  const title = document.getElementById("import-stage-title")?.textContent ?? "";
  const words = bar && !isNew ? `${title}: ${Math.round(bar.position * 100)} percent` : title;
  document.getElementById("import-says").textContent = words;
  said = { stage: stage(), step };
}

document.addEventListener("htmx:before:swap", () => {
  hadFocus = Boolean(document.activeElement?.closest(".import"));
});
document.addEventListener("htmx:after:swap", () => {
  for (const place of document.querySelectorAll("[data-left-of]")) estimate(place);
  const wasReplaced = hadFocus && document.activeElement === document.body;
  if (wasReplaced) document.getElementById("import-stage-title")?.focus();
  announce();
});
// What is wrong is the first thing that whoever comes back from a refused form meets.
document.querySelector(".import-form [aria-invalid]")?.focus();
