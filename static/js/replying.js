// Replies to one message: what the composer answers, and the way to the message that is quoted.
const strip = () => document.getElementById("composer-reply");
const field = (name) => strip().querySelector(`[name=${name}]`);
const box = () => document.getElementById("content");
const FLASH = 1600; // ms

function show({ pk, part, who, words }) {
  field("reply_to").value = pk ?? "";
  field("part_index").value = part ?? "";
  strip().querySelector("strong").textContent = who ?? "";
  strip().querySelector(".reply-words").textContent = words ?? "";
  strip().hidden = !pk;
  document.dispatchEvent(new CustomEvent("draft-changed"));
}

// What stood there when the words left, in case that they come back.
let left;

document.addEventListener("reply-asked", ({ detail: { message, part } }) => {
  const bubble = message.querySelector(".bubble");
  const words = bubble.querySelector(".words") ?? bubble;
  show({
    pk: message.dataset.pk,
    part,
    who: message.dataset.who,
    words: words.innerText.trim(),
  });
  box().focus();
});
document.addEventListener("composer-cleared", () => {
  const [who, words] = [strip().querySelector("strong"), strip().querySelector(".reply-words")];
  left = { who: who.textContent, words: words.textContent };
  show({});
});
document.addEventListener("composer-restored", ({ detail: { data } }) => {
  const pk = data.get("reply_to");
  if (pk) show({ pk, part: data.get("part_index"), ...left });
});
document.addEventListener("click", ({ target }) => {
  if (!target.closest("#composer-reply button")) return;
  show({});
  box().focus();
});
// Before Escape leaves the field.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || event.target !== box() || !field("reply_to").value) return;
    event.preventDefault();
    event.stopPropagation();
    show({});
  },
  true,
);

// --- the jump ---
let sought; // the message that comes with the next page

function jump(message) {
  message.scrollIntoView({ block: "center" });
  message.focus({ preventScroll: true });
  message.classList.add("is-sought");
  setTimeout(() => message.classList.remove("is-sought"), FLASH);
}

document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.("[data-jump]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const message = document.getElementById(`message-${link.dataset.jump}`);
    if (!message) {
      sought = link.dataset.jump; // htmx fetches the page around it
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    jump(message);
  },
  true,
);
document.addEventListener("htmx:after:swap", () => {
  const message = sought && document.getElementById(`message-${sought}`);
  if (!message) return;
  sought = undefined;
  // After the list has put itself in order.
  setTimeout(() => jump(message));
});

function opened() {
  const at = new URLSearchParams(location.search).get("at");
  const message = at && document.getElementById(`message-${at}`);
  if (message) jump(message);
}
document.addEventListener("pane-opened", opened);
opened();
