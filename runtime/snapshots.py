"""The running snapshot: compared with the database, compiled beside, swapped whole, and kept when a newer one fails."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from metadata.errors import MetadataError
from metadata.snapshot import Snapshot
from metadata.store import LATEST_RELEASE, MetadataStore, NoSuchRelease, checked_snapshot
from runtime.errors import NothingPublished

log = logging.getLogger(__name__)

Judge = Callable[[Snapshot], None]
"""Raises MetadataError for a release that a process cannot serve, though it compiles."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a release is not served: its number and what is wrong with it."""

    release: int
    reason: str

    def __str__(self) -> str:
        return f"release {self.release}: {self.reason}"


def utc_now() -> dt.datetime:
    """The moment by which pages come and go."""
    return dt.datetime.now(dt.UTC)


def latest_release(connection: Connection) -> int:
    """The number of the newest release; 0 before the first."""
    return int(connection.execute(text(LATEST_RELEASE)).scalar_one())


class SnapshotHolder:
    """Gives every request of a process the same snapshot until a newer release compiles. Safe between threads.

    `store` is the one that others of the process read components by, so that each is made once. `failure` tells of the newest
    release where it could not be compiled, or where `judge` says that this process cannot
    serve it; an older one is served meanwhile.
    """

    def __init__(self, engine: Engine, judge: Judge | None = None, store: MetadataStore | None = None) -> None:
        self._engine = engine
        self._judge = judge
        self._store = store or MetadataStore(engine)
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._failure: Failure | None = None

    @property
    def held(self) -> Snapshot | None:
        """The snapshot that is served, without asking the database whether there is a newer one."""
        return self._snapshot

    @property
    def failure(self) -> Failure | None:
        """What is wrong with the newest release, for health; None when it is the one that is served."""
        return self._failure

    def current(self, release: int | None = None) -> Snapshot:
        """The snapshot to work with.

        Without a number it is the one at hand; only the first call asks the database. `release` is the newest release's
        number, which the caller learned from `LATEST_RELEASE` in a statement of its own: a newer one than the one at
        hand is compiled now, by one thread; others, and all when it fails, go on with the one at hand. Raises
        NothingPublished where there is no release that compiles.
        """
        held = None if self._snapshot is None else self._timely(self._snapshot)
        if held is not None and (release is None or release <= held.release or self._failed(release)):
            return held
        if not self._lock.acquire(blocking=held is None) and held is not None:
            return held
        try:
            return self._timely(self._renew(self._newest() if release is None else release))
        finally:
            self._lock.release()

    def _timely(self, held: Snapshot) -> Snapshot:
        """What is held, or, once a page has come or gone by its date, the same release at this moment."""
        if held.until is None:
            return held
        now = utc_now()
        if now < held.until:
            return held
        later = held.later(now)
        if self._snapshot is held:
            self._snapshot = later
        return later

    def at_least(self, release: int) -> Snapshot:
        """The snapshot of this release or a newer one, unless it fails to compile."""
        return self.current(release)

    def hold(self, snapshot: Snapshot) -> None:
        """Serve a release that the caller has compiled, unless a newer one is served."""
        with self._lock:
            if self._snapshot is None or self._snapshot.release < snapshot.release:
                self._snapshot = snapshot

    def refresh(self) -> Snapshot:
        """Ask the database for the newest release, and serve it."""
        return self.current(self._newest())

    def _newest(self) -> int:
        with self._engine.connect() as connection:
            return latest_release(connection)

    def _failed(self, release: int) -> bool:
        return self._failure is not None and self._failure.release >= release

    def _renew(self, release: int) -> Snapshot:
        held = self._snapshot
        if held is not None and (release <= held.release or self._failed(release)):
            return held
        if release == 0:
            raise NothingPublished
        try:
            self._snapshot = self._compile(release)
            self._failure = None
        except (MetadataError, NoSuchRelease) as error:
            self._failure = Failure(release, str(error))
            log.error("release cannot be served", extra={"action": "snapshot_failed", "release": release, "reason": str(error)})
            self._snapshot = held or self._last_good(release)
        if self._snapshot is None:
            raise NothingPublished
        return self._snapshot

    def _compile(self, release: int) -> Snapshot:
        snapshot = checked_snapshot(self._store.released(release).values(), release)
        if self._judge is not None:
            self._judge(snapshot)
        log.info("release is served", extra={"action": "snapshot_swapped", "release": release})
        return snapshot

    def _last_good(self, failed: int) -> Snapshot | None:
        """A process that starts on a release it cannot compile serves the newest older one that it can."""
        for release in self._store.releases():
            if release.id < failed:
                try:
                    return self._compile(release.id)
                except MetadataError:
                    continue
        return None


__all__ = ["LATEST_RELEASE", "Failure", "SnapshotHolder", "latest_release"]
