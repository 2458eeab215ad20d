"""One workbook (XLSX): the first sheet with its headings in the first row, read as a stream."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from connectors.errors import Fatal, Retriable, meant
from connectors.files.places import Place
from connectors.files.reading import At, needed
from connectors.protocol import Record
from connectors.tablemap import CompiledMap

MOST_UNPACKED = 2_000_000_000
MOST_PARTS = 5000
MOST_COLUMNS = 1000


@dataclass(frozen=True, slots=True)
class WorkbookFile:
    """A file that may be there. Every method raises Retriable while it is not."""

    place: Place
    name: str

    def rows(self, table_map: CompiledMap, offset: int, line: int) -> Iterator[tuple[Record, At]]:
        """The records from a row of the sheet on, each with the place after it. Values are typed as the cells are.

        `offset` and `line` both count rows of the sheet. Raises Fatal for what is no workbook, or lacks a column.
        """
        with self.place.open(self.name) as raw:
            self._weigh(raw)
            book = self._opened(raw)
            try:
                sheet = book.worksheets[0]
                sheet.reset_dimensions()  # they may be stated wrongly
                cells = sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
                names = self._headings(table_map, next(cells, ()))
                for number, row in enumerate(cells, 2):
                    if number > offset and any(value not in (None, "") for value in row):
                        yield self._record(names, row, number), (number, number)
            except (zipfile.BadZipFile, KeyError, SyntaxError, ValueError, EOFError) as error:
                raise Fatal(f"{self.name} cannot be read as a workbook: {error}") from None
            finally:
                book.close()

    def _weigh(self, raw: IO[bytes]) -> None:
        """Refuse what would unpack to fill the memory; no part is unpacked beyond the size that it states."""
        try:
            with zipfile.ZipFile(raw) as archive:
                parts = archive.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            # A workbook's table of contents is its end, so that one which is being written looks like none.
            raise Retriable(f"{self.name} is no complete workbook", after=2.0) from None
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise Fatal(f"{self.name} unpacks to more than {MOST_UNPACKED // 1_000_000} MB")
        raw.seek(0)

    def _opened(self, raw: IO[bytes]) -> Any:
        try:
            # Without the second library an entity in a part could fill the memory.
            importlib.import_module("defusedxml")
            library = importlib.import_module("openpyxl")
        except ImportError:
            raise Fatal(f"{self.name}: workbooks need the extra xlsx of Foyer") from None
        try:
            return library.load_workbook(raw, read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # what a broken file makes the library raise is of every kind
            raise Fatal(f"{self.name} cannot be read as a workbook: {error}") from None

    def _headings(self, table_map: CompiledMap, row: tuple[Any, ...]) -> list[str]:
        names = ["" if value is None else str(value).strip() for value in row]
        while names and not names[-1]:
            names.pop()
        if not names:
            raise Fatal(f"map {table_map.key}: {self.name} has no headings in its first row")
        for name in needed(table_map):
            if name not in names:
                raise Fatal(
                    f"map {table_map.key}: {self.name} has no column {name}{meant(name, [item for item in names if item])}"
                )
        return names

    def _record(self, names: list[str], row: tuple[Any, ...], number: int) -> Record:
        if any(value is not None for value in row[len(names) :]):
            raise Fatal(f"{self.name}, row {number}: there is a value to the right of the headings")
        values = [*row[: len(names)], *[None] * (len(names) - len(row))]
        return {name: value for name, value in zip(names, values, strict=True) if name}
