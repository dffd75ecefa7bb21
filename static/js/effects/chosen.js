// The effect that the next message goes with: a hidden field and a chip beside the composer.
const field = () => document.getElementById("send-style");
const chip = () => document.getElementById("effect-chosen");

export const chosen = () => field()?.value ?? "";
export const refusal = () => document.getElementById("effects-refused").textContent.trim();

function nameOf(style) {
  return document.querySelector(`#effect-studio [value="${CSS.escape(style)}"]`).dataset.name;
}

export function choose(style) {
  field().value = style;
  showChosen();
}

// Where the service changed meanwhile the chip says what will become of the effect.
export function showChosen() {
  const style = chosen();
  chip().hidden = !style;
  document.dispatchEvent(new CustomEvent("draft-changed"));
  if (!style) return;
  chip().querySelector("strong").textContent = nameOf(style);
  chip().querySelector("small").textContent = refusal();
  chip().classList.toggle("is-lost", Boolean(refusal()));
}
