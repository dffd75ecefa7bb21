// Runs before the first paint: what the page must look like from the start, as it was left.
{
  const root = document.documentElement;
  root.dataset.scripted = "";
  try {
    const width = Number(localStorage.getItem("list-width"));
    if (width) root.style.setProperty("--list-width", `${width}px`);
    if (localStorage.getItem("person") === "closed") root.dataset.person = "closed";
  } catch {
    // Storage may be forbidden: then everything starts as designed.
  }
}
