"""What may refuse a release besides its own faults: what has not been signed off."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from metadata.errors import Problem
from metadata.snapshot import Snapshot
from metadata.store import Guard
from runtime.exposure.lock import lock_problems


def exposure(connection: Connection, snapshot: Snapshot) -> Iterable[Problem]:
    """What is reachable and in no lock, for the sites that have one."""
    return lock_problems(snapshot)


GUARDS: tuple[Guard, ...] = (exposure,)
