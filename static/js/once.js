// A form with data-once is sent once: of two presses only the second answer would be seen.
document.addEventListener("submit", (event) => {
  const { dataset } = event.target;
  if (!("once" in dataset)) return;
  if (dataset.once === "sent") event.preventDefault();
  dataset.once = "sent";
});
