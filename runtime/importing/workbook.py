"""A workbook as a grid of texts: its first sheet, read piece by piece within a budget of processor time.

The parts are read here rather than by a library, as a library builds a tree of what a few thousand bytes can unpack to. Nothing
is held but the texts of the sheet, its shared strings and which styles are dates.
"""

from __future__ import annotations

import importlib
import importlib.util
import posixpath
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import IO
from xml.parsers import expat

from runtime.forms.parse import Manner
from runtime.importing.grid import MOST_BYTES, Grid, Line, NotReadable, grid_of
from runtime.importing.sheet import Cells, Sheet, Told

MOST_UNPACKED = 60_000_000
MOST_PARTS = 2000
MOST_STYLES = 65_536
LONGEST_FORMAT = 255
SECONDS = 1.0
"""Processor time for all parts together, beside that of the cells that have something in them."""
CELL_SECONDS = 1e-5
"""What a cell that has something in it adds to that."""
MOST_CELLS = 100_000
"""Cells of a sheet with something in them: as many take a second at most. CSV is read many times as fast and has no limit."""
PATIENCE = 2.0
"""Seconds that a workbook waits for another one of the process to be read, before the person is asked to send it again."""
ONE_AT_A_TIME = threading.Lock()
PIECE = 1 << 16
"""Bytes that are unpacked and parsed between two looks at the time."""
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How parts may be packed. Others say in their own heads how much memory unpacking takes."""
Start = Callable[[str, Mapping[str, str]], None]


@cache
def can_read_workbooks() -> bool:
    """Is the library installed that knows which formats are dates, and which days numbers are?"""
    return importlib.util.find_spec("openpyxl") is not None


def read_workbook(file: IO[bytes], most_rows: int, manner: Manner) -> Grid:
    """The grid of the first sheet; numbers and dates become texts as the person writes them. Raises NotReadable."""
    if not can_read_workbooks():
        raise NotReadable("import.csv_only")
    file.seek(0, 2)
    if file.tell() > MOST_BYTES:
        raise NotReadable("import.too_large", count=MOST_BYTES // 1_000_000)
    file.seek(0)
    # Reading is Python all through: several at once would take the other requests of the process their turns.
    if not ONE_AT_A_TIME.acquire(timeout=PATIENCE):
        raise NotReadable("import.busy")
    try:
        with zipfile.ZipFile(file) as archive:
            return grid_of(_Book(_Parts(archive), manner).lines(), most_rows)
    except NotReadable:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        ArithmeticError,
        EOFError,
        LookupError,
        OSError,
        RuntimeError,
        ValueError,
    ) as error:
        raise NotReadable("import.not_readable") from error
    finally:
        ONE_AT_A_TIME.release()


class _Parts:
    """The parts of a workbook, parsed one after the other within the budget."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise NotReadable("import.too_long")
        self._archive = archive
        self._names = frozenset(part.filename for part in parts)
        self._until = time.thread_time() + SECONDS

    def allow(self, cells: int) -> None:
        """Give more time for cells that were read."""
        self._until += cells * CELL_SECONDS

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name in self._names

    def parse(self, name: str, start: Start, end: Callable[[str], None], text: Callable[[str], None] | None = None) -> None:
        """Give all of a part to the handlers."""
        for _ in self.pieces(name, start, end, text):
            pass

    def pieces(
        self, name: str, start: Start, end: Callable[[str], None], text: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """Give a part to the handlers, a piece at each turn. Raises NotReadable where the time is over."""
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.buffer_text = True

        def first(tag: str, given: Mapping[str, str]) -> None:
            """Most workbooks have no prefixes, and are spared to look for them at every tag."""
            if ":" in tag:
                parser.StartElementHandler = lambda tag, given: start(tag.rpartition(":")[2], given)
                parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
            else:
                parser.StartElementHandler, parser.EndElementHandler = start, end

        parser.StartElementHandler = first
        parser.CharacterDataHandler = text
        if self._archive.getinfo(name).compress_type not in PLAIN:
            raise NotReadable("import.not_readable")
        with self._archive.open(name) as unpacked:
            while piece := unpacked.read(PIECE):
                # A tag or comment that does not end is begun anew with every piece: that, too, is time.
                if time.thread_time() > self._until:
                    raise NotReadable("import.too_slow")
                parser.Parse(piece)
                yield
            parser.Parse(b"", True)


def _refuse_doctype(*_: object) -> None:
    """A workbook has none: it could hold entities that unfold, or that stand for files."""
    raise NotReadable("import.not_readable")


def _nothing(*_: object) -> None:
    """For tags that mean nothing."""


class _Book:
    """What the parts of a workbook say of its first sheet."""

    def __init__(self, parts: _Parts, manner: Manner) -> None:
        self._parts = parts
        self._manner = manner

    def lines(self) -> Iterator[Line]:
        """The rows of the first sheet that have cells."""
        start = next(target for kind, target in self._related("").values() if kind == "officeDocument")
        related = self._related(start)
        by_kind = dict(related.values())
        identities, since_1904 = self._sheets(start)
        sheets = (related[identity][1] for identity in identities if related[identity][0] == "worksheet")
        strings, dates = self._strings(by_kind.get("sharedStrings", "")), self._dates(by_kind.get("styles", ""))
        library = importlib.import_module("openpyxl.utils.datetime")
        epoch = library.MAC_EPOCH if since_1904 else library.WINDOWS_EPOCH
        sheet = Sheet(Cells(strings, dates, partial(library.from_excel, epoch=epoch)), self._manner)
        cells = 0
        for _ in self._parts.pieces(next(sheets, ""), sheet.start, sheet.end, sheet.text):
            self._parts.allow(sheet.count)
            cells, sheet.count = cells + sheet.count, 0
            if cells > MOST_CELLS:
                raise NotReadable("import.too_full", count=MOST_CELLS)
            yield from sheet.taken()
            if sheet.over:
                return

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """The kinds and names of the parts that a part names, by how it names them."""
        folder, name = posixpath.split(part)
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, given: Mapping[str, str]) -> None:
            if tag == "Relationship" and given.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, given["Target"])).lstrip("/")
                found.setdefault(given["Id"], (posixpath.basename(given["Type"]), target))

        self._parts.parse(posixpath.join(folder, "_rels", f"{name}.rels"), start, _nothing)
        return found

    def _sheets(self, part: str) -> tuple[list[str], bool]:
        """How the workbook names its sheets, in order, and whether its days begin in 1904."""
        names: list[str] = []
        since_1904 = False

        def start(tag: str, given: Mapping[str, str]) -> None:
            nonlocal since_1904
            if tag == "workbookPr":
                since_1904 = given.get("date1904") in ("1", "true")
            elif tag == "sheet":
                names.extend(value for name, value in given.items() if name.endswith(":id"))

        self._parts.parse(part, start, _nothing)
        return names, since_1904

    def _strings(self, part: str) -> list[str]:
        """The strings that cells share."""
        found: list[str] = []
        if not self._parts.has(part):
            return found
        told = Told()

        def start(tag: str, _: Mapping[str, str]) -> None:
            if tag == "si":
                told.clear()
            else:
                told.start(tag)

        def end(tag: str) -> None:
            if tag == "si":
                found.append(told.whole())
            else:
                told.end(tag)

        self._parts.parse(part, start, end, told.text)
        return found

    def _dates(self, part: str) -> dict[int, bool]:
        """The styles that are dates or spans of time, by their numbers; True for spans."""
        if not self._parts.has(part):
            return {}
        library = importlib.import_module("openpyxl.styles.numbers")
        formats: dict[int, str] = dict(library.BUILTIN_FORMATS)
        styles: list[int] = []
        within = ""

        def start(tag: str, given: Mapping[str, str]) -> None:
            nonlocal within
            if tag in ("cellXfs", "cellStyleXfs"):
                within = tag
            elif tag == "numFmt":
                formats[int(given["numFmtId"])] = given["formatCode"][:LONGEST_FORMAT]
            elif tag == "xf" and within == "cellXfs":
                styles.append(int(given.get("numFmtId", "0")))
                if len(styles) > MOST_STYLES:
                    raise NotReadable("import.too_long")

        self._parts.parse(part, start, _nothing)
        spans = {key: library.is_timedelta_format(formats.get(key)) for key in set(styles)}
        dates = {key for key in spans if library.is_date_format(formats.get(key))}
        return {number: spans[key] for number, key in enumerate(styles) if key in dates}
