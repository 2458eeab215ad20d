"""The port through which an outside system is asked before a new record counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from metadata.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Accepted:
    """The outside system has taken the record."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """It has not. `message` is its sentence, or empty: then `text` names one of the engine's. `attribute` is the attribute at
    fault, `line` the child row, from 0, if one is.

    `unanswered`: it may have heard of it after all, so that the next try goes out under the same key.
    """

    message: str
    attribute: str = ""
    line: int | None = None
    unanswered: bool = False
    text: str = "form.refused"


@dataclass(frozen=True, slots=True)
class Queued:
    """It could not be asked in time: the record is kept and the answer comes later. `message` may be empty."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class AsBefore:
    """It had the record already, as it was sent in an earlier try; the record is as it was sent then."""


class Reply(Protocol):
    """What the outside system said, yes or nothing yet, to be put beside the record."""

    def settle(self, connection: Connection, record_id: int) -> Accepted | Queued:
        """Take what it said into the record that was just written, in its transaction."""
        ...


class Question(Protocol):
    """A record with its children, read from a transaction that was undone, ready to be asked about.

    `sent` is what goes out, as a text that can be kept.
    """

    @property
    def sent(self) -> str:
        """What goes out."""
        ...

    def as_before(self, sent: str) -> Question:
        """The same question about what went out before: the record becomes as it was then."""
        ...

    def announce(self, connection: Connection) -> None:
        """Let everybody know that it is about to be asked, before it is."""
        ...

    def ask(self) -> Reply | Refusal:
        """Ask, while no transaction is open. Under the same key it is put down outside once."""
        ...

    def conclude(self, connection: Connection, reply: Refusal) -> None:
        """Let everybody know that it was refused; what may still arrive outside stays announced."""
        ...


class Submission(Protocol):
    """Asks an outside system before a new record counts."""

    def concerns(self, snapshot: Snapshot, entity: str) -> bool:
        """Whether new records of the entity need an answer at all."""
        ...

    def prepare(self, connection: Connection, snapshot: Snapshot, entity: str, record_id: int, key: str) -> Question | Refusal:
        """What to ask about a record, inside the transaction that wrote it and that will be undone."""
        ...

    def knows(self, snapshot: Snapshot, entity: str, key: str) -> bool | None:
        """Whether a record was put down outside under this key; None where that cannot be told now."""
        ...


class NoSubmission:
    """The port of an installation that asks nobody."""

    def concerns(self, snapshot: Snapshot, entity: str) -> bool:
        """Never."""
        return False

    def prepare(self, connection: Connection, snapshot: Snapshot, entity: str, record_id: int, key: str) -> Question | Refusal:
        """Nothing, which is not asked for."""
        raise LookupError(entity)

    def knows(self, snapshot: Snapshot, entity: str, key: str) -> bool | None:
        """Never."""
        return False
