"""Changes that PostgreSQL's log tells: read from a slot without taking them out, which is done once ours is committed."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from threading import RLock
from typing import Any

from sqlalchemy import Connection, String, and_, cast, column, select, text, values

from connectors.batched import batched
from connectors.errors import Fatal, Gap
from connectors.protocol import Batch, Cursor, Record
from connectors.sql.moment import Seen, seen_by
from connectors.sql.names import publication_name, slot_name
from connectors.sql.pulls import Pulls
from connectors.sql.shape import Shape
from connectors.sql.wal import Key, committed, number_of, place
from connectors.tablemap import CompiledMap

KEYS_AT_ONCE = 1000
MESSAGES_AT_ONCE = 2000
IDLE_BYTES = 16 * 1024 * 1024
"""After so much of the log without a change of the table our place moves on, so that the server may remove it."""
_SLOT = text("SELECT confirmed_flush_lsn::text, wal_status FROM pg_replication_slots WHERE slot_name = :slot")
_FLUSHED = text("SELECT pg_current_wal_flush_lsn()::text")
_WRITTEN = text(
    "SELECT pg_current_wal_insert_lsn()::text, EXTRACT(epoch FROM current_setting('wal_writer_delay')::interval)::float"
)
LATE_DELAYS = 3
"""After so many of its delays the server has written each commit to disk that nobody waited for."""
FLUSH_LOOK_SECONDS = 0.002
_PEEK = text(
    "SELECT data FROM pg_logical_slot_peek_binary_changes(:slot, NULL, :most,"
    " 'proto_version', '1', 'publication_names', :publication)"
)
_ADVANCE = text("SELECT pg_replication_slot_advance(:slot, CAST(:place AS pg_lsn))")


class Decoding:
    """The slots of one connection.

    PostgreSQL lets one session at a time use a slot. What is read ahead and what is settled meanwhile take turns.
    """

    beside = False

    def __init__(self) -> None:
        self._pending: dict[str, list[tuple[int, int]]] = {}
        self._turn = RLock()
        self._seen = Seen(0, frozenset())

    def begun(self, connection: Connection, table_map: CompiledMap, *, anew: bool) -> dict[str, str]:
        """Where the slot stands; with `anew` now, since all rows are read afterwards."""
        if connection.dialect.name != "postgresql":
            raise Fatal(f"map {table_map.key}: tracking log is for PostgreSQL; name triggers")
        slot = connection.execute(_SLOT, {"slot": _slot(connection, table_map)}).one_or_none()
        if slot is None:
            wanted = f"foyer sync install-tracking {table_map.connection.key}"
            raise Fatal(f"map {table_map.key}: there is no replication slot for it; {wanted} makes one")
        self._pending.pop(table_map.key, None)
        at = str(slot[0])
        if anew:
            at = connection.execute(_FLUSHED).scalar_one()
            connection.execute(_ADVANCE, {"slot": _slot(connection, table_map), "place": at})
            connection.commit()
        return {"lsn": at}

    def changed(
        self, connection: Connection, table_map: CompiledMap, of: tuple[Shape, Pulls], cursor: Cursor, limit: int
    ) -> Batch:
        """The rows that transactions after a place have touched; whole transactions, so that a large one exceeds the limit."""
        with self._turn:
            return self._changed(connection, table_map, of, cursor, limit)

    def stand_still(self, moment: Connection) -> None:
        """Note what a transaction sees that stands still from here on, once the log tells all of it."""
        self._seen = seen_by(moment)
        with moment.engine.connect() as beside:
            wait_until_flushed(beside)

    def all_changed(
        self, moment: Connection, table_map: CompiledMap, of: tuple[Shape, Pulls], cursor: Cursor, limit: int
    ) -> Iterator[Batch]:
        """Pages of the rows that transactions after a place have touched, as a transaction that stands still sees them.

        It sees what was committed before it began, which is not quite the order of the log: the place is before the first
        transaction that it does not see, and one that it sees behind that is told again.
        """
        with self._turn, moment.engine.connect() as beside:
            keys, following = self._touched(beside, table_map, cursor)
        for part in batched(keys, limit):
            records, gone = _rows(moment, table_map, of, part)
            yield Batch(records, cursor, True, gone=gone)
        yield Batch([], {**cursor, "lsn": place(following)})

    def _touched(self, beside: Connection, table_map: CompiledMap, cursor: Cursor) -> tuple[dict[Key, None], int]:
        """The keys that transactions which are seen have touched, and how far they are all of them."""
        self._assert_whole(beside, table_map, cursor)
        self._pending.pop(table_map.key, None)
        self._settle(beside, table_map, cursor)  # what another process has committed and did not live to tell
        at = number_of(cursor["lsn"])
        flushed = number_of(beside.execute(_FLUSHED).scalar_one())
        keys: dict[Key, None] = {}
        following, whole = at, True
        with closing(self._messages(beside, table_map, None)) as messages:
            for transaction in committed(messages, table_map.key_columns):
                if transaction.end <= at:
                    continue
                if self._seen.has(transaction.number):
                    keys.update(transaction.keys)
                else:
                    whole = False
                following = transaction.end if whole else following
        idle = following == at and whole and flushed - at > IDLE_BYTES
        return keys, flushed if idle else following

    def settle(self, connection: Connection, table_map: CompiledMap, cursor: Cursor) -> None:
        """Let the server forget what was taken."""
        with self._turn:
            self._settle(connection, table_map, cursor)

    def _changed(
        self, connection: Connection, table_map: CompiledMap, of: tuple[Shape, Pulls], cursor: Cursor, limit: int
    ) -> Batch:
        self._assert_whole(connection, table_map, cursor)
        at = number_of(cursor["lsn"])
        pending = self._pending.setdefault(table_map.key, [])
        if not pending:
            self._settle(connection, table_map, cursor)  # what another process has committed and did not live to tell
        pending[:] = [part for part in pending if part[0] <= at]
        flushed = number_of(connection.execute(_FLUSHED).scalar_one())
        most = limit + sum(messages for _, messages in pending)
        keys: dict[Key, None] = {}
        following, told = at, 0
        with closing(self._messages(connection, table_map, most)) as messages:
            for transaction in committed(messages, table_map.key_columns):
                told += transaction.messages
                if transaction.end > at:
                    keys.update(transaction.keys)
                    following = transaction.end
                    pending.append((transaction.end, transaction.messages))
        if following == at:
            return Batch([], {**cursor, "lsn": place(flushed)} if flushed - at > IDLE_BYTES else cursor)
        records, gone = _rows(connection, table_map, of, list(keys))
        return Batch(records, {**cursor, "lsn": place(following)}, told >= most, gone=gone)

    def waiting(self, table_map: CompiledMap) -> None:
        """See `Tracking.waiting`: the log has bytes, and other tables' changes among them."""

    def _settle(self, connection: Connection, table_map: CompiledMap, cursor: Cursor) -> None:
        slot = connection.execute(_SLOT, {"slot": _slot(connection, table_map)}).one_or_none()
        if slot is not None and number_of(slot[0]) < number_of(cursor["lsn"]):
            connection.execute(_ADVANCE, {"slot": _slot(connection, table_map), "place": cursor["lsn"]})
            connection.commit()
        done = number_of(cursor["lsn"])
        pending = self._pending.get(table_map.key, [])
        pending[:] = [part for part in pending if part[0] > done]

    def _assert_whole(self, connection: Connection, table_map: CompiledMap, cursor: Cursor) -> None:
        slot = connection.execute(_SLOT, {"slot": _slot(connection, table_map)}).one_or_none()
        mend = f"foyer sync backfill {table_map.key} reads what was not told"
        if slot is None or slot[1] == "lost":
            lost = "the replication slot is gone" if slot is None else "the server has removed log that was not read"
            raise Gap(f"{lost}; foyer sync install-tracking {table_map.connection.key} makes the slot anew, and {mend}")
        if number_of(slot[0]) > number_of(cursor["lsn"]):
            raise Gap(f"the replication slot begins at {slot[0]}, and {cursor['lsn']} was read; {mend}")

    def _messages(self, connection: Connection, table_map: CompiledMap, most: int | None) -> Generator[bytes, None, None]:
        given = {"slot": _slot(connection, table_map), "most": most, "publication": publication_name(table_map.key)}
        streamed = connection.execution_options(yield_per=MESSAGES_AT_ONCE)
        with streamed.execute(_PEEK, given) as found:
            for row in found:
                yield bytes(row[0])


