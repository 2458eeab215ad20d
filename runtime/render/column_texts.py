"""Whole columns of values as HTML: what the formatter of each attribute writes, at a fraction of a call per value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import escape

from metadata.snapshot import CompiledAttribute, Snapshot
from runtime.render.formats import Formats
from runtime.render.memo import remembered
from runtime.render.stencils import MARKS

ColumnWriter = Callable[[Sequence[Any]], list[str]]

# Types of few different values, of which a memory is never large.
_REPEATED = frozenset({"boolean", "choice", "choices", "date", "integer"})
# Types whose values are shown as they are, but for the marks of HTML.
_PLAIN = frozenset({"text", "long_text", "auto_number"})
# No text that a database gives has it; should one have it, the column is written text by text.
_BETWEEN = "\0"


# Types of which every value is a number, and every number is written in the same way.
_NUMBERS = frozenset({"decimal", "money"})
_WITHOUT_ICONS = _REPEATED | _PLAIN | _NUMBERS | {"datetime", "email", "phone", "url"}


def may_draw(attribute: CompiledAttribute) -> bool:
    """Whether what is written of an attribute may have an icon in it."""
    return attribute.type.name not in _WITHOUT_ICONS


def column_writer(
    formats: Formats, attribute: CompiledAttribute, snapshot: Snapshot, thumbnail: int = 0, linked: bool = True
) -> ColumnWriter:
    """The function that writes many values of an attribute, as `formats.html` writes one."""
    write = formats.html(attribute, snapshot, thumbnail=thumbnail, linked=linked)
    if attribute.type.name in _REPEATED:
        known = remembered(write)
        return lambda values: list(map(known, values))
    if attribute.type.name in _PLAIN:
        return lambda values: _plain(values, write)
    if attribute.type.name in _NUMBERS:
        number = formats.present(attribute, snapshot)
        return lambda values: ["" if value is None else number(value) for value in values]
    return lambda values: [write(value) for value in values]


def _plain(values: Sequence[Any], write: Callable[[Any], str]) -> list[str]:
    """Looking for marks once in the whole column, and escaping it at once, is much cheaper than text by text."""
    texts = [value or "" for value in values]
    try:
        column = _BETWEEN.join(texts)
    except TypeError:
        return [write(value) for value in values]
    if MARKS.search(column) is None:
        return texts
    escaped = str(escape(column)).split(_BETWEEN)
    return escaped if len(escaped) == len(texts) else [write(value) for value in values]
