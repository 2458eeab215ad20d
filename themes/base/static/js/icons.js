// A page brings the shapes of its own icons only; what replaces a part of it may draw others, whose shapes come along.

const SPRITE = "svg[data-sprite]";

export function adoptIcons(html) {
  const sprite = document.querySelector(SPRITE);
  if (!sprite || !html || !html.includes("data-sprite")) {
    return;
  }
  const arrived = new DOMParser().parseFromString(html, "text/html");
  for (const symbol of arrived.querySelectorAll(`${SPRITE} > symbol`)) {
    if (!document.getElementById(symbol.id)) {
      sprite.append(document.adoptNode(symbol));
    }
  }
}
