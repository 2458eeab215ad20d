// Adds and removes rows of a table of inputs on the spot, and asks for their amounts when one was changed. Without script
// the same buttons ask the server.

import { startComboboxes } from "./combobox.js";

const NUMBER = /__n__/g;
const PAUSE = 300;
const INPUT = "[name^='lines-']";

function numberOf(row) {
  return row.querySelector(INPUT)?.name.split("-")[1];
}

function startEstimates(form) {
  let timer = 0;
  let asking = null;

  function show(fresh) {
    const amounts = new Map([...fresh.querySelectorAll("tbody tr")].map((row) => [numberOf(row), row.querySelector(".amount")]));
    for (const row of form.querySelectorAll(".rows tbody tr")) {
      const found = amounts.get(numberOf(row));
      const cell = row.querySelector(".amount");
      if (found && cell) cell.textContent = found.textContent;
    }
    form.querySelector("[data-estimate]").replaceChildren(...fresh.querySelector("[data-estimate]").childNodes);
  }

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const typed = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    typed.set("_action", "update");
    try {
      const answer = await fetch(form.action, { method: "POST", body: typed, signal: asking.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(form.id);
      if (answer.ok && !answer.redirected && fresh) show(fresh);
    } catch {
      // Without an answer the button still asks.
    }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  form.addEventListener("change", (event) => {
    if (event.target.closest(".rows")) soon();
  });
  form.addEventListener("lines:removed", soon);
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    asking?.abort();
  });
}

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
      form.dispatchEvent(new Event("lines:removed"));
    }
  });
}

document.querySelectorAll("form[data-lines]").forEach(startLines);
document.querySelectorAll("form[data-estimated]").forEach(startEstimates);
