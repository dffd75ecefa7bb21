// A picture of the conversation, large: Escape closes, arrows go through all that are loaded.
const viewer = () => document.getElementById("viewer");
const all = () => [...document.querySelectorAll("#messages [data-picture]")];
let shown; // the link that it was opened from

function show(link) {
  shown = link;
  const pictures = all();
  const place = pictures.indexOf(link);
  const picture = document.getElementById("viewer-picture");
  Object.assign(picture, { src: link.href, alt: `Picture ${link.dataset.picture}` });
  document.getElementById("viewer-name").textContent = link.dataset.picture;
  document.getElementById("viewer-place").textContent = `${place + 1} of ${pictures.length}`;
  document.getElementById("viewer-download").href = `${link.href}?dl`;
  document.getElementById("viewer-previous").disabled = place === 0;
  document.getElementById("viewer-next").disabled = place === pictures.length - 1;
  if (!viewer().open) viewer().showModal();
}

function step(by) {
  const pictures = all();
  const next = pictures[pictures.indexOf(shown) + by];
  if (next) show(next);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-picture]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    show(link);
  } else if (event.target.closest("#viewer-previous")) step(-1);
  else if (event.target.closest("#viewer-next")) step(1);
  else if (event.target.closest("#viewer-close")) viewer().close();
});
document.addEventListener("keydown", (event) => {
  if (!viewer()?.open) return;
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});
document.addEventListener(
  "close",
  ({ target }) => {
    if (target !== viewer()) return;
    document.getElementById("viewer-picture").removeAttribute("src");
    if (shown?.isConnected) shown.focus();
  },
  { capture: true },
);
