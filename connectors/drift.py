"""The shape of an outside table when it changes: told as a difference, and met as the contract of the map says."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from connectors import tables
from connectors.checkpoint import retry_now
from connectors.errors import Fatal
from connectors.home import Home, Work
from connectors.mapping import Refusal, key_text
from connectors.protocol import Adapter, Columns, Record, Shaped
from connectors.rejects import read_rejects, rewrite
from connectors.tablemap import CompiledMap, passes_as_told, wanted_columns
from connectors.values import dump_json, load_json

log = logging.getLogger(__name__)
SHAPE_SECONDS = 5.0
"""How often the shape of a table is looked at, at most, while nothing seems to have changed."""
DRIFTED = "drift"
"""The code of a row that is kept aside because a column that it is read from has changed."""
GUARD, EVOLVE, FREEZE = "guard", "evolve", "freeze"
DISCARD_VALUE, DISCARD_ROW, QUARANTINE = "discard_value", "discard_row", "quarantine"
_TABLE = tables.shape


class Drift(NamedTuple):
    """What is new, gone, and of another type, by column: its type before, and now."""

    added: Mapping[str, str]
    gone: Mapping[str, str]
    changed: Mapping[str, tuple[str, str]]

    @property
    def lines(self) -> tuple[str, ...]:
        """One sentence for each column."""
        return (
            *(f"{name} is new ({kind})" for name, kind in self.added.items()),
            *(f"{name} is gone (it was {kind})" for name, kind in self.gone.items()),
            *(f"{name} was {was} and is {now}" for name, (was, now) in self.changed.items()),
        )


class Drifted(Fatal):
    """A table outside is not what it was, and its map waits for somebody."""

    def __init__(self, table_map: CompiledMap, drift: Drift) -> None:
        lines = "; ".join(drift.lines)
        super().__init__(
            f"map {table_map.key}: table {table_map.model.table} has changed: {lines}. Mend the map or the table, or take it as"
            f" it is with foyer sync accept {table_map.key}."
        )


def difference(before: Columns, now: Columns) -> Drift:
    """How a table differs from what it was. Another length or precision of the same kind of value is no difference."""
    added = {name: now[name][1] for name in now if name not in before}
    gone = {name: before[name][1] for name in before if name not in now}
    both = [name for name in before if name in now and before[name][0] != now[name][0]]
    return Drift(added, gone, {name: (before[name][1], now[name][1]) for name in both})


def contract(table_map: CompiledMap) -> str:
    """What the map, or else its connection, says of changes of shape."""
    return table_map.model.drift or table_map.connection.drift


@dataclass(slots=True)
class Watch:
    """Looks after the shapes of the tables of one connection. `source` may be of a kind that cannot tell them."""

    home: Home
    source: Any
    _looked: dict[str, float] = field(default_factory=dict)
    _maps: dict[tuple[CompiledMap, tuple[str, ...], tuple[str, ...]], CompiledMap] = field(default_factory=dict)
    _last: dict[str, CompiledMap] = field(default_factory=dict)

    def look(self, table_map: CompiledMap, at_once: bool = False) -> CompiledMap:
        """The map as its table can be read now. Raises Drifted where it is to stop, and Fatal or Retriable as a pull does.

        The first shape that is seen is the one that counts; it stays so until it is accepted anew.
        """
        if not isinstance(self.source, Shaped):
            return table_map
        now, known = time.monotonic(), self._last.get(table_map.key)
        fresh = now - self._looked.get(table_map.key, -SHAPE_SECONDS) < SHAPE_SECONDS
        if fresh and not at_once and known is not None and known.model is table_map.model:
            return known
        self._last.pop(table_map.key, None)
        columns = self.source.shape(table_map)
        found = self._met(table_map, columns) if columns else table_map
        self._looked[table_map.key], self._last[table_map.key] = now, found
        return found

    def _met(self, table_map: CompiledMap, columns: Columns) -> CompiledMap:
        with self.home.read() as connection:
            before = read_shape(connection, table_map.key)
        if before is None:
            self._accept(table_map, columns)
            return self._without(table_map, columns, ())
        drift = difference(before, columns)
        if not any(drift):
            return self._without(table_map, columns, ())
        policy, mapped = contract(table_map), frozenset(wanted_columns(table_map))
        broken = [name for name in (*drift.gone, *drift.changed) if name in mapped]
        lost = [name for name in drift.gone if name in mapped]
        vital = vital_columns(table_map)
        stops = policy == FREEZE or (policy == GUARD and broken) or any(name in vital for name in broken)
        if stops or (policy == DISCARD_ROW and lost):
            raise Drifted(table_map, drift)
        if policy == EVOLVE or not broken:
            log.info("%s", "; ".join(drift.lines), extra={"action": "shape_changed", "map": table_map.key})
            self._accept(table_map, columns)
            return self._without(table_map, columns, ())
        if policy == DISCARD_VALUE:
            return self._reduced(table_map, tuple(broken), ())
        return self._without(table_map, columns, tuple(broken))

    def _without(self, table_map: CompiledMap, columns: Columns, suspect: tuple[str, ...]) -> CompiledMap:
        """The map without the columns that are gone, where its contract lets it go on without them."""
        gone = tuple(name for name in wanted_columns(table_map) if name not in columns)
        return self._reduced(table_map, gone if _goes_on_without(table_map, gone) else (), suspect)

    def _reduced(self, table_map: CompiledMap, gone: tuple[str, ...], suspect: tuple[str, ...]) -> CompiledMap:
        if not gone and not suspect:
            return table_map
        known = (table_map, gone, suspect)
        if known not in self._maps:
            self._maps[known] = replace(
                table_map,
                inward=tuple(item for item in table_map.inward if not set(item.columns) & set(gone)),
                outward=tuple(item for item in table_map.outward if not set(item.columns) & set(gone)),
                columns=tuple(name for name in table_map.columns if name not in gone),
                suspect=suspect,
            )
        return self._maps[known]

    def _accept(self, table_map: CompiledMap, columns: Columns) -> None:
        with self.home.begin() as connection:
            keep_shape(connection, table_map.key, columns)


def _goes_on_without(table_map: CompiledMap, gone: Sequence[str]) -> bool:
    """Whether a map goes on without columns, as its contract says; what is stored of them stays."""
    leaves = contract(table_map) in (EVOLVE, DISCARD_VALUE, QUARANTINE)
    return leaves and not vital_columns(table_map).intersection(gone)


def set_aside(work: Work, records: Sequence[Record]) -> tuple[list[Record], list[Refusal]]:
    """The records to go on with, and those kept aside, because columns have changed and the contract is not to trust rows."""
    suspect = work.table_map.suspect
    if not suspect:
        return list(records), []
    if contract(work.table_map) == DISCARD_ROW:
        return [record for record in records if all(record.get(name) in (None, "") for name in suspect)], []
    reason = f"{', '.join(suspect)} changed outside; foyer sync accept {work.table_map.key} takes such rows again"
    return [], [Refusal(key_text(work.table_map, record), record, DRIFTED, reason) for record in records]


def take_as_it_is(home: Home, adapter: Adapter, table_map: CompiledMap) -> tuple[str, ...]:
    """Accept a table as it is now; what was different. Rows that were kept aside meanwhile are read anew, to be tried again.

    Raises Fatal where the map could not go on with it.
    """
    columns = adapter.shape(table_map) if isinstance(adapter, Shaped) else {}
    lacking = [name for name in wanted_columns(table_map) if columns and name not in columns]
    if lacking and not _goes_on_without(table_map, lacking):
        names, table = ", ".join(lacking), table_map.model.table
        raise Fatal(f"map {table_map.key} reads {names}, which {table} has no more; take it out of the map, and it goes on")
    with home.read() as connection:
        before = read_shape(connection, table_map.key)
        aside = [item for item in read_rejects(connection, table_map.key) if item.code == DRIFTED]
    fresh = [(item, _found(adapter, table_map, item.record)) for item in aside]
    with home.begin() as connection:
        if columns:
            keep_shape(connection, table_map.key, columns)
        retry_now(connection, table_map.key)
        for item, record in fresh:
            if record is not None:
                rewrite(connection, item, record)
    return difference(before, columns).lines if before is not None and columns else ()


def _found(adapter: Adapter, table_map: CompiledMap, record: Record) -> Record | None:
    """The row of a record as it is now, with what the map reads of it; None where it is gone."""
    key = {name: record.get(name) for name in table_map.key_columns}
    column, value = next(iter(key.items()))
    found = [row for row in adapter.find(table_map, column, value) if passes_as_told(row, table_map.model.filter)]
    rows = [row for row in found if all(row.get(name) == key[name] for name in key)]
    return {name: rows[0].get(name) for name in table_map.columns} if rows else None


def vital_columns(table_map: CompiledMap) -> frozenset[str]:
    """The columns without which a map cannot work at all, whatever its contract."""
    model, through = table_map.model, table_map.model.write_through
    names = {*table_map.key_columns, model.change_column, model.identity_column, *(name for name, _ in model.filter)}
    names |= {model.receipt_column} if table_map.additive else set()
    names |= {through.key_column, through.status_column, through.parent_column} if through is not None else set()
    return frozenset(names - {""})


def read_shape(connection: Connection, table_map: str) -> Columns | None:
    """The shape that counts; None where none was seen yet."""
    text = connection.execute(select(_TABLE.c.columns).where(_TABLE.c.map == table_map)).scalar()
    return None if text is None else {name: (kind, words) for name, (kind, words) in load_json(text).items()}


def keep_shape(connection: Connection, table_map: str, columns: Columns) -> None:
    """From now on this shape counts."""
    forget_shape(connection, table_map)
    connection.execute(insert(_TABLE).values(map=table_map, columns=dump_json(dict(columns))))


def forget_shape(connection: Connection, table_map: str) -> None:
    """Take the shape that is seen next as the one that counts."""
    connection.execute(delete(_TABLE).where(_TABLE.c.map == table_map))
