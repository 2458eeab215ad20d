"""Accessibility: axe-core, run in a page of the browser tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

SOURCE = Path(__file__).with_name("axe.min.js")
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def axe_violations(page: Page, *, within: str | None = None, ignore: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """The rules that a page breaks, once it is there; `within` is a CSS selector, `ignore` holds ids of axe rules."""
    page.wait_for_load_state()
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(SOURCE.read_text(encoding="utf-8"))
    options = {
        "runOnly": {"type": "tag", "values": list(STANDARDS)},
        "resultTypes": ["violations"],  # what passes need not be described, which takes as long again
        "rules": {rule: {"enabled": False} for rule in ignore},
    }
    script = "async ([within, options]) => (await axe.run(within ?? document, options)).violations"
    violations: list[dict[str, Any]] = page.evaluate(script, [within, options])
    return violations


def describe(violation: dict[str, Any]) -> str:
    """A violation in a few lines: the rule, what it wants, and each element that breaks it."""
    elements = [f"    {' '.join(map(str, node['target']))}: {node['html'][:160]}" for node in violation["nodes"]]
    return "\n".join([f"{violation['id']} ({violation['impact']}): {violation['help']}", *elements])


def assert_no_axe_violations(page: Page, *, within: str | None = None, ignore: tuple[str, ...] = ()) -> None:
    """Fail with every rule and element that axe complains of."""
    found = axe_violations(page, within=within, ignore=ignore)
    assert not found, f"{page.url}\n" + "\n".join(map(describe, found))
