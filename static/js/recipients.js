// The field for several people: what was typed becomes chips, which the server reads and names.
// Without this script it is a text with commas.
const box = (target) => (target.id === "number" ? target : null);
let asked = ""; // what the request that is under way carries

function read(field) {
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("keydown", (event) => {
  const field = box(event.target);
  if (!field || event.isComposing) return;
  if (event.key === "Enter" && field.value.trim() && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    field.value += ", ";
    read(field);
  }
  const last = [...document.querySelectorAll("#to-field .chip")].at(-1);
  if (event.key === "Backspace" && !field.value && last) {
    event.preventDefault();
    field.value = last.querySelector("input").value;
    last.remove();
  }
});

// A comma ends a number, and so does what is pasted with commas in it.
document.addEventListener("input", ({ target, data }) => {
  const field = box(target);
  if (field && /[,;]/.test(data ?? field.value)) read(field);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("#to-field [name=remove]");
  if (!button) return;
  event.preventDefault();
  button.closest(".chip").remove();
  const field = document.getElementById("number");
  field.focus();
  read(field);
});

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (box(ctx.sourceElement)) asked = ctx.sourceElement.value;
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.target?.id !== "to-and-from") return;
  const field = document.getElementById("number");
  // What was typed in the meantime stays, behind what could not be read.
  const since = field.value.startsWith(asked) ? field.value.slice(asked.length) : "";
  field.value = [field.defaultValue, since.replace(/^[\s,;]+/, "")].filter(Boolean).join(", ");
  asked = "";
});
