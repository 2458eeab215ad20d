"""Synchronisation in numbers, as Prometheus reads them: lag, rows, faults and queues of every map and direction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from connectors.outbox import oldest_owed
from connectors.rejects import count_codes
from metadata.snapshot import Snapshot
from runtime.sync.state import MapState, map_states

STATES = ("never", "loading", "current", "waiting", "failed", "gap", "paused")
KINDS = ("taken", "inserted", "updated", "unchanged", "deleted", "rejected")


@dataclass(frozen=True, slots=True)
class _Family:
    """Numbers of one name: each with its labels."""

    name: str
    help: str
    samples: tuple[tuple[tuple[tuple[str, str], ...], float], ...]


def metrics_text(connection: Connection, snapshot: Snapshot, now: dt.datetime) -> str:
    """All numbers in the text format of Prometheus."""
    states = map_states(connection, snapshot)
    return "".join(f"{line}\n" for family in _families(connection, states, now) for line in _lines(family))


def _families(connection: Connection, states: list[MapState], now: dt.datetime) -> Iterator[_Family]:
    yield _by_map("lag_seconds", "Seconds since the map had last brought everything.", _lags(states, now))
    yield _by_map("rows", "Outside rows that the map has read since its load began.", ((s.map, s.rows_done) for s in states))
    yield _by_map("owed", "Changes that wait to go out.", ((s.map, s.owed) for s in states))
    yield _by_map("parked", "Changes that the outside does not take.", ((s.map, s.parked) for s in states))
    yield _by_map("conflicts", "Conflicts that wait for somebody.", ((s.map, s.conflicts) for s in states))
    ages = ((name, _seconds(now, since)) for name, since in oldest_owed(connection).items())
    yield _by_map("oldest_owed_seconds", "Age of the oldest change that has not gone out.", ages)
    told = tuple(((("map", s.map), ("state", word)), float(s.state == word)) for s in states for word in STATES)
    yield _Family("foyer_sync_state", "The state of the map: 1 for the one that it is in.", told)
    codes = sorted(count_codes(connection).items())
    refused = tuple(((("map", name), ("code", code)), float(number)) for (name, code), number in codes)
    yield _Family("foyer_sync_rejects", "Outside rows that cannot be taken, by the code of the reason.", refused)
    last = tuple(((("map", s.map), ("kind", kind)), float(getattr(s.last, kind))) for s in states for kind in KINDS)
    yield _Family("foyer_sync_last_run_rows", "What became of the rows of the last run that did anything.", last)


def _lags(states: list[MapState], now: dt.datetime) -> Iterator[tuple[str, float]]:
    for state in states:
        if state.succeeded_at is not None:
            yield state.map, _seconds(now, state.succeeded_at)


def _seconds(now: dt.datetime, since: dt.datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def _by_map(name: str, help: str, samples: Iterable[tuple[str, float]]) -> _Family:
    return _Family(f"foyer_sync_{name}", help, tuple(((("map", key),), float(value)) for key, value in samples))


def _lines(family: _Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} gauge"
    for labels, value in family.samples:
        named = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
        yield f"{family.name}{{{named}}} {value:g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
