// Keeps the relative times of lists true. The server wrote them first, in the same words.
const MINUTE = 60_000;
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short" });

function ago(at, now) {
  const minutes = Math.floor((now - at) / MINUTE);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  const days = Math.round((midnight(now) - midnight(at)) / (24 * 60 * MINUTE));
  if (days === 0) return time.format(at);
  // Older ones do not change while a page is open.
  return days < 7 ? weekday.format(at) : null;
}

setInterval(() => {
  const now = new Date();
  for (const element of document.querySelectorAll("time[data-ago]")) {
    const words = ago(new Date(element.dateTime), now);
    if (words && words !== element.textContent) element.textContent = words;
  }
}, 30_000);
