"""Alerts that have fired: each stands until what it was about is over, and is not told again meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from connectors import tables
from connectors.values import dump_json, load_json

KEPT = dt.timedelta(days=90)
"""How long alerts that are over are kept."""
_TABLE = tables.alert


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule of a site that holds for a map now. `facts` say how: `when`, and numbers."""

    site: str
    rule: str
    map: str
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is known by while it stands."""
        return f"{self.site}/{self.rule}/{self.map}"


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that has fired for a map. It is over once `cleared_at` is set; `seen_at` is when somebody took notice."""

    id: int
    site: str
    rule: str
    map: str
    facts: Mapping[str, Any]
    paused: bool
    fired_at: dt.datetime
    cleared_at: dt.datetime | None
    seen_at: dt.datetime | None
    seen_by: str


def fire(connection: Connection, finding: Finding, paused: bool, now: dt.datetime) -> int | None:
    """Write down that a rule fires; its number, None where it stands already. Of two who do so at once one gets the number."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    values: dict[str, Any] = {"site": finding.site, "rule": finding.rule, "map": finding.map, "standing": finding.name}
    values |= {"reason": dump_json(dict(finding.facts)), "paused": paused, "fired_at": now}
    return connection.execute(insert(_TABLE).values(values).on_conflict_do_nothing().returning(_TABLE.c.id)).scalar()


def standing(connection: Connection) -> frozenset[str]:
    """The names of all that stand."""
    return frozenset(connection.scalars(select(_TABLE.c.standing).where(_TABLE.c.standing.is_not(None))))


def clear(connection: Connection, names: Collection[str], now: dt.datetime) -> None:
    """What these were about is over; the same may fire again."""
    over = update(_TABLE).where(_TABLE.c.standing.in_(list(names)))
    connection.execute(over.values(standing=None, cleared_at=now))
    connection.execute(delete(_TABLE).where(_TABLE.c.cleared_at < now - KEPT))


def acknowledge(connection: Connection, number: int, by: str, now: dt.datetime) -> bool:
    """Somebody has taken notice; it stands on. False where there is none, or somebody was quicker."""
    mine = update(_TABLE).where(_TABLE.c.id == number, _TABLE.c.seen_at.is_(None))
    return connection.execute(mine.values(seen_at=now, seen_by=by[:200])).rowcount == 1


def read_alerts(connection: Connection, table_map: str = "", limit: int = 100, *, open_only: bool = False) -> list[Alert]:
    """The last alerts, of one map where it is given: those that stand first."""
    chosen = select(_TABLE).order_by(_TABLE.c.standing.is_(None), _TABLE.c.id.desc()).limit(limit)
    if table_map:
        chosen = chosen.where(_TABLE.c.map == table_map)
    if open_only:
        chosen = chosen.where(_TABLE.c.standing.is_not(None))
    return [_alert(row) for row in connection.execute(chosen).mappings()]


def _alert(row: RowMapping) -> Alert:
    names = ("id", "site", "rule", "map", "paused", "fired_at", "cleared_at", "seen_at")
    return Alert(**{name: row[name] for name in names}, facts=load_json(row["reason"]), seen_by=row["seen_by"] or "")
