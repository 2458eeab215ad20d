// Adds and removes rows of a table of inputs on the spot. Without script the same buttons ask the server.

import { startComboboxes } from "./combobox.js";

const NUMBER = /__n__/g;

function startLines(form) {
  const body = form.querySelector(".rows tbody");
  const template = form.querySelector("template[data-line]");
  const count = form.querySelector(".panel-head .count");

  function rows() {
    return [...body.children].filter((row) => !row.classList.contains("say"));
  }

  function next() {
    const used = [...body.querySelectorAll("[name^='lines-']")].map((input) => Number(input.name.split("-")[1]));
    return Math.max(-1, ...used.filter(Number.isFinite)) + 1;
  }

  function counted() {
    if (count) {
      count.textContent = String(rows().length);
    }
  }

  form.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]");
    const remove = event.target.closest("[data-remove]");
    if (add && rows().length < Number(form.dataset.most)) {
      event.preventDefault();
      const holder = document.createElement("template");
      holder.innerHTML = template.innerHTML.replace(NUMBER, String(next()));
      const row = holder.content.querySelector("tr");
      body.append(row);
      startComboboxes(row);
      row.querySelector("input.form-control, select, textarea")?.focus();
      counted();
    } else if (remove && rows().length > 1) {
      event.preventDefault();
      const row = remove.closest("tr");
      const said = row.nextElementSibling;
      if (said?.classList.contains("say")) {
        said.remove();
      }
      row.remove();
      form.querySelector("[data-add]")?.focus();
      counted();
    }
  });
}

document.querySelectorAll("form[data-lines]").forEach(startLines);
