"""The guards of releases for commands, loaded when a release is made, so that other commands start at once."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from metadata.errors import Problem
from metadata.snapshot import Snapshot
from metadata.store import Guard


def _guard(connection: Connection, snapshot: Snapshot) -> Iterable[Problem]:
    from runtime.guards import GUARDS

    return [problem for guard in GUARDS for problem in guard(connection, snapshot)]


LATE_GUARDS: tuple[Guard, ...] = (_guard,)
