"""Saving a draft: what others saved meanwhile is brought together with it, and what collides is handed back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from metadata.model import ComponentId
from metadata.store import MetadataStore, NoSuchComponent, Revision
from runtime.studio.bench import Bench, Workshop
from runtime.studio.merging import Clash, Merge


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants a component to be, and the number of the revision that they began with; 0 for a new one.

    `choices` says by path whose value stays where two have changed the same one.
    """

    name: ComponentId
    data: Mapping[str, Any]
    base: int
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a draft: the number in force now, whether anything changed, and whose change it was merged with."""

    number: int
    changed: bool
    merged_with: str = ""


@dataclass(frozen=True, slots=True)
class Collision:
    """Both have changed the same: nothing was saved. `data` is the rest, brought together."""

    clashes: tuple[Clash, ...]
    data: Mapping[str, Any]
    theirs: Revision


def save(workshop: Workshop, draft: Draft, author: str, note: str = "") -> Saved | Collision:
    """Save a draft over what is there now, together with what others saved since it was begun."""
    merging = _Merging(draft)
    revised = workshop.store.revise(draft.name, draft.base, merging.make, author, note)
    if merging.collision is not None:
        return merging.collision
    return Saved(revised.number, revised.changed, merging.merged_with)


@dataclass(slots=True)
class _Merging:
    """A draft that is laid over the revision in force, and what comes of it where that is not the one it was begun with."""

    draft: Draft
    merged_with: str = ""
    collision: Collision | None = None

    def make(self, head: Revision | None, theirs: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What is to be saved; None where both have changed the same and nobody has chosen."""
        data = self.draft.data
        if head is not None and head.number != self.draft.base:
            merge = Merge(self.draft.choices)
            data, self.merged_with = merge.merged(before, data, theirs), head.author
            if merge.clashes:
                self.collision = Collision(tuple(merge.clashes), data, head)
                return None
        return named(self.draft.name, data)


def named(name: ComponentId, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data under their own address, whatever they say of it."""
    own = {"key": name.key, **({"site": name.site} if name.site else {})}
    return {**own, **{key: value for key, value in data.items() if key not in ("key", "site")}}


def head_of(bench: Bench, name: ComponentId) -> Revision | None:
    """The revision in force of a component that there is."""
    item = bench.items.get(name)
    return item.head if item else None


def data_at(store: MetadataStore, name: ComponentId, number: int) -> Mapping[str, Any]:
    """The plain data of one revision of a component by its number; nothing where there is none."""
    try:
        found = next((revision.id for revision in store.history(name) if revision.number == number), 0)
    except NoSuchComponent:
        return {}
    return store.data([found]).get(found, {}) if found else {}
