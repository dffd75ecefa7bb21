// The places of the rows: newest first, but nothing moves under the pointer until it leaves.
const list = document.getElementById("thread-list");
const hovers = matchMedia("(hover: hover)");
let places; // of the rows as they stood when the pointer came

const parent = () => document.getElementById("thread-rows");

export function takeAway(row) {
  if (!places?.has(row.id)) row.remove();
  // An empty place until then; what comes back takes it again.
  else Object.assign(row, { className: "thread-row is-gone", inert: true });
}

export function arrange() {
  const ul = parent();
  const all = [...ul.children];
  if (places) {
    for (const { id } of all) if (!places.has(id)) places.set(id, places.size);
    all.sort((one, other) => places.get(one.id) - places.get(other.id));
  } else {
    all.sort((one, other) => (one.dataset.sort < other.dataset.sort ? 1 : -1));
  }
  const focused = document.activeElement;
  const move = ul.moveBefore ?? ul.insertBefore; // the first keeps the focus
  let next = ul.firstElementChild;
  for (const row of all) {
    if (row === next) next = next.nextElementSibling;
    else move.call(ul, row, next);
  }
  if (focused !== document.activeElement) focused.focus({ preventScroll: true });
  // The white space around each fragment would pile up.
  for (const node of [...ul.childNodes]) if (node.nodeType === Node.TEXT_NODE) node.remove();
}

list.addEventListener("pointerenter", () => {
  if (hovers.matches) places = new Map([...parent().children].map(({ id }, at) => [id, at]));
});
list.addEventListener("pointerleave", () => {
  places = undefined;
  for (const row of list.querySelectorAll(".is-gone")) row.remove();
  arrange();
});
