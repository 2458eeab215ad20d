"""What people see of a file, as one text, which a statement can select like the name of a row. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

FILES = "/_files"
WIDTH = "width"
"""The argument that asks for a small picture."""

_PARTS = 6


@dataclass(frozen=True, slots=True)
class FileLabel:
    """A file: the row that holds it (0 while none does), its size in bytes, what it is, its digest, its key, its name."""

    row: int
    size: int
    media_type: str
    sha256: str
    key: str
    name: str

    @property
    def text(self) -> str:
        """The label as one text; the name stands last, because it may hold spaces."""
        return f"{self.row} {self.size} {self.media_type} {self.sha256} {self.key} {self.name}"


def read_label(text: object) -> FileLabel | None:
    """The label of a text; None for anything else."""
    parts = text.split(" ", _PARTS - 1) if isinstance(text, str) else []
    if len(parts) != _PARTS or not (parts[0].isdecimal() and parts[1].isdecimal()):
        return None
    return FileLabel(int(parts[0]), int(parts[1]), *parts[2:])


def file_address(entity: str, attribute: str, label: FileLabel, width: int = 0) -> str:
    """Where a file is served, or the small picture made of it."""
    return at_width(f"{FILES}/{entity}/{label.row}/{attribute}/{quote(label.name, safe='')}", width)


def at_width(address: str, width: int) -> str:
    """The address of a picture, made small where a width is given."""
    return f"{address}?{WIDTH}={width}" if width else address
