"""Which envelope a connection speaks, and messages through it in both ways."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.errors import Fatal, meant
from connectors.events import cloudevents, debezium, standard
from connectors.events.message import Message, Unreadable
from connectors.protocol import Change, Event

ENVELOPES = ("cloudevents", "cloudevents-binary", "debezium", "standard")
MESSAGE, HEADERS, PLACE = "@message", "@headers", "@place"
"""What is kept of a message that cannot be read, as columns of its reject."""
KEPT = 1_000_000


def envelope_of(name: str, settings: Mapping[str, str], connector: str) -> str:
    """The envelope that a connection's settings name, else the usual one of its connector. Raises Fatal."""
    chosen = settings.get("envelope") or ("standard" if connector == "webhook" else "cloudevents")
    if chosen not in ENVELOPES:
        raise Fatal(f"connection {name}: there is no envelope {chosen[:40]}{meant(chosen, ENVELOPES)}")
    return chosen


def source_of(name: str, settings: Mapping[str, str]) -> str:
    """By which name this installation is known as a source of events; its own are not taken back."""
    return settings.get("source") or f"/foyer/{name}"


def read_message(envelope: str, message: Message, own: str) -> Event | None:
    """The event of a message; None where it tells nothing. One that cannot be read is an event with a reason."""
    try:
        return _read(envelope, message, own)
    except Unreadable as fault:
        text = message.body[:KEPT].decode("utf-8", "backslashreplace")
        return Event("", {MESSAGE: text, HEADERS: dict(message.headers), PLACE: message.place}, reason=str(fault))


def _read(envelope: str, message: Message, own: str) -> Event | None:
    if envelope == "debezium":
        return debezium.read(message, own)
    return standard.read(message) if envelope == "standard" else cloudevents.read(message, own)


def table_of(envelope: str, message: Message, own: str) -> str:
    """Which table a message is about: its type without the word for what happened, or Debezium's. Raises Unreadable."""
    if envelope == "debezium":
        return debezium.table_of(message)
    event = _read(envelope, message, own)
    kind = str(event.record["@type"]) if event is not None else ""
    head, _, word = kind.rpartition(".")
    return head if head and word.lower() in cloudevents.WORDS else kind


def write_change(envelope: str, change: Change, identity: str, own: str) -> Message:
    """A change as a message."""
    if envelope == "debezium":
        return debezium.write(change, identity, own)
    return cloudevents.write(change, identity, own, binary=envelope == "cloudevents-binary")
