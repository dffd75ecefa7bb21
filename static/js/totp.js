// One-time codes: asked for one at a time, shown for a while, gone again. By fetch, not by htmx,
// so that nothing of them gets into a history or a cache.
import { copy } from "./clipboard.js";

const RENEWALS = 2; // then somebody must ask again
const HELD = 3; // seconds: a code that ends while it is pasted is of no use
const AFTER_COPYING = 8_000;
const AFTER_END = 250; // Sendblue's seconds are whole ones
const UNREACHABLE = "The server cannot be reached. Try again in a moment.";
const news = document.getElementById("totp-news");
let hide = () => {};

// The code and when it ends, by this page's own clock: the wall clock may be hours wrong.
async function ask(form, signal) {
  const began = performance.now();
  const answer = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { Accept: "application/json" },
    cache: "no-store",
    signal,
  });
  const travelled = performance.now() - began;
  if (answer.status === 401) {
    location.assign(answer.headers.get("Login-At") ?? location.href);
    return new Promise(() => {}); // the page is about to go
  }
  if (answer.status === 424) throw new Error(await answer.text());
  if (answer.status === 404) throw new Error("It is no longer shared with you, or was deleted.");
  if (!answer.ok) throw new Error("The server could not do this. Reload the page and try again.");
  const { code, expires_in: seconds } = await answer.json();
  return { code, endsAt: began + travelled / 2 + seconds * 1000 };
}

function halves(code) {
  const middle = Math.ceil(code.length / 2);
  return [code.slice(0, middle), code.slice(middle)];
}

function show(row) {
  hide();
  const find = (name) => row.querySelector(`.totp-${name}`);
  const form = find("ask");
  const [shower, panel, digits, copier] = [form.querySelector("button"), find("code"), find("digits"), find("copy")];
  const words = copier.querySelector("span");
  const gone = new AbortController();
  const { signal } = gone;
  let [code, endsAt, renewals, isCopied, isAsking] = ["", 0, 0, false, false];
  let [ticking, hiding] = [0, 0];

  hide = ({ focus = false, trouble = "" } = {}) => {
    hide = () => {};
    gone.abort();
    clearInterval(ticking);
    clearTimeout(hiding);
    code = "";
    digits.replaceChildren();
    news.textContent = "";
    panel.hidden = true;
    row.removeAttribute("data-shown");
    shower.removeAttribute("aria-busy");
    find("error").textContent = trouble;
    if (focus) shower.focus();
  };
  const hidden = hide;
  const left = () => (endsAt - performance.now()) / 1000;
  const isHeld = () => isAsking || left() <= HELD;
  const hasFocus = () => panel.contains(document.activeElement);

  async function renew() {
    isAsking = true;
    shower.setAttribute("aria-busy", "true");
    try {
      ({ code, endsAt } = await ask(form, signal));
    } catch (error) {
      if (signal.aborted) return;
      const trouble = error instanceof TypeError ? UNREACHABLE : error.message;
      hidden({ focus: hasFocus() || document.activeElement === shower, trouble });
      return;
    }
    if (signal.aborted) return;
    isAsking = false;
    shower.removeAttribute("aria-busy");
    const isFirst = panel.hidden;
    digits.replaceChildren(
      ...halves(code).map((half) => Object.assign(document.createElement("span"), { textContent: half })),
    );
    news.textContent = `${renewals ? "The next code" : "The code"} is ${code.split("").join(" ")}. Enter copies it.`;
    panel.hidden = false;
    row.setAttribute("data-shown", "");
    tick();
    if (!isFirst) return;
    ticking = setInterval(tick, 200);
    copier.focus();
  }

  function tick() {
    const seconds = Math.max(0, left());
    find("left").textContent = Math.ceil(seconds);
    const part = Math.min(1, seconds / row.dataset.period);
    find("arc").setAttribute("stroke-dashoffset", String(100 - 100 * part));
    panel.toggleAttribute("data-held", isHeld());
    copier.setAttribute("aria-disabled", String(isHeld() && !isCopied));
    const isLast = renewals >= RENEWALS;
    words.textContent = isCopied ? "Copied" : !isHeld() ? "Copy" : isLast ? "Ends" : "Next one comes";
    if (isAsking || left() * 1000 > -AFTER_END) return;
    if (isCopied || isLast) hidden({ focus: hasFocus() });
    else {
      renewals += 1;
      renew();
    }
  }

  async function take() {
    if (!code || isHeld() || isCopied) return;
    if (!(await copy(code, digits))) {
      news.textContent = "It is selected: press Ctrl C.";
      return;
    }
    isCopied = true;
    news.textContent = "Copied";
    tick();
    hiding = setTimeout(() => hidden({ focus: hasFocus() }), AFTER_COPYING);
  }

  const on = (element, kind, act) => element.addEventListener(kind, act, { signal });
  on(copier, "click", take);
  on(digits, "click", () => getSelection().isCollapsed && take());
  on(find("hide"), "click", () => hidden({ focus: true }));
  on(panel, "keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    hidden({ focus: true });
  });
  // Who selects it by hand gets it without the gap.
  on(digits, "copy", (event) => {
    if (getSelection().toString().replace(/\s/g, "") !== code || event.defaultPrevented) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", code);
  });
  find("error").textContent = "";
  renew();
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".totp-ask")) return;
  event.preventDefault();
  show(event.target.closest(".totp-secret"));
});
addEventListener("pagehide", () => hide());
document.addEventListener("visibilitychange", () => document.hidden && hide());
