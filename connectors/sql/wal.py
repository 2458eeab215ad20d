"""Messages of PostgreSQL's pgoutput, as far as they tell which rows have changed: their keys, as texts.

https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html, version 1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from connectors.errors import Gap

Key = tuple[str | None, ...]
Values = Mapping[str, str | None]


@dataclass(slots=True)
class Committed:
    """A transaction that was committed: where it ends in the log, and the keys of the rows that it touched, in order.

    `number` is the lower half of the transaction's, which the log tells alone.
    """

    end: int = 0
    number: int = 0
    keys: dict[Key, None] = field(default_factory=dict)
    messages: int = 0


def committed(messages: Iterable[bytes], key_columns: tuple[str, ...]) -> Iterator[Committed]:
    """The transactions in messages of one table's publication. Raises Gap for a table that was emptied."""
    columns: dict[int, list[str]] = {}
    now = Committed()
    for message in messages:
        reader = _Reader(message)
        now.messages += 1
        match reader.letter():
            case "B":
                reader.skip(8 + 8)
                now = Committed(number=reader.number(4), messages=1)
            case "R":
                oid, names = _relation(reader)
                columns[oid] = names
            case "I" | "U" | "D":
                names = columns[reader.number(4)]
                for values in _sides(reader, names):
                    key = tuple(values.get(name) for name in key_columns)
                    if None not in key:
                        now.keys[key] = None
            case "T":
                raise Gap("the table was emptied at once (TRUNCATE), which tells no rows; foyer sync backfill closes the gap")
            case "C":
                reader.skip(1 + 8)
                now.end = reader.number(8)
                yield now


def place(number: int) -> str:
    """A position in the log as PostgreSQL writes it."""
    return f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"


def number_of(text: str) -> int:
    """The number of a position."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def _relation(reader: _Reader) -> tuple[int, list[str]]:
    oid = reader.number(4)
    reader.text()
    reader.text()
    reader.skip(1)
    names = []
    for _ in range(reader.number(2)):
        reader.skip(1)
        names.append(reader.text())
        reader.skip(8)
    return oid, names


def _sides(reader: _Reader, names: list[str]) -> Iterator[Values]:
    """The old side of a row, where it is told, and the new one."""
    while reader.more():
        reader.skip(1)
        yield dict(_tuple(reader, names))


def _tuple(reader: _Reader, names: list[str]) -> Iterator[tuple[str, str | None]]:
    for at in range(reader.number(2)):
        kind = reader.letter()
        value = reader.bytes(reader.number(4)).decode() if kind == "t" else None
        yield names[at], value


class _Reader:
    """Reads a message from its beginning."""

    def __init__(self, message: bytes) -> None:
        self._message, self._at = message, 0

    def more(self) -> bool:
        return self._at < len(self._message)

    def skip(self, count: int) -> None:
        self._at += count

    def bytes(self, count: int) -> bytes:
        self._at += count
        return self._message[self._at - count : self._at]

    def number(self, count: int) -> int:
        return int(struct.unpack({2: "!H", 4: "!I", 8: "!Q"}[count], self.bytes(count))[0])

    def letter(self) -> str:
        return chr(self.bytes(1)[0])

    def text(self) -> str:
        end = self._message.index(0, self._at)
        found = self._message[self._at : end].decode()
        self._at = end + 1
        return found
