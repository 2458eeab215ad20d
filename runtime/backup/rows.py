"""Rows as lines of JSON, alike for either kind of database, and a digest of all rows of a table in whatever order.

What JSON has no word for stands as an object of one key: {"d": decimal}, {"t": moment}, {"y": day}, {"b": bytes}, {"u": uuid}.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, LargeBinary, Table, select

from metadata.types import ChoiceSet

AT_ONCE, AT_ONCE_LARGE = 500, 4
"""Rows that are held at a time; of tables with bytes, whose rows may have a megabyte each."""

_READ: dict[str, Callable[[str], Any]] = {
    "d": Decimal,
    "t": dt.datetime.fromisoformat,
    "y": dt.date.fromisoformat,
    "b": base64.b64decode,
    "u": uuid.UUID,
}
_AS_OBJECTS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


@dataclass(slots=True)
class Tally:
    """How many rows of a table went by, and the sum of their digests, which does not depend on their order."""

    rows: int = 0
    sum: int = 0

    def add(self, line: bytes) -> None:
        """One more row."""
        self.rows += 1
        self.sum = (self.sum + int.from_bytes(hashlib.blake2b(line, digest_size=16).digest())) % (1 << 128)

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.rows + other.rows, (self.sum + other.sum) % (1 << 128))

    @property
    def data(self) -> dict[str, Any]:
        """The same for a document."""
        return {"rows": self.rows, "digest": f"{self.sum:032x}"}


def read_lines(connection: Connection, table: Table, tally: Tally, *where: ColumnElement[bool]) -> Iterator[bytes]:
    """The rows of a table as lines, some at a time, and counted; `where` leaves some out."""
    chunk = _at_once(table)
    with connection.execute(select(*table.columns).where(*where).execution_options(yield_per=chunk)) as found:
        for row in found:
            line = orjson.dumps(tuple(map(_said, row)), default=_word, option=_AS_OBJECTS)
            tally.add(line)
            yield line + b"\n"


def tally_of(connection: Connection, table: Table) -> Tally:
    """What a table holds, counted."""
    tally = Tally()
    for _ in read_lines(connection, table, tally):
        pass
    return tally


def rows_of(table: Table, content: bytes) -> Iterator[tuple[list[bytes], list[dict[str, Any]]]]:
    """Some lines and their rows as values by column, some at a time. Raises ValueError where they are none."""
    names = [column.name for column in table.columns]
    sets = [isinstance(column.type, ChoiceSet) for column in table.columns]
    lines: list[bytes] = []
    chunk: list[dict[str, Any]] = []
    for line in content.splitlines():
        values = orjson.loads(line)
        read = (
            tuple(value) if is_set and value is not None else _read(value) for value, is_set in zip(values, sets, strict=True)
        )
        lines.append(line)
        chunk.append(dict(zip(names, read, strict=True)))
        if len(chunk) >= _at_once(table):
            yield lines, chunk
            lines, chunk = [], []
    if chunk:
        yield lines, chunk


def _at_once(table: Table) -> int:
    return AT_ONCE_LARGE if any(isinstance(column.type, LargeBinary) for column in table.columns) else AT_ONCE


def _said(value: Any) -> Any:
    """UUIDs are text to orjson, and a text would come back."""
    return {"u": value.hex} if isinstance(value, uuid.UUID) else value


def _word(value: Any) -> dict[str, str]:
    match value:
        case Decimal():
            return {"d": str(value.normalize())}
        case dt.datetime():
            return {"t": value.isoformat()}
        case dt.date():
            return {"y": value.isoformat()}
        case bytes() | memoryview():
            return {"b": base64.b64encode(bytes(value)).decode()}
    raise TypeError(f"no word for a value of type {type(value).__name__}")


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        ((kind, word),) = value.items()
        return _READ[kind](word)
    return value
