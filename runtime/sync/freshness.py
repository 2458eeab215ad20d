"""How old the rows of an entity are: the port that pages ask, answered from the checkpoints."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from connectors.checkpoint import Checkpoint, read_checkpoints
from connectors.tablemap import compiled_maps
from metadata.snapshot import Snapshot
from runtime.pages.freshness import Freshness
from runtime.snapshots import SnapshotHolder

REMEMBERED_SECONDS = 2.0
LATE_AFTER = dt.timedelta(seconds=60)


def freshness(connection: Connection, snapshot: Snapshot, entity: str) -> dt.datetime | None:
    """When all maps of an entity had last brought everything; None until they have, and where there is no map."""
    return _oldest(read_checkpoints(connection), _maps(snapshot).get(entity, ()))


@dataclass(slots=True)
class EntityFreshness:
    """The port of pages. Checkpoints are read once in a while, not once in a page."""

    engine: Engine
    snapshots: SnapshotHolder
    _read_at: float = 0.0
    _states: dict[str, Checkpoint] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, entity: str) -> Freshness | None:
        """The freshness of an entity; None where its rows come from no other system."""
        snapshot = self.snapshots.held
        maps = _maps(snapshot).get(entity, ()) if snapshot else ()
        if not maps:
            return None
        as_of = _oldest(self._checkpoints(), maps)
        longest = max(interval for _, interval in maps)
        allowed = dt.timedelta(seconds=3 * longest) + LATE_AFTER
        late = as_of is not None and dt.datetime.now(dt.UTC) - as_of > allowed
        return Freshness(as_of, late, round(longest / 60))

    def _checkpoints(self) -> dict[str, Checkpoint]:
        with self._lock:
            if time.monotonic() - self._read_at > REMEMBERED_SECONDS or not self._read_at:
                try:
                    with self.engine.connect() as connection:
                        self._states = read_checkpoints(connection)
                except SQLAlchemyError:
                    self._states = {}  # a page without its age is better than no page; health tells of the database
                self._read_at = time.monotonic()
            return self._states


def _maps(snapshot: Snapshot) -> dict[str, tuple[tuple[str, float], ...]]:
    def make() -> dict[str, tuple[tuple[str, float], ...]]:
        found: dict[str, tuple[tuple[str, float], ...]] = {}
        for item in compiled_maps(snapshot):
            if item.inward:
                found[item.entity.key] = (*found.get(item.entity.key, ()), (item.key, item.model.interval))
        return found

    return snapshot.derive("runtime.sync.freshness", make)


def _oldest(states: dict[str, Checkpoint], maps: tuple[tuple[str, float], ...]) -> dt.datetime | None:
    times = [states[name].succeeded_at if name in states and states[name].loaded else None for name, _ in maps]
    there = [moment for moment in times if moment is not None]
    return min(there) if there and len(there) == len(times) else None
