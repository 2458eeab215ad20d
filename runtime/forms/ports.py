"""The port through which an outside system is asked before a new record counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.access import Principal


@dataclass(frozen=True, slots=True)
class Accepted:
    """The outside system has taken the record."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """It has not. `message` is its sentence, `attribute` the attribute at fault, `line` the child row, from 0, if one is.

    `unanswered`: it may have heard of it after all, so that the next try goes out under the same key.
    """

    message: str
    attribute: str = ""
    line: int | None = None
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Queued:
    """It could not be asked in time: the record is kept and the answer comes later. `message` may be empty."""

    message: str = ""


Outcome = Accepted | Refusal | Queued


class Submission(Protocol):
    """Asks an outside system. Runs inside the transaction that wrote the record and its children."""

    def concerns(self, snapshot: Snapshot, entity: str) -> bool:
        """Whether new records of the entity need an answer at all."""
        ...

    def ask(
        self, connection: Connection, snapshot: Snapshot, principal: Principal, entity: str, record_id: int, key: str
    ) -> Outcome:
        """The answer. Asked again with the same key the outside system gives the same answer and makes nothing twice."""
        ...

    def knows(self, snapshot: Snapshot, entity: str, key: str) -> bool | None:
        """Whether a record was put down outside under this key; None where that cannot be told now."""
        ...


class NoSubmission:
    """The port of an installation that asks nobody."""

    def concerns(self, snapshot: Snapshot, entity: str) -> bool:
        """Never."""
        return False

    def ask(
        self, connection: Connection, snapshot: Snapshot, principal: Principal, entity: str, record_id: int, key: str
    ) -> Outcome:
        """Yes."""
        return Accepted()

    def knows(self, snapshot: Snapshot, entity: str, key: str) -> bool | None:
        """Never."""
        return False
