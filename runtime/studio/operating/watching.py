"""The pages that show: all maps, and one of them with its batches, runs and alerts."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response

from connectors.history import Run, read_runs
from connectors.journal import Batch, read_batches
from connectors.tablemap import compiled_map
from runtime.studio.desk import Desk
from runtime.studio.operating.alarms import standing_alerts
from runtime.studio.operating.floor import connection_label, map_label, map_of, number, open_floor, reading, served
from runtime.studio.operating.lines import Line, lines_of

SHOWN_BATCHES = 20
SHOWN_RUNS = 10


@dataclass(frozen=True, slots=True)
class Group:
    """The maps of one connection."""

    key: str
    label: str
    lines: tuple[Line, ...]
    idle: bool
    """Whether no worker looks after them."""


@dataclass(frozen=True, slots=True)
class Done:
    """A batch or a run, in words. `revertible` says that a batch can be undone."""

    number: int
    moment: str
    said: str
    more: str
    good: bool = True
    revertible: bool = False
    undone: bool = False


def overview() -> Response:
    """Every connection with its maps."""
    desk = open_floor()
    lines = lines_of(desk)
    at_work = served(desk)
    groups = tuple(
        Group(key, connection_label(desk, key), tuple(line for line in lines if line.connection == key), key not in at_work)
        for key in _connections(lines)
    )
    active = {line.key for line in lines}
    return desk.page(
        "sync.html",
        title=desk.say("studio.sync"),
        groups=groups,
        alerts=standing_alerts(desk),
        loads=[line for line in lines if line.load],
        resting=[map_label(desk, key) for key in desk.context.snapshot.table_maps if key not in active],
    )


def one_map(key: str) -> Response:
    """One map."""
    return map_page(open_floor(), key)


def map_page(desk: Desk, key: str, *, refused: str = "", details: tuple[str, ...] = (), status: int = 200) -> Response:
    """The page of a map; `refused` says why something that was asked for was not done."""
    table_map = map_of(desk, key)
    (line,) = lines_of(desk, key)
    connection = reading(desk)
    return desk.page(
        "sync_map.html",
        title=line.label,
        status=status,
        line=line,
        connection=connection_label(desk, line.connection),
        idle=line.connection not in served(desk),
        alerts=standing_alerts(desk, key),
        map=table_map,
        by_range=table_map.connection.connector == "sql" and not table_map.compares,
        batches=[_batch(desk, item) for item in read_batches(connection, (key,), SHOWN_BATCHES)],
        runs=[_run(desk, item) for item in read_runs(connection, key, SHOWN_RUNS)],
        edit=desk.url("edit", "table_map", key) if "table_map" in desk.reach.kinds else "",
        refused=refused,
        details=details,
        loads_later=compiled_map(desk.context.snapshot, key).streams,
    )


def _connections(lines: list[Line]) -> list[str]:
    return list(dict.fromkeys(line.connection for line in lines))


def _batch(desk: Desk, item: Batch) -> Done:
    parts = (("inserted", item.inserted), ("updated", item.updated), ("deleted", item.deleted))
    said = ", ".join(desk.say(f"studio.sync_{kind}", number=count) for kind, count in parts if count)
    version = desk.say("studio.sync_version", version=item.version[:8], release=item.release)
    undone = item.reverted_at is not None
    return Done(item.id, desk.formats.moment(item.at), said, version, True, item.images and not undone, undone)


def _run(desk: Desk, item: Run) -> Done:
    counts = item.counts
    parts = (
        ("inserted", counts.inserted),
        ("updated", counts.updated),
        ("deleted", counts.deleted),
        ("refused", counts.rejected),
    )
    said = ", ".join(desk.say(f"studio.sync_{kind}", number=count) for kind, count in parts if count)
    seconds = (item.finished_at - item.started_at).total_seconds()
    more = item.message or desk.say("studio.sync_read_in", rows=number(desk, counts.taken), time=f"{seconds:.1f}")
    mode = desk.say(f"studio.sync_mode.{item.mode}")
    return Done(0, desk.formats.moment(item.finished_at), f"{mode}: {said}" if said else mode, more, item.outcome == "done")
