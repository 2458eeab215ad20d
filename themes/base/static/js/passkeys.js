// Asks the device for a passkey in the place of a form's button, and sends its answer with the form. What the device is asked stands in
// the form, or is fetched. Where the browser knows no passkeys the sentence that says so stays.

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function readable(asked) {
  const named = (list) => (list ?? []).map((one) => ({ ...one, id: toBytes(one.id) }));
  const found = { ...asked, challenge: toBytes(asked.challenge) };
  if (asked.user) found.user = { ...asked.user, id: toBytes(asked.user.id) };
  if (asked.excludeCredentials) found.excludeCredentials = named(asked.excludeCredentials);
  if (asked.allowCredentials) found.allowCredentials = named(asked.allowCredentials);
  return found;
}

function sendable(made) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (made.response[name]) response[name] = toText(made.response[name]);
  return JSON.stringify({ id: made.id, rawId: toText(made.rawId), type: made.type, response, clientExtensionResults: {} });
}

async function asked(form) {
  if (form.dataset.asked) return JSON.parse(form.dataset.asked);
  const answer = await fetch(form.dataset.ask, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!globalThis.PublicKeyCredential) break;
  form.querySelector("[data-passkey-without]").hidden = true;
  form.querySelector("[data-passkey-with]").hidden = false;
  const failed = form.querySelector("[data-passkey-failed]");
  const there = form.querySelector("[data-passkey-there]") ?? failed;
  const elsewhere = form.querySelector("[data-passkey-elsewhere]") ?? failed;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = there.hidden = elsewhere.hidden = true;
    try {
      const publicKey = readable(await asked(form));
      const made = form.dataset.passkey === "make" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
      (form.querySelector("[data-passkey-answer]") ?? form.elements.answer).value = sendable(made);
      form.submit();
    } catch (error) {
      // A device says so when it is asked for a new passkey and has one of the list it was told to leave out.
      // A browser says SecurityError where the site is open at another name than the one that its passkeys are bound to.
      ({ InvalidStateError: there, SecurityError: elsewhere }[error.name] ?? failed).hidden = false;
    }
  });
}
