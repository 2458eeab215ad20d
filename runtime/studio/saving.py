"""Saving a draft: what others saved meanwhile is brought together with it, and what collides is handed back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from metadata.model import ComponentId
from metadata.store import EditedMeanwhile, MetadataStore, NoSuchComponent, Revision, Sketch
from runtime.errors import ChangedMeanwhile
from runtime.studio.bench import Bench, Workshop
from runtime.studio.merging import Clash, Merge

ATTEMPTS = 100


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
    """Save a draft over what is there now. Raises ChangedMeanwhile where others save faster than it can be read."""
    for _ in range(ATTEMPTS):
        bench = workshop.bench()
        head = head_of(bench, draft.name)
        number = head.number if head else 0
        data, merged_with = draft.data, ""
        if head is not None and number != draft.base:
            merge = Merge(draft.choices)
            mine, theirs = draft.data, bench.all[draft.name].data
            data = merge.merged(data_at(workshop.store, draft.name, draft.base), mine, theirs)
            if merge.clashes:
                return Collision(tuple(merge.clashes), data, head)
            merged_with = head.author
        try:
            done = workshop.store.save(
                (), author, note, expected={draft.name: number}, sketches=[Sketch(draft.name, named(draft.name, data))]
            )
        except EditedMeanwhile:
            continue
        after = head_of(workshop.bench(), draft.name)
        return Saved(after.number if after else 0, bool(done), merged_with)
    raise ChangedMeanwhile


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
