"""Stencils: a template drawn once with holes where requests differ, and cut there; from then on HTML is its pieces joined.

A hole may be printed, asked whether it is there, and given to functions made by `through_holes`. Whatever else a template
does with one makes it no stencil: it is drawn anew for each request, as any template is.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial, wraps
from operator import itemgetter
from typing import Any, NoReturn, ParamSpec, Protocol, TypeVar, cast

from markupsafe import Markup, escape

from runtime.render.icons import USE, used

Values = Mapping[Hashable, "str | Pieces"]
"""What fills the holes, by name: text, which is escaped, or Markup, or HTML in pieces."""

Read = Callable[[Values], object]
Given = ParamSpec("Given")
Made = TypeVar("Made")

MOST = 500
MARKS = re.compile("[&<>\"']")
"""What is escaped in HTML."""

trusted: Callable[[str], Markup] = partial(str.__new__, Markup)
"""HTML that a formatter or template of ours wrote, as Markup: what `Markup(text)` makes, at a third of its cost."""


class HoleUsed(Exception):
    """A template wanted to know what is in a hole."""


class Hole:
    """Stands in a template for a text that is there and that each request has its own of."""

    __slots__ = ("_mark", "read", "sheet")

    def __init__(self, sheet: Sheet, read: Read) -> None:
        self.sheet = sheet
        self.read = read
        self._mark = ""

    def __html__(self) -> str:
        self._mark = self._mark or self.sheet.mark(self.read)
        return self._mark

    def __bool__(self) -> bool:
        return True

    def _refuse(self, *given: object) -> NoReturn:
        raise HoleUsed

    __str__ = __repr__ = __hash__ = _refuse
    __eq__ = __ne__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __mod__ = __rmod__ = __mul__ = _refuse
    __len__ = __iter__ = __contains__ = __getitem__ = __getattr__ = __call__ = __int__ = __float__ = __format__ = _refuse


class Sheet:
    """What is drawn on while holes are marked. The marks hold a number that nobody can foresee."""

    def __init__(self) -> None:
        self.reads: list[Read] = []
        self._token = secrets.token_hex(16)

    def hole(self, name: Hashable) -> Hole:
        """A hole that is filled by the value of this name."""
        return Hole(self, itemgetter(name))

    def mark(self, read: Read) -> str:
        """What is printed in the place of a hole: no letter in it has two cases, and none is escaped."""
        self.reads.append(read)
        return f"\ue000{self._token}-{len(self.reads) - 1}\ue001"

    def cut(self, html: str) -> Stencil:
        """The stencil of what was drawn."""
        found = re.split(f"\ue000{self._token}-([0-9]+)\ue001", html)
        return Stencil(found, [int(number) for number in found[1::2]], self.reads)


class Fixed(str):
    """A piece that stays as it is, with its bytes: to encode a letter beyond ASCII takes longer than to copy the piece."""

    __slots__ = ("encoded",)

    encoded: bytes

    @classmethod
    def of(cls, text: str) -> str:
        """The text; a plain one is as good as its bytes."""
        if text.isascii():
            return text
        made = cls(text)
        made.encoded = text.encode()
        return made


class Pieces:
    """HTML in pieces, and the icons that it draws: a page is large, so it is put together, and looked through, only once."""

    __slots__ = ("icons", "parts")

    def __init__(self, parts: Sequence[str], icons: frozenset[str]) -> None:
        self.parts = parts
        self.icons = icons

    def __html__(self) -> str:
        return "".join(self.parts)

    def encoded(self) -> bytes:
        """The HTML as it is sent. One letter beyond ASCII in a page joined first has all of it encoded letter by letter."""
        return b"".join([part.encoded if type(part) is Fixed else part.encode() for part in self.parts])


class Stencil:
    """The pieces between the holes, and at which places among them what fills each hole stands."""

    __slots__ = ("_fillings", "_icons", "_pieces")

    def __init__(self, pieces: list[str], order: list[int], reads: list[Read]) -> None:
        self._pieces = [piece if place % 2 else Fixed.of(piece) for place, piece in enumerate(pieces)]
        places: dict[int, list[int]] = {}
        for index, number in enumerate(order):
            places.setdefault(number, []).append(2 * index + 1)
        self._fillings = [(reads[number], tuple(found)) for number, found in places.items()]
        self._icons = used("".join(pieces[::2]))

    def fill(self, values: Values) -> Pieces:
        """The HTML with these values in the holes, escaped."""
        parts = self._pieces.copy()
        icons = self._icons
        inner: list[tuple[int, Sequence[str]]] = []
        for read, places in self._fillings:
            text: Any = read(values)
            if text.__class__ is Pieces:
                icons |= text.icons
                inner += [(place, text.parts) for place in places]
                continue
            # To escape what is Markup already makes it anew, and most of what fills a page is, or needs no escaping.
            if text.__class__ is not Markup and (text.__class__ is not str or MARKS.search(text)):
                text = escape(text)
            if USE in text:
                icons |= used(text)
            for place in places:
                parts[place] = text
        # From the end, so that the places before stay what they are.
        for place, found in sorted(inner, reverse=True):
            parts[place : place + 1] = found
        return Pieces(parts, icons)


Get = Callable[[Hashable], Any]
"""Gives what stands in the place of a name: a hole, or the value itself."""


class Drawable(Protocol):
    """Something that can be drawn from its values, and from holes in their place."""

    @property
    def values(self) -> Values:
        """What belongs to one request."""
        ...

    def whole(self) -> str:
        """Its HTML."""
        ...

    def draw(self, get: Get) -> str:
        """The same HTML, of what `get` gives for the names of `values`."""
        ...


class Stencils:
    """The stencils of a snapshot, by what decides how they look. When there are too many it begins anew."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Stencil | None] = {}

    def html(self, key: Hashable, drawable: Drawable) -> str:
        """What is drawn, as one text."""
        return "".join(self.pieces(key, drawable).parts)

    def pieces(self, key: Hashable, drawable: Drawable) -> Pieces:
        """What is drawn. `key` holds all on which it depends besides the values. Raises what drawing raises.

        An empty value is no hole, so that a template may ask which are there.
        """
        values = drawable.values
        known = (key, *map(bool, values.values()))
        try:
            stencil = self._known[known]
        except KeyError:
            drawn = _drawn(drawable)
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[known] = _proven(drawable, values, drawn.parts[0])
            return drawn
        return _drawn(drawable) if stencil is None else stencil.fill(values)


