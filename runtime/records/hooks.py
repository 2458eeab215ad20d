"""What is told of each change of a row, inside its transaction: to the audit trail, to the outbox, to whoever listens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.passing import passing

ChangeKind = Literal["create", "write", "delete", "associate", "disassociate"]


@passing
class Change:
    """One row that was changed. `before` and `after` hold all its declared attributes, or nothing where there was no row.

    For associate and disassociate they hold the relationship's key with the id of the far row.
    """

    kind: ChangeKind
    entity: str
    id: int
    version: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    principal: Principal
    at: dt.datetime

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """The attributes whose values differ, with the old and the new value."""
        if not self.before:
            return {key: (None, value) for key, value in self.after.items() if value is not None}
        pairs = {key: (self.before.get(key), self.after.get(key)) for key in (*self.before, *self.after)}
        return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


Listener = Callable[[Connection, Snapshot, Change], None]
Concern = Callable[[Snapshot, str], bool]
_CONCERNS: dict[Listener, Concern] = {}


def of_new_rows(concern: Concern) -> Callable[[Listener], Listener]:
    """Marks a listener that has nothing to do when a row of an entity is made, unless `concern` says so of that entity."""

    def mark(listener: Listener) -> Listener:
        _CONCERNS[listener] = concern
        return listener

    return mark


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told after each change, in order. What one of them raises undoes the change."""

    after_write: tuple[Listener, ...] = ()

    def tell(self, connection: Connection, snapshot: Snapshot, change: Change) -> None:
        """Tell every listener of a change."""
        for listener in self.after_write:
            listener(connection, snapshot, change)

    def of_new(self, snapshot: Snapshot, entity: str) -> tuple[Listener, ...]:
        """Those that may have something to do when a row of an entity is made."""
        return tuple(one for one in self.after_write if one not in _CONCERNS or _CONCERNS[one](snapshot, entity))

    def plus(self, *more: Listener) -> Listeners:
        """These listeners and more of them."""
        return Listeners((*self.after_write, *more))
