// Menus are <details>; with script they also close on Escape, on a click elsewhere, and when another one opens.

const OPEN = "details.menu[open]";

function closeAll(root, except) {
  for (const menu of root.querySelectorAll(OPEN)) {
    if (menu !== except && !menu.contains(except)) {
      menu.open = false;
    }
  }
}

export function closeMenus(root) {
  root.addEventListener("click", (event) => closeAll(root, event.target.closest("details.menu")));
  root.addEventListener("focusin", (event) => {
    const menu = event.target.closest("details.menu");
    closeAll(root, menu);
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") {
      return;
    }
    const menu = event.target.closest(OPEN) ?? root.querySelector(OPEN);
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
