"""Files of a folder or a bucket as a source. A file is read again when it has changed; unchanged rows are left alone."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from connectors.errors import Fatal, Retriable
from connectors.files.json_lines import JsonLinesFile
from connectors.files.places import Bucket, Folder, Place, Stamp
from connectors.files.reading import At, CsvFile
from connectors.files.workbook import WorkbookFile
from connectors.protocol import Batch, Change, Cursor, Receipt, Record
from connectors.tablemap import SET, CompiledMap

TableFile = CsvFile | JsonLinesFile | WorkbookFile
FORMATS = ("csv", "jsonl", "xlsx")


class FilesAdapter:
    """One folder, or one bucket."""

    def __init__(self, name: str, settings: Mapping[str, str]) -> None:
        if settings.get("folder") and settings.get("url"):
            raise Fatal(f"connection {name} has both of the settings folder and url; remove one")
        if not settings.get("folder") and not settings.get("url"):
            raise Fatal(f"connection {name} has no setting folder, nor url")
        self._name = name
        self._format = settings.get("format") or "csv"
        self._encoding = settings.get("encoding") or "utf-8-sig"
        self._delimiter = settings.get("delimiter") or ","
        self._going: dict[CompiledMap, tuple[Stamp, At, Iterator[tuple[Record, At]]]] = {}
        if self._format not in FORMATS:
            raise Fatal(f"connection {name}: there is no format {self._format}; there are {', '.join(FORMATS)}")
        try:
            codecs.lookup(self._encoding)
        except LookupError:
            raise Fatal(f"connection {name}: there is no encoding {self._encoding}") from None
        if "\n".encode(self._encoding.removesuffix("-sig")) != b"\n":
            raise Fatal(f"connection {name}: files in {self._encoding} cannot be read by line; save them in UTF-8")
        if len(self._delimiter) != 1:
            raise Fatal(f"connection {name}: the delimiter must be one character")
        self._place: Place = Folder(name, settings["folder"]) if settings.get("folder") else Bucket(name, settings)

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """The rows of the file if it has changed, from where the last pull stopped."""
        file = self._file(table_map)
        stamp = self._place.stamp(file.name)
        start = dict(cursor or {})
        if Stamp.of(start) == stamp and start.get("offset") is None:
            return Batch([], start, compare=True)
        at: At = (start["offset"], start["line"]) if Stamp.of(start) == stamp else (0, 0)
        records: list[Record] = []
        more = False
        rows = self._rows(file, table_map, stamp, at)
        for record, following in rows:
            at = following
            if _passes(record, table_map.model.filter):
                records.append(record)
            if len(records) == limit:
                more = True
                break
        if self._place.stamp(file.name) != stamp:
            raise Retriable(f"{file.name} is being written", after=1.0)
        if more:
            self._going[table_map] = (stamp, at, rows)
        at_now = {"offset": at[0], "line": at[1]} if more else {"offset": None, "line": None}
        return Batch(records, {**stamp.as_cursor(), **at_now}, more, compare=True)

    def _rows(self, file: TableFile, table_map: CompiledMap, stamp: Stamp, at: At) -> Iterator[tuple[Record, At]]:
        """The rows from a place on. Where the last pull stopped just there it goes on, since a workbook has no places."""
        known = self._going.pop(table_map, None)
        if known is not None and known[:2] == (stamp, at):
            return known[2]
        return file.rows(table_map, *at)

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """The key columns of all rows."""
        for record, _ in self._file(table_map).rows(table_map, 0, 0):
            if _passes(record, table_map.model.filter):
                yield tuple(record[name] for name in table_map.key_columns)

    def find(self, table_map: CompiledMap, column: str, value: Any) -> Sequence[Record]:
        """The rows whose column has this value."""
        rows = self._file(table_map).rows(table_map, 0, 0)
        return [record for record, _ in rows if _text(record.get(column)) == _text(value)]

    def push(self, change: Change, idempotency: str) -> Receipt:
        """Never: files are read only."""
        raise Fatal(f"connection {self._name} reads files and cannot write them")

    def obstacles(self, table_map: CompiledMap) -> list[tuple[str, str, str]]:
        """See `connectors.preflight.going.Probing`."""
        mend = "Say direction: in, or use a connection that takes rows."
        return [("", f"connection {self._name} reads files and cannot write them.", mend)]

    def close(self) -> None:
        """Let go of open files and of copies."""
        self._going.clear()
        self._place.close()

    def _file(self, table_map: CompiledMap) -> TableFile:
        name = table_map.model.table
        if not name or name != PurePath(name).name or name.startswith("."):
            raise Fatal(f"map {table_map.key}: {name!r} is not the name of a file in the folder")
        match self._format:
            case "jsonl":
                return JsonLinesFile(self._place, f"{name}.jsonl")
            case "xlsx":
                return WorkbookFile(self._place, f"{name}.xlsx")
        return CsvFile(self._place, f"{name}.csv", self._encoding, self._delimiter)


def _passes(record: Record, filters: tuple[tuple[str, Any], ...]) -> bool:
    return all(_matches(_text(record[name]), wanted) for name, wanted in filters)


def _text(value: Any) -> str:
    """A value as a CSV file would have it."""
    return "" if value is None else str(value)


def _matches(value: str, wanted: Any) -> bool:
    if wanted == SET:
        return value != ""
    if isinstance(wanted, (list, tuple)):
        return any(_matches(value, item) for item in wanted)
    return value == _text(wanted)
