// Short news that is visible nowhere else.
const SHOWN_FOR = 6000;
const QUIET = new Set(["changes", "foot-changes", "thread-list", "read", "stream"]); // the live line speaks for them

export function toast(text) {
  const element = document.createElement("p");
  element.className = "toast";
  element.textContent = text;
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), SHOWN_FOR);
}

for (const element of document.querySelectorAll("#toasts .toast")) {
  setTimeout(() => element.remove(), SHOWN_FOR);
}

document.addEventListener("toast", ({ detail }) => toast(detail.text));
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const { status } = ctx.response;
  if (status === 401) document.documentElement.dataset.login = "ended";
  if (status === 401 || status === 422 || status === 409 || QUIET.has(ctx.sourceElement.id)) return;
  if (status === 403) toast("The page is out of date. Reload it and try again.");
  else if (status === 404) toast("It is no longer there. Somebody may have removed it.");
  else toast("The server could not do this. Nothing was lost; try again.");
});
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ctx || ctx.response || QUIET.has(ctx.sourceElement?.id)) return;
  toast("The server cannot be reached. Nothing was lost; try again in a moment.");
});
