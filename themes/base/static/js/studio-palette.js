// The command palette and the sheet of shortcuts: two dialogs over whatever page of the studio is open.

const PAUSE = 120;
const GROUPS = ["components", "records", "people", "actions"];
const words = document.getElementById("st-words").content;

function word(name) {
  return words.querySelector(`[data-word="${name}"]`).textContent;
}

function made(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function dialog(label) {
  const found = made("dialog", { class: "palette", "aria-label": label });
  const before = document.activeElement;
  found.addEventListener("close", () => {
    found.remove();
    before?.focus();
  });
  found.addEventListener("click", (event) => {
    if (event.target === found) {
      found.close();
    }
  });
  document.body.append(found);
  found.showModal();
  return found;
}

function option(entry, number) {
  const end = entry.kind ? [made("span", { class: "end" }, entry.state && entry.state !== "published" ? `${entry.kind} · ${word("draft")}` : entry.kind)] : [];
  return made("div", { role: "option", id: `palette-${number}`, "aria-selected": "false", "data-url": entry.url }, made("span", {}, entry.label), ...end);
}

function group(name, entries, from) {
  const heading = made("div", { class: "group", id: `palette-${name}` }, word(name));
  return made("div", { role: "group", "aria-labelledby": heading.id }, heading, ...entries.map((entry, place) => option(entry, from + place)));
}

export function openPalette() {
  if (document.querySelector("dialog[open]")) {
    return;
  }
  const box = dialog(word("label"));
  const list = made("div", { role: "listbox", id: "palette-list", "aria-label": word("label") });
  const input = made("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": list.id, "aria-autocomplete": "list", "aria-label": word("label"), autocomplete: "off" });
  box.append(made("div", { class: "ask" }, input, made("kbd", {}, "Esc")), list);
  let chosen = 0;
  let moved = "";
  let asked = 0;
  let shown = null;
  let awaited = null;
  let timer;

  function choose(place) {
    const options = list.querySelectorAll('[role="option"]');
    chosen = options.length ? (place + options.length) % options.length : 0;
    options.forEach((each, number) => each.setAttribute("aria-selected", String(number === chosen)));
    input.setAttribute("aria-activedescendant", options[chosen]?.id ?? "");
    options[chosen]?.scrollIntoView({ block: "nearest" });
  }

  function chosenOption() {
    return list.querySelector('[aria-selected="true"]');
  }

  async function ask() {
    clearTimeout(timer);
    const number = ++asked;
    const words = input.value;
    const answer = await fetch(`${document.body.dataset.find}?as=json&q=${encodeURIComponent(words)}`);
    const found = answer.ok ? await answer.json() : {};
    if (number !== asked) {
      return;
    }
    shown = words;
    const groups = [];
    let from = 0;
    for (const name of GROUPS.filter((each) => found[each]?.length)) {
      groups.push(group(name, found[name], from));
      from += found[name].length;
    }
    list.replaceChildren(...(groups.length ? groups : [made("p", {}, word("none"))]));
    const urls = [...list.querySelectorAll('[role="option"]')].map((each) => each.dataset.url);
    choose(Math.max(0, moved ? urls.indexOf(moved) : 0));
    if (awaited && chosenOption()) {
      open(chosenOption().dataset.url, awaited.aside);
    }
    awaited = null;
  }

  function open(url, aside) {
    if (aside) {
      window.open(url, "_blank", "noopener");
    } else {
      window.location.assign(url);
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    moved = "";
    awaited = null;
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
      moved = chosenOption()?.dataset.url ?? "";
    } else if (event.key === "Enter") {
      event.preventDefault();
      const aside = event.ctrlKey || event.metaKey;
      if (input.value !== shown && !moved) {
        // What is listed is of fewer words than are written: the first of all the words is meant.
        awaited = { aside };
        ask();
      } else if (chosenOption()) {
        open(chosenOption().dataset.url, aside);
      }
    }
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) {
      open(option.dataset.url, event.ctrlKey || event.metaKey);
    }
  });
  input.focus();
  ask();
}

export async function openSheet() {
  const answer = await fetch(document.body.dataset.keys);
  const sheet = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("sheet");
  if (!sheet || document.querySelector("dialog[open]")) {
    return;
  }
  const box = dialog(sheet.getAttribute("aria-label"));
  const close = made("button", { type: "button", class: "btn btn-secondary btn-s" }, "Esc");
  close.addEventListener("click", () => box.close());
  box.append(made("div", { class: "sheet" }, ...sheet.children, close));
  close.focus();
}
