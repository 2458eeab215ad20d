// The studio, made quicker: a palette, shortcuts, lists that change in place, a guard over what is not saved.

import { saveDesign, startDesigner } from "./studio-designer.js";
import { startEditor } from "./studio-editor.js";
import { openPalette, openSheet } from "./studio-palette.js";
import { startPreview } from "./studio-preview.js";

const { home, publish, history } = document.body.dataset;
const GO = { h: home, p: publish, r: history };
let going = false;

function typing(target) {
  return target.closest("input, textarea, select, [contenteditable], [data-typing]") !== null;
}

function editorForm() {
  return document.getElementById("editor");
}

function save() {
  if (editorForm()) {
    editorForm().querySelector('button[value="save"].btn').click();
  } else {
    saveDesign();
  }
}

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "k") {
      event.preventDefault();
      openPalette();
    } else if (key === "s" && (editorForm() || document.getElementById("panel"))) {
      event.preventDefault();
      save();
    }
    return;
  }
  if (event.altKey || typing(event.target) || document.querySelector("dialog[open]")) {
    return;
  }
  if (going && GO[key]) {
    window.location.assign(GO[key]);
  } else if (event.key === "/") {
    event.preventDefault();
    document.getElementById("st-q").focus();
  } else if (event.key === "?") {
    event.preventDefault();
    openSheet();
  }
  going = key === "g";
});

// The tree scrolls by itself: where one is in it is brought into view.
const tree = document.getElementById("tree");
const here = [...tree.querySelectorAll('[aria-current="page"]')].at(-1) ?? tree.querySelector("[aria-current]");
if (here && here.offsetTop + here.offsetHeight > tree.clientHeight) {
  tree.scrollTop = here.offsetTop - tree.clientHeight / 2;
}

startPreview();
startDesigner();

if (editorForm()) {
  startEditor(editorForm());
}
