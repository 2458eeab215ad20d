"""Whether anything has changed in a database: one small question, asked often, which costs its writers nothing.

A trigger could tell it by NOTIFY, but transactions that do commit one after the other, also where the disk has to be waited
for; no source is to be slowed down by who reads it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Connection, func, select

from connectors.sql.changelog import Changelog
from connectors.tablemap import CompiledMap

LOOK_SECONDS = 0.02
IDLE_SECONDS = 0.1
"""Between two questions once nothing has changed for a while."""
IDLE_AFTER = 50
"""Questions in a row that found nothing."""


def watch(
    connection: Connection,
    changelog: Changelog,
    maps: Sequence[CompiledMap],
    wake: Callable[[str], None],
    over: threading.Event,
) -> None:
    """Wake each map whose table of changes has a new last number, or whose database has written to its log."""
    asked = select(*(_last(changelog, item).label(f"foyer_{at}") for at, item in enumerate(maps)))
    before: Sequence[object] = connection.execute(asked).one()
    alike = 0
    while not over.wait(LOOK_SECONDS if alike < IDLE_AFTER else IDLE_SECONDS):
        now = connection.execute(asked).one()
        alike = alike + 1 if now == before else 0
        for item, last, known in zip(maps, now, before, strict=True):
            if last is not None and last != known:
                wake(item.key)
        before = now


def _last(changelog: Changelog, table_map: CompiledMap) -> ColumnElement[object]:
    if table_map.model.tracking == "log":
        return func.pg_current_wal_flush_lsn()
    return changelog.last(table_map).scalar_subquery()
