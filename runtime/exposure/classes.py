"""The classes of attributes among exposures: by what those of a class are reached, and lines of a lock that hold each class.

A class is a promise about values: who downloads them, or is refused them, is told with it. To give an attribute a class, or
one that asks for more, takes nothing from anybody and is free; to take it away, or to put another in its place that does not
ask for all that it did, breaks the promise as a wider permission would, and has to be signed off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from metadata.snapshot import Snapshot
from runtime.exposure.walk import Exposure

WHOLE = "*"
WHO, ACTION, SURFACE, NO_CLASS = "(class)", "class", "values", "none"
ASKS = {NO_CLASS: 0, "public": 0, "internal": 1, "confidential": 2, "personal": 2}
"""How much protection a class asks for. Confidential and personal ask for as much, and for other reasons."""


@dataclass(frozen=True, slots=True)
class Reclassed:
    """An attribute, as `entity.attribute`, with its class before and now; `none` where it has none."""

    attribute: str
    before: str
    now: str

    @property
    def loosened(self) -> bool:
        """Whether something that was promised of its values is promised no more."""
        return self.before != self.now and 0 < ASKS[self.before] >= ASKS[self.now]

    @property
    def line(self) -> Exposure:
        """The class now, as a lock holds it."""
        return Exposure(WHO, self.attribute, ACTION, SURFACE, self.now)


def classes_by_name(snapshot: Snapshot) -> dict[str, str]:
    """The class of each attribute, as `entity.attribute`, that metadata put into one."""
    return {
        f"{entity.key}.{attribute.key}": attribute.classification
        for entity in snapshot.entities.values()
        for attribute in entity.model.attributes
        if attribute.classification
    }


def attributes_of_class(snapshot: Snapshot, classed: str) -> frozenset[str]:
    """The attributes that metadata put into a class, as exposures name them: `entity.attribute`."""
    return frozenset(name for name, found in classes_by_name(snapshot).items() if found == classed)


def reaching(found: Iterable[Exposure], named: frozenset[str]) -> tuple[Exposure, ...]:
    """Those exposures that reach one of some attributes, or whole rows that have one."""
    whole = {f"{name.partition('.')[0]}.{WHOLE}" for name in named}
    return tuple(item for item in found if item.attribute in named or item.attribute in whole)


def class_lines(snapshot: Snapshot) -> Iterator[Exposure]:
    """A line for each attribute that has a class."""
    for name, classed in classes_by_name(snapshot).items():
        yield Exposure(WHO, name, ACTION, SURFACE, classed)


def reclassed(before: Iterable[tuple[str, str]], after: Snapshot) -> tuple[Reclassed, ...]:
    """Attributes that are there and are classed otherwise than before; of what is gone nothing is told."""
    earlier, now = dict(before), classes_by_name(after)
    there = (name for name in sorted({*earlier, *now}) if _is_there(after, name))
    found = (Reclassed(name, earlier.get(name, NO_CLASS), now.get(name, NO_CLASS)) for name in there)
    return tuple(item for item in found if item.before != item.now)


def held_classes(signed: Iterable[Exposure]) -> Iterator[tuple[str, str]]:
    """The classes that lines of a lock hold, by attribute."""
    for line in signed:
        if line.who == WHO and line.scope in ASKS:
            yield line.attribute, line.scope


def _is_there(snapshot: Snapshot, name: str) -> bool:
    entity, _, attribute = name.partition(".")
    return entity in snapshot.entities and attribute in snapshot.entities[entity].attributes
