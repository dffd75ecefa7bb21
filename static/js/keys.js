// Single keys press the control that carries them as data-key; their names stand in its title.
const STORED = "single-keys";
const wanted = document.getElementById("single-keys");

function stored() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

wanted.checked = stored();
wanted.addEventListener("change", () => {
  try {
    localStorage.setItem(STORED, wanted.checked ? "on" : "off");
  } catch {
    // Then the choice holds for this page.
  }
});

function press(control) {
  if (control.matches("input, textarea")) {
    control.focus();
    control.select?.();
  } else {
    control.click();
  }
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
  if (isTyping(event.target) || !wanted.checked) return;
  if (event.key === "?") {
    document.getElementById("keys").showModal();
    event.preventDefault();
    return;
  }
  const control = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!control || control.disabled || event.shiftKey) return;
  event.preventDefault();
  press(control);
});

document.addEventListener("click", ({ target }) => {
  const opener = target.closest("[data-opens]");
  if (!opener) return;
  opener.closest("[popover]")?.hidePopover();
  document.getElementById(opener.dataset.opens).showModal();
});

// A menu has done its work when something in it was chosen.
document.addEventListener("submit", ({ target }) => target.closest("[popover]")?.hidePopover());
