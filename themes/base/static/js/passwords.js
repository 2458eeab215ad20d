// Lets a person see the password that is being typed; hidden again when it is sent, so that no browser keeps it as plain text.

for (const part of document.querySelectorAll("[data-show-passwords]")) {
  const box = part.querySelector("input");
  const form = part.closest("form");
  const fields = [...form.querySelectorAll("input[type=password]")];
  const show = (shown) => fields.forEach((field) => (field.type = shown ? "text" : "password"));
  part.hidden = false;
  box.addEventListener("change", () => show(box.checked));
  form.addEventListener("submit", () => show(false));
}
