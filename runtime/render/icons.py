"""Icons of Bootstrap, drawn from one sprite at the end of the page that holds the icons of that page only."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path

from markupsafe import Markup

import themes

_FILE = Path(themes.__file__).parent / "base" / "static" / "vendor" / "icons" / "icons.json"
USE = 'href="#i-'
_FLIP = frozenset({"arrow-left", "arrow-right", "arrow-return-left", "chevron-left", "chevron-right", "box-arrow-right"})


@cache
def shapes() -> dict[str, str]:
    """The inside of every icon's svg, by name."""
    found: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


@cache
def icon(name: str) -> Markup:
    """The markup of an icon, hidden from screen readers. A name that metadata made up draws nothing."""
    if name not in shapes():
        return Markup("")
    flip = " icon-flip" if name in _FLIP else ""
    return Markup('<svg class="icon{}" aria-hidden="true"><use href="#i-{}"/></svg>').format(flip, name)


def used(html: str) -> frozenset[str]:
    """The names of the icons that a page draws."""
    pieces = html.split(USE)
    return frozenset([piece[: piece.find('"')] for piece in pieces[1:]])


@lru_cache(maxsize=512)
def sprite(names: frozenset[str]) -> str:
    """The shapes of these icons, for the end of a page; "" for none."""
    known = shapes()
    symbols = "".join(
        f'<symbol id="i-{name}" viewBox="0 0 16 16">{known[name]}</symbol>' for name in sorted(names) if name in known
    )
    return f'<svg class="d-none" aria-hidden="true" data-sprite>{symbols}</svg>' if symbols else ""
