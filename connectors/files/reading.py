"""One CSV file: its stamp, its header, its rows with their places. Faults name the file and the line."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from connectors.errors import Fatal, Retriable
from connectors.protocol import Record
from connectors.tablemap import CompiledMap

LONGEST_FIELD = 1_000_000
Place = tuple[int, int]
"""Where the next row starts: byte and line, both counted from 0."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another."""

    modified: int
    size: int
    inode: int

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> Stamp | None:
        """The stamp that a cursor holds."""
        found = cursor.get("file")
        return cls(**found) if found else None

    def as_cursor(self) -> dict[str, Any]:
        """The stamp as a part of a cursor."""
        return {"file": asdict(self)}


class _Lines:
    """Decoded lines of a binary file, with how far they went."""

    def __init__(self, raw: IO[bytes], path: Path, encoding: str, place: Place) -> None:
        self._raw = raw
        self._path = path
        self._encoding = encoding
        self.offset, self.line = place
        self.complete = True

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        encoding = self._encoding if self.line == 0 else self._encoding.removesuffix("-sig")
        found = self._raw.readline()
        if not found:
            raise StopIteration
        self.offset += len(found)
        self.line += 1
        self.complete = found.endswith(b"\n")
        if b"\0" in found:
            raise Fatal(f"{self._path.name}, line {self.line}: there is a null character; is this a text file?")
        try:
            return found.decode(encoding)
        except UnicodeDecodeError as error:
            raise Fatal(
                f"{self._path.name}, line {self.line}: byte {error.start + 1} is not {self._encoding}; "
                "set the connection's encoding, or save the file anew"
            ) from None


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file that may be there. Every method raises Retriable while it is not."""

    path: Path
    encoding: str
    delimiter: str

    def stamp(self) -> Stamp:
        """The state of the file now."""
        try:
            stat = self.path.stat()
        except OSError:
            raise Retriable(f"{self.path.name} is not there", after=2.0) from None
        return Stamp(stat.st_mtime_ns, stat.st_size, stat.st_ino)

    def rows(self, table_map: CompiledMap, offset: int, line: int) -> Iterator[tuple[Record, Place]]:
        """The records from a place on, each with the place after it. Raises Fatal for what is no CSV."""
        try:
            with self.path.open("rb") as raw:
                header = self._header(raw, table_map)
                if offset:
                    raw.seek(offset)
                place = (offset, line) if offset else (raw.tell(), header[1])
                yield from self._records(raw, header[0], place)
        except OSError as error:
            raise Retriable(f"{self.path.name} cannot be read: {error.strerror}", after=2.0) from None

    def _header(self, raw: IO[bytes], table_map: CompiledMap) -> tuple[list[str], int]:
        lines = _Lines(raw, self.path, self.encoding, (0, 0))
        names = next(self._reader(lines), None)
        if not names:
            raise Retriable(f"{self.path.name} is empty", after=2.0)
        wanted = (*table_map.columns, *(column for column, _ in table_map.model.filter))
        for name in wanted:
            if name not in names:
                close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
                meant = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(names[:20])}"
                raise Fatal(f"map {table_map.key}: {self.path.name} has no column {name}{meant}")
        return names, lines.line

    def _records(self, raw: IO[bytes], names: list[str], place: Place) -> Iterator[tuple[Record, Place]]:
        lines = _Lines(raw, self.path, self.encoding, place)
        first = lines.line + 1
        try:
            for row in self._reader(lines):
                if row and len(row) != len(names):
                    self._unequal(lines, first, row, names)
                if row:
                    yield dict(zip(names, row, strict=True)), (lines.offset, lines.line)
                first = lines.line + 1
        except csv.Error as error:
            if not lines.complete or "unexpected end" in str(error):
                raise Retriable(f"{self.path.name} ends in the middle of a row", after=1.0) from None
            raise Fatal(f"{self.path.name}, line {first}: {error}") from None

    def _unequal(self, lines: _Lines, first: int, row: list[str], names: list[str]) -> None:
        if not lines.complete and len(row) < len(names):
            raise Retriable(f"{self.path.name} ends in the middle of a row", after=1.0)
        raise Fatal(f"{self.path.name}, line {first}: {len(row)} values, where the header has {len(names)}")

    def _reader(self, lines: _Lines) -> Iterator[list[str]]:
        csv.field_size_limit(LONGEST_FIELD)
        return csv.reader(lines, delimiter=self.delimiter, strict=True)
