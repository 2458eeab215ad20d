"""Tables of an outside database to components, with a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.described import OutsideTable
from metadata.checks import check
from metadata.compiler import assign_site
from metadata.errors import Problem
from metadata.model import Component, ComponentId, component_id
from runtime.adopting.drafts import Draft, draft_tables
from runtime.adopting.findings import LEFT_OUT, NOTE, Adopted, Adoption, Notes, why
from runtime.adopting.known import Components, World
from runtime.adopting.making import SECONDS_BETWEEN_PULLS, Made, Wanted, make_table, tell_map
from runtime.adopting.screens import make_pages, make_screens


def adopt(tables: Iterable[OutsideTable], chosen: Sequence[str], existing: Components, wanted: Wanted) -> Adoption:
    """The components for the chosen tables, among all that were described, beside those that there are.

    What is there is never written over: a table that has a map gets its new columns, and its views and forms stay as they are.
    """
    described = {table.name: table for table in tables}
    now, told = dict(existing), Adoption((), (), (), ())
    for some in _rounds(chosen, existing, wanted.connection):
        found = _adopt(described, some, now, wanted)
        now |= {component_id(item): item for item in found.components}
        told = told.plus(found)
    made = {component_id(item): item for item in told.components}
    changed = tuple(dict.fromkeys(name for name in told.changed if name in existing))
    return replace(told, components=tuple(made.values()), changed=changed)


def _rounds(chosen: Sequence[str], existing: Components, connection: str) -> list[list[str]]:
    """The tables, so that those of one entity that is there come one after the other: each adds to what was added before."""
    known = World({component_id(item): item for item in assign_site(existing.values())}).known(connection)
    met: Counter[str] = Counter()
    rounds: dict[int, list[str]] = {}
    for name in dict.fromkeys(chosen):
        place = 0
        if name in known:
            entity = known[name].entity.key
            place, met[entity] = met[entity], met[entity] + 1
        rounds.setdefault(place, []).append(name)
    return [rounds[place] for place in sorted(rounds)]


def _adopt(described: Mapping[str, OutsideTable], chosen: Sequence[str], existing: Components, wanted: Wanted) -> Adoption:
    assigned = {component_id(item): item for item in assign_site(existing.values())}
    stored = dict(zip(assigned, existing, strict=True))
    world, notes = World(assigned), Notes()
    for name in chosen:
        if name not in described:
            notes.add(name, "", LEFT_OUT, why("no_table"))
    drafts = draft_tables(described, chosen, wanted.connection, world, notes)
    asked = [drafts[name] for name in dict.fromkeys(chosen) if name in drafts and name in described]
    made = [make_table(draft, wanted, world, notes) for draft in asked]
    new = [item for item in made if item.draft.known is None]
    components: list[Component] = [part for item in made if item.added for part in item.components]
    screens = make_screens(new, world, notes)
    components += [part for item in screens for part in item.components]
    if wanted.site and new:
        components += make_pages(screens, wanted.site, world, notes)
    for item in made:
        _tell(item, wanted, notes)
    if new:
        notes.add("", "", NOTE, why("compared", seconds=int(SECONDS_BETWEEN_PULLS)))
        notes.add("", "", NOTE, why("nothing_granted"))
    changed = tuple(stored[name] for name in map(component_id, components) if name in stored)
    kept = tuple(as_stored(item, stored) for item in components)
    return Adoption(kept, changed, tuple(map(_adopted, made)), tuple(notes.found))


def problems_of(adoption: Adoption, existing: Components) -> tuple[Problem, ...]:
    """What would stand in the way of publishing what was made; what is wrong of other components is not told here."""
    new = {component_id(item): item for item in adoption.components}
    names = {str(name) for name in new}
    found = check({component_id(item): item for item in assign_site({**existing, **new}.values())})
    return tuple(problem for problem in found if problem.severity == "error" and problem.component in names)


def as_stored(component: Component, stored: dict[ComponentId, ComponentId]) -> Component:
    """A component under the name that it has in the store, where a site that is alone may leave its own out."""
    name = component_id(component)
    kept = stored.get(name, name)
    if kept == name:
        return component
    without: dict[str, Any] = {"site": kept.site}
    return replace(component, **without)


def _tell(made: Made, wanted: Wanted, notes: Notes) -> None:
    draft: Draft = made.draft
    if draft.known is None:
        tell_map(made, wanted, notes)
        return
    if not made.added:
        notes.add(draft.table.name, "", NOTE, why("known", entity=draft.entity))
        return
    names = ", ".join(part.attribute.key for part in made.added)
    notes.add(draft.table.name, "", NOTE, why("added", entity=draft.entity, names=names))


def _adopted(made: Made) -> Adopted:
    added = tuple(part.attribute.key for part in made.added)
    return Adopted(made.draft.table.name, made.entity.key, made.table_map.key, added, made.draft.known is None)
