// Files for the next message: chosen, dropped or pasted, uploaded at once with progress, and taken
// away again. What is up lies in hidden inputs, which the composer sends along.
const MOST = 100_000_000; // bytes
const CAROUSEL = { least: 2, most: 20 };
const form = () => document.getElementById("composer");
const list = () => document.getElementById("draft-files");
const carousel = () => document.querySelector("#as-carousel input");
const requests = new WeakMap(); // the upload of a row, until it is there
const sent = new Map(); // rows that left with a send whose answer is not known yet, by key
let sendsThen = false; // the agent wanted to send before everything was up

const token = () => form().elements.csrfmiddlewaretoken.value;
const inWords = (size) =>
  size < 1e6 ? `${Math.round(size / 1e3)} kB` : `${(size / 1e6).toFixed(1).replace(/\.0$/, "")} MB`;

function say(words) {
  document.getElementById("composer-error").textContent = words;
}

function uploading() {
  return [...list().querySelectorAll(".is-uploading")];
}

// --- one row ---
function row(file) {
  const item = document.getElementById("draft-file").content.firstElementChild.cloneNode(true);
  item.querySelector(".draft-name").textContent = file.name;
  item.querySelector(".draft-facts").textContent = inWords(file.size);
  list().append(item);
  return item;
}

function refuse(item, words) {
  item.classList.replace("is-uploading", "is-refused");
  item.querySelector("progress").remove();
  item.querySelector(".draft-facts").textContent = words;
}

function accept(item, draft) {
  item.classList.remove("is-uploading");
  item.id = `draft-${draft.key}`;
  const { shape, size, removal } = draft;
  Object.assign(item.dataset, { shape, size, removal });
  item.querySelector("progress").remove();
  item.querySelector(".draft-name").textContent = draft.name;
  item.querySelector(".draft-facts").textContent = draft.warning || draft.facts;
  item.classList.toggle("is-warned", Boolean(draft.warning));
  if (draft.preview) {
    const picture = Object.assign(new Image(), { src: draft.preview, alt: "" });
    item.querySelector(":scope > .icon").replaceWith(picture);
  }
  const input = Object.assign(document.createElement("input"), {
    type: "hidden",
    name: "file",
    value: draft.key,
  });
  item.append(input);
}

function upload(file) {
  const item = row(file);
  if (file.size > MOST) {
    refuse(item, `${inWords(file.size)} is more than Sendblue takes (${inWords(MOST)})`);
    return;
  }
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file, encodeURIComponent(file.name || "file"));
  requests.set(item, request);
  request.open("POST", list().dataset.url);
  request.setRequestHeader("X-CSRFToken", token());
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    const bar = item.querySelector("progress");
    if (bar) bar.value = loaded / total;
    if (loaded === total) item.querySelector(".draft-facts").textContent = "Being checked";
  });
  request.addEventListener("load", () => {
    if (request.status === 201) accept(item, request.response);
    else refuse(item, request.response?.error ?? "The server did not take it. Try again.");
  });
  request.addEventListener("error", () => refuse(item, "The server cannot be reached. Try again."));
  request.addEventListener("loadend", settled);
  request.send(body);
}

function add(files) {
  if (!form() || document.getElementById("content").disabled) return;
  for (const file of files) upload(file);
  settled();
}

function remove(item) {
  requests.get(item)?.abort();
  const { removal } = item.dataset;
  if (removal) fetch(removal, { method: "POST", headers: { "X-CSRFToken": token() } });
  const next = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  (next?.querySelector(".draft-remove") ?? document.getElementById("content")).focus();
  settled();
}

// --- all of them ---
function settled() {
  if (!list()) return;
  document.dispatchEvent(new CustomEvent("draft-changed"));
  const rows = [...list().children];
  const whole = rows.every(({ dataset }) => dataset.shape === "picture");
  const fits = rows.length >= CAROUSEL.least && rows.length <= CAROUSEL.most;
  const offered = fits && whole && !carousel().dataset.refused;
  document.getElementById("as-carousel").hidden = !offered;
  if (!offered) carousel().checked = false;
  if (sendsThen && !uploading().length) {
    sendsThen = false;
    say("");
    if (!list().querySelector(".is-refused")) form().requestSubmit();
  }
}

document.addEventListener(
  "submit",
  (event) => {
    if (event.target !== form() || !uploading().length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sendsThen = true;
    say("Goes as soon as the files are up.");
  },
  { capture: true },
);
document.addEventListener("composer-cleared", () => {
  for (const input of list().querySelectorAll("input[name=file]")) {
    const item = input.closest("li");
    sent.set(input.value, item);
    item.remove();
  }
  settled();
});
document.addEventListener("composer-restored", ({ detail: { data } }) => {
  for (const key of data.getAll("file")) if (sent.has(key)) list().append(sent.get(key));
  settled();
  carousel().checked = data.has("as_carousel");
});
document.addEventListener("message-sent", () => sent.clear());

// --- where files come from ---
document.addEventListener("click", ({ target }) => {
  const picks = target.closest("[data-picks]");
  if (picks) document.getElementById(picks.dataset.picks).click();
  const removes = target.closest(".draft-remove");
  if (removes) remove(removes.closest("li"));
});
document.addEventListener("change", ({ target }) => {
  if (!target.matches(".file-picker")) return;
  add([...target.files]);
  target.value = "";
});
document.addEventListener("paste", (event) => {
  if (event.target.id !== "content" || !event.clipboardData.files.length) return;
  event.preventDefault();
  add([...event.clipboardData.files]);
});

const brings = (event) => form() && event.dataTransfer?.types.includes("Files");
const pane = () => document.getElementById("pane");
document.addEventListener("dragover", (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  pane().classList.add("is-dropping");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) pane()?.classList.remove("is-dropping");
});
document.addEventListener("drop", (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  pane().classList.remove("is-dropping");
  add([...event.dataTransfer.files]);
});
document.addEventListener("pane-opened", () => {
  sendsThen = false;
  settled();
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id === "draft-files") settled();
});
settled();
