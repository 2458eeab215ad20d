"""CloudEvents 1.0 with JSON data, structured (one JSON body) and binary (attributes in headers).

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md. The last word of the type tells what happened. The
header prefixes are those of the bindings for HTTP and NATS (`ce-`), and of AMQP (`cloudEvents:`).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Mapping
from typing import Any

from connectors.events.json_values import read_json, write_json
from connectors.events.message import Message, Unreadable
from connectors.protocol import Change, Event

STRUCTURED = "application/cloudevents+json"
PREFIXES = ("ce-", "ce_", "cloudevents:", "cloudevents_")
UPDATES = frozenset({"update", "updated", "change", "changed", "patch", "patched", "modified"})
DELETES = frozenset({"delete", "deleted", "remove", "removed"})
WORDS = UPDATES | DELETES | {"create", "created", "insert", "inserted", "add", "added", "upsert", "upserted"}
"""The last words of types that tell what happened, and are no part of a table's name."""
SHOWN = ("id", "source", "type", "subject", "time")
"""Attributes that a map reads as columns, with an @ before their names."""
_PAST = {"insert": "created", "update": "updated", "delete": "deleted"}


def operation_of(kind: str) -> str:
    """What an event of this type tells: a whole row (create), columns of one (update), or that one is gone (delete)."""
    word = kind.rpartition(".")[2].lower()
    if word in DELETES:
        return "delete"
    return "update" if word in UPDATES else "create"


def read(message: Message, own: str) -> Event | None:
    """The event of a message; None for one that was sent from here, by its source. Raises Unreadable."""
    attributes = _attributes(message)
    for name in ("specversion", "id", "source", "type"):
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            raise Unreadable(f"a CloudEvent needs the attribute {name}")
    if not attributes["specversion"].startswith("1."):
        raise Unreadable(f"CloudEvents {attributes['specversion'][:20]} are not known, only 1.0")
    if attributes["source"] == own:
        return None
    operation = operation_of(attributes["type"])
    row = _row(attributes, operation)
    shown = {f"@{name}": attributes[name] for name in SHOWN if name in attributes}
    identity = f"{attributes['source']} {attributes['id']}"
    return Event(operation, {**shown, **row}, identity, attributes.get("sequence"))


def write(change: Change, identity: str, own: str, binary: bool) -> Message:
    """A change as an event: its data are the key and the columns that changed."""
    attributes = {
        "specversion": "1.0",
        "id": identity,
        "source": own,
        "type": f"{change.map.model.table}.{_PAST[change.operation]}",
        "subject": "|".join(str(value) for value in change.key.values()),
        "time": dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
    }
    data = {**change.key, **change.values}
    if not binary:
        return Message(write_json({**attributes, "data": data}), {"content-type": STRUCTURED})
    kind = attributes.pop("datacontenttype")
    return Message(write_json(data), {"content-type": kind, **{f"ce-{name}": value for name, value in attributes.items()}})


def _attributes(message: Message) -> dict[str, Any]:
    """The attributes of the event with its data, from the body or from headers and body."""
    headers = _in_headers(message.headers)
    if headers:
        return {**headers, "data": read_json(message.body) if message.body.strip() else None}
    found = read_json(message.body)
    if not isinstance(found, dict):
        raise Unreadable("a CloudEvent is an object, or has its attributes in headers")
    if "data_base64" in found:
        try:
            found["data"] = read_json(base64.b64decode(str(found["data_base64"]), validate=True))
        except binascii.Error:
            raise Unreadable("data_base64 is not base64") from None
    return found


def _in_headers(headers: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name, value in headers.items():
        for prefix in PREFIXES:
            if name.startswith(prefix):
                found[name.removeprefix(prefix)] = value
    return found


def _row(attributes: Mapping[str, Any], operation: str) -> Mapping[str, Any]:
    data = attributes.get("data")
    if data is None and operation == "delete":
        return {}
    if not isinstance(data, dict):
        raise Unreadable("the data of an event are an object of columns and values")
    return data
