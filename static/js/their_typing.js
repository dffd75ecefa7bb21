// The dots of somebody who types go away by themselves: no event need come for that.
const NEAR = 80; // px from the end that still count as being there, as for the bubbles
const timers = new WeakMap();
const scroller = () => document.getElementById("scroller");
const top = () => document.getElementById("messages").getBoundingClientRect().top;

// Below the newest bubble something comes or goes; whoever reads further up must not notice.
let before;
function remember() {
  before = scroller() && scroller().scrollTop <= -NEAR ? top() : undefined;
}
function keepPlace() {
  if (before === undefined || !scroller()) return;
  const moved = top() - before;
  if (moved) scroller().scrollTop += moved;
}

function vanish(element) {
  remember();
  element.remove();
  keepPlace();
}

function watch() {
  for (const element of document.querySelectorAll("[data-gone-in]")) {
    const { goneIn } = element.dataset;
    const known = timers.get(element);
    if (known?.goneIn === goneIn) continue;
    clearTimeout(known?.timer);
    timers.set(element, { goneIn, timer: setTimeout(vanish, Number(goneIn), element) });
  }
}

const isFoot = ({ detail: { ctx } }) => ctx.sourceElement.id === "foot-changes";
document.addEventListener("htmx:before:swap", (event) => {
  if (isFoot(event)) remember();
});
document.addEventListener("htmx:after:swap", (event) => {
  if (isFoot(event)) keepPlace();
  watch();
});
watch();
