// Asks before what cannot be undone. Every question gets an answer, Escape included, or the
// element that asked stays blocked.
const dialog = document.getElementById("confirm");

document.addEventListener("htmx:confirm", (event) => {
  const question = event.detail.ctx.confirm;
  if (!question) return;
  event.preventDefault();
  dialog.returnValue = "no";
  document.getElementById("confirm-text").textContent = question;
  const { verb } = event.detail.ctx.sourceElement.dataset;
  dialog.querySelector("[value=yes]").textContent = verb ?? "Continue";
  dialog.addEventListener(
    "close",
    () => (dialog.returnValue === "yes" ? event.detail.issueRequest() : event.detail.dropRequest()),
    { once: true },
  );
  dialog.showModal();
});