def wait_until_flushed(connection: Connection) -> None:
    """Wait until every commit that can be seen by now can be decoded: one that nobody waited for is seen before it is on disk.

    Other things that are written need not come to disk for long, so that they are not waited for.
    """
    written, delay = connection.execute(_WRITTEN).one()
    until = time.monotonic() + LATE_DELAYS * delay
    while number_of(connection.execute(_FLUSHED).scalar_one()) < number_of(written) and time.monotonic() < until:
        time.sleep(FLUSH_LOOK_SECONDS)


def _slot(connection: Connection, table_map: CompiledMap) -> str:
    return slot_name(table_map.key, connection.engine.url.database or "")


def _rows(
    connection: Connection, table_map: CompiledMap, of: tuple[Shape, Pulls], keys: Sequence[Key]
) -> tuple[list[Record], list[tuple[Any, ...]]]:
    """The rows with these keys as they are now, and the keys of those that are not there or do not pass the filter."""
    shape, pulls = of
    names = [f"foyer_k{at}" for at in range(len(table_map.key_columns))]
    records: dict[tuple[Any, ...], Record] = {}
    gone: dict[tuple[Any, ...], None] = {}
    for start in range(0, len(keys), KEYS_AT_ONCE):
        asked = values(*(column(name, String) for name in names), name="asked").data(list(keys[start : start + KEYS_AT_ONCE]))
        typed = [cast(asked.c[name], shape.table.c[key].type) for name, key in zip(names, table_map.key_columns, strict=True)]
        same = [pulls.source.c[key] == value for key, value in zip(table_map.key_columns, typed, strict=True)]
        there = pulls.source.c[table_map.key_columns[0]].is_not(None)
        chosen = select(*typed, there, *(pulls.source.c[name] for name in pulls.names))
        for row in connection.execute(chosen.select_from(asked.outerjoin(pulls.source, and_(*same, *pulls.filters)))):
            key = tuple(row[: len(names)])
            if row[len(names)]:
                records[key] = pulls.record(row[len(names) + 1 :])
            else:
                gone[key] = None
    return list(records.values()), list(gone)
