"""Outside values as JSON text and back, exactly: decimals, dates, moments, ids and bytes keep their type."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

TAG = "$type"
_WRITE: tuple[tuple[type, str, Callable[[Any], str]], ...] = (
    (Decimal, "decimal", str),
    (dt.datetime, "datetime", dt.datetime.isoformat),
    (dt.date, "date", dt.date.isoformat),
    (dt.time, "time", dt.time.isoformat),
    (uuid.UUID, "uuid", str),
    (bytes, "bytes", lambda value: base64.b64encode(value).decode()),
)
_READ: dict[str, Callable[[str], Any]] = {
    "decimal": Decimal,
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "uuid": uuid.UUID,
    "bytes": base64.b64decode,
}


def dump_json(value: Any) -> str:
    """A JSON text; what JSON has no type for is written with its type."""
    text = json.dumps(value, default=_write, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair: escaped, as it came
        return json.dumps(value, default=_write, separators=(",", ":"))
    return text


def load_json(text: str) -> Any:
    """The value that `dump_json` wrote."""
    return json.loads(text, object_hook=_read)


def digest(values: Iterable[Any]) -> str:
    """A short hash of values; equal values have equal hashes."""
    return _blake(repr(tuple(values))).hexdigest()


def digests(first: Any) -> Callable[[Iterable[Any]], str]:
    """`digest` of values, one at least, that follow a first one which is always the same; that is taken in once."""
    begun = _blake(f"({first!r}, ")

    def following(values: Iterable[Any]) -> str:
        every = list(values)
        state = begun.copy()
        state.update(f"{repr(every)[1:-1]})".encode("utf-8", "surrogatepass"))
        return state.hexdigest()

    return following


def _blake(text: str) -> hashlib.blake2b:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12)


def _write(value: Any) -> Any:
    for kind, name, write in _WRITE:
        if isinstance(value, kind):
            return {TAG: name, "value": write(value)}
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def _read(value: dict[str, Any]) -> Any:
    kind = value.get(TAG)
    return _READ[kind](value["value"]) if kind in _READ else value
