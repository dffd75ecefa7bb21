// The form for a new contact: there is always one more empty row for a custom variable.
const form = document.getElementById("new-contact");

form.addEventListener("input", ({ target }) => {
  const row = target.closest(".new-variable");
  if (!row || row.nextElementSibling || !target.value) return;
  const next = row.cloneNode(true);
  for (const input of next.querySelectorAll("input")) input.value = "";
  row.after(next);
});
