"""The payload that Standard Webhooks recommend: `type`, `timestamp` and `data`, with the id in a header."""

from __future__ import annotations

from connectors.events.cloudevents import operation_of
from connectors.events.json_values import read_json
from connectors.events.message import Message, Unreadable
from connectors.protocol import Event

ID = "webhook-id"


def read(message: Message) -> Event:
    """The event of a message. Raises Unreadable."""
    found = read_json(message.body)
    if not isinstance(found, dict) or not isinstance(found.get("type"), str) or not isinstance(found.get("data"), dict):
        raise Unreadable("the message is an object with type and data")
    shown = {"@type": found["type"], "@time": found.get("timestamp")}
    return Event(operation_of(found["type"]), {**shown, **found["data"]}, message.headers.get(ID, ""))
