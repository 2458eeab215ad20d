// A designer: steps are sent in the background, what came of them takes the place of what was shown, and the window follows.

import { adoptIcons } from "./icons.js";
import { startMessages } from "./messages.js";
import { refreshPreview, showToken } from "./studio-preview.js";

// How long somebody must have stopped typing. A list or a mark that was chosen is sent at once.
const PAUSE = 350;
// What somebody has unfolded to place parts from stays open, since several are placed as a rule.
const UNFOLDED = ".ds-far[open] > summary";
let queue = Promise.resolve();
let timer;
// What stood in each field when the last step was sent: what differs from it was typed while the answer was on its way.
let sent = new Map();
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

// The fields that people type in and choose from, on the canvas and in the panel; marks and buttons are steps of their own.
function fields() {
  const held = "input[id]:not([type=hidden], [type=checkbox], [type=radio], [type=file]), select[id], textarea[id]";
  return [...document.querySelectorAll("[data-designer], [data-panel]")].flatMap((form) => [...form.querySelectorAll(held)]);
}

function standing() {
  return new Map(fields().map((field) => [field.id, field.value]));
}

function selectionOf(field) {
  try {
    return [field.selectionStart, field.selectionEnd];
  } catch {
    return [null, null];
  }
}

// What somebody typed since the step was sent, and where the caret stands; both go on in what the answer brings.
function typing() {
  const active = document.activeElement;
  const [start, end] = active?.matches("input, textarea") ? selectionOf(active) : [null, null];
  return {
    later: fields().filter((field) => sent.has(field.id) && sent.get(field.id) !== field.value).map((field) => [field.id, field.value]),
    caret: start === null ? null : { id: active.id, start, end },
  };
}

// Gives back whether anything of it belongs to the panel, which has then to be sent once more.
function typeOn({ later, caret }) {
  let ofPanel = false;
  for (const [id, value] of later) {
    const field = document.getElementById(id);
    if (field && field.value !== value) {
      field.value = value;
      ofPanel ||= Boolean(field.closest("[data-panel]"));
    }
  }
  const held = caret?.id ? document.getElementById(caret.id) : null;
  if (held && held === document.activeElement) {
    try {
      held.setSelectionRange(caret.start, caret.end);
    } catch {
      // A field of numbers or dates has no caret to be set.
    }
  }
  return ofPanel;
}

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
  const kept = typing();
  const panel = document.querySelector("[data-panel]");
  const unfolded = new Set([...page().querySelectorAll(UNFOLDED)].map((summary) => summary.textContent.trim()));
  for (const summary of form.querySelectorAll(".ds-far > summary")) {
    summary.parentElement.open ||= unfolded.has(summary.textContent.trim());
  }
  page().replaceWith(form);
  document.querySelector(".st-side").replaceWith(fresh.querySelector(".st-side"));
  const head = fresh.querySelector(".st-main > .page-head");
  document.querySelector(".st-main > .page-head").replaceWith(head);
  document.querySelector("[data-drafts]").replaceWith(fresh.querySelector("[data-drafts]"));
  const at = new URL(answer.url).searchParams.get("at") ?? "";
  window.history.replaceState(null, "", answer.url);
  start();
  sent = standing();
  focusAgain(now, at);
  if (typeOn(kept)) {
    wait(document.querySelector("[data-panel]"), PAUSE);
  } else if (typed === panel) {
    // The panel of another part is shown by now: what was typed in the one before is sent all the same.
    const gone = kept.later.some(([id]) => panel.querySelector(`#${CSS.escape(id)}`) && !document.getElementById(id));
    if (gone) {
      flush();
    } else {
      settled();
    }
  }
}

function settled() {
  clearTimeout(timer);
  typed = null;
}

// The panel is sent when somebody has stopped typing.
function wait(panel, pause) {
  clearTimeout(timer);
  typed = panel;
  timer = setTimeout(flush, pause);
}

// What was typed in the panel is a step before the next one, so that no step is done to what was there before.
function flush() {
  const panel = typed;
  settled();
  return panel ? send(panel, { do: "set" }) : queue;
}

function send(form, more) {
  const values = new URLSearchParams(new FormData(form));
  const given = standing();
  for (const [name, value] of Object.entries(more)) {
    values.set(name, value);
  }
  const key = focusKey();
  queue = queue.then(async () => {
    sent = new Map([...standing(), ...given]);
    values.set("base", page().elements.base.value);
    const answer = await fetch(form.action, { method: "POST", body: values, headers: { Accept: "text/html" } });
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
    const word = form.elements.word;
    if (button?.value === "add:attributes" && word?.required && !word.reportValidity()) {
      return;
    }
    flush();
    send(form, button ? { do: button.value } : {});
    // Another name may be typed while this one is on its way.
    if (button?.value === "add:attributes" && word) {
      word.value = "";
    }
  });
  const panel = document.querySelector("[data-panel]");
  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    settled();
    const step = event.submitter?.value ?? "set";
    send(panel, { do: step });
    if (step === "set") {
      tellSaved();
    }
  });
  panel.addEventListener("input", (event) => {
    wait(panel, event.target.matches("select, [type=checkbox], [type=radio]") ? 0 : PAUSE);
  });
  for (const list of form.querySelectorAll("[data-sortable]")) {
    sortable(list, list.dataset.sortable.endsWith("fields") ? "fields" : list.dataset.sortable);
  }
  for (const list of form.querySelectorAll("[data-palette]")) {
    const name = list.dataset.palette.endsWith("fields") ? "fields" : list.dataset.palette;
    window.Sortable.create(list, { group: { name, pull: "clone", put: false }, sort: false, draggable: "[data-word]", filter: "button", preventOnFilter: false });
  }
}

// A designer saves by itself; whoever asks it to is told when all of it is done.
async function tellSaved() {
  await queue;
  if (!page()) {
    // What came back is no designer: somebody else changed it meanwhile, and the page asks what to keep.
    return;
  }
  document.querySelector("[data-toasts]").replaceChildren(document.getElementById("st-saved").content.cloneNode(true));
  startMessages(document);
}

export function saveDesign() {
  flush();
  tellSaved();
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
    await flush();
    await show(await fetch(link.href), "");
  });
  start();
  sent = standing();
}
