"""The look of a site: the values that it changes of its theme, what can be read, logo and blocks."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runtime.render.chain import LAYOUT, BrokenTheme, ThemeChain, UnknownTheme, read_chain, theme_names
from runtime.render.tokens import TOKENS, Pairing, fault_in_token, mended, pairings
from runtime.studio.designing.canvas import Canvas

WHOLE = ("body", "content", "title", "search", "head_end")
"""Blocks that a site does not fill: what they hold is the page's own, or stands outside of what is seen."""


@dataclass(frozen=True, slots=True)
class Token:
    """A design value: as the site has it ("" where it is the theme's), as the theme has it, what it must be, what is wrong."""

    name: str
    own: str
    theirs: str
    wanted: str
    fault: str = ""

    @property
    def colour(self) -> bool:
        """Whether it is a colour."""
        return "colour" in self.wanted

    @property
    def now(self) -> str:
        """What counts."""
        return self.own or self.theirs


@dataclass(frozen=True, slots=True)
class Seen:
    """Two colours on each other, and the shade of the first one with which they could be read, "" for none."""

    pairing: Pairing
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """All of it. `problem` says why the theme cannot be read."""

    themes: tuple[str, ...]
    theme: str
    tokens: tuple[Token, ...] = ()
    seen: tuple[Seen, ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()
    blocks: tuple[str, ...] = ()
    problem: str = ""


def look_of(canvas: Canvas) -> Look:
    """The look of a site's draft, right or wrong."""
    roots = canvas.desk.context.renderer.roots
    names, theme = tuple(theme_names(roots)), str(canvas.data.get("theme") or "base")
    try:
        chain = read_chain(roots, theme)
    except (UnknownTheme, BrokenTheme) as reason:
        return Look(names, theme, problem=str(reason))
    tokens = tuple(_tokens(canvas.data.get("tokens"), chain))
    sound = {token.name: token.now for token in tokens if token.now and not token.fault}
    found = pairings(sound)
    weak = {one.ground for one in found if not one.enough}
    mends = {name: mended(sound, name) for name in weak}
    seen = tuple(Seen(one, "" if one.enough else mends[one.ground]) for one in found)
    filled = {str(one.get("block") or "") for one in canvas.parts("blocks")}
    free = tuple(name for name in chain.blocks(LAYOUT) if name not in filled and name not in WHOLE)
    return Look(names, theme, tokens, seen, tuple(_pictures(canvas)), free)


def _pictures(canvas: Canvas) -> Iterator[tuple[str, str]]:
    """Web files of the site that are pictures: key and name."""
    for item in canvas.desk.bench.by_kind["web_file"]:
        name = str(item.data.get("partial_url") or "")
        kind = str(item.data.get("media_type") or "") or mimetypes.guess_type(name)[0] or ""
        if item.id.site in ("", canvas.desk.reach.site) and kind.startswith("image/"):
            yield item.id.key, canvas.desk.label(item)


def _tokens(given: Any, chain: ThemeChain) -> Iterator[Token]:
    own = given if isinstance(given, dict) else {}
    for name, (_, wanted) in TOKENS.items():
        value = str(own.get(name) or "")
        yield Token(name, value, chain.tokens.get(name, ""), wanted, fault_in_token(name, value) if value else "")
