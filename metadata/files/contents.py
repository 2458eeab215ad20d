"""Contents: properties whose bytes are kept in a file of their own beside the component.

In YAML such a property is `{file: name}`; in the component and in the database it is a digest and a size.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from metadata.model import KINDS, Content

CHUNK = 65_536
Opened = Mapping[str, Callable[[], BinaryIO]]
"""What opens each content, by its digest."""

Pieces = Callable[[Content], Iterable[bytes]]
"""What gives the bytes of a content."""

_ENDING = re.compile(r"\.[A-Za-z0-9]{1,10}")
# What would be read as a component of its own.
_OURS = (".yaml", ".yml")


@functools.cache
def content_names(kind: str) -> tuple[str, ...]:
    """The properties of a kind whose bytes lie beside the component."""
    return tuple(field.name for field in dataclasses.fields(KINDS[kind].model) if field.metadata.get("content"))


def file_pattern(kind: str) -> re.Pattern[str] | None:
    """How the files of contents of a kind are called in an export, or None for a kind that has none."""
    names = "|".join(content_names(kind))
    return re.compile(rf".+[._]({names})(~[0-9a-f]+)?(\.[A-Za-z0-9]{{1,10}})?") if names else None


def ending_of(data: Mapping[str, Any]) -> str:
    """The ending of an exported file: that of the address, so that programs know what it is."""
    ending = os.path.splitext(str(data.get("partial_url", "")))[1]
    return ending if _ENDING.fullmatch(ending) and ending.lower() not in _OURS else ""


def measured(file: Path) -> Content:
    """What a file holds. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        for piece in pieces(opened):
            digest.update(piece)
            size += len(piece)
    return Content(sha256=digest.hexdigest(), size=size)


def pieces(opened: BinaryIO) -> Iterator[bytes]:
    """The bytes of an open file, so many at a time."""
    while piece := opened.read(CHUNK):
        yield piece


def write(file: Path, content: Content, given: Iterable[bytes]) -> bool:
    """Writes a content whole or not at all; False where the file holds it already."""
    if file.is_file() and not file.is_symlink() and file.stat().st_size == content.size and measured(file) == content:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name[:100]}.draft")
    with draft.open("wb") as opened:
        opened.writelines(given)
    draft.replace(file)
    return True
