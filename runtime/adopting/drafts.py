"""Each table in the making: which columns become attributes, which foreign keys lookups, and which key tells its rows apart.

A foreign key becomes a lookup in the place of its columns where nothing else needs them. Where a column belongs to two foreign
keys, or to a key of which the other columns are no part of the foreign key, the columns stay attributes and the lookup stands
beside them. So it is, too, where tables would name their rows by each other, and none could come first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.described import OutsideColumn, OutsideLink, OutsideTable
from runtime.adopting import naming
from runtime.adopting.findings import APPROXIMATED, LEFT_OUT, NOTE, RENAMED, Notes, why
from runtime.adopting.fitting import Fitted, fit
from runtime.adopting.known import Known, World


@dataclass(slots=True)
class Held:
    """A column that becomes an attribute."""

    column: OutsideColumn
    fitted: Fitted
    key: str = ""


@dataclass(slots=True)
class Pointing:
    """A foreign key that becomes a lookup, in the place of its columns or beside them."""

    link: OutsideLink
    target: Draft
    instead: bool = False
    key: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """How the target's rows are found: the path to each column that is pointed at."""
        return tuple(self.target.path(name) or name for name in self.link.targets)


@dataclass(slots=True)
class Draft:
    """One table. `columns` are those that are new; `known` is what there is of it already; `row_key` tells its rows apart."""

    table: OutsideTable
    entity: str
    row_key: tuple[str, ...]
    known: Known | None = None
    columns: dict[str, Held] = field(default_factory=dict)
    pointing: list[Pointing] = field(default_factory=list)

    def path(self, column: str) -> str | None:
        """The path from the entity to what a column holds; None where nothing holds it."""
        if self.known is not None and column in self.known.places:
            return self.known.places[column]
        for item in self.pointing:
            if item.instead and column in item.link.columns:
                return f"{item.key}.{item.paths[item.link.columns.index(column)]}"
        return self.columns[column].key if column in self.columns else None

    def holds(self, column: str) -> bool:
        """Whether a column is, or will be, held as it is."""
        if self.known is not None and column in self.known.places:
            return True
        return column in self.columns and not self.columns[column].fitted.rounds

    def attribute_of(self, column: str) -> str | None:
        """The attribute that holds a column, or the lookup that stands in its place."""
        path = self.path(column)
        return path.partition(".")[0] if path else None

    @property
    def instead(self) -> frozenset[str]:
        """The columns in whose place a lookup stands."""
        return frozenset(name for item in self.pointing if item.instead for name in item.link.columns)


def draft_tables(
    tables: Mapping[str, OutsideTable], chosen: Sequence[str], connection: str, world: World, notes: Notes
) -> dict[str, Draft]:
    """A draft for each chosen table that can be adopted; those that were adopted before are there to be pointed at."""
    known = world.known(connection)
    drafts: dict[str, Draft] = {}
    for name in (*known, *(name for name in chosen if name not in known)):
        table = tables.get(name)
        if name in known:
            item = known[name]
            drafts[name] = Draft(table or OutsideTable(name, ()), item.entity.key, (), item)
            if table is not None and name in chosen:
                _hold(drafts[name], notes)
        elif table is not None:
            draft = _new(table, connection, world, notes)
            if draft is not None:
                drafts[name] = draft
    asked = [drafts[name] for name in dict.fromkeys(chosen) if name in drafts]
    for draft in asked:
        _point(draft, drafts, notes)
    _choose_instead(asked)
    for draft in asked:
        _name(draft, world, notes)
    return drafts


def _new(table: OutsideTable, connection: str, world: World, notes: Notes) -> Draft | None:
    if table.is_view:
        said = why("is_view")
        notes.add(table.name, "", LEFT_OUT, said)
        return None
    if "." in table.name.removeprefix(_above(table.name)):
        notes.add(table.name, "", LEFT_OUT, why("dotted"))
        return None
    draft = Draft(table, "", ())
    _hold(draft, notes)
    whole = [key for key in table.keys if all(_tells(draft, name) for name in key)]
    if not whole:
        said = why("key_of_no_use" if table.keys else "no_key")
        notes.add(table.name, "", LEFT_OUT, said)
        return None
    draft.row_key = whole[0]
    if table.primary_key and set(draft.row_key) != set(table.primary_key):
        said = why("other_key", columns=", ".join(draft.row_key))
        notes.add(table.name, ", ".join(table.primary_key), APPROXIMATED, said)
    draft.entity = naming.entity_key(table.name, connection, world.taken("entity"))
    world.taken("entity").add(draft.entity)
    if draft.entity != table.name:
        notes.add(table.name, "", RENAMED, why("entity_called", entity=draft.entity))
    return draft


