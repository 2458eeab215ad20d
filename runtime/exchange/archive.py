"""The files of an export in one zip file, the same bytes for the same components; a zip file opened into a folder, safely."""

from __future__ import annotations

import io
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from metadata.files.contents import Pieces
from metadata.files.writing import rendered
from metadata.store import Components

LARGEST = 5_000_000
"""Bytes of a zip file that is brought in."""
LARGEST_OPENED = 50_000_000
"""Bytes of all its files together."""
MOST_FILES = 20_000
MOMENT = (1980, 1, 1, 0, 0, 0)
"""Every file of an archive is of this moment, so that the same site is the same bytes."""
CHUNK = 1 << 16


class NoArchive(Exception):
    """The file is not opened. Carries the key of a text of the studio: not_zip, unsafe, too_large, too_many."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


def archived(components: Components, pieces: Pieces) -> Iterator[bytes]:
    """The archive, piece by piece as it is made: each file holds the bytes that `foyer export` writes. Raises NoContent."""
    made = _Made()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, content in rendered(components.values(), whole=True):
            info = zipfile.ZipInfo(name, MOMENT)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with archive.open(info, "w") as file:
                for piece in (content,) if isinstance(content, bytes) else pieces(content):
                    file.write(piece)
                    if made.size >= CHUNK:
                        yield made.taken()
    yield made.taken()


class _Made:
    """What an archive has written and nobody has taken yet. It cannot be gone back in, so that sizes follow after each file."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        """Take in what is written."""
        self._pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def taken(self) -> bytes:
        """All of it, which is then given away."""
        found, self._pieces, self.size = b"".join(self._pieces), [], 0
        return found


def unpack(data: bytes, folder: Path) -> None:
    """Write the files of an archive below a folder. Raises NoArchive, and has then written nothing that leads outside.

    What an archive says of its sizes is not believed: bytes are counted as they are unpacked.
    """
    if len(data) > LARGEST:
        raise NoArchive("too_large")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
            if len(files) > MOST_FILES:
                raise NoArchive("too_many")
            targets = [_target(folder, info) for info in files]
            left = LARGEST_OPENED
            for info, target in zip(files, targets, strict=True):
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as source, target.open("xb") as sink:
                    for chunk in _chunks(source):
                        left -= len(chunk)
                        if left < 0:
                            raise NoArchive("too_large")
                        sink.write(chunk)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        raise NoArchive("not_zip") from None
    except OSError:  # a file where another one has a folder, or twice the same name
        raise NoArchive("unsafe") from None


def _target(folder: Path, info: zipfile.ZipInfo) -> Path:
    """Where a file goes. Raises NoArchive for a path that is absolute, leads upwards or is no plain file."""
    name = info.filename
    path = PurePosixPath(name)
    mode = info.external_attr >> 16
    plain = not mode or stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0
    parts = name.split("/")
    bad = (
        not name
        or "\\" in name
        or "\0" in name
        or ":" in name
        or path.is_absolute()
        or any(part in ("", ".", "..") for part in parts)
    )
    if bad or not plain or len(name) > 400:
        raise NoArchive("unsafe")
    return folder.joinpath(*parts)


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    try:
        while chunk := source.read(CHUNK):
            yield chunk
    except (zlib.error, lzma.LZMAError):
        raise NoArchive("not_zip") from None
