"""Changes that triggers have written down: a row for each, with the key of what changed, removed once it is taken."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    any_,
    column,
    delete,
    func,
    literal,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.expression import TableClause

from connectors.batched import batched
from connectors.errors import Fatal, Gap
from connectors.handed import Readers
from connectors.protocol import MOST_WAITING, Batch, Cursor
from connectors.sql import triggers
from connectors.sql.names import changelog_name
from connectors.sql.pulls import Pulls
from connectors.sql.shape import Shape, schema_and_name
from connectors.tablemap import CompiledMap

TOLD_ONCE = 100_000
"""Of so many rows it is remembered while changes are read that they were told: as of one moment they are the same each time."""


class Changelog:
    """The tables of changes of one connection. `schema` is where tables are that name none."""

    beside = True

    def __init__(self, schema: str | None) -> None:
        self._schema = schema
        self._readers = Readers()

    def begun(self, connection: Connection, table_map: CompiledMap, *, anew: bool) -> dict[str, Any]:
        """The token of what is installed, and nothing handed over."""
        token = self._token(connection, table_map)
        if not token:
            wanted = f"foyer sync install-tracking {table_map.connection.key}"
            raise Fatal(f"map {table_map.key}: no triggers tell the changes of {table_map.model.table}; {wanted} makes them")
        return {"token": token, "at": None}

    def changed(
        self, connection: Connection, table_map: CompiledMap, of: tuple[Shape, Pulls], cursor: Cursor, limit: int
    ) -> Batch:
        """The rows behind the oldest changes that were not handed over yet."""
        self._installed(connection, table_map, cursor)
        state = self._readers.at(table_map.key, cursor["at"])
        known = state.known()
        rows = connection.execute(self._found(connection, table_map, of, limit + len(known))).all()
        rows = [row for row in rows if row[0] not in known][:limit]
        at = state.give(row[0] for row in rows)
        return replace(_told(rows, table_map, of), cursor={**cursor, "at": at}, more=len(rows) == limit)

    def all_changed(
        self, connection: Connection, table_map: CompiledMap, of: tuple[Shape, Pulls], cursor: Cursor, limit: int
    ) -> Iterator[Batch]:
        """Pages of all changes that are there, read in a transaction that sees one moment; the last one has the new place.

        Nothing can be left for a later batch: rows are read as they are now, with what later transactions made of them.
        """
        self._installed(connection, table_map, cursor)
        state, numbers, after = self._readers.at(table_map.key, cursor["at"]), array("q"), None
        told: set[tuple[Any, ...]] = set()
        while True:
            rows = connection.execute(self._found(connection, table_map, of, limit, after)).all()
            numbers.extend(row[0] for row in rows)
            keys = [tuple(row[1 : len(table_map.key_columns) + 1]) for row in rows]
            page = _told([row for row, key in zip(rows, keys, strict=True) if key not in told], table_map, of)
            if len(told) < TOLD_ONCE:
                told.update(keys)
            if len(rows) < limit:
                break
            after = numbers[-1]
            yield replace(page, cursor=cursor, more=True)
        yield replace(page, cursor={**cursor, "at": state.give(numbers)})

    def _installed(self, connection: Connection, table_map: CompiledMap, cursor: Cursor) -> None:
        """Raises Gap where the triggers are not those that told what lies before the place."""
        if self._token(connection, table_map) != cursor["token"]:
            raise Gap(
                f"the triggers on {table_map.model.table} were gone, or it was emptied at once; foyer sync install-tracking"
                f" {table_map.connection.key}, then foyer sync backfill {table_map.key} closes the gap"
            )

    def _found(
        self, connection: Connection, table_map: CompiledMap, of: tuple[Shape, Pulls], limit: int, after: int | None = None
    ) -> Select[Any]:
        """The oldest changes after a number: each with its key, whether there is a row of it to take, and that."""
        log, pulls = self._table(table_map), of[1]
        same = [log.c[name] == pulls.source.c[name] for name in table_map.key_columns]
        keys = [log.c[name].label(f"foyer_k{at}") for at, name in enumerate(table_map.key_columns)]
        matched: list[ColumnElement[object]] = [pulls.source.c[name] for name in pulls.names]
        return (
            select(log.c.foyer_id, *keys, pulls.source.c[table_map.key_columns[0]].is_not(None), *matched)
            .select_from(log.outerjoin(pulls.source, and_(*same, *pulls.filters)))
            .where(*_oldest(connection, log, limit, after))
            .order_by(log.c.foyer_id)
            .limit(limit)
        )

    def settle(self, connection: Connection, table_map: CompiledMap, cursor: Cursor) -> None:
        """Remove what was taken."""
        done = self._readers.settled(table_map.key, cursor.get("at"))
        log = self._table(table_map)
        for part in batched(done):
            connection.execute(delete(log).where(*_taken(connection, log, part)))
        connection.commit()

    def waiting(self, table_map: CompiledMap) -> Select[Any]:
        """See `Tracking.waiting`."""
        told = select(self._table(table_map).c.foyer_id).limit(MOST_WAITING)
        return select(func.count()).select_from(told.subquery())

    def last(self, table_map: CompiledMap) -> Select[Any]:
        """A statement that tells the highest number of a change that was not taken, at next to no cost."""
        return select(func.max(self._table(table_map).c.foyer_id))

    def _table(self, table_map: CompiledMap) -> TableClause:
        schema, _ = schema_and_name(table_map.model.table, self._schema)
        names = ("foyer_id", *table_map.key_columns)
        return table(changelog_name(table_map.key), *(column(name) for name in names), schema=schema)

    def _token(self, connection: Connection, table_map: CompiledMap) -> str:
        return triggers.state_of(connection, triggers.given_of(connection, table_map, self._schema))[1]


def _told(rows: Sequence[Row[Any]], table_map: CompiledMap, of: tuple[Shape, Pulls]) -> Batch:
    """Rows of changes as a batch without a place: each key once, as a record or as one that is gone."""
    width, pulls = len(table_map.key_columns), of[1]
    there = {tuple(row[1 : width + 1]): pulls.record(row[width + 2 :]) for row in rows if row[width + 1]}
    gone = dict.fromkeys(tuple(row[1 : width + 1]) for row in rows if not row[width + 1])
    return Batch(list(there.values()), {}, gone=list(gone))


def _oldest(connection: Connection, log: TableClause, limit: int, after: int | None) -> list[ColumnElement[bool]]:
    """That changes are the oldest ones after a number, in words that let PostgreSQL expect few.

    A table of changes is empty at one moment and full at the next. By what it last knew of it PostgreSQL would rather read
    the whole table of rows than look up some of them.
    """
    later = [] if after is None else [log.c.foyer_id > after]
    if connection.dialect.name != "postgresql":
        return later
    numbers = select(log.c.foyer_id).where(*later).order_by(log.c.foyer_id).limit(limit).scalar_subquery()
    return [log.c.foyer_id == func.any(func.array(numbers))]


def _taken(connection: Connection, log: TableClause, numbers: Sequence[int]) -> list[ColumnElement[bool]]:
    """That changes are these; on PostgreSQL also that the commit does not wait for the disk.

    What a crash of the server brings back is told again, which is harmless.
    """
    if connection.dialect.name != "postgresql":
        return [log.c.foyer_id.in_(numbers)]
    unhurried = select(func.set_config("synchronous_commit", "off", True)).scalar_subquery() == "off"
    return [unhurried, log.c.foyer_id == any_(literal(list(numbers), ARRAY(BigInteger)))]
