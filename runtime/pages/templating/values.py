"""What templates are given: plain views with named values, and nothing of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from jinja2 import Undefined
from markupsafe import Markup, escape

from runtime.pages.templating.budget import LONGEST_TEXT, TemplateStopped


class DataView:
    """Something with named values. Templates reach it through `get` alone."""

    def get(self, name: str) -> Any:
        """The value of a name. Raises KeyError where there is none."""
        raise KeyError(name)


class Names(DataView):
    """Values by name, each made when it is asked for."""

    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find

    def get(self, name: str) -> Any:
        """The value, if there is one."""
        return self._find(name)


def fixed(values: Mapping[str, Any]) -> Names:
    """The view of a mapping; what can be called there is called when it is asked for."""

    def find(name: str) -> Any:
        value = values[name]
        return value() if callable(value) else value

    return Names(find)


class Cell(DataView):
    """A value of a row: as people read it where it is written, as it is where it is compared or named `raw`."""

    def __init__(self, raw: Any, html: str, below: Callable[[str], Any]) -> None:
        self.raw, self.html, self._below = raw, Markup(html), below  # noqa: S704 - made by our own formatters

    def get(self, name: str) -> Any:
        """`raw`, or the value behind a lookup."""
        return self.raw if name == "raw" else self._below(name)

    def __bool__(self) -> bool:
        return bool(self.raw)

    def __eq__(self, other: object) -> bool:
        return bool(self.raw == plain(other))

    def __hash__(self) -> int:
        return hash(self.raw)

    def __lt__(self, other: Any) -> bool:
        return bool(self.raw < plain(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.raw <= plain(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.raw > plain(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.raw >= plain(other))


class Sequence(DataView):
    """Things one after the other, fetched when they are first looked at."""

    def __init__(self, fetch: Callable[[], tuple[list[Any], Any]]) -> None:
        self._fetch = fetch
        self._held: tuple[list[Any], Any] | None = None

    @property
    def items(self) -> list[Any]:
        """All of them."""
        if self._held is None:
            self._held = self._fetch()
        return self._held[0]

    def get(self, name: str) -> Any:
        """`first` (None where there is none), `length`, and of rows `total`: how many there are, None for very many."""
        items = self.items
        known = {"first": items[0] if items else None, "length": len(items), "total": self._held[1] if self._held else None}
        return known[name]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def plain(value: Any) -> Any:
    """A value as it is compared and reckoned with."""
    return value.raw if isinstance(value, Cell) else value


def html_of(value: Any) -> str:
    """A value as it is written: a string that is to be escaped, or Markup. Raises TemplateStopped for what is no value."""
    if value is None or isinstance(value, Undefined):
        return ""
    if isinstance(value, Cell):
        return value.html
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    raise TemplateStopped("it writes something that is no text and no number")


def text_of(value: Any) -> str:
    """A value as a text without markup, of bounded length."""
    html = html_of(value)
    bounded(html)  # before its tags are looked for, which takes long in a long one
    return html.striptags() if isinstance(html, Markup) else html


def bounded(text: str) -> str:
    """The same text. Raises TemplateStopped where it is too long."""
    if len(text) > LONGEST_TEXT:
        raise TemplateStopped(f"a text is longer than {LONGEST_TEXT:,} letters")
    return text


def together(values: list[Any] | tuple[Any, ...], between: str = "") -> str:
    """Texts put together; where one of them is markup the others are escaped."""
    parts = [html_of(value) for value in values]
    bounded_length = sum(map(len, parts)) + len(between) * max(0, len(parts) - 1)
    if bounded_length > LONGEST_TEXT:
        raise TemplateStopped(f"a text is longer than {LONGEST_TEXT:,} letters")
    if any(isinstance(part, Markup) for part in parts):
        return escape(between).join(parts)
    return between.join(parts)
