"""Rows for synchronisation: the records room's side of `connectors.port.RowStore`. The system principal only.

Rows pass as many at a time, tell no listener (what came from outside must not echo), and keep `version` where nothing
changed.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, any_, insert, literal, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from connectors.port import Image, Key, Loaded, RowsInUse, Upserted
from metadata.snapshot import CompiledAttribute, CompiledEntity, Snapshot
from runtime.access import Principal
from runtime.records.attached import hold_files
from runtime.records.changing import change_rows
from runtime.records.ends import Ends
from runtime.records.errors import Denied, Invalid
from runtime.records.hooks import Change, Listeners
from runtime.records.incoming import cleaned, default_value, has_default
from runtime.records.numbers import count_past, next_numbers
from runtime.records.refusals import guarded
from runtime.records.remove import Removal
from runtime.records.rows import stamps, to_columns
from runtime.records.staging import Stage
from runtime.records.straight import column_names, count_anew, load_straight

CHUNK = 500
ARRAY_CHUNK = 5000
FILES_ONLY = Listeners((hold_files,))
"""Rows that go outside take their files along; nothing else is told of what comes from there."""


@dataclass(frozen=True, slots=True)
class SqlRowStore:
    """A `connectors.port.RowStore` on one connection. Raises Denied at once for any principal but the system's."""

    connection: Connection
    snapshot: Snapshot
    principal: Principal

    def __post_init__(self) -> None:
        if self.principal.kind != "system":
            raise Denied("synchronisation")

    def check(self, entity: str, row: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with the values of a row, as a code by attribute; empty where they may be stored."""
        compiled = self.snapshot.entities[entity]
        try:
            cleaned(self.snapshot, self.principal, compiled, row)
        except Invalid as wrong:
            return wrong.codes
        return {}

    def upsert(
        self,
        entity: str,
        integration_key: tuple[str, ...],
        rows: Sequence[Mapping[str, Any]],
        origin: str = "sync",
        images: list[Image] | None = None,
    ) -> Upserted:
        """See RowStore.upsert."""
        compiled = self.snapshot.entities[entity]
        key = column_names(compiled, integration_key)
        given = [to_columns(compiled, row) for row in rows]
        latest = {_key_of(row, key): row for row in given}
        known = self._known(compiled, key, latest)
        fresh = {value: row for value, row in latest.items() if value not in known}
        differing = [(known[value], row) for value, row in latest.items() if value in known and _differs(known[value], row)]
        at = dt.datetime.now(dt.UTC)
        changed = [(old["id"], row) for old, row in differing]
        change_rows(self.connection, self.snapshot, compiled, changed, stamps(self._as(origin), at, new=False))
        made = self._insert(compiled, fresh, at, origin)
        ids = {value: row["id"] for value, row in known.items()} | made
        if images is not None:
            names = [compiled.attributes[name] for row in islice(rows, 1) for name in row if name not in ("id", "version")]
            images += [Image(entity, old["id"], "update", old["version"] + 1, _before(names, old)) for old, _ in differing]
            images += [Image(entity, id, "insert", 1, {}) for id in made.values()]
        unchanged = len(latest) - len(fresh) - len(differing)
        return Upserted(len(fresh), len(differing), unchanged, tuple(ids[_key_of(row, key)] for row in given))

    def resolve(self, entity: str, key_attributes: tuple[str, ...], values: set[Key], held: bool = False) -> dict[Key, int]:
        """See RowStore.resolve."""
        found, several = self._found(entity, key_attributes, values, held=held)
        return {value: found[value] for value in values if value in found and value not in several}

    def shared(self, entity: str, key_attributes: tuple[str, ...], values: set[Key]) -> set[Key]:
        """See RowStore.shared."""
        return self._found(entity, key_attributes, values)[1]

    def _found(
        self, entity: str, key_attributes: tuple[str, ...], values: set[Key], *, held: bool = False
    ) -> tuple[dict[Key, int], set[Key]]:
        """A row of each of these values, and the values that several rows have."""
        ends = Ends(self.snapshot, entity, key_attributes)
        found: dict[Key, int] = {}
        several: set[Key] = set()
        for chunk in _chunks(sorted(values, key=repr), self._at_once(ends.columns)):
            statement = select(ends.table.c.id, *ends.columns).select_from(ends.source).where(self._any_of(ends.columns, chunk))
            if held:
                statement = statement.order_by(ends.table.c.id).with_for_update(of=ends.table, key_share=True)
            rows = self.connection.execute(statement).all()
            part = {tuple(row[1:]): row[0] for row in rows}
            if len(part) < len(rows):
                several |= {key for key, number in Counter(tuple(row[1:]) for row in rows).items() if number > 1}
            found |= part
        return found, several

    def natural_key(self, entity: str, id: int, key_attributes: tuple[str, ...]) -> Key | None:
        """See RowStore.natural_key."""
        ends = Ends(self.snapshot, entity, key_attributes)
        row = self.connection.execute(select(*ends.columns).select_from(ends.source).where(ends.table.c.id == id)).first()
        return None if row is None else tuple(row)

    def delete(self, entity: str, ids: Iterable[int], images: list[Image] | None = None) -> int:
        """See RowStore.delete."""
        compiled = self.snapshot.entities[entity]
        listeners = FILES_ONLY if images is None else FILES_ONLY.plus(partial(_note, images))
        removal = Removal(self.connection, self.snapshot, self.principal, listeners)
        wanted = list(self._present(compiled, ids))
        try:
            with guarded(self.connection, compiled):
                for row in wanted:
                    removal.remove(compiled, row)
        except Invalid as refused:
            raise RowsInUse(entity) from refused
        return len(wanted)

    def restore(self, image: Image) -> None:
        """See RowStore.restore."""
        compiled = self.snapshot.entities[image.entity]
        values = to_columns(compiled, {name: value for name, value in image.before.items() if name in compiled.attributes})
        made = stamps(self._as("sync"), dt.datetime.now(dt.UTC), new=True)
        self.connection.execute(insert(compiled.table).values({**made, **values, "id": image.id, "version": image.version + 1}))

    def read(self, entity: str, ids: Iterable[int], attributes: Sequence[str]) -> list[dict[str, Any]]:
        """See RowStore.read."""
        table = self.snapshot.entities[entity].table
        wanted = self._wanted(entity, dict.fromkeys(("id", "version", *attributes)))
        found: list[dict[str, Any]] = []
        by_id = (table.c.id,)
        for chunk in _chunks(sorted(set(ids)), self._at_once(by_id)):
            chosen = self._any_of(by_id, [(row,) for row in chunk])
            found += self._named(wanted, _columns_of(wanted).where(chosen).order_by(table.c.id))
        return found

    def values(
        self, entity: str, key_attributes: tuple[str, ...], keys: set[Key], attributes: Sequence[str]
    ) -> dict[Key, tuple[Any, ...]]:
        """See RowStore.values."""
        wanted, number = self._wanted(entity, (*key_attributes, *attributes)), len(key_attributes)
        columns = tuple(item.column for item in wanted[:number])
        found: dict[Key, tuple[Any, ...]] = {}
        several: set[Key] = set()
        for chunk in _chunks(sorted(keys, key=repr), self._at_once(columns)):
            rows = self._rows(wanted, _columns_of(wanted).where(self._any_of(columns, chunk)))
            part = {row[:number]: row[number:] for row in rows}
            if len(part) < len(rows):
                several |= {key for key, times in Counter(row[:number] for row in rows).items() if times > 1}
            found |= part
        return {key: row for key, row in found.items() if key not in several}

    def scan(self, entity: str, attributes: Sequence[str], after: int, limit: int) -> list[dict[str, Any]]:
        """See RowStore.scan."""
        table = self.snapshot.entities[entity].table
        wanted = self._wanted(entity, dict.fromkeys(("id", "version", *attributes)))
        return self._named(wanted, _columns_of(wanted).where(table.c.id > after).order_by(table.c.id).limit(limit))

    def owned(self, entity: str, lookup: str, target: int) -> tuple[int, ...]:
        """See RowStore.owned."""
        table = self.snapshot.entities[entity].table
        statement = select(table.c.id).where(table.c[lookup] == target).order_by(table.c.id)
        return tuple(self.connection.scalars(statement))

    def bulk_load(
        self, entity: str, integration_key: tuple[str, ...], columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> Loaded:
        """See RowStore.bulk_load."""
        compiled = self.snapshot.entities[entity]
        if any(attribute.type.name == "auto_number" for attribute in self._unfilled(compiled, columns)):
            return self._load_by_upsert(entity, integration_key, columns, rows)
        defaults = self._defaults(compiled, columns)
        fixed = {**defaults, **stamps(self._as("sync"), dt.datetime.now(dt.UTC), new=True)}
        key = column_names(compiled, integration_key)
        numbered = _numbers_among(compiled, columns)
        if numbered and not isinstance(rows, Sequence):
            rows = list(rows)  # looked at twice
        if isinstance(rows, Sequence):
            for item in numbered:
                place = columns.index(item.key)
                count_past(self.connection, compiled, item, (row[place] for row in rows))
            straight = load_straight(self.connection, compiled, columns, key, rows, fixed)
            if straight is not None:
                count_anew(self.connection, compiled.table, straight)
                return Loaded(straight, 0, 0)
        done = Stage(self.connection, compiled, tuple(columns), key).load(rows, fixed)
        count_anew(self.connection, compiled.table, done.inserted)
        return done

    def _wanted(self, entity: str, attributes: Iterable[str]) -> list[CompiledAttribute]:
        return [self.snapshot.entities[entity].attributes[name] for name in attributes]

    def _named(self, wanted: Sequence[CompiledAttribute], statement: Select[Any]) -> list[dict[str, Any]]:
        """What a statement finds for these attributes, by their names."""
        names = [item.key for item in wanted]
        return [dict(zip(names, row, strict=True)) for row in self._rows(wanted, statement)]

    def _rows(self, wanted: Sequence[CompiledAttribute], statement: Select[Any]) -> list[tuple[Any, ...]]:
        """What a statement of their columns finds for these attributes, as tuples."""
        rows = self.connection.execute(statement).all()
        places = [place for place, item in enumerate(wanted) if item.target_column is not None]
        if not places:
            return [tuple(row) for row in rows]
        found = []
        for row in rows:
            values = list(row[: len(wanted)])
            for place, target in zip(places, row[len(wanted) :], strict=True):
                values[place] = None if values[place] is None else (target, values[place])
            found.append(tuple(values))
        return found

    def _load_by_upsert(
        self, entity: str, integration_key: tuple[str, ...], columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> Loaded:
        total = Loaded(0, 0, 0)
        for chunk in _chunks(rows, 5000):
            done = self.upsert(entity, integration_key, [dict(zip(columns, row, strict=True)) for row in chunk])
            total = Loaded(total.inserted + done.inserted, total.updated + done.updated, total.unchanged + done.unchanged)
        return total

    def _known(self, entity: CompiledEntity, key: tuple[str, ...], rows: Mapping[Key, Mapping[str, Any]]) -> dict[Key, Any]:
        table = entity.table
        names = {name for row in islice(rows.values(), 1) for name in row} | {"id", "version", *key}
        found: dict[Key, Any] = {}
        for chunk in _chunks(rows):
            columns = tuple(table.c[name] for name in key)
            statement = select(*(table.c[name] for name in sorted(names))).where(self._any_of(columns, chunk))
            for row in self.connection.execute(statement).mappings():
                found[tuple(row[name] for name in key)] = row
        return found

    def _insert(
        self, entity: CompiledEntity, rows: Mapping[Key, Mapping[str, Any]], at: dt.datetime, origin: str
    ) -> dict[Key, int]:
        if not rows:
            return {}
        names = next(iter(rows.values()))
        given = [key for key, attribute in entity.attributes.items() if attribute.column.name in names]
        numbered = [item for item in self._unfilled(entity, given) if item.type.name == "auto_number"]
        common = {**self._defaults(entity, given), **stamps(self._as(origin), at, new=True)}
        full = [{**common, **row} for row in rows.values()]
        for item in numbered:
            for row, number in zip(full, next_numbers(self.connection, entity, item, len(full)), strict=True):
                row[item.column.name] = number
        for item in _numbers_among(entity, given):
            count_past(self.connection, entity, item, (row[item.column.name] for row in full))
        statement = insert(entity.table).returning(entity.table.c.id, sort_by_parameter_order=True)
        return dict(zip(rows, self.connection.scalars(statement, full), strict=True))

    def _unfilled(self, entity: CompiledEntity, given: Iterable[str]) -> list[Any]:
        left_out = entity.attributes.keys() - set(given)
        return [entity.attributes[key] for key in left_out if not entity.attributes[key].system]

    def _defaults(self, entity: CompiledEntity, given: Iterable[str]) -> dict[str, Any]:
        values = {
            item.key: default_value(self.connection, self.snapshot, self.principal, item)
            for item in self._unfilled(entity, given)
            if has_default(item)
        }
        return to_columns(entity, values)

    def _present(self, entity: CompiledEntity, ids: Iterable[int]) -> Iterator[int]:
        for chunk in _chunks(sorted(set(ids))):
            yield from self.connection.scalars(select(entity.table.c.id).where(entity.table.c.id.in_(chunk)))

    def _at_once(self, columns: Sequence[ColumnElement[Any]]) -> int:
        """How many values a statement takes: as one parameter many more than one by one."""
        return ARRAY_CHUNK if len(columns) == 1 and self.connection.dialect.name == "postgresql" else CHUNK

    def _any_of(self, columns: Sequence[ColumnElement[Any]], values: list[Key]) -> ColumnElement[bool]:
        if len(columns) > 1:
            return tuple_(*columns).in_(values)
        only = [value[0] for value in values]
        if self.connection.dialect.name == "postgresql":  # one parameter, so that the statement is the same for any number
            return columns[0] == any_(literal(only, ARRAY(columns[0].type)))
        return columns[0].in_(only)

    def _as(self, origin: str) -> Principal:
        return replace(self.principal, origin=origin)


def _columns_of(wanted: Sequence[CompiledAttribute]) -> Select[Any]:
    """The columns of attributes in their order, and after them the targets of those that may point at several entities."""
    return select(*(item.column for item in wanted), *(item.target_column for item in wanted if item.target_column is not None))


def _numbers_among(entity: CompiledEntity, given: Iterable[str]) -> list[CompiledAttribute]:
    """The auto-numbers of which rows from outside bring their own."""
    return [entity.attributes[key] for key in given if entity.attributes[key].type.name == "auto_number"]


def _before(attributes: Sequence[CompiledAttribute], row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        item.key: _value(item.target_column.name if item.target_column is not None else None, row, row[item.column.name])
        for item in attributes
    }


def _note(images: list[Image], connection: Connection, snapshot: Snapshot, change: Change) -> None:
    """A listener that notes how rows were that a deletion took along or changed."""
    if change.kind in ("write", "delete"):
        operation = "update" if change.kind == "write" else "delete"
        images.append(Image(change.entity, change.id, operation, change.version, dict(change.before)))


def _chunks(items: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk


def _key_of(row: Mapping[str, Any], key: tuple[str, ...]) -> Key:
    value = tuple(row[name] for name in key)
    if None in value:
        raise ValueError(f"a row without {', '.join(key)} cannot be matched")
    return value


def _differs(known: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return any(known[name] != value for name, value in row.items())


def _value(target: Any, row: Mapping[Any, Any], value: Any) -> Any:
    return value if target is None or value is None else (row[target], value)
