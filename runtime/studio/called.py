"""Names that were typed as people say them: what stands for a key is taken for that key, where one thing alone is called so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from runtime.studio.desk import Desk
from runtime.studio.entries import attributes_source
from runtime.studio.offering import offer
from runtime.studio.shapes import Shape, shapes_of

KEY = re.compile(r"[a-z0-9_./-]*")
"""What is written as a key is one, whatever else is called so: it may be that of an entity which is not looked at here."""
Keyed = Callable[[str, str], str]
"""The key that a word stands for, of what a source offers; the word itself where that is not told."""


def with_keys(desk: Desk, model: Any, data: dict[str, Any], entity: str) -> dict[str, Any]:
    """What was posted, with keys where the labels of components, or of the attributes of `entity` were typed."""
    known: dict[str, Mapping[str, str]] = {}

    def keyed(source: str, word: str) -> str:
        if KEY.fullmatch(word):
            return word
        if source not in known:
            known[source] = _keys(offer(desk, source))
        return known[source].get(_folded(word), word)

    _settle(model, data, entity, "", keyed)
    return data


def key_of(desk: Desk, kind: str, word: str) -> str:
    """The key of the component of a kind that is called so; the word itself where none or several are."""
    return word if KEY.fullmatch(word) else _keys(offer(desk, f"kind-{kind}")).get(_folded(word), word)


def _settle(model: Any, data: dict[str, Any], entity: str, part_of: str, keyed: Keyed) -> None:
    for shape in shapes_of(model):
        value, source = data.get(shape.name), _source(shape, entity, part_of)
        if source and isinstance(value, str):
            data[shape.name] = keyed(source, value)
        elif source and isinstance(value, list):
            data[shape.name] = [keyed(source, word) if isinstance(word, str) else word for word in value]
        for part in value if isinstance(value, list) else (value,):
            if shape.model is not None and isinstance(part, dict):
                # Its entity may have been typed by name as well: the key of that comes first.
                own = keyed("kind-entity", str(part.get("entity") or ""))
                _settle(shape.model, part, entity, own or part_of, keyed)


def _source(shape: Shape, entity: str, part_of: str) -> str:
    """Where the words of a property come from, which may be called otherwise than they are written."""
    if shape.form not in ("word", "words"):
        return ""
    if shape.rules.get("ref"):
        return f"kind-{shape.rules['ref']}"
    return attributes_source(shape, entity, part_of) if shape.rules.get("attribute") else ""


def _keys(offered: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Keys by what they are called; what two are called is the name of neither."""
    named: dict[str, set[str]] = {}
    for key, label in offered:
        named.setdefault(_folded(label), set()).add(key)
    return {name: next(iter(found)) for name, found in named.items() if name and len(found) == 1}


def _folded(word: str) -> str:
    return " ".join(word.casefold().split())
