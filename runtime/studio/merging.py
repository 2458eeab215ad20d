"""Two people's changes of one component, brought together: what does not collide is kept, what does is told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from metadata.store.difference import NAMING

MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Clash:
    """One value that both have changed, each in another way. MISSING stands for a property that is not there."""

    path: str
    before: Any
    mine: Any
    theirs: Any


@dataclass(slots=True)
class Merge:
    """What came of bringing two versions together. `choices` says by path whose value a clash gets: mine or theirs."""

    choices: Mapping[str, str] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)

    def merged(self, before: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
        """The data with both changes; a clash that nobody has decided is as mine, and is listed in `clashes`."""
        found = self._mappings("", before, mine, theirs)
        return found if isinstance(found, dict) else dict(mine)

    def _value(self, path: str, before: Any, mine: Any, theirs: Any) -> Any:
        if same(mine, theirs) or same(theirs, before):
            return mine
        if same(mine, before):
            return theirs
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            return self._mappings(path, before if isinstance(before, Mapping) else {}, mine, theirs)
        name = "" if MISSING in (mine, theirs) else _naming(before, mine, theirs)
        if name:
            return self._lists(path, name, before if isinstance(before, list) else [], mine, theirs)
        return self._decided(Clash(path, before, mine, theirs))

    def _decided(self, clash: Clash) -> Any:
        choice = self.choices.get(clash.path, "")
        if choice not in ("mine", "theirs"):
            self.clashes.append(clash)
        return clash.theirs if choice == "theirs" else clash.mine

    def _mappings(self, path: str, before: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Any:
        found = {}
        for key in order_of(list(before), list(mine), list(theirs)):
            inner = f"{path}.{key}" if path else str(key)
            value = self._value(inner, *(side.get(key, MISSING) for side in (before, mine, theirs)))
            if value is not MISSING:
                found[key] = value
        return found

    def _lists(self, path: str, name: str, before: list[Any], mine: list[Any], theirs: list[Any]) -> Any:
        sides = [{str(item[name]): item for item in side} for side in (before, mine, theirs)]
        found = []
        for key in order_of(*(list(side) for side in sides)):
            value = self._value(f"{path}[{key}]", *(side.get(key, MISSING) for side in sides))
            if value is not MISSING:
                found.append(value)
        return found


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same type: 1 is not true."""
    if one is MISSING or other is MISSING:
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def order_of(before: list[str], mine: list[str], theirs: list[str]) -> list[str]:
    """All keys in one order: mine where I have moved something, else theirs; what only the other has stands where it stood."""
    kept_mine = [key for key in mine if key in before]
    kept_before = [key for key in before if key in mine]
    first, second = (mine, theirs) if kept_mine != kept_before else (theirs, mine)
    found = list(first)
    for place, key in enumerate(second):
        if key not in found:
            neighbour = next((known for known in reversed(second[:place]) if known in found), None)
            found.insert(found.index(neighbour) + 1 if neighbour is not None else 0, key)
    return found


def _naming(before: Any, mine: Any, theirs: Any) -> str:
    """The property by which the items of all three lists are told apart, or nothing."""
    sides = [side for side in (before, mine, theirs) if side is not MISSING]
    if not all(isinstance(side, list) and all(isinstance(item, Mapping) for item in side) for side in sides):
        return ""
    for name in NAMING:
        keys = [[str(item[name]) for item in side if name in item] for side in sides]
        if all(len(set(known)) == len(side) for known, side in zip(keys, sides, strict=True)):
            return name
    return ""
