"""Changes that triggers have written down: a row for each, with the key of what changed, removed once it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, any_, column, delete, func, literal, select, table
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


class Changelog:
    """The tables of changes of one connection. `schema` is where tables are that name none."""

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
        if self._token(connection, table_map) != cursor["token"]:
            raise Gap(
                f"the triggers on {table_map.model.table} were gone, or it was emptied at once; foyer sync install-tracking"
                f" {table_map.connection.key}, then foyer sync backfill {table_map.key} closes the gap"
            )
        state, (_, pulls) = self._readers.at(table_map.key, cursor["at"]), of
        known = state.known()
        log = self._table(table_map)
        same = [log.c[name] == pulls.source.c[name] for name in table_map.key_columns]
        keys = [log.c[name].label(f"foyer_k{at}") for at, name in enumerate(table_map.key_columns)]
        matched: list[ColumnElement[object]] = [pulls.source.c[name] for name in pulls.names]
        found = (
            select(log.c.foyer_id, *keys, pulls.source.c[table_map.key_columns[0]].is_not(None), *matched)
            .select_from(log.outerjoin(pulls.source, and_(*same, *pulls.filters)))
            .where(*_oldest(connection, log, limit + len(known)))
            .order_by(log.c.foyer_id)
            .limit(limit + len(known))
        )
        rows = [row for row in connection.execute(found) if row[0] not in known][:limit]
        width = len(keys)
        there = {tuple(row[1 : width + 1]): pulls.record(row[width + 2 :]) for row in rows if row[width + 1]}
        gone = dict.fromkeys(tuple(row[1 : width + 1]) for row in rows if not row[width + 1])
        at = state.give(row[0] for row in rows)
        return Batch(list(there.values()), {**cursor, "at": at}, len(rows) == limit, gone=list(gone))

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


def _oldest(connection: Connection, log: TableClause, limit: int) -> list[ColumnElement[bool]]:
    """That changes are the oldest ones, in words that let PostgreSQL expect few.

    A table of changes is empty at one moment and full at the next. By what it last knew of it PostgreSQL would rather read
    the whole table of rows than look up some of them.
    """
    if connection.dialect.name != "postgresql":
        return []
    numbers = select(log.c.foyer_id).order_by(log.c.foyer_id).limit(limit).scalar_subquery()
    return [log.c.foyer_id == func.any(func.array(numbers))]


def _taken(connection: Connection, log: TableClause, numbers: Sequence[int]) -> list[ColumnElement[bool]]:
    """That changes are these; on PostgreSQL also that the commit does not wait for the disk.

    What a crash of the server brings back is told again, which is harmless.
    """
    if connection.dialect.name != "postgresql":
        return [log.c.foyer_id.in_(numbers)]
    unhurried = select(func.set_config("synchronous_commit", "off", True)).scalar_subquery() == "off"
    return [unhurried, log.c.foyer_id == any_(literal(list(numbers), ARRAY(BigInteger)))]
