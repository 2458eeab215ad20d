"""One CSV file: its header, its rows with their places. Faults name the file and the line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, NoReturn

from connectors.errors import Fatal, Retriable, meant
from connectors.files.places import Place
from connectors.protocol import Record
from connectors.tablemap import CompiledMap

LONGEST_FIELD = 1_000_000
LONGEST_LINE = 16_000_000
"""Bytes; a file that is one endless line is not read into memory."""

MOST_COLUMNS = 10_000
OTHER_DELIMITERS = (";", "\t", "|", ",")

At = tuple[int, int]
"""Where the next row starts: byte and line, both counted from 0."""


def needed(table_map: CompiledMap) -> tuple[str, ...]:
    """The columns that a file must have for a map."""
    return (*table_map.columns, *(column for column, _ in table_map.model.filter))


class _Lines:
    """Decoded lines of a binary file, with how far they went."""

    def __init__(self, raw: IO[bytes], name: str, encoding: str, place: At) -> None:
        self._raw = raw
        self._name = name
        self._encoding = encoding
        self.offset, self.line = place
        self.complete = True

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        encoding = self._encoding if self.line == 0 else self._encoding.removesuffix("-sig")
        found = self._raw.readline(LONGEST_LINE + 1)
        if not found:
            raise StopIteration
        self.offset += len(found)
        self.line += 1
        self.complete = found.endswith(b"\n")
        if len(found) > LONGEST_LINE:
            raise Fatal(f"{self._name}, line {self.line}: the line is longer than {LONGEST_LINE:,} bytes; is this a CSV file?")
        if b"\0" in found:
            raise Fatal(f"{self._name}, line {self.line}: there is a null character; is this a text file?")
        try:
            return found.decode(encoding)
        except UnicodeDecodeError as error:
            raise Fatal(
                f"{self._name}, line {self.line}: byte {error.start + 1} is not {self._encoding}; "
                "set the connection's encoding, or save the file anew"
            ) from None


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file that may be there. Every method raises Retriable while it is not."""

    place: Place
    name: str
    encoding: str
    delimiter: str

    def rows(self, table_map: CompiledMap, offset: int, line: int) -> Iterator[tuple[Record, At]]:
        """The records from a place on, each with the place after it. Raises Fatal for what is no CSV."""
        with self.place.open(self.name) as raw:
            header = self._header(raw, table_map)
            if offset:
                raw.seek(offset)
            at = (offset, line) if offset else (raw.tell(), header[1])
            yield from self._records(raw, header[0], at)

    def _header(self, raw: IO[bytes], table_map: CompiledMap) -> tuple[list[str], int]:
        lines = _Lines(raw, self.name, self.encoding, (0, 0))
        try:
            names = next(self._reader(lines), None)
        except csv.Error as error:
            self._broken(lines, 1, error)
        if not names:
            raise Retriable(f"{self.name} is empty", after=2.0)
        if len(names) > MOST_COLUMNS:
            raise Fatal(f"{self.name}, line 1: {len(names):,} columns, of which {MOST_COLUMNS:,} are read at most")
        if not lines.complete and not set(needed(table_map)) <= set(names):
            raise Retriable(f"{self.name} ends in the middle of its header", after=1.0)
        for name in needed(table_map):
            self._once(table_map, name, names)
        return names, lines.line

    def _once(self, table_map: CompiledMap, name: str, names: list[str]) -> None:
        """Raise Fatal for a column that is missing, or there more than once, so that nobody can tell which of them counts."""
        found = names.count(name)
        if found > 1:
            raise Fatal(f"map {table_map.key}: {self.name} has the column {name} {found} times; it must be there once")
        other = [mark for mark in OTHER_DELIMITERS if mark != self.delimiter and len(names) == 1 and mark in names[0]]
        if not found and other:
            raise Fatal(
                f"map {table_map.key}: {self.name} has no column {name}; its columns stand between {other[0]!r}, not "
                f"{self.delimiter!r}: set the connection's delimiter"
            )
        if not found:
            raise Fatal(f"map {table_map.key}: {self.name} has no column {name}{meant(name, names)}")

    def _records(self, raw: IO[bytes], names: list[str], place: At) -> Iterator[tuple[Record, At]]:
        lines = _Lines(raw, self.name, self.encoding, place)
        first = lines.line + 1
        try:
            for row in self._reader(lines):
                if row and len(row) != len(names):
                    self._unequal(lines, first, row, names)
                if row:
                    yield dict(zip(names, row, strict=True)), (lines.offset, lines.line)
                first = lines.line + 1
        except csv.Error as error:
            self._broken(lines, first, error)

    def _broken(self, lines: _Lines, first: int, error: csv.Error) -> NoReturn:
        if not lines.complete or "unexpected end" in str(error):
            raise Retriable(f"{self.name} ends in the middle of a row", after=1.0) from None
        raise Fatal(f"{self.name}, line {first}: {error}") from None

    def _unequal(self, lines: _Lines, first: int, row: list[str], names: list[str]) -> None:
        if not lines.complete and len(row) < len(names):
            raise Retriable(f"{self.name} ends in the middle of a row", after=1.0)
        raise Fatal(f"{self.name}, line {first}: {len(row)} values, where the header has {len(names)}")

    def _reader(self, lines: _Lines) -> Iterator[list[str]]:
        csv.field_size_limit(LONGEST_FIELD)
        return csv.reader(lines, delimiter=self.delimiter, strict=True)
