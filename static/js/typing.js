// Shows the person that somebody here types: from the first key on, said again now and then, and
// taken back as soon as it is no longer so.
const EVERY = 5000;
const IDLE = 8000;
const box = () => document.getElementById("content");
const wanted = document.getElementById("shows-typing");

let shown; // where it was said that we type
let saidAt = 0;
let resting;

function say(url, state) {
  const body = new FormData();
  body.set("state", state);
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  // Leaving the page must not lose the end of it.
  fetch(url, { method: "POST", body, keepalive: true }).catch(() => {});
}

function stop() {
  clearTimeout(resting);
  if (shown) say(shown, "stop");
  shown = undefined;
}

function type() {
  const url = document.getElementById("thread-foot").dataset.typingUrl;
  if (!url || !wanted.checked || !box().value.trim()) return stop();
  if (shown !== url || Date.now() - saidAt >= EVERY) {
    if (shown !== url) stop();
    shown = url;
    saidAt = Date.now();
    say(url, "start");
  }
  clearTimeout(resting);
  resting = setTimeout(stop, IDLE);
}

document.addEventListener("input", ({ target, isTrusted }) => {
  if (isTrusted && target === box()) type();
});
document.addEventListener("focusout", ({ target }) => {
  if (target === box()) stop();
});
document.addEventListener("composer-cleared", stop);
document.addEventListener("pane-opened", stop);
addEventListener("pagehide", stop);
