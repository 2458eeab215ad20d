"""Which envelope a connection speaks, and messages through it in both ways."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.errors import Fatal, meant
from connectors.events import cloudevents, debezium
from connectors.events.message import Message, Unreadable
from connectors.protocol import Change, Event

ENVELOPES = ("cloudevents", "cloudevents-binary", "debezium")
MESSAGE, HEADERS, PLACE = "@message", "@headers", "@place"
"""What is kept of a message that cannot be read, as columns of its reject."""
KEPT = 1_000_000


def envelope_of(name: str, settings: Mapping[str, str], default: str = "cloudevents") -> str:
    """The envelope that a connection's settings name. Raises Fatal."""
    chosen = settings.get("envelope") or default
    if chosen not in ENVELOPES:
        raise Fatal(f"connection {name}: there is no envelope {chosen[:40]}{meant(chosen, ENVELOPES)}")
    return chosen


def source_of(name: str, settings: Mapping[str, str]) -> str:
    """By which name this installation is known as a source of events; its own are not taken back."""
    return settings.get("source") or f"/foyer/{name}"


def read_message(envelope: str, message: Message, own: str) -> Event | None:
    """The event of a message; None where it tells nothing. One that cannot be read is an event with a reason."""
    try:
        return debezium.read(message, own) if envelope == "debezium" else cloudevents.read(message, own)
    except Unreadable as fault:
        text = message.body[:KEPT].decode("utf-8", "backslashreplace")
        return Event("", {MESSAGE: text, HEADERS: dict(message.headers), PLACE: message.place}, reason=str(fault))


def write_change(envelope: str, change: Change, identity: str, own: str) -> Message:
    """A change as a message."""
    if envelope == "debezium":
        return debezium.write(change, identity, own)
    return cloudevents.write(change, identity, own, binary=envelope == "cloudevents-binary")
