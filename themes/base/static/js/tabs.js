// A row of links to the parts of a page becomes tabs; without script the parts stand below each other, as on paper.

const TURNS = { ArrowRight: 1, ArrowLeft: -1 };

function panelOf(tab) {
  return document.getElementById(tab.hash.slice(1));
}

function choose(tabs, chosen) {
  for (const tab of tabs) {
    const isChosen = tab === chosen;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    panelOf(tab).classList.toggle("tab-off", !isChosen);
  }
}

// The address remembers the tab, for a reload and for whoever is sent it; going back still leaves the page.
function turnTo(tabs, chosen) {
  choose(tabs, chosen);
  chosen.scrollIntoView({ block: "nearest", inline: "nearest" });
  history.replaceState(history.state, "", chosen.hash);
}

function named(tabs) {
  const target = document.getElementById(location.hash.slice(1));
  return tabs.find((tab) => panelOf(tab).contains(target) && target);
}

function meant(tabs, event) {
  const at = tabs.indexOf(event.target);
  const turn = TURNS[event.key] * (document.dir === "rtl" ? -1 : 1);
  return { Home: tabs[0], End: tabs.at(-1), " ": tabs[at] }[event.key] ?? tabs.at((at + turn) % tabs.length);
}

function dress(nav, tabs) {
  nav.setAttribute("role", "tablist");
  for (const tab of tabs) {
    const panel = panelOf(tab);
    tab.id = `${panel.id}-by`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.removeAttribute("aria-label");
    panel.tabIndex = 0;
  }
}

function start(nav) {
  const tabs = [...nav.querySelectorAll("a")];
  dress(nav, tabs);
  choose(tabs, named(tabs) ?? tabs[0]);
  nav.addEventListener("click", (event) => {
    const tab = event.target.closest("a");
    if (tab && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      turnTo(tabs, tab);
    }
  });
  nav.addEventListener("keydown", (event) => {
    if (event.key in TURNS || ["Home", "End", " "].includes(event.key)) {
      event.preventDefault();
      const tab = meant(tabs, event);
      turnTo(tabs, tab);
      tab.focus();
    }
  });
  window.addEventListener("hashchange", () => {
    const tab = named(tabs);
    if (tab) {
      choose(tabs, tab);
      document.getElementById(location.hash.slice(1)).scrollIntoView();
    }
  });
}

export function startTabs(root) {
  root.querySelectorAll("[data-tabs]:not([role])").forEach(start);
}
