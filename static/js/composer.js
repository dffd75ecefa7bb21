// The composer: grows, sends with Enter, counts, and never loses a word. Its textarea is never
// replaced, so draft, caret, undo and input methods stay.
const form = () => document.getElementById("composer");
const box = () => document.getElementById("content");
const taken = new WeakMap(); // the words that a request carries, until its answer is known
const coarse = matchMedia("(pointer: coarse)");
const COUNT_FROM = 500; // characters, where nothing is cut into segments
const GSM =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
  "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_DOUBLE = "^{}\\[~]|€";

// What goes with the words lies in hidden inputs; its own modules empty them on
// `composer-cleared` and put them back on `composer-restored`.
const hasFiles = () => Boolean(form().querySelector("input[name=file]"));

// --- drafts ---
const key = () => `draft-${form().dataset.thread}`;
function keepDraft() {
  try {
    if (box().value) sessionStorage.setItem(key(), box().value);
    else sessionStorage.removeItem(key());
  } catch {
    // Then the draft lives as long as the page.
  }
}
function storedDraft() {
  try {
    return sessionStorage.getItem(key()) ?? "";
  } catch {
    return "";
  }
}

// --- length ---
function segments(text) {
  let units = 0;
  for (const letter of text) {
    if (GSM.includes(letter)) units += 1;
    else if (GSM_DOUBLE.includes(letter)) units += 2;
    else return { count: parts(text.length, 70, 67), used: text.length };
  }
  return { count: parts(units, 160, 153), used: units };
}
const parts = (units, alone, joined) => (units <= alone ? 1 : Math.ceil(units / joined));

function count() {
  const counter = document.getElementById("counter");
  const text = box().value.trim();
  const most = Number(box().dataset.most);
  const length = [...text].length;
  const number = (value) => value.toLocaleString("en");
  let words = "";
  if (text && counter.dataset.service === "SMS") {
    const { count: sms, used } = segments(text);
    words = `${number(used)} characters, ${number(sms)} SMS ${sms === 1 ? "segment" : "segments"}`;
  }
  if (length > most) words = `${number(length - most)} characters too many`;
  else if (!words && length >= COUNT_FROM) words = `${number(length)} of ${number(most)}`;
  counter.textContent = words;
  counter.classList.toggle("is-over", length > most);
}

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box().style.height = "auto";
  box().style.height = `${box().scrollHeight}px`;
}

function changed() {
  grow();
  count();
  keepDraft();
}

function block() {
  const blocked = document.getElementById("composer-notice").dataset.blocked === "yes";
  box().disabled = blocked;
  form().querySelector(".send").disabled = blocked;
}

function putBack(text) {
  const rest = box().value;
  box().value = rest ? `${text}\n${rest}` : text;
  changed();
}

// --- what happens when ---
document.addEventListener("input", ({ target }) => {
  if (target !== box()) return;
  document.getElementById("composer-error").textContent = "";
  changed();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    document.querySelector("#new-thread textarea:focus")?.form.requestSubmit();
  }
  if (event.target !== box() || event.key !== "Enter" || event.isComposing) return;
  const always = event.ctrlKey || event.metaKey;
  const enter = document.getElementById("enter-sends").checked && !event.shiftKey && !coarse.matches;
  if (!always && !enter) return;
  event.preventDefault();
  if (box().value.trim() || hasFiles()) form().requestSubmit();
});
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement !== form()) return;
  // The body is taken: empty the composer for what is written next.
  taken.set(ctx, { form: form(), text: box().value, data: new FormData(form()) });
  form().elements.client_ref.value = crypto.randomUUID();
  document.getElementById("composer-error").textContent = "";
  box().value = "";
  changed();
  document.dispatchEvent(new CustomEvent("composer-cleared"));
  box().focus();
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const sent = taken.get(ctx);
  if (!sent) return;
  const { response } = ctx;
  const accepted = response && response.status >= 200 && response.status < 300;
  if (accepted) {
    document.dispatchEvent(new CustomEvent("message-sent"));
  } else if (sent.form === form()) {
    putBack(sent.text);
    document.dispatchEvent(new CustomEvent("composer-restored", { detail: { data: sent.data } }));
  } else {
    // Another conversation is open by now: the words wait in their own.
    try {
      sessionStorage.setItem(`draft-${sent.form.dataset.thread}`, sent.text);
    } catch {
      // Nothing more can be done here.
    }
  }
});
document.addEventListener("service-changed", () => form() && count());
document.addEventListener("draft-returned", ({ detail }) => putBack(detail.content));
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (form() && ctx.sourceElement.id === "changes") block();
});

function open() {
  if (!form()) return;
  if (!box().value) box().value = storedDraft();
  block();
  changed();
}
document.addEventListener("pane-opened", open);
open();
