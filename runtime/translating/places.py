"""Where texts stand within components: found with their paths, and put back changed."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from metadata.schema.build import hints
from metadata.text import Text


def texts_of(value: Any, path: str = "") -> Iterator[tuple[str, Text]]:
    """Every text in a component or a part of one, with its path, such as blocks.0.text; empty ones too."""
    if isinstance(value, Text):
        yield path, value
        return
    for name, part in _parts(value):
        yield from texts_of(part, f"{path}.{name}" if path else name)


def with_texts(value: Any, changed: Mapping[str, Text], path: str = "") -> Any:
    """A component, or a part of one, with other texts at these paths."""
    if isinstance(value, Text):
        return changed.get(path, value)
    parts = {name: with_texts(part, changed, f"{path}.{name}" if path else name) for name, part in _parts(value)}
    if isinstance(value, tuple):
        return tuple(parts.values())
    return dataclasses.replace(value, **parts) if parts else value


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple):
        yield from ((str(place), item) for place, item in enumerate(value))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from ((name, getattr(value, name)) for name in _bearing(type(value)))


@functools.cache
def _bearing(model: type) -> tuple[str, ...]:
    """The properties of a model in which a text can stand, near or far; the others need not be looked through."""
    annotations = hints(model)
    return tuple(field.name for field in dataclasses.fields(model) if _bears(annotations[field.name], {model}))


def _bears(hint: Any, seen: set[Any]) -> bool:
    if hint is Text:
        return True
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        inner = () if hint in seen else tuple(hints(hint).values())
        seen.add(hint)
    else:
        inner = get_args(hint)
    return any(_bears(one, seen) for one in inner)
