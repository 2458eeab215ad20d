// Rows that can be marked: a box for all of the page, and how many are marked. Without script each row has its box alone.

function start(list) {
  const head = list.querySelector("[data-mark-all]:not([data-ready])");
  const said = list.querySelector("[data-marked]");
  if (!head || !said) {
    return;
  }
  head.dataset.ready = "";
  const boxes = [...list.querySelectorAll('.pick input[name="row"]')];
  const every = Object.assign(document.createElement("input"), { type: "checkbox", className: "form-check-input" });
  every.setAttribute("aria-label", head.dataset.markAll);
  head.replaceChildren(every);
  const before = said.textContent;

  function tell() {
    const marked = boxes.filter((box) => box.checked).length;
    every.checked = marked > 0 && marked === boxes.length;
    every.indeterminate = marked > 0 && marked < boxes.length;
    said.textContent = marked === 1 ? said.dataset.one : said.dataset.other.replace("2", String(marked));
    if (!marked) {
      said.textContent = before;
    }
    boxes.forEach((box) => box.closest("tr").classList.toggle("is-selected", box.checked));
  }

  every.addEventListener("change", () => {
    boxes.forEach((box) => (box.checked = every.checked));
    tell();
  });
  list.addEventListener("change", (event) => boxes.includes(event.target) && tell());
  tell();
}

function startAll(root) {
  [...root.querySelectorAll(".list"), ...(root.closest?.(".list") ? [root.closest(".list")] : [])].forEach(start);
}

startAll(document);
document.addEventListener("htmx:afterSwap", () => startAll(document));
