// Makes quicker what works without script: menus close by themselves, messages leave, errors take the focus.

import { adoptIcons } from "./icons.js";
import { closeMenus } from "./menus.js";
import { startMessages } from "./messages.js";
import { startTabs } from "./tabs.js";

closeMenus(document);
startMessages(document);
startTabs(document);

const errors = document.querySelector("[data-errors]");
if (errors) {
  errors.focus();
}

// Every request that htmx sends carries the token of the page.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token) {
    event.detail.headers["X-CSRFToken"] = token.content;
  }
});
document.addEventListener("htmx:beforeSwap", (event) => adoptIcons(event.detail.serverResponse));
document.addEventListener("htmx:afterSwap", (event) => startMessages(event.detail.target ?? document)); // a page that came back from the history has no target
