// Makes a lookup's search box a combobox. Without script the same box is sent with the form and answered by radios.

import { startNewRows } from "./new-row.js";
import { startRules } from "./rules.js";

const WAIT = 180;
let made = 0;

export function startComboboxes(root) {
  for (const box of root.querySelectorAll("[data-lookup]:not([data-ready])")) {
    if (!box.closest("template")) {
      enhance(box);
    }
  }
  startNarrowed(root);
  startNewRows(root, startComboboxes);
  startRules(root);
}

function enhance(box) {
  box.dataset.ready = "";
  const input = box.querySelector("input.form-control");
  const found = box.querySelector('input[name$="__found"]');
  const state = { options: [], at: -1, timer: 0, asked: 0 };
  const value = hiddenValue(box);
  const list = listBox(box, input);
  box.querySelector("[data-find]")?.remove();

  function close() {
    // What is still being searched for must not open the list again.
    state.asked += 1;
    window.clearTimeout(state.timer);
    list.hidden = true;
    state.at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(at) {
    const rows = [...list.children].filter((row) => row.dataset.value !== undefined);
    if (!rows.length) {
      return;
    }
    state.at = (at + rows.length) % rows.length;
    rows.forEach((row, place) => row.setAttribute("aria-selected", String(place === state.at)));
    input.setAttribute("aria-activedescendant", rows[state.at].id);
    rows[state.at].scrollIntoView({ block: "nearest" });
  }

  function choose(option) {
    value.value = option.value;
    input.value = option.label;
    found.value = option.label;
    close();
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function show(options) {
    state.options = options;
    list.replaceChildren(...options.map((option, place) => row(option, `${list.id}-${place}`, input.value)));
    if (!options.length) {
      list.append(nothing(box.dataset.none));
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(0);
  }

  async function search() {
    const asked = ++state.asked;
    const url = address(box);
    url.searchParams.set("q", input.value === found.value ? "" : input.value);
    const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
    const options = answer?.ok ? (await answer.json()).options : null;
    if (options && asked === state.asked && document.activeElement === input) {
      show(options);
    }
  }

  function soon() {
    window.clearTimeout(state.timer);
    state.timer = window.setTimeout(search, WAIT);
  }

  onNarrowed(box, () => {
    value.value = "";
    input.value = "";
    found.value = "";
  });
  input.addEventListener("input", () => {
    if (!input.value.trim()) {
      value.value = "";
    }
    soon();
  });
  input.addEventListener("click", () => {
    if (list.hidden) {
      search();
    }
  });
  input.addEventListener("blur", () => window.setTimeout(close, WAIT));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) {
        search();
      } else {
        mark(state.at + (event.key === "ArrowDown" ? 1 : -1));
      }
    } else if (event.key === "Enter" && !list.hidden && state.options[state.at]) {
      event.preventDefault();
      choose(state.options[state.at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      close();
    }
  });
  list.addEventListener("mousedown", (event) => {
    const row = event.target.closest("[data-value]");
    event.preventDefault();
    if (row) {
      choose(state.options.find((option) => option.value === row.dataset.value));
    }
  });
}

// Where rows are found: of those that belong to the row of another control, if the form narrows them by one.
function address(control) {
  const url = new URL(control.dataset.url, window.location.href);
  const other = narrowing(control);
  if (other) {
    url.searchParams.set("within", other.value);
  }
  return url;
}

function narrowing(control) {
  const name = control.dataset.narrowedBy;
  const found = name ? [...control.closest("form").querySelectorAll(`[name="${CSS.escape(name)}"]`)] : [];
  return found.find((one) => one.type !== "radio" || one.checked);
}

function onNarrowed(control, act) {
  let before = narrowing(control)?.value;
  if (control.dataset.narrowedBy) {
    control.closest("form").addEventListener("change", () => {
      const now = narrowing(control)?.value;
      if (now !== before) {
        before = now;
        act();
      }
    });
  }
}

// A dropdown whose rows belong to the row of another control is filled anew when that changes.
function startNarrowed(root) {
  for (const select of root.querySelectorAll("select[data-narrowed-by]:not([data-ready])")) {
    select.dataset.ready = "";
    onNarrowed(select, async () => {
      const answer = await fetch(address(select), { headers: { Accept: "application/json" } }).catch(() => null);
      if (answer?.ok) {
        const rows = (await answer.json()).options.map((option) => new Option(label(option), option.value));
        select.replaceChildren(...[...select.options].filter((option) => !option.value), ...rows);
        select.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }
}

function label(option) {
  return option.second ? `${option.label} · ${option.second}` : option.label;
}

// One hidden input in place of the radios that were found.
function hiddenValue(box) {
  const rows = box.querySelector("[data-rows]");
  if (!rows) {
    return box.querySelector(`input[type="hidden"][name="${box.dataset.name}"]`);
  }
  const value = document.createElement("input");
  value.type = "hidden";
  value.name = box.dataset.name;
  value.value = rows.querySelector(":checked")?.value ?? "";
  rows.replaceWith(value);
  return value;
}

function listBox(box, input) {
  const list = document.createElement("ul");
  list.className = "options";
  list.id = `options-${++made}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.getAttribute("aria-label") ?? input.labels?.[0]?.textContent.trim() ?? "");
  list.hidden = true;
  box.append(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  return list;
}

function row(option, id, typed) {
  const item = document.createElement("li");
  item.id = id;
  item.dataset.value = option.value;
  item.setAttribute("role", "option");
  item.append(marked(option.label, typed));
  if (option.second) {
    const end = document.createElement("span");
    end.className = "end";
    end.textContent = option.second;
    item.append(end);
  }
  return item;
}

function marked(label, typed) {
  const span = document.createElement("span");
  const at = typed ? label.toLowerCase().indexOf(typed.toLowerCase()) : -1;
  if (at < 0) {
    span.textContent = label;
    return span;
  }
  const mark = document.createElement("mark");
  mark.textContent = label.slice(at, at + typed.length);
  span.append(label.slice(0, at), mark, label.slice(at + typed.length));
  return span;
}

function nothing(text) {
  const item = document.createElement("li");
  item.className = "muted";
  item.textContent = text;
  return item;
}

startComboboxes(document);