def _drawn(drawable: Drawable) -> Pieces:
    html = drawable.whole()
    return Pieces((html,), used(html))


def _proven(drawable: Drawable, values: Values, html: str) -> Stencil | None:
    """The stencil, if it comes to what was drawn without it."""
    sheet = Sheet()
    try:
        stencil = sheet.cut(drawable.draw(lambda name: sheet.hole(name) if values[name] else values[name]))
        return stencil if "".join(stencil.fill(values).parts) == html else None
    except Exception:  # what a template cannot do with holes it has just done with the values
        return None


def through_holes(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """The same function, which makes a hole of holes: one that is filled with what the function makes of their values."""

    @wraps(function, updated=())
    def call(*given: Given.args, **named: Given.kwargs) -> Made:
        try:
            return function(*given, **named)
        except HoleUsed:
            holes = [value for value in (*given, *named.values()) if isinstance(value, Hole)]
            if not holes:
                raise

        def read(values: Values) -> object:
            plain = [_read(value, values) for value in given]
            return function(*plain, **{name: _read(value, values) for name, value in named.items()})  # type: ignore[arg-type]

        return cast(Made, Hole(holes[0].sheet, read))

    return call


def _read(value: object, values: Values) -> object:
    return value.read(values) if isinstance(value, Hole) else value
