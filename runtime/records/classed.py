"""Attributes by the class that makers gave them: how much protection their values need. A class grants and hides nothing.

What needs protection and is given to somebody can be noted: whoever wants that begins a `Given`, and what is read meanwhile of
rows adds itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import partial

from metadata.model.data import CLASSES
from metadata.snapshot import Snapshot
from runtime.records.plan import ListPlan

PROTECTED = CLASSES[1:]
"""The classes whose values need protection, as against those that are for everybody."""
Classes = Mapping[str, tuple[str, ...]]
"""Attributes as `entity.attribute`, sorted, under each class."""
NONE: Classes = {}


class Given:
    """What needs protection of what was read: for each entity and row the attributes. Many rows at once stand under 0."""

    def __init__(self, classes: frozenset[str]) -> None:
        self._classes = classes
        self._found: dict[tuple[str, int], set[tuple[str, str]]] = {}

    def add(self, snapshot: Snapshot, entity: str, paths: Iterable[str], row: int = 0) -> None:
        """Note that values of an entity's paths were read, of one row or of several."""
        for named, names in classes_among(snapshot, entity, paths).items():
            if named in self._classes:
                self._found.setdefault((entity, row), set()).update((named, name) for name in names)

    def found(self) -> dict[tuple[str, int], Classes]:
        """All of it, by entity and row."""
        return {place: _sorted(pairs) for place, pairs in self._found.items()}


GIVEN: ContextVar[Given | None] = ContextVar("foyer_given", default=None)


def class_of(snapshot: Snapshot, entity: str, attribute: str) -> str:
    """The class of an attribute; "" where it has none, or there is no such attribute."""
    return _classes(snapshot).get(entity, {}).get(attribute, "")


def classes_of(snapshot: Snapshot, entity: str) -> Classes:
    """What of an entity needs protection; nothing for an entity that there is not."""
    return classes_among(snapshot, entity, _classes(snapshot).get(entity, {}))


def classes_among(snapshot: Snapshot, entity: str, paths: Iterable[str]) -> Classes:
    """What of some paths from an entity needs protection. A lookup shows the name of what it leads to and counts for it too."""
    if not _classes(snapshot):
        return NONE
    pairs: set[tuple[str, str]] = set()
    for path in paths:
        pairs |= snapshot.derive(("classes of", entity, path), partial(_of_path, snapshot, entity, path))
    return _sorted(pairs)


def merged(found: Iterable[Classes]) -> Classes:
    """Several together."""
    together: dict[str, set[str]] = {}
    for classes in found:
        for classed, names in classes.items():
            together.setdefault(classed, set()).update(names)
    return {classed: tuple(sorted(names)) for classed, names in together.items()}


def note_rows(plan: ListPlan, row: int = 0) -> None:
    """Note that rows of a plan were read, or the one of an id, where somebody wants to know."""
    given = GIVEN.get()
    if given is not None:
        given.add(plan.snapshot, plan.entity.key, [plan.key, *(item.path for item in plan.selected)], row)


def note_record(snapshot: Snapshot, entity: str, paths: Iterable[str], row: int) -> None:
    """The same of one row."""
    given = GIVEN.get()
    if given is not None:
        given.add(snapshot, entity, paths, row)


def _classes(snapshot: Snapshot) -> Mapping[str, Mapping[str, str]]:
    """The classes of the attributes of each entity that has such."""
    return snapshot.derive(("classes",), lambda: dict(_found(snapshot)))


def _found(snapshot: Snapshot) -> Iterable[tuple[str, Mapping[str, str]]]:
    for key, entity in snapshot.entities.items():
        classed = {one.key: one.classification for one in entity.model.attributes if one.classification in PROTECTED}
        if classed:
            yield key, classed


def _of_path(snapshot: Snapshot, entity: str, path: str) -> frozenset[tuple[str, str]]:
    try:
        *way, leaf = snapshot.resolve(entity, path)
    except KeyError:
        return frozenset()
    ends = [(way[-1].targets[0] if way else entity, leaf.key)]
    ends += [(target, snapshot.entities[target].primary_name.key) for target in leaf.targets]
    found = ((class_of(snapshot, owner, key), f"{owner}.{key}") for owner, key in ends)
    return frozenset((classed, name) for classed, name in found if classed)


def _sorted(pairs: Iterable[tuple[str, str]]) -> Classes:
    found: dict[str, tuple[str, ...]] = {}
    for classed, name in sorted(pairs):
        found[classed] = (*found.get(classed, ()), name)
    return found
