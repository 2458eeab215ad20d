"""Tasks of one's own: Python functions that an action has done beside it, found by name.

A package offers one as an entry point of the group `foyer.tasks`. It runs in one transaction with the note that it is done, so
that what it changes in the database is changed once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any, cast

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.access import Principal

GROUP = "foyer.tasks"


class TaskRefused(Exception):
    """Trying again will not help; the task is parked with this sentence."""


@dataclass(frozen=True, slots=True)
class TaskWork:
    """What a task works with: a transaction, the release, who took the action with the rights held by now, its record, the
    values that the action gives, and a key that is the same for every try."""

    connection: Connection
    snapshot: Snapshot
    principal: Principal
    entity: str
    record: int
    values: Mapping[str, Any]
    key: str


Task = Callable[[TaskWork], None]


@cache
def find_task(name: str) -> Task | None:
    """The task of a name; None where no installed package offers it."""
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    return None if found is None else cast(Task, found.load())
