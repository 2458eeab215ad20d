"""The worker: one thread for each connection, so that an outside system that hangs holds up nobody else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connectors.errors import ConnectorError, first_line
from connectors.history import Run
from connectors.lease import LeaseLost
from connectors.runner import Progress, no_progress
from connectors.station import Station
from connectors.tablemap import CompiledMap, compiled_maps
from metadata.model import Connection
from metadata.snapshot import Snapshot
from runtime.sync.alarm import Alarm
from runtime.sync.ear import Ear
from runtime.sync.homes import home_of
from runtime.sync.pool import Adapters
from runtime.tables import create_engine_tables

log = logging.getLogger(__name__)
TURN_SECONDS = 0.1
REST_SECONDS = 1.0
RELEASE_SECONDS = 1.0


def prepare(engine: Engine) -> None:
    """Make the tables where they are missing, one process at a time: a command of the operator's beside a first start."""
    create_engine_tables(engine)


def maps_by_connection(snapshot: Snapshot) -> dict[Connection, tuple[CompiledMap, ...]]:
    """The active maps of each active connection."""
    found: dict[Connection, tuple[CompiledMap, ...]] = {}
    for item in compiled_maps(snapshot):
        found[item.connection] = (*found.get(item.connection, ()), item)
    return found


def open_station(
    engine: Engine, snapshot: Snapshot, connection: Connection, adapters: Adapters, progress: Progress = no_progress
) -> Station:
    """A connection's station on our engine. Raises Fatal for wrong settings."""
    maps = maps_by_connection(snapshot).get(connection, ())
    return Station(home_of(engine, snapshot), adapters.of(connection), connection.key, maps, progress)


@dataclass(slots=True)
class Worker:
    """Works until told to stop. `newest` gives the newest snapshot; a new release starts all threads anew."""

    engine: Engine
    newest: Callable[[], Snapshot]
    stop: threading.Event
    report: Callable[[Run], None] = lambda run: None
    _adapters: Adapters = field(default_factory=Adapters)

    def run(self) -> None:
        """Work until the event is set, then let every lease go."""
        while not self.stop.is_set():
            snapshot = self.newest()
            over = threading.Event()
            alarm = Alarm(self.engine, {item.key: item.connection.key for item in compiled_maps(snapshot)})
            threads = [
                threading.Thread(target=self._serve, args=(snapshot, connection, over, alarm), name=f"sync {connection.key}")
                for connection in maps_by_connection(snapshot)
            ]
            alarm.start()
            for thread in threads:
                thread.start()
            self._wait_for_release(snapshot)
            over.set()
            alarm.stop()
            for thread in threads:
                thread.join()
        self._adapters.close()

    def _wait_for_release(self, snapshot: Snapshot) -> None:
        while not self.stop.wait(RELEASE_SECONDS):
            try:
                if self.newest() is not snapshot:
                    return
            except SQLAlchemyError as error:
                log.warning("the database does not answer: %s", first_line(error), extra={"action": "sync_database"})

    def _serve(self, snapshot: Snapshot, connection: Connection, over: threading.Event, alarm: Alarm) -> None:
        station: Station | None = None
        ear = Ear(alarm, connection.key)
        while not over.is_set():
            rest = TURN_SECONDS
            try:
                if station is not None and station.adapter is not self._adapters.of(connection):  # its secret was changed
                    ear.close()
                    _let_go(station)
                    station = None
                station = station or open_station(self.engine, snapshot, connection, self._adapters)
                station.interrupted = over.is_set
                for run in station.turn():
                    self.report(run)
                ear.listen(station)
                rest = _rest(station)
            except LeaseLost:
                log.warning("another worker has taken over", extra={"action": "lease_lost", "connection": connection.key})
                ear.close()
                _let_go(station)
                station = None
            except (ConnectorError, SQLAlchemyError) as error:
                log.error("%s: %s", connection.key, first_line(error), extra={"action": "sync_failed"})
                rest = REST_SECONDS
            except Exception:  # the edge of a thread: whatever it is, the other maps and the next turn must go on
                log.exception("a turn failed", extra={"action": "sync_failed", "connection": connection.key})
                rest = REST_SECONDS
            if rest:
                alarm.wait(connection.key, rest)
        ear.close()
        _let_go(station)


def _rest(station: Station) -> float:
    """How long to wait for the next turn; not at all where there is more to deliver."""
    if not station.held:
        return REST_SECONDS
    return 0.0 if station.busy else TURN_SECONDS


def _let_go(station: Station | None) -> None:
    try:
        if station is not None:
            station.close()
    except SQLAlchemyError as error:
        log.warning("the lease ends by itself: %s", first_line(error), extra={"action": "lease_kept"})
