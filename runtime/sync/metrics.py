"""Synchronisation in numbers, as Prometheus reads them: lag, rows, faults and queues of every map and direction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import Metric
from sqlalchemy import Connection

from connectors.outbox import oldest_owed
from connectors.rejects import count_codes
from connectors.tally import ERROR, IN, OUT, Tally, read_tally
from metadata.snapshot import Snapshot
from runtime.metrics.text import text_of
from runtime.sync.state import MapState, map_states

STATES = ("never", "loading", "current", "waiting", "failed", "gap", "paused")
KINDS = ("taken", "inserted", "updated", "unchanged", "deleted", "rejected")


Samples = Iterable[tuple[tuple[tuple[str, str], ...], float]]


def metrics_text(connection: Connection, snapshot: Snapshot, now: dt.datetime) -> str:
    """All numbers in the text format of Prometheus."""
    return text_of(sync_families(connection, snapshot, now))


def sync_families(connection: Connection, snapshot: Snapshot, now: dt.datetime) -> Iterable[Metric]:
    """All numbers."""
    states = map_states(connection, snapshot)
    known = {state.map for state in states}
    return (*_standing(connection, states, now), *_counted([item for item in read_tally(connection) if item.map in known]))


def _standing(connection: Connection, states: list[MapState], now: dt.datetime) -> Iterator[Metric]:
    """How things stand."""
    yield _by_direction(
        "lag_seconds",
        "Seconds since the map had last brought everything; age of the oldest change that waits to go out.",
        ((s.map, _seconds(now, s.succeeded_at)) for s in states if s.succeeded_at),
        ((s.map, _seconds(now, s.owed_since) if s.owed_since else 0) for s in states if s.direction != IN),
    )
    yield _by_direction(
        "lag_rows",
        "Rows that wait outside, where the source can count them; changes that wait to go out.",
        ((s.map, s.behind) for s in states),
        ((s.map, s.owed) for s in states if s.direction != IN),
    )
    yield _by_map("rows", "Outside rows that the map has read since its load began.", ((s.map, s.rows_done) for s in states))
    yield _by_map("owed", "Changes that wait to go out.", ((s.map, s.owed) for s in states))
    yield _by_map("parked", "Changes that the outside does not take.", ((s.map, s.parked) for s in states))
    yield _by_map("conflicts", "Conflicts that wait for somebody.", ((s.map, s.conflicts) for s in states))
    ages = ((name, _seconds(now, since)) for name, since in oldest_owed(connection).items())
    yield _by_map("oldest_owed_seconds", "Age of the oldest change that has not gone out.", ages)
    letters = ((s.map, _seconds(now, s.refused_since) if s.refused_since else 0) for s in states)
    yield _by_map(
        "oldest_dead_letter_seconds", "Age of the oldest row that one side does not take; 0 where there is none.", letters
    )
    yield _by_direction(
        "last_success_timestamp_seconds",
        "When the map had last brought everything, and when a change was last delivered, in seconds since 1970.",
        ((s.map, s.succeeded_at.timestamp()) for s in states if s.succeeded_at),
        ((s.map, s.delivered_at.timestamp()) for s in states if s.delivered_at),
    )
    told = tuple(((("map", s.map), ("state", word)), float(s.state == word)) for s in states for word in STATES)
    yield _family("foyer_sync_state", "The state of the map: 1 for the one that it is in.", told)
    codes = sorted(count_codes(connection).items())
    refused = tuple(((("map", name), ("code", code)), float(number)) for (name, code), number in codes)
    yield _family("foyer_sync_rejects", "Outside rows that cannot be taken, by the code of the reason.", refused)
    last = tuple(((("map", s.map), ("kind", kind)), float(getattr(s.last, kind))) for s in states for kind in KINDS)
    yield _family("foyer_sync_last_run_rows", "What became of the rows of the last run that did anything.", last)


def _counted(tallies: Sequence[Tally]) -> Iterator[Metric]:
    """What has happened since ever."""
    rows = tuple(
        ((("map", item.map), ("direction", item.direction), ("kind", item.kind)), float(item.number))
        for item in tallies
        if item.kind != ERROR
    )
    yield _family("foyer_sync_rows", "Rows that came and changes that went, by what became of them.", rows, "counter")
    errors = tuple(
        ((("map", item.map), ("direction", item.direction), ("code", item.code)), float(item.number))
        for item in tallies
        if item.kind == ERROR
    )
    yield _family("foyer_sync_errors", "Rows that were refused and runs that failed, by class.", errors, "counter")


def _seconds(now: dt.datetime, since: dt.datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def _by_map(name: str, help: str, samples: Iterable[tuple[str, float]]) -> Metric:
    return _family(f"foyer_sync_{name}", help, tuple(((("map", key),), float(value)) for key, value in samples))


def _by_direction(
    name: str, help: str, coming: Iterable[tuple[str, float | None]], going: Iterable[tuple[str, float | None]]
) -> Metric:
    """A number of each map and direction, where it is known."""
    told = tuple(
        ((("map", key), ("direction", way)), float(value))
        for way, samples in ((IN, coming), (OUT, going))
        for key, value in samples
        if value is not None
    )
    return _family(f"foyer_sync_{name}", help, told)


def _family(name: str, help: str, samples: Samples, type: str = "gauge") -> Metric:
    """Numbers of one name: each with its labels. Those that only grow are told with `_total` behind their name."""
    found = Metric(name, help, type)
    for labels, value in samples:
        found.add_sample(f"{name}_total" if type == "counter" else name, dict(labels), value)
    return found
