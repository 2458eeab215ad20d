"""CSV files of a folder as a source. A file is read again when it has changed; unchanged rows are left alone."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.errors import Fatal, Retriable
from connectors.files.reading import CsvFile, Stamp
from connectors.protocol import Batch, Change, Cursor, Receipt, Record
from connectors.tablemap import SET, CompiledMap


class FilesAdapter:
    """One folder."""

    def __init__(self, name: str, settings: Mapping[str, str]) -> None:
        if not settings.get("folder"):
            raise Fatal(f"connection {name} has no setting folder")
        self._name = name
        self._folder = Path(settings["folder"])
        self._encoding = settings.get("encoding") or "utf-8-sig"
        self._delimiter = settings.get("delimiter") or ","
        try:
            codecs.lookup(self._encoding)
        except LookupError:
            raise Fatal(f"connection {name}: there is no encoding {self._encoding}") from None
        if len(self._delimiter) != 1:
            raise Fatal(f"connection {name}: the delimiter must be one character")

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """The rows of the file if it has changed, from where the last pull stopped."""
        file = self._file(table_map)
        stamp = file.stamp()
        start = dict(cursor or {})
        if Stamp.of(start) == stamp and start.get("offset") is None:
            return Batch([], start, compare=True)
        offset, line = (start["offset"], start["line"]) if Stamp.of(start) == stamp else (0, 0)
        records: list[Record] = []
        more = False
        for record, place in file.rows(table_map, offset, line):
            offset, line = place
            if _passes(record, table_map.model.filter):
                records.append(record)
            if len(records) == limit:
                more = True
                break
        if file.stamp() != stamp:
            raise Retriable(f"{file.path.name} is being written", after=1.0)
        place_now: dict[str, Any] = {"offset": offset, "line": line} if more else {"offset": None, "line": None}
        return Batch(records, {**stamp.as_cursor(), **place_now}, more, compare=True)

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """The key columns of all rows."""
        for record, _ in self._file(table_map).rows(table_map, 0, 0):
            if _passes(record, table_map.model.filter):
                yield tuple(record[name] for name in table_map.key_columns)

    def find(self, table_map: CompiledMap, column: str, value: Any) -> Sequence[Record]:
        """The rows whose column has this value."""
        rows = self._file(table_map).rows(table_map, 0, 0)
        return [record for record, _ in rows if record.get(column) == str(value)]

    def push(self, change: Change, idempotency: str) -> Receipt:
        """Never: files are read only."""
        raise Fatal(f"connection {self._name} reads files and cannot write them")

    def obstacles(self, table_map: CompiledMap) -> list[tuple[str, str, str]]:
        """See `connectors.preflight.going.Probing`."""
        mend = "Say direction: in, or use a connection that takes rows."
        return [("", f"connection {self._name} reads files and cannot write them.", mend)]

    def close(self) -> None:
        """Nothing is open."""

    def _file(self, table_map: CompiledMap) -> CsvFile:
        name = table_map.model.table
        if not name or name != Path(name).name or name.startswith("."):
            raise Fatal(f"map {table_map.key}: {name!r} is not the name of a file in the folder")
        if not self._folder.is_dir():
            raise Retriable(f"the folder of connection {self._name} is not there", after=2.0)
        return CsvFile(self._folder / f"{name}.csv", self._encoding, self._delimiter)


def _passes(record: Record, filters: tuple[tuple[str, Any], ...]) -> bool:
    return all(_matches(record[name], wanted) for name, wanted in filters)


def _matches(value: str, wanted: Any) -> bool:
    if wanted == SET:
        return value != ""
    if isinstance(wanted, (list, tuple)):
        return any(_matches(value, item) for item in wanted)
    return value == ("" if wanted is None else str(wanted))
