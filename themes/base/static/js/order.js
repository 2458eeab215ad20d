// Lets the entries of a list that is put in order be dragged; the buttons beside them do the same without a script.

let moving = null;

function refresh(list) {
  const entries = [...list.children];
  entries.forEach((entry, place) => {
    entry.querySelector("button[value^='up:']").disabled = place === 0;
    entry.querySelector("button[value^='down:']").disabled = place === entries.length - 1;
  });
}

function targetOf(event) {
  const entry = event.target.closest?.("[data-order] > li");
  return moving && entry && entry !== moving && entry.parentElement === moving.parentElement ? entry : null;
}

for (const entry of document.querySelectorAll("[data-order] > li")) {
  entry.draggable = true;
}

document.addEventListener("dragstart", (event) => {
  moving = event.target.closest?.("[data-order] > li") ?? null;
  if (moving) {
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", moving.textContent.trim().slice(0, 80));
    moving.classList.add("is-moving");
  }
});
document.addEventListener("dragover", (event) => {
  if (moving && event.target.closest?.("[data-order]") === moving.parentElement) {
    event.preventDefault();
    const entry = targetOf(event);
    if (entry) {
      const box = entry.getBoundingClientRect();
      entry[event.clientY < box.top + box.height / 2 ? "before" : "after"](moving);
    }
  }
});
document.addEventListener("drop", (event) => {
  if (moving) event.preventDefault();
});
document.addEventListener("dragend", () => {
  if (moving) {
    moving.classList.remove("is-moving");
    refresh(moving.parentElement);
  }
  moving = null;
});
