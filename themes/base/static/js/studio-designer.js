// A designer: steps are sent in the background, what came of them takes the place of what was shown, and the window follows.

import { adoptIcons } from "./icons.js";
import { refreshPreview, showToken } from "./studio-preview.js";

// How long somebody must have stopped typing. A list or a mark that was chosen is sent at once.
const PAUSE = 350;
let queue = Promise.resolve();
// What was typed in a panel and not sent yet; it goes along where somebody leaves the page.
let typed = null;
window.addEventListener("pagehide", () => {
  if (typed) {
    const fields = new URLSearchParams(new FormData(typed));
    fields.set("base", page().elements.base.value);
    fields.set("do", "set");
    navigator.sendBeacon(typed.action, fields);
  }
});

function page() {
  return document.querySelector("[data-designer]");
}

function focusKey() {
  const active = document.activeElement;
  if (active?.id) {
    return active.id === "main" ? "" : active.id;
  }
  return active?.name && active?.value ? `[name="${active.name}"][value="${CSS.escape(active.value)}"]` : "";
}

function focusAgain(key, path) {
  const chosen = path ? document.getElementById(`d-${path}`) : null;
  // A line that was just added is no part of its own: it stands in the panel of the part, ready to be typed in.
  const line = path && !chosen ? document.getElementById(`f-${path}`) : null;
  const button = key.startsWith("[");
  const same = key ? (button ? document.querySelector(key) : document.getElementById(key)) : null;
  const next = button && line ? line : same;
  (next ?? chosen ?? document.getElementById("main")).focus({ preventScroll: Boolean(next) && next === same });
}

async function show(answer, key) {
  const html = await answer.text();
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const form = fresh.querySelector("[data-designer]");
  if (!form) {
    document.open();
    document.write(html);
    document.close();
    return;
  }
  adoptIcons(html);
  // Whoever went on while the answer was on its way is not taken back to the button of that step.
  const now = focusKey() || key;
  page().replaceWith(form);
  document.querySelector(".st-side").replaceWith(fresh.querySelector(".st-side"));
  const head = fresh.querySelector(".st-main > .page-head");
  document.querySelector(".st-main > .page-head").replaceWith(head);
  document.querySelector("[data-drafts]").replaceWith(fresh.querySelector("[data-drafts]"));
  const at = new URL(answer.url).searchParams.get("at") ?? "";
  window.history.replaceState(null, "", answer.url);
  start();
  focusAgain(now, at);
}

function send(form, more) {
  const fields = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(more)) {
    fields.set(name, value);
  }
  const key = focusKey();
  queue = queue.then(async () => {
    fields.set("base", page().elements.base.value);
    const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "text/html" } });
    await show(answer, key);
    refreshPreview();
  });
  return queue;
}

function sortable(list, name) {
  window.Sortable.create(list, {
    group: name,
    handle: list.matches(".ds-fields, tbody") ? undefined : ".handle",
    filter: "button",
    preventOnFilter: false,
    draggable: "[data-path]",
    animation: 120,
    onEnd: (event) => {
      const target = event.to.dataset.sortable;
      if (target && (event.from !== event.to || event.oldDraggableIndex !== event.newDraggableIndex)) {
        send(page(), { do: `move:${event.item.dataset.path}>${target}.${event.newDraggableIndex}` });
      }
    },
    onAdd: (event) => {
      if (event.item.dataset.word) {
        event.item.remove();
        send(page(), { do: `add:${event.to.dataset.sortable}.${event.newDraggableIndex}=${event.item.dataset.word}` });
      }
    },
  });
}

function startLook(form) {
  const live = form.querySelector("[data-live]");
  if (!live) {
    return;
  }
  let timer;
  live.addEventListener("input", (event) => {
    const { colour } = event.target.dataset;
    const field = colour ? document.getElementById(colour) : event.target;
    if (colour) {
      field.value = event.target.value;
    }
    showToken(field.dataset.token, field.value);
    clearTimeout(timer);
    timer = setTimeout(() => send(form, { do: live.dataset.live }), PAUSE);
  });
}

function start() {
  const form = page();
  startLook(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    send(form, button ? { do: button.value } : {});
  });
  const panel = document.querySelector("[data-panel]");
  let timer;
  const set = () => {
    clearTimeout(timer);
    typed = null;
    send(panel, { do: "set" });
  };
  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    typed = null;
    send(panel, { do: event.submitter?.value ?? "set" });
  });
  panel.addEventListener("input", (event) => {
    clearTimeout(timer);
    typed = panel;
    timer = setTimeout(set, event.target.matches("select, [type=checkbox], [type=radio]") ? 0 : PAUSE);
  });
  for (const list of form.querySelectorAll("[data-sortable]")) {
    sortable(list, list.dataset.sortable.endsWith("fields") ? "fields" : list.dataset.sortable);
  }
  for (const list of form.querySelectorAll("[data-palette]")) {
    const name = list.dataset.palette.endsWith("fields") ? "fields" : list.dataset.palette;
    window.Sortable.create(list, { group: { name, pull: "clone", put: false }, sort: false, draggable: "[data-word]", filter: "button", preventOnFilter: false });
  }
}

export function startDesigner() {
  if (!page()) {
    return;
  }
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-designer] a[href*='/design/'], .error-summary a");
    if (!link || event.ctrlKey || event.metaKey || !link.closest("[data-designer]") || new URL(link.href).pathname !== window.location.pathname) {
      return;
    }
    event.preventDefault();
    await queue;
    await show(await fetch(link.href), "");
  });
  start();
}
