// Messages in the corner: each can be closed; good news leaves after six seconds unless somebody is reading or using it.

const STAY = 6000;

function leaveLater(notice) {
  let timer = setTimeout(() => notice.remove(), STAY);
  const wait = () => clearTimeout(timer);
  const goOn = () => {
    timer = setTimeout(() => notice.remove(), STAY);
  };
  notice.addEventListener("pointerenter", wait);
  notice.addEventListener("pointerleave", goOn);
  notice.addEventListener("focusin", wait);
  notice.addEventListener("focusout", goOn);
}

export function startMessages(root) {
  for (const notice of root.querySelectorAll("[data-toasts] > :not([data-started])")) {
    notice.dataset.started = "";
    const close = notice.querySelector("[data-close]");
    close.hidden = false;
    close.addEventListener("click", () => notice.remove());
    if (notice.dataset.tone === "good") {
      leaveLater(notice);
    }
  }
}
