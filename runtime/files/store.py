"""Where contents lie: a folder of this machine, or what an address names. A key is written once and never again."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK = 65_536


class StoreFailed(Exception):
    """The store does not answer as it should."""


class ContentLost(StoreFailed):
    """The store has no such content."""


class Store(Protocol):
    """Keeps contents by key. What any method raises is a StoreFailed."""

    def put(self, key: str, content: BinaryIO) -> None:
        """Keep a content, from its beginning; when this returns it survives a crash."""
        ...

    def read(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, in pieces. Raises ContentLost before the first of them."""
        ...

    def remove(self, key: str) -> None:
        """Forget a content; one that is not there is forgotten already."""
        ...


def new_key() -> str:
    """A key that nobody can guess."""
    return uuid.uuid4().hex


class FolderStore:
    """Contents as files of a folder, spread over folders by the first letters of their keys."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, content: BinaryIO) -> None:
        """Write beside, force to disk, then rename: a content is there whole or not at all."""
        place = self._place(key)
        draft = place.with_name(f".{key}.draft")
        content.seek(0)
        try:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                shutil.copyfileobj(content, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(place)
            _sync_folder(place.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise StoreFailed(str(error)) from error

    def read(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of a part, in pieces."""
        try:
            file = self._place(key).open("rb")
            file.seek(start)
        except FileNotFoundError as error:
            raise ContentLost(key) from error
        except OSError as error:  # no right to read it, too many files open: it is not lost, and comes back
            raise StoreFailed(str(error)) from error
        return _Pieces(file, stop - start)

    def remove(self, key: str) -> None:
        """Delete the file, and what a crash left of its writing."""
        place = self._place(key)
        try:
            place.unlink(missing_ok=True)
            place.with_name(f".{key}.draft").unlink(missing_ok=True)
        except OSError as error:
            raise StoreFailed(str(error)) from error

    def _place(self, key: str) -> Path:
        return self._folder / key[:2] / key


class _Pieces:
    """A part of an open file, in pieces. It is closed when all was read or nobody wants more, begun or not."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self._file.read(min(CHUNK, self._left)) if self._left > 0 else b""
        if not piece:
            self.close()
            raise StopIteration
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Let go of the file; the server does so also with an answer to HEAD, of which it reads nothing."""
        self._left = 0
        self._file.close()

    def __del__(self) -> None:
        self.close()  # an answer that is thrown away is closed by nobody


def _sync_folder(folder: Path) -> None:
    """Make the new name in a folder last; without this a power cut could take it back."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
