// An editor of the studio: items of lists are added, moved and taken away in place, and nothing unsaved is left by accident.

import { adoptIcons } from "./icons.js";

let dirty = false;

function openItems(form) {
  return [...form.querySelectorAll(".st-item")].filter((item) => item.querySelector("details").open).map((item) => item.id);
}

function focusOf(form) {
  const wanted = form.querySelector("[autofocus]");
  if (wanted) {
    wanted.focus();
    return;
  }
  const opened = form.dataset.focus && document.getElementById(form.dataset.focus);
  if (opened) {
    (opened.querySelector("input:not([type=hidden]), select, textarea") ?? opened).focus();
  }
}

async function move(form, button) {
  const [act, path] = button.value.split(":");
  const kept = act === "add" ? openItems(form) : [];
  const fields = new FormData(form, button);
  // A file that was chosen goes along; the page that comes back holds its digest.
  const sent = form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
  const answer = await fetch(form.action, { method: "POST", body: sent, headers: { Accept: "text/html" } });
  const html = await answer.text();
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("editor");
  if (!answer.ok || !fresh) {
    form.submit();
    return;
  }
  adoptIcons(html);
  form.replaceWith(fresh);
  for (const id of kept) {
    const item = document.getElementById(id);
    if (item) {
      item.querySelector("details").open = true;
    }
  }
  startEditor(fresh);
  focusOf(fresh);
  document.dispatchEvent(new CustomEvent("studio:moved", { detail: { act, path } }));
}

export function startEditor(form) {
  dirty = dirty || "unsaved" in form.dataset;
  form.addEventListener("input", () => {
    dirty = true;
  });
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button && "move" in button.dataset) {
      event.preventDefault();
      dirty = true;
      move(form, button);
      return;
    }
    dirty = false;
  });
}

window.addEventListener("beforeunload", (event) => {
  if (dirty) {
    event.preventDefault();
  }
});
