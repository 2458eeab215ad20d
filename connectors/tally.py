"""What maps have done, counted: rows and errors of each direction, since ever and by the minute of the last day.

Written in the transaction of what is counted, so that a batch that is repeated after a crash counts once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from connectors import tables
from connectors.history import Counts

IN, OUT = "in", "out"
ERROR = "error"
EVER = 0
"""In place of a minute: the count since ever."""
LONGEST_MINUTES = 1440
"""For how long errors are counted by the minute."""
ROWS_MINUTES = 130
"""The same for rows, of which there are more."""
_TABLE = tables.tally


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of one kind, since ever; `code` is the class of an error. `at` is when it last happened."""

    map: str
    direction: str
    kind: str
    code: str
    number: int
    at: dt.datetime


def count(
    connection: Connection, table_map: str, direction: str, numbers: Mapping[tuple[str, str], int], now: dt.datetime
) -> None:
    """Add numbers, by kind and code; nothing is written for zeros."""
    rows = [
        {"map": table_map, "direction": direction, "kind": kind, "code": code, "minute": minute, "number": number, "at": now}
        for (kind, code), number in sorted(numbers.items())
        if number
        for minute in (EVER, minute_of(now))
    ]
    if not rows:
        return
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    adding = insert(_TABLE)
    grown = {"number": _TABLE.c.number + adding.excluded.number, "at": adding.excluded.at}
    connection.execute(adding.on_conflict_do_update(index_elements=list(_TABLE.primary_key), set_=grown), rows)


def count_rows(connection: Connection, table_map: str, counts: Counts, now: dt.datetime) -> None:
    """Add what became of rows that have come."""
    count(connection, table_map, IN, {(kind, ""): number for kind, number in asdict(counts).items()}, now)


def count_errors(connection: Connection, table_map: str, direction: str, codes: Iterable[str], now: dt.datetime) -> None:
    """Add errors by their class."""
    numbers: dict[tuple[str, str], int] = {}
    for code in codes:
        numbers[ERROR, code] = numbers.get((ERROR, code), 0) + 1
    count(connection, table_map, direction, numbers, now)


def read_tally(connection: Connection) -> list[Tally]:
    """Everything counted since ever."""
    chosen = select(_TABLE).where(_TABLE.c.minute == EVER).order_by(*_TABLE.primary_key)
    return [
        Tally(row["map"], row["direction"], row["kind"], row["code"], row["number"], row["at"])
        for row in connection.execute(chosen).mappings()
    ]


def errors_since(connection: Connection, since: dt.datetime) -> dict[tuple[str, str], int]:
    """Errors by map and class since a moment, counted by the minute."""
    lately = (_TABLE.c.minute >= minute_of(since), _TABLE.c.kind == ERROR)
    summed = select(_TABLE.c.map, _TABLE.c.code, func.sum(_TABLE.c.number)).where(*lately)
    counted = connection.execute(summed.group_by(_TABLE.c.map, _TABLE.c.code))
    return {(name, code): int(number) for name, code, number in counted}


def rows_by_minute(connection: Connection, since: dt.datetime) -> dict[str, dict[int, int]]:
    """Rows that came and changes that went since a moment, by map and minute."""
    moved = (_TABLE.c.kind == "taken") | ((_TABLE.c.direction == OUT) & (_TABLE.c.kind != ERROR))
    lately = (_TABLE.c.minute >= minute_of(since), moved)
    summed = select(_TABLE.c.map, _TABLE.c.minute, func.sum(_TABLE.c.number)).where(*lately)
    found: dict[str, dict[int, int]] = {}
    for name, minute, number in connection.execute(summed.group_by(_TABLE.c.map, _TABLE.c.minute)):
        found.setdefault(name, {})[int(minute)] = int(number)
    return found


def forget_minutes(connection: Connection, now: dt.datetime) -> int:
    """Forget the minutes that are too long ago; how many counts."""
    old = _TABLE.c.minute < minute_of(now) - LONGEST_MINUTES
    old |= (_TABLE.c.minute < minute_of(now) - ROWS_MINUTES) & (_TABLE.c.kind != ERROR)
    return connection.execute(delete(_TABLE).where(_TABLE.c.minute > EVER, old)).rowcount


def minute_of(moment: dt.datetime) -> int:
    """The minute in which a moment lies, counted from 1970."""
    return int(moment.timestamp() // 60)
