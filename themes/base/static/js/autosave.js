// Keeps what is typed in a form on the server while somebody types, so that it is offered when they come back.

const PAUSE = 2000;

function typed(form) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") fields.append(name, value);
  }
  fields.set("_action", "keep");
  return fields;
}

for (const form of document.querySelectorAll("form[data-autosave]")) {
  const status = form.querySelector("[data-kept]");
  let timer = 0;
  let over = false;
  let sending = null;

  async function keep() {
    clearTimeout(timer);
    timer = 0;
    sending?.abort();
    sending = new AbortController();
    try {
      const answer = await fetch(form.action, { method: "POST", body: typed(form), signal: sending.signal, keepalive: true });
      const clock = { hour: "2-digit", minute: "2-digit", timeZone: status.dataset.zone };
      const at = new Date().toLocaleTimeString(document.documentElement.lang, clock);
      status.textContent = answer.status === 204 ? status.dataset.kept.replace("{at}", at) : "";
    } catch {
      status.textContent = "";
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    if (!over) timer = setTimeout(keep, PAUSE);
  });
  form.addEventListener("submit", () => {
    over = true;
    clearTimeout(timer);
    timer = 0;
    sending?.abort();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && timer && !over) keep();
  });
  window.addEventListener("pageshow", () => {
    over = false;
  });
}
