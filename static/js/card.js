// The fields of a contact, edited in place: Enter or leaving a field saves it, Escape restores it.
// What somebody is typing is left alone by news; a value that is newer than the one that was seen
// comes back as a question (templates/contacts/_card_clash.html).
const sent = new WeakMap(); // what the request under way says, by form
const stale = new WeakSet(); // forms that news passed by

const formOf = (element) => element.closest?.("form[data-field]");
const boxes = (form) => [...form.querySelectorAll("[data-value]")];
const errorOf = (form) => form.querySelector(".field-error");

function saved(box) {
  if (!box.options) return box.defaultValue;
  return ([...box.options].find((option) => option.defaultSelected) ?? box.options[0]).value;
}

function setSaved(box, value) {
  if (!box.options) box.defaultValue = value;
  else for (const option of box.options) option.defaultSelected = option.value === value;
}

const isChanged = (form) => boxes(form).some((box) => box.value !== saved(box));
const isHeld = (form) => isChanged(form) || form.contains(document.activeElement);

function save(form, { anyway = false } = {}) {
  const [box] = boxes(form);
  if (sent.has(form) || !(anyway || isChanged(form))) return;
  sent.set(form, box.value);
  errorOf(form).replaceChildren();
  htmx.trigger(form, "save", {});
}

function refresh(form) {
  stale.delete(form);
  htmx.trigger(document.body, `contact-${form.dataset.contact}`, {});
}

document.addEventListener("change", ({ target }) => {
  const form = formOf(target);
  if (form?.dataset.field === "edit") save(form);
});

// Enter: the change that came before it has saved already, unless that was refused.
document.addEventListener("submit", (event) => {
  const form = formOf(event.target);
  if (form?.dataset.field !== "edit" || event.submitter?.name === "drop") return;
  event.preventDefault();
  save(form);
});

// Before others hear of it: Escape would leave the field, and leaving saves.
document.addEventListener(
  "keydown",
  (event) => {
    const form = event.key === "Escape" && formOf(event.target);
    if (!form || form.dataset.field === "dialog" || !isChanged(form)) return;
    event.preventDefault();
    event.stopPropagation();
    for (const box of boxes(form)) box.value = saved(box);
    errorOf(form).replaceChildren();
  },
  true,
);

document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const form = formOf(target);
  if (form && stale.has(form) && !form.contains(relatedTarget) && !isChanged(form)) refresh(form);
});

// --- what came of it ---
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (!form.matches?.("form[data-field]")) return;
  const value = sent.get(form);
  sent.delete(form);
  if (!ctx.response?.raw.ok) return;
  errorOf(form)?.replaceChildren();
  if (form.dataset.field === "dialog") {
    form.reset();
    form.closest("dialog").close();
  } else if (form.dataset.field === "add") {
    for (const box of boxes(form)) box.value = "";
    boxes(form)[0].focus();
  } else {
    const [box] = boxes(form);
    setSaved(box, value);
    form.elements.seen.value = value;
    // What was typed and confirmed while the first was on its way.
    if (box.value !== value && document.activeElement !== box) save(form);
  }
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-dismisses]")) target.closest("dialog").close();
});

// Two values, and one press.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-pick]");
  if (!button) return;
  const form = formOf(button);
  const [box] = boxes(form);
  form.elements.seen.value = button.dataset.theirs;
  box.focus();
  if (button.dataset.pick === "mine") {
    save(form, { anyway: true });
    return;
  }
  setSaved(box, button.dataset.theirs);
  box.value = button.dataset.theirs;
  errorOf(form).replaceChildren();
});

// --- news ---
const isCard = ({ sourceElement }) => sourceElement.matches?.(".contact-card, .card-panel");
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  if (!isCard(ctx)) return;
  for (const form of ctx.sourceElement.querySelectorAll("form[data-field=edit]")) {
    const held = isHeld(form);
    form.toggleAttribute("data-held", held);
    if (held) stale.add(form);
    else stale.delete(form);
  }
});
// A choice that was made by hand no longer follows its attributes.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!isCard(ctx)) return;
  for (const select of document.querySelectorAll("form:not([data-held]) > .card-select > select")) {
    select.value = saved(select);
  }
});
