"""Rows of a backup that break a rule of their table: counted by rule, and kept in a file of errors where one is named.

The file has a line of JSON for each row: its table, the rule, and the row as the backup has it. It stands under its name,
forced to disk, before the transaction ends that leaves those rows out; where that fails it is taken away.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict, dataclass
from io import BufferedWriter
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Table

from metadata.text import counted
from runtime.backup import BackupRefused
from runtime.backup.rows import Tally

PLACES = 5
"""Rows of one rule that are named by their ids."""
SHOWN = 10
"""Rules that a sentence tells of."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule of a table, how many rows break it, and the ids of the first of them."""

    table: str
    rule: str
    rows: int
    places: tuple[Any, ...]

    def __str__(self) -> str:
        more = ", ..." if self.rows > len(self.places) else ""
        ids = f" (id {', '.join(map(str, self.places))}{more})" if self.places else ""
        return f"{self.table}: {self.rule}: {counted(self.rows, 'row')}{ids}"

    @property
    def data(self) -> dict[str, Any]:
        """The same for a document."""
        return asdict(self)


class RulesBroken(BackupRefused):
    """Rows of the backup break rules of their tables; `faults` has them all."""

    def __init__(self, faults: tuple[Fault, ...], *, way_out: bool = True) -> None:
        self.faults = faults
        more = f"; and {counted(len(faults) - SHOWN, 'more rule')}" if len(faults) > SHOWN else ""
        rest = (
            ", or restore the rest with --aside FILE, which keeps these rows in that file"
            if way_out
            else ". They are metadata, without which the rest means nothing"
        )
        super().__init__(
            f"{'; '.join(map(str, faults[:SHOWN]))}{more}. A row in the backup breaks a rule of its table, as where somebody "
            "wrote to the database past Foyer: mend it in the database that the backup was made of, and make another backup"
            f"{rest}. Nothing was restored."
        )


class Aside:
    """The rows that are left out of a restoration. Without a path they are counted alone."""

    def __init__(self, path: Path | None) -> None:
        """Raises BackupRefused where there is such a file, or no folder for it."""
        self._path = path
        self._file: BufferedWriter | None = None
        self._named = False
        self._found: dict[tuple[str, str], list[Any]] = {}
        self._rows: dict[tuple[str, str], int] = {}
        self._tallies: dict[str, Tally] = {}
        if path is not None and path.exists():
            raise BackupRefused(f"{path}: is there already; name a new file.")
        if path is not None and not path.parent.is_dir():
            raise BackupRefused(f"{path.parent}: there is no such folder; make it first, for this user to write to.")

    def add(self, table: Table, line: bytes, rule: str) -> None:
        """One more row, as a line of the backup. Raises OSError."""
        row = dict(zip((str(column.name) for column in table.columns), orjson.loads(line), strict=True))
        place = (str(table.name), rule)
        ids = self._found.setdefault(place, [])
        self._rows[place] = self._rows.get(place, 0) + 1
        if "id" in row and len(ids) < PLACES:
            ids.append(row["id"])
        self.tally(table.name).add(line)
        if self._path is not None:
            self._open().write(orjson.dumps({"table": table.name, "rule": rule, "row": row}) + b"\n")

    def tally(self, table: str) -> Tally:
        """What of a table is left out, counted."""
        return self._tallies.setdefault(table, Tally())

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The rules that are broken."""
        return tuple(Fault(*place, self._rows[place], tuple(ids)) for place, ids in self._found.items())

    def close(self) -> None:
        """Give the file its name; without a row there is none. Raises OSError."""
        if self._file is None or self._path is None:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._draft.replace(self._path)
        self._named = True
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def give_up(self) -> None:
        """Take away what was written, whether it has its name or not."""
        if self._file is None or self._path is None:
            return
        with contextlib.suppress(OSError, ValueError):
            self._file.close()
        (self._path if self._named else self._draft).unlink(missing_ok=True)

    @property
    def _draft(self) -> Path:
        assert self._path is not None  # noqa: S101 - only asked where there is one
        return self._path.with_name(f".{self._path.name}.{os.getpid()}.draft")

    def _open(self) -> BufferedWriter:
        if self._file is None:
            handle = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(handle, "wb")
        return self._file
