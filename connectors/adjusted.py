"""Values that were not taken as they came, by the policies of their maps: the outside one is kept until it fits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from connectors import tables
from connectors.batched import batched
from connectors.home import Work
from connectors.mapping import Mapped
from connectors.values import dump_json, load_json

_TABLE = tables.adjusted


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One value of one outside row: `was` outside, `became` ours. `code` says why it did not fit, `policy` what was done."""

    map: str
    key: str
    attribute: str
    code: str
    policy: str
    was: Any
    became: Any
    at: dt.datetime


def keep_adjusted(work: Work, taken: Sequence[Mapped]) -> None:
    """Write down what was mended in these rows; what now fits is forgotten."""
    if not work.table_map.mends or not taken:
        return
    name = work.table_map.key
    rows = [
        {
            "map": name,
            "key": row.key[: tables.KEY_LENGTH],
            "attribute": note.attribute,
            "code": note.code,
            "policy": note.policy,
            "was": dump_json(note.was),
            "became": dump_json(note.became),
            "at": work.now,
        }
        for row in taken
        for note in row.adjusted
    ]
    if work.connection.execute(select(_TABLE.c.key).where(_TABLE.c.map == name).limit(1)).first() is not None:
        for part in batched([row.key for row in taken]):
            work.connection.execute(delete(_TABLE).where(_TABLE.c.map == name, _TABLE.c.key.in_(part)))
    if rows:
        work.connection.execute(insert(_TABLE), rows)


def read_adjusted(connection: Connection, maps: Iterable[str], limit: int = 100) -> list[Adjustment]:
    """What was mended in the rows of maps, the newest first."""
    chosen = select(_TABLE).where(_TABLE.c.map.in_(list(maps))).order_by(_TABLE.c.at.desc(), _TABLE.c.map, _TABLE.c.key)
    rows = connection.execute(chosen.limit(limit)).mappings()
    return [Adjustment(**{**row, "was": load_json(row["was"]), "became": load_json(row["became"])}) for row in rows]


def count_adjusted(connection: Connection) -> dict[tuple[str, str], int]:
    """How many values were mended, by map and by the code of the reason."""
    counted = select(_TABLE.c.map, _TABLE.c.code, func.count()).group_by(_TABLE.c.map, _TABLE.c.code)
    return {(name, code): int(number) for name, code, number in connection.execute(counted)}
