"""One file of JSON lines: an object on each line. A file with nothing but a line break is a table without rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.errors import Fatal, Retriable, meant
from connectors.files.places import Place
from connectors.files.reading import At, needed
from connectors.protocol import Record
from connectors.tablemap import CompiledMap

LONGEST_LINE = 10_000_000


@dataclass(frozen=True, slots=True)
class JsonLinesFile:
    """A file that may be there. Every method raises Retriable while it is not."""

    place: Place
    name: str

    def rows(self, table_map: CompiledMap, offset: int, line: int) -> Iterator[tuple[Record, At]]:
        """The records from a place on, each with the place after it; a column that a row leaves out is empty there.

        The first row must have every column that the map names. Raises Fatal for what is no JSON.
        """
        with self.place.open(self.name) as raw:
            if not raw.read(1):
                raise Retriable(f"{self.name} is empty", after=2.0)
            raw.seek(offset)
            first = offset == 0
            while found := raw.readline(LONGEST_LINE):
                line += 1
                offset += len(found)
                if len(found) == LONGEST_LINE and not found.endswith(b"\n"):
                    raise Fatal(f"{self.name}, line {line}: it is longer than {LONGEST_LINE} bytes")
                if not found.strip(b" \t\r\n\xef\xbb\xbf"):
                    continue
                row = self._read(found, line)
                if first:
                    self._complete(table_map, row)
                    first = False
                yield {**dict.fromkeys(needed(table_map)), **row}, (offset, line)

    def _read(self, found: bytes, line: int) -> dict[str, Any]:
        try:
            row = json.loads(found.decode("utf-8-sig" if line == 1 else "utf-8"), parse_float=Decimal)
        except UnicodeDecodeError as error:
            raise Fatal(f"{self.name}, line {line}: byte {error.start + 1} is not UTF-8") from None
        except (ValueError, RecursionError) as error:
            if not found.endswith(b"\n"):
                raise Retriable(f"{self.name} ends in the middle of a row", after=1.0) from None
            raise Fatal(f"{self.name}, line {line}: this is no JSON: {getattr(error, 'msg', error)}") from None
        if not isinstance(row, dict):
            raise Fatal(f"{self.name}, line {line}: a row must be an object with the columns as its names")
        return {name: json.dumps(value) if isinstance(value, (dict, list)) else value for name, value in row.items()}

    def _complete(self, table_map: CompiledMap, row: Record) -> None:
        for name in needed(table_map):
            if name not in row:
                raise Fatal(f"map {table_map.key}: {self.name} has no column {name} in its first row{meant(name, row)}")
