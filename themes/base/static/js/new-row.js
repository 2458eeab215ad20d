// Opens the form for a new row of a lookup over the form that needs it. Without script the same link is a page beside it.

import { adoptIcons } from "./icons.js";

export function startNewRows(root, start) {
  for (const link of root.querySelectorAll("[data-new-row]:not([data-ready])")) {
    if (link.closest("template")) {
      continue;
    }
    link.dataset.ready = "";
    link.addEventListener("click", (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        open(link, start);
      }
    });
  }
}

async function open(link, start) {
  const address = new URL(link.href);
  address.searchParams.set("dialog", "1");
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) {
    window.open(link.href, "_blank", "noopener");
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.className = "over";
  dialog.setAttribute("aria-labelledby", "new-row-title");
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  show(dialog, await answer.text(), start);
  dialog.showModal();
  dialog.querySelector("input.form-control, select, textarea")?.focus();
  dialog.addEventListener("submit", async (event) => {
    event.preventDefault();
    const data = new FormData(event.target, event.submitter);
    const said = await fetch(event.target.action, { method: "POST", body: data }).catch(() => null);
    if (!said) {
      return;
    }
    if (said.headers.get("Content-Type")?.startsWith("application/json")) {
      finish(dialog, link, await said.json());
    } else {
      show(dialog, await said.text(), start);
      dialog.querySelector("[data-errors]")?.focus();
    }
  });
}

function show(dialog, html, start) {
  adoptIcons(html);
  const arrived = new DOMParser().parseFromString(html, "text/html");
  arrived.querySelectorAll("svg[data-sprite]").forEach((sprite) => sprite.remove());
  dialog.replaceChildren(...arrived.body.childNodes);
  const close = dialog.querySelector("[data-close]");
  if (close) {
    close.hidden = false;
    close.addEventListener("click", () => dialog.close());
  }
  start(dialog);
}

function finish(dialog, link, answer) {
  if (answer.row) {
    take(link, answer.row);
    dialog.close();
    return;
  }
  const line = document.createElement("p");
  line.className = "panel-body";
  line.setAttribute("role", "status");
  line.textContent = answer.said ?? answer.error?.message ?? "";
  dialog.querySelector("form")?.querySelector(".panel-body")?.replaceChildren(line);
  dialog.querySelector("form [type=submit].btn-primary")?.remove();
}

// Chooses the new row in the lookup that the link stands beside.
function take(link, row) {
  const name = CSS.escape(link.dataset.newRow);
  const form = link.closest("form");
  const select = form.querySelector(`select[name="${name}"]`);
  if (select) {
    select.add(new Option(row.label, row.value, true, true));
    select.dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  const box = form.querySelector(`[data-lookup][data-name="${name}"]`);
  box.querySelector(`input[type="hidden"][name="${name}"]`).value = row.value;
  box.querySelector(`[name="${name}__q"]`).value = row.label;
  box.querySelector(`[name="${name}__found"]`).value = row.label;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}
