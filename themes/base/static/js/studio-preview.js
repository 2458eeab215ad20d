// The site through somebody else's eyes: as wide as asked for, scaled to the room there is, loaded anew after each change.

const WIDE = { phone: 390, tablet: 820, desktop: 1280 };
const TALL = { phone: 720, tablet: 900, desktop: 800 };
const KEPT = "foyer-preview-width";
const LOOKS = "foyer-preview-looks";

function section() {
  return document.querySelector("[data-preview]");
}

function fit() {
  const stage = section()?.querySelector(".pv-stage");
  if (!stage) {
    return;
  }
  const width = [...stage.classList].find((name) => name.startsWith("pv-") && name !== "pv-stage").slice(3);
  const frame = stage.querySelector("iframe");
  // What is made smaller takes the room that it had before: there would be scroll bars, with nothing to be scrolled to.
  stage.style.overflow = "clip";
  const scale = Math.min(1, stage.clientWidth / WIDE[width]);
  frame.style.inlineSize = `${WIDE[width]}px`;
  frame.style.blockSize = `${TALL[width]}px`;
  frame.style.transform = scale < 1 ? `scale(${scale})` : "none";
  stage.style.blockSize = `${TALL[width] * scale}px`;
}

function choose(width) {
  const found = section();
  const stage = found.querySelector(".pv-stage");
  stage.className = `pv-stage pv-${width}`;
  for (const link of found.querySelectorAll("[data-preview-width]")) {
    link.toggleAttribute("aria-current", link.dataset.previewWidth === width);
    if (link.hasAttribute("aria-current")) {
      link.setAttribute("aria-current", "true");
    }
  }
  fit();
}

// Light or dark, and right to left, as a person's own settings would have it: they are no drafts and change nothing.
function looks() {
  return new Set((sessionStorage.getItem(LOOKS) ?? "").split(" ").filter(Boolean));
}

function dress(document_) {
  const found = section();
  const chosen = looks();
  for (const button of found.querySelectorAll("[data-preview-look]")) {
    button.setAttribute("aria-pressed", String(chosen.has(button.dataset.previewLook)));
  }
  const root = document_?.documentElement;
  if (!root) {
    return;
  }
  for (const scheme of ["light", "dark"]) {
    if (chosen.has(scheme)) {
      root.dataset.bsTheme = scheme;
    }
  }
  if (chosen.has("rtl")) {
    const turn = found.querySelector('[data-preview-look="rtl"]').dataset;
    root.dir = "rtl";
    document_.querySelector(`link[href="${turn.left}"]`)?.setAttribute("href", turn.right);
  }
}

function toggleLook(look) {
  const chosen = looks();
  const had = chosen.delete(look);
  if (!had) {
    chosen.add(look);
    if (look !== "rtl") {
      chosen.delete(look === "dark" ? "light" : "dark");
    }
  }
  sessionStorage.setItem(LOOKS, [...chosen].join(" "));
  refreshPreview();
}

// A design value at once, before the draft that holds it is saved and shown.
export function showToken(name, value) {
  const root = section()?.querySelector("iframe").contentDocument?.documentElement;
  if (value) {
    root?.style.setProperty(`--fy-${name}`, value);
  } else {
    root?.style.removeProperty(`--fy-${name}`);
  }
}

export function refreshPreview() {
  const frame = section()?.querySelector("iframe");
  if (frame) {
    frame.contentWindow.location.reload();
    tellWrong();
  }
}

// How many drafts are seen as they are served changes with each of them.
async function tellWrong() {
  const told = section().querySelector("[data-preview-wrong]");
  const answer = told ? await fetch(told.dataset.previewWrong) : null;
  if (answer?.ok) {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    told.replaceChildren(...fresh.body.childNodes);
  }
}

export function startPreview() {
  const found = section();
  if (!found) {
    return;
  }
  found.addEventListener("click", (event) => {
    const look = event.target.closest("[data-preview-look]");
    if (look) {
      toggleLook(look.dataset.previewLook);
      return;
    }
    const link = event.target.closest("[data-preview-width]");
    if (link) {
      event.preventDefault();
      sessionStorage.setItem(KEPT, link.dataset.previewWidth);
      choose(link.dataset.previewWidth);
    }
  });
  found.addEventListener("change", (event) => {
    if (event.target.matches("[data-preview-place]")) {
      event.target.form.requestSubmit();
    }
  });
  found.querySelector("iframe").addEventListener("load", (event) => {
    found.querySelector("[data-preview-open]").href = event.target.contentWindow.location.href;
    const seen = found.querySelector("[data-preview-at]");
    if (seen) {
      seen.value = decodeURI(event.target.contentWindow.location.pathname);
    }
    dress(event.target.contentDocument);
  });
  new ResizeObserver(fit).observe(found);
  const kept = sessionStorage.getItem(KEPT);
  choose(kept in WIDE ? kept : [...found.querySelectorAll('[data-preview-width][aria-current="true"]')][0]?.dataset.previewWidth ?? "desktop");
  dress(found.querySelector("iframe").contentDocument);
}
