"""A message of a stream as it lies there, and what every broker can do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


class Unreadable(Exception):
    """A message is not what its envelope promises; the text says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """A body with its headers, whose names are in lower case. `place` names it for people: a number or an id."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Messages in the order of the stream. `at` is where the next reading starts: a JSON value of the broker's own."""

    messages: Sequence[Message]
    at: Any
    more: bool = False


class Broker(Protocol):
    """Messages that come and go. Every method may raise Fatal or Retriable, and `read` raises Gap where messages are lost.

    `reader` names who reads: each has a place of its own. A reading from a place that was given before repeats what came
    after it, as long as that place was not settled past.
    """

    def read(self, reader: str, name: str, at: Any, limit: int) -> Reading:
        """At most so many messages of a stream after a place; from its beginning where `at` is None. Waits for none."""
        ...

    def settle(self, reader: str, name: str, at: Any) -> None:
        """What lies before this place is committed on our side and never asked for again."""
        ...

    def waiting(self, reader: str, name: str, at: Any) -> int | None:
        """How many messages lie after a place; None where that cannot be told."""
        ...

    def publish(self, name: str, message: Message, identity: str) -> bool:
        """Hand over a message and wait until the broker has it; whether it had one of this identity already."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
