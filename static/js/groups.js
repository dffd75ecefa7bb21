// Groups: the address follows where a new one turns out to be one that was there, a name can be
// given up with Escape, and a refusal goes with the next attempt.
const error = () => document.getElementById("group-error");

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (error() && ctx.sourceElement.closest("#group-panel")) error().textContent = "";
});

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (!ctx.response || ctx.response.status >= 300) return;
  if (form.id === "group-add-form") form.elements.number.value = "";
  if (form.id === "group-name-form") giveUp(form); // what holds is told by the timeline
  if (form.id === "group-photo-form") {
    form.elements.photo.value = "";
    document.getElementById("group-photo").hidePopover();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "group-name" || event.key !== "Escape") return;
  event.preventDefault(); // which would close the drawer
  giveUp(event.target.form);
});

function giveUp(form) {
  form.reset();
  if (form.contains(document.activeElement)) document.activeElement.blur();
}

// What was being written goes along.
document.addEventListener("thread-joined", ({ detail: { thread, url } }) => {
  const text = document.getElementById("content").value;
  try {
    if (text) sessionStorage.setItem(`draft-${thread}`, text);
  } catch {
    // Then it is on this page only.
  }
  history.replaceState(history.state, "", url);
  htmx.ajax("GET", url, { target: "#pane", swap: "outerHTML" });
});
