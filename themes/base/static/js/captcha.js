// Does the work of a captcha in the place of its question: finds a number whose SHA-256 with the challenge begins with zero bits.
// Where the browser cannot (no secure connection), the question stays.

const PAUSE = 200;

async function bits(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Math.clz32((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]);
}

async function work(token, wanted) {
  for (let number = 0; ; number += 1) {
    if ((await bits(`${token}:${number}`)) >= wanted) return number;
    if (number % PAUSE === PAUSE - 1) await new Promise((resolve) => setTimeout(resolve));
  }
}

for (const box of document.querySelectorAll("[data-captcha]")) {
  if (!globalThis.crypto?.subtle) break;
  const ask = box.querySelector("[data-captcha-ask]");
  const done = box.querySelector("[data-captcha-done]");
  const solved = work(box.dataset.token, Number(box.dataset.bits)).then((number) => {
    box.querySelector("[name=_captcha_work]").value = number;
    if (!ask.contains(document.activeElement)) ask.hidden = true;
    done.textContent = done.dataset.done;
    box.dataset.solved = "";
  });
  box.closest("form").addEventListener("submit", (event) => {
    if ("solved" in box.dataset || box.querySelector("#captcha").value) return;
    event.preventDefault();
    const { submitter, target } = event;
    solved.then(() => target.requestSubmit(submitter));
  });
}
