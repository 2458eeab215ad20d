// Lets a card of a board be dragged to another column. Dropping it presses the button of the form that does the same.

let moving = null;

function startCards(root) {
  for (const card of root.querySelectorAll("[data-board] [data-card]")) {
    card.draggable = true;
  }
}

function buttonTo(lane) {
  const value = CSS.escape(lane.dataset.lane);
  return lane.dataset.lane && moving ? moving.querySelector(`button[name="to"][value="${value}"]`) : null;
}

function laneOf(event) {
  const lane = event.target.closest?.("[data-lane]");
  return lane && moving && lane.parentElement === moving.closest("[data-board]") ? lane : null;
}

function leave() {
  document.querySelectorAll(".lane.is-over").forEach((lane) => lane.classList.remove("is-over"));
}

document.addEventListener("dragstart", (event) => {
  moving = event.target.closest?.("[data-board] [data-card]") ?? null;
  if (moving) {
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", moving.querySelector(".rec").textContent);
    moving.classList.add("is-moving");
  }
});
document.addEventListener("dragend", () => {
  moving?.classList.remove("is-moving");
  moving = null;
  leave();
});
document.addEventListener("dragover", (event) => {
  const lane = laneOf(event);
  leave();
  if (lane && buttonTo(lane)) {
    event.preventDefault();
    lane.classList.add("is-over");
  }
});
document.addEventListener("drop", (event) => {
  const lane = laneOf(event);
  const button = lane && buttonTo(lane);
  if (button) {
    event.preventDefault();
    button.form.requestSubmit(button);
  }
});

startCards(document);
document.addEventListener("htmx:afterSwap", (event) => startCards(event.detail.target?.parentElement ?? document));