def _above(name: str) -> str:
    """The schema before the name of a table, with its dot."""
    above, dot, _ = name.partition(".")
    return above + dot if dot else ""


def _tells(draft: Draft, name: str) -> bool:
    held = draft.columns.get(name)
    return held is not None and not held.column.nullable and not held.fitted.rounds


def _hold(draft: Draft, notes: Notes) -> None:
    """The columns that are new, as the attributes that hold them."""
    table = draft.table
    named = {name for key in table.keys for name in key} | {name for link in table.links for name in link.columns}
    before = draft.known.columns if draft.known else frozenset()
    for column in table.columns:
        if column.name in before:
            continue
        fitted = fit(column, named=column.name in named)
        if isinstance(fitted, str):
            notes.add(table.name, column.name, LEFT_OUT, fitted)
            continue
        draft.columns[column.name] = Held(column, fitted)
        if fitted.remark:
            notes.add(table.name, column.name, APPROXIMATED, fitted.remark)


def _point(draft: Draft, drafts: Mapping[str, Draft], notes: Notes) -> None:
    """The foreign keys that lead to a row of a table that is adopted."""
    seen: set[tuple[str, ...]] = set()
    for link in draft.table.links:
        part, target = ", ".join(link.columns), drafts.get(link.table)
        if link.columns in seen or (draft.known is not None and draft.known.points(link.columns)):
            continue
        if target is None:
            said = why("points_at_none", table=link.table)
            notes.add(draft.table.name, part, NOTE, said)
        elif not all(draft.holds(name) for name in link.columns) or not all(target.holds(name) for name in link.targets):
            said = why("points_unadopted", table=link.table)
            notes.add(draft.table.name, part, LEFT_OUT, said)
        elif target.table.columns and frozenset(link.targets) not in map(frozenset, target.table.keys):
            said = why("points_at_no_key", table=link.table)
            notes.add(draft.table.name, part, LEFT_OUT, said)
        else:
            seen.add(link.columns)
            draft.pointing.append(Pointing(link, target))


def _choose_instead(drafts: Sequence[Draft]) -> None:
    """Which foreign keys stand in the place of their columns; see the head of this module."""
    needs: dict[str, set[str]] = {}
    for draft in drafts:
        for item in draft.pointing:
            names = frozenset(item.link.columns)
            others = (other for other in draft.table.links if other.columns != item.link.columns)
            alone = not any(names & frozenset(other.columns) for other in others)
            new = all(name in draft.columns for name in names)
            keys = [frozenset(key) for key in draft.table.keys if names & frozenset(key)]
            if not (alone and new and all(names <= key for key in keys)):
                continue
            if keys and draft.table.name in {item.target.table.name, *_reached(needs, item.target.table.name)}:
                continue
            if keys:
                needs.setdefault(draft.table.name, set()).add(item.target.table.name)
            item.instead = True


def _reached(needs: Mapping[str, set[str]], start: str) -> Iterator[str]:
    """The tables whose rows must be known before those of a table can be named."""
    seen, waiting = {start}, [start]
    while waiting:
        for name in needs.get(waiting.pop(), ()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
                yield name


def _name(draft: Draft, world: World, notes: Notes) -> None:
    """A key for every attribute and lookup."""
    there = world.entities.get(draft.entity)
    taken = {item.key for item in there.attributes} if there else set()
    for column in draft.table.columns:
        held = draft.columns.get(column.name)
        if held is None or column.name in draft.instead:
            continue
        held.key = naming.attribute_key(column.name, draft.entity, taken)
        taken.add(held.key)
        if held.key != column.name:
            notes.add(draft.table.name, column.name, RENAMED, why("attribute_called", attribute=held.key))
    for item in draft.pointing:
        item.key = naming.lookup_key(item.link.columns, item.target.entity, draft.entity, taken)
        taken.add(item.key)
        said = why("lookup_instead" if item.instead else "lookup_beside", lookup=item.key, entity=item.target.entity)
        notes.add(draft.table.name, ", ".join(item.link.columns), NOTE, said)
