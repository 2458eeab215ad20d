"""The plan: every step from the tables that are there to those that a snapshot asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from metadata.migrate.compare import Comparison, Surroundings, compare_new, compare_table, search_steps
from metadata.migrate.existing import count_rows, read_existing
from metadata.migrate.search_steps import DropSearch
from metadata.migrate.shapes import Shape, shape_of
from metadata.migrate.steps import AddForeignKey, CreateSequence, CreateTable, DropForeignKey, DropTable, Step
from metadata.snapshot import Snapshot
from metadata.tables import sequence_name
from metadata.told import joined, told


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, in order. `kept`: what metadata no longer names and stays unless told.

    `shapes` and `gone` are what the register will say. A plan without steps may still have something to note there.
    `ahead`: steps that have been done already.
    """

    steps: tuple[Step, ...]
    kept: tuple[Step, ...]
    shapes: Mapping[str, Shape]
    gone: tuple[str, ...] = ()
    ahead: tuple[Step, ...] = ()

    @property
    def destructive(self) -> tuple[Step, ...]:
        """The steps that need to be told."""
        return tuple(step for step in self.steps if step.destructive)

    @property
    def blocked(self) -> tuple[Step, ...]:
        """The steps that cannot be done as the database is."""
        return tuple(step for step in self.steps if step.blocked)

    @property
    def lines(self) -> tuple[str, ...]:
        """The plan in words, one line for each step and for each thing kept."""
        marks = ((step, "!" if step.destructive else "+") for step in (*self.ahead, *self.steps))
        steps = (
            told("{mark} {step} - blocked: {reason}", mark=mark, step=step.text, reason=step.blocked)
            if step.blocked
            else joined((mark, step.text), " ")
            for step, mark in marks
        )
        return (*steps, *(told("= kept unless --allow-destructive: {step}", step=step.text) for step in self.kept))

    def __bool__(self) -> bool:
        return bool(self.steps)


def plan(connection: Connection, snapshot: Snapshot, *, drop: bool = False) -> Plan:
    """Compare the snapshot's tables with the database's.

    With `drop`, tables and columns that metadata no longer names are dropped by the plan; else they are in `kept`.
    Tables that are not in the register are never touched. The register must be there.
    """
    wanted = snapshot.tables.tables
    there = read_existing(connection, wanted)
    around = Surroundings(connection, there, drop)
    found = {name: _compare(name, snapshot, around) for name in sorted(wanted)}
    unused = _unused(around, wanted)
    steps = [*_loosened(around, unused), *(step for comparison in found.values() for step in comparison.steps)]
    steps.extend(_sequences(snapshot, around))
    kept = [step for comparison in found.values() for step in comparison.kept]
    return Plan(
        steps=tuple(_in_order([*steps, *(unused if drop else ())])),
        kept=(*kept, *(() if drop else unused)),
        shapes={name: comparison.shape for name, comparison in found.items() if comparison.shape != there.owned.get(name)},
        gone=tuple(name for name in there.owned if name not in wanted and (drop or name not in there.tables)),
    )


def remaking(snapshot: Snapshot) -> Plan:
    """The plan that makes every search index of a snapshot anew, for tables that are in step."""
    tables = (snapshot.tables.tables[name] for name in sorted(snapshot.tables.tables))
    return Plan(steps=tuple(step for table in tables for step in search_steps(table, frozenset())), kept=(), shapes={})


def _compare(name: str, snapshot: Snapshot, around: Surroundings) -> Comparison:
    table = snapshot.tables.tables[name]
    if name not in around.there.tables:
        return compare_new(table, around)
    if name not in around.there.owned:
        taken = told("a table of this name that is not Foyer's own is in the way; rename it or the entity")
        return Comparison((CreateTable(table=name, target=table, blocked=taken),), (), shape_of(table))
    return compare_table(table, around)


def _sequences(snapshot: Snapshot, around: Surroundings) -> Iterator[CreateSequence]:
    for entity in snapshot.entities.values() if around.connection.dialect.supports_sequences else ():
        for attribute in entity.attributes.values():
            name = sequence_name(entity.key, attribute.key)
            if attribute.type.name == "auto_number" and name not in around.there.sequences:
                yield CreateSequence(table=entity.table.name, name=name, column=attribute.column.name)


def _unused(around: Surroundings, wanted: Collection[str]) -> tuple[DropTable, ...]:
    names = [name for name in around.there.owned if name not in wanted and name in around.there.tables]
    return tuple(DropTable(table=name, lost=count_rows(around.connection, name)) for name in names)


def _loosened(around: Surroundings, unused: Iterable[DropTable]) -> Iterator[Step]:
    """Tables that go may point at each other: first the keys, then the tables. On SQLite their search indexes stay behind."""
    for step in unused if around.drop else ():
        shape = around.there.shape(step.table)
        yield from (DropSearch(table=step.table, name=name) for name in shape.searches)
        if not around.sqlite:
            yield from (DropForeignKey(table=step.table, name=name) for name in shape.foreign_keys)


def _in_order(steps: list[Step]) -> Iterator[Step]:
    """Foreign keys come last, when every table and column is there."""
    yield from (step for step in steps if not isinstance(step, AddForeignKey))
    yield from (step for step in steps if isinstance(step, AddForeignKey))
