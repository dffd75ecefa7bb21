// A file for an import: chosen or dropped anywhere on the page, and uploaded with progress.
const form = document.getElementById("import-upload");
const page = document.getElementById("main");
const SMOOTHING = 500; // ms between two figures of the upload

const inWords = (size) =>
  size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} kB` : `${(size / 1e6).toFixed(1).replace(/\.0$/, "")} MB`;

let request;

function refuse(words) {
  document.getElementById("import-file-error").textContent = words;
}

function show(file) {
  form.querySelector(".import-picker").hidden = Boolean(file);
  form.querySelector(".import-uploading").hidden = !file;
  if (file) form.querySelector(".import-uploading-name").textContent = file.name;
}

function figures() {
  const facts = form.querySelector("[data-upload-facts]");
  const bar = document.getElementById("import-upload-progress");
  let said = 0;
  return ({ loaded, total }) => {
    bar.value = loaded / total;
    if (loaded < total && performance.now() - said < SMOOTHING) return;
    said = performance.now();
    facts.textContent =
      loaded < total ? `${inWords(loaded)} of ${inWords(total)}` : "Uploaded. The file is being looked at.";
  };
}

function upload(file) {
  const most = Number(form.dataset.most);
  if (request) return;
  refuse("");
  if (file.size > most) {
    refuse(`“${file.name}” has ${inWords(file.size)}; at most ${inWords(most)} can be read. Split the file.`);
    return;
  }
  const body = new FormData(form);
  body.set("file", file, file.name);
  request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.addEventListener("progress", figures());
  request.addEventListener("load", () => {
    if (request.status === 201) location.assign(request.response.address);
    else end(request.response?.error ?? "The server did not take the file. Try again.");
  });
  request.addEventListener("error", () => end("The server cannot be reached. Try again in a moment."));
  request.addEventListener("abort", () => end(""));
  show(file);
  form.querySelector("[data-stops-upload]").focus();
  request.send(body);
}

function end(words) {
  request = undefined;
  show(null);
  refuse(words);
  const input = document.getElementById("import-file");
  input.value = "";
  input.focus();
}

if (form) {
  const brings = (event) => event.dataTransfer?.types.includes("Files");
  form.addEventListener("change", ({ target }) => {
    if (target.files?.length) upload(target.files[0]);
  });
  form.querySelector("[data-stops-upload]").addEventListener("click", () => request?.abort());
  document.addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    page.classList.add("is-dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) page.classList.remove("is-dropping");
  });
  document.addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    page.classList.remove("is-dropping");
    const { files } = event.dataTransfer;
    if (files.length === 1) upload(files[0]);
    else refuse("Drop one file at a time.");
  });
  // Coming back from the import by the browser's cache: ready for the next file.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && !request) show(null);
  });
  addEventListener("pagehide", () => (request = undefined));
}
