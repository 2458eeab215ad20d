"""What differs between two states of the metadata, per component and path of properties, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

import orjson

from metadata.model import ComponentId

NAMING = ("key", "attribute", "value", "outside", "entity", "view", "page")
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Change:
    """One property that differs. None stands for a property that is not there."""

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {_shown(self.before)} -> {_shown(self.after)}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One component that differs. `changes` is empty for components that were added or removed.

    `old` and `new` are its plain data on both sides, in which the paths of the changes lead.
    """

    component: ComponentId
    kind: Literal["added", "changed", "removed"]
    changes: tuple[Change, ...] = ()
    old: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    new: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        return "\n".join((f"{self.kind} {self.component}", *(f"  {change}" for change in self.changes)))


def compare(
    before: Mapping[ComponentId, Mapping[str, Any]], after: Mapping[ComponentId, Mapping[str, Any]]
) -> tuple[Difference, ...]:
    """The components that differ, by their plain data, in the order of their addresses."""
    found = []
    for component in sorted({*before, *after}):
        if component not in after:
            found.append(Difference(component, "removed"))
        elif component not in before:
            found.append(Difference(component, "added"))
        elif changes := tuple(_changes("", before[component], after[component])):
            found.append(Difference(component, "changed", changes, before[component], after[component]))
    return tuple(found)


def _changes(path: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            inner = f"{path}.{name}" if path else str(name)
            yield from _changes(inner, before.get(name), after.get(name))
        if list(before) != list(after) and set(before) == set(after):
            yield Change(f"{path} (order)".strip(), list(before), list(after))
    elif isinstance(before, list) and isinstance(after, list) and _named(before) and _named(after):
        yield from _list_changes(path, before, after)
    elif isinstance(before, list) and isinstance(after, list) and _parts(before) and _parts(after):
        yield from _part_changes(path, before, after)
    elif before != after or type(before) is not type(after):
        yield Change(path, before, after)


def _part_changes(path: str, before: list[Any], after: list[Any]) -> Iterator[Change]:
    """Of items that nothing names: those that came, went or changed, by their places."""
    old, new = ([orjson.dumps(item, default=str) for item in side] for side in (before, after))
    for act, start, stop, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if act == "equal":
            continue
        gone, come = before[start:stop], after[begin:end]
        for place in range(max(len(gone), len(come))):
            first = gone[place] if place < len(gone) else None
            second = come[place] if place < len(come) else None
            yield from _changes(f"{path}[{(start if second is None else begin) + place}]", first, second)


def _parts(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, Mapping) for item in items)


def _list_changes(path: str, before: list[Any], after: list[Any]) -> Iterator[Change]:
    name = _named(before)
    if name != _named(after):
        yield Change(path, before, after)
        return
    old, new = ({str(item[name]): item for item in items} for items in (before, after))
    for key in dict.fromkeys((*old, *new)):
        yield from _changes(f"{path}[{key}]", old.get(key), new.get(key))
    kept = [key for key in old if key in new], [key for key in new if key in old]
    if kept[0] != kept[1]:
        yield Change(f"{path} (order)", *kept)


def _named(items: list[Any]) -> str:
    """The property by which the items of a list are told apart, or nothing."""
    for name in NAMING:
        if items and all(isinstance(item, Mapping) and name in item for item in items):
            values = [str(item[name]) for item in items]
            return name if len(set(values)) == len(values) else ""
    return ""


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
