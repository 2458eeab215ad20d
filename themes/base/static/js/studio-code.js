// The YAML of a component with line numbers, colours and marks at the lines at fault. It lives in a shadow root, where its
// styles are constructed style sheets: the policy of the page allows neither style elements nor attributes. The text area
// stays the field of the form.

import {
  EditorState,
  EditorView,
  HighlightStyle,
  bracketMatching,
  defaultKeymap,
  drawSelection,
  foldGutter,
  foldKeymap,
  highlightActiveLine,
  highlightActiveLineGutter,
  history,
  historyKeymap,
  keymap,
  lineNumbers,
  lintGutter,
  search,
  searchKeymap,
  setDiagnostics,
  syntaxHighlighting,
  tags,
  yaml,
} from "../vendor/codemirror/codemirror.min.js";

const LOOK = EditorView.theme({
  "&": {
    color: "var(--fy-text)",
    backgroundColor: "var(--fy-surface)",
    border: "1px solid var(--fy-control)",
    borderRadius: "var(--fy-radius)",
    fontSize: "var(--fy-t-sm)",
  },
  "&.cm-focused": { outline: "2px solid var(--fy-focus)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--fy-font-mono)", lineHeight: "1.6", minHeight: "20rem", maxHeight: "65vh" },
  ".cm-gutters": { color: "var(--fy-text-muted)", backgroundColor: "var(--fy-sunken)", borderColor: "var(--fy-line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--fy-focus) 10%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--fy-text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--fy-focus) 28%, transparent)",
  },
  ".cm-panels, .cm-tooltip": { color: "var(--fy-text)", backgroundColor: "var(--fy-surface)", borderColor: "var(--fy-line)" },
  ".cm-diagnostic": { borderLeftColor: "var(--fy-bad-mark)" },
});

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--fy-accent-text)" },
  { tag: [tags.comment, tags.meta], color: "var(--fy-text-muted)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--fy-good-text)" },
  { tag: [tags.keyword, tags.atom, tags.number, tags.bool, tags.null], color: "var(--fy-warn-text)" },
]);

function diagnostics(state, marks) {
  return marks
    .filter((mark) => mark.line > 0)
    .map((mark) => {
      const line = state.doc.line(Math.min(mark.line, state.doc.lines));
      const start = line.from + line.text.search(/\S|$/);
      return { from: start, to: line.to, severity: "error", message: mark.message };
    });
}

function goTo(view, number) {
  const line = view.state.doc.line(Math.min(number, view.state.doc.lines));
  view.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
  view.focus();
}

function open(area) {
  const host = document.createElement("div");
  host.dataset.typing = "";
  const root = host.attachShadow({ mode: "open" });
  area.before(host);
  const changed = EditorView.updateListener.of((update) => {
    if (update.docChanged) {
      area.value = update.state.doc.toString();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  const label = area.labels[0];
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        bracketMatching(),
        search({ top: true }),
        yaml(),
        syntaxHighlighting(COLOURS),
        LOOK,
        EditorView.contentAttributes.of({ "aria-label": label.textContent, spellcheck: "false", tabindex: "0" }),
        keymap.of([...defaultKeymap, ...historyKeymap, ...foldKeymap, ...searchKeymap]),
        changed,
      ],
    }),
  });
  area.hidden = true;
  const marks = JSON.parse(area.dataset.marks);
  view.dispatch(setDiagnostics(view.state, diagnostics(view.state, marks)));
  label.addEventListener("click", () => view.focus());
  for (const link of document.querySelectorAll("[data-line]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      goTo(view, Number(link.dataset.line));
    });
  }
}

const area = document.querySelector("textarea[data-marks]");
if (area) {
  open(area);
}
