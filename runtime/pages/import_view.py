"""What the theme is given of an import: the chooser of a file, its columns, what the check found, what came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileChooser:
    """The form that takes a file. `columns` are the labels of what a file may give, `key` the one that tells rows."""

    url: str
    back: str
    block: int
    accept: str
    columns: tuple[str, ...]
    key: str
    most_rows: int
    most_megabytes: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class ColumnOption:
    """An attribute that a column may be."""

    value: str
    label: str
    selected: bool


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column of the file with its first values, and what it may be."""

    name: str
    heading: str
    samples: tuple[str, ...]
    options: tuple[ColumnOption, ...]


@dataclass(frozen=True, slots=True)
class ColumnChooser:
    """The form that says which column is what. `key` is the label of what tells rows, empty where all rows are new."""

    file: str
    rows: int
    columns: tuple[ColumnChoice, ...]
    key: str
    clears: bool
    url: str
    back: str
    block: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row is not taken: its line in the file, the column's label (may be empty), the sentence."""

    line: int
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How far a check or an import got, and what it found.

    `step` is check or run, `left` rows are still to come by another press. After a whole check `good` rows can be saved, and
    `all_good` says that it is all of them. `refused` is why nothing was saved after all, `done` that the import is over.
    """

    file: str
    step: str
    new: int
    changed: int
    same: int
    faulty: int
    left: int
    errors: tuple[RowError, ...]
    unshown: int
    done: bool
    refused: str
    errors_url: str
    url: str
    back: str
    block: int

    @property
    def good(self) -> int:
        """Rows that can be saved, or were."""
        return self.new + self.changed

    @property
    def checked(self) -> bool:
        """The check is over and nothing has been saved yet."""
        return self.step == "check" and not self.left and not self.done

    @property
    def all_good(self) -> bool:
        """No row is faulty."""
        return not self.faulty
