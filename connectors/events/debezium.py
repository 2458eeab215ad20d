"""Envelopes of Debezium: `op`, `before`, `after` and `source`, with or without the schema beside the payload.

https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events. With the schema, days,
moments and decimals are read as what they are; without it as they are written.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.events.json_values import read_json, write_json
from connectors.events.message import Message, Unreadable
from connectors.protocol import UNCHANGED, Change, Event

UNAVAILABLE = "__debezium_unavailable_value"
"""Stands for a large value that the database has not logged, since it did not change."""
OPERATIONS = {"c": "create", "r": "create", "u": "update", "d": "delete"}
LETTERS = {"insert": "c", "update": "u", "delete": "d"}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _date(value: Any) -> dt.date:
    return (_EPOCH + dt.timedelta(days=int(value))).date()


def _moment(unit: int) -> Callable[[Any], dt.datetime]:
    def read(value: Any) -> dt.datetime:
        return _EPOCH + dt.timedelta(microseconds=int(value) * 1_000_000 // unit)

    return read


_SEMANTIC: Mapping[str, Callable[[Any], Any]] = {
    "io.debezium.time.Date": _date,
    "org.apache.kafka.connect.data.Date": _date,
    "io.debezium.time.Timestamp": _moment(1_000),
    "org.apache.kafka.connect.data.Timestamp": _moment(1_000),
    "io.debezium.time.MicroTimestamp": _moment(1_000_000),
    "io.debezium.time.NanoTimestamp": _moment(1_000_000_000),
}


def read(message: Message, own: str) -> Event | None:
    """The event of a message; None for a tombstone, a heartbeat, and what was sent from here. Raises Unreadable."""
    if message.body.strip() in (b"", b"null", b"default"):
        return None
    whole = read_json(message.body)
    payload = whole.get("payload", whole) if isinstance(whole, dict) else None
    if payload is None:
        return None
    if not isinstance(payload, dict) or "op" not in payload:
        raise Unreadable("a change of Debezium has a payload with op, before and after")
    source = payload.get("source") or {}
    if payload["op"] == "m" or (source.get("connector") == "foyer" and source.get("name") == own):
        return None
    operation = OPERATIONS.get(str(payload["op"]))
    if operation is None:
        raise Unreadable(f"the operation {str(payload['op'])[:20]} cannot be taken")
    side = "before" if operation == "delete" else "after"
    row = payload.get(side)
    if not isinstance(row, dict):
        raise Unreadable(f"a change with op {payload['op']} needs {side}")
    record = _typed(row, _schema_of(whole, side))
    left = [name for name, value in record.items() if value == UNAVAILABLE]
    if left:
        record = {name: value for name, value in record.items() if name not in left} | {UNCHANGED: left}
    return Event(operation, record, "", _version(source))


def table_of(message: Message) -> str:
    """The table that a change is about. Raises Unreadable."""
    whole = read_json(message.body)
    payload = whole.get("payload", whole) if isinstance(whole, dict) else None
    source = payload.get("source") if isinstance(payload, dict) else None
    if not isinstance(source, dict) or not isinstance(source.get("table"), str):
        raise Unreadable("a change of Debezium names its table in source")
    return str(source["table"])


def write(change: Change, identity: str, own: str) -> Message:
    """A change as an envelope: the side that there is holds the key and the columns that changed."""
    now = int(time.time() * 1000)
    side = {**change.key, **change.values}
    gone = change.operation == "delete"
    payload = {
        "op": LETTERS[change.operation],
        "before": side if gone else None,
        "after": None if gone else side,
        "source": {"connector": "foyer", "name": own, "table": change.map.model.table, "ts_ms": now, "id": identity},
        "ts_ms": now,
    }
    return Message(write_json({"payload": payload}), {"content-type": "application/json"})


def _version(source: Mapping[str, Any]) -> Any:
    """What grows with each change of the database's log; the clock where there is nothing better."""
    for name in ("lsn", "scn", "change_lsn"):
        if source.get(name) is not None:
            return source[name]
    if source.get("file") is not None and source.get("pos") is not None:
        return f"{source['file']}:{int(source['pos']):020d}"
    return source.get("ts_us", source.get("ts_ms"))


def _schema_of(whole: Mapping[str, Any], side: str) -> Mapping[str, Mapping[str, Any]]:
    """The schema of each column, where the message brings one."""
    schema = whole.get("schema")
    fields = schema.get("fields", ()) if isinstance(schema, dict) else ()
    found: Mapping[str, Any] = next((item for item in fields if item.get("field") == side), {})
    return {item["field"]: item for item in found.get("fields", ()) if "field" in item}


def _typed(row: Mapping[str, Any], schema: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: _value(name, value, schema.get(name, {})) for name, value in row.items()}


def _value(name: str, value: Any, schema: Mapping[str, Any]) -> Any:
    kind = schema.get("name")
    if value is None or kind is None or value == UNAVAILABLE:
        return value
    try:
        if kind == "org.apache.kafka.connect.data.Decimal":
            scale = int(schema.get("parameters", {}).get("scale", 0))
            return Decimal(int.from_bytes(base64.b64decode(value, validate=True), "big", signed=True)).scaleb(-scale)
        return _SEMANTIC[kind](value) if kind in _SEMANTIC else value
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise Unreadable(f"the column {name[:60]} does not hold what its schema says: {kind}") from None
