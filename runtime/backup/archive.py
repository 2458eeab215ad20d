"""The file of a backup: a gzipped tar that is written and read from its beginning to its end, whatever its size.

Members in order: `foyer-backup.json` (what the backup is of), `rows/<table>/<number>` and `files/<key>/<number>` in parts of a
few megabytes, `end.json` (numbers, digests, and the digest of all that stands before it). A file is written beside its name,
forced to disk and renamed, so that there is a whole backup under the name or none. One that was cut short has no end, and one
that was changed has another digest.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import hmac
import io
import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from runtime.backup import BackupRefused

FORMAT = 1
HEAD, END = "foyer-backup.json", "end.json"
PART = 4 * 1024 * 1024
"""Bytes of a member, about: one part is held in memory at a time."""
LARGEST_MEMBER = 64 * 1024 * 1024
SPEED = 1
"""How hard gzip tries: rows shrink to a sixth at a pace that the database can follow."""


class Writer:
    """Writes a backup; `close` ends it. What is left without `close` is no backup."""

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        said = orjson.dumps({"format": FORMAT, **head})
        self._path = path
        self._draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
        handle = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(handle, "wb")
        self._gzip = gzip.GzipFile("", "wb", SPEED, self._file, mtime=0)
        self._tar = tarfile.open(fileobj=self._gzip, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed with the file
        self._digest = hashlib.sha256()
        self.add(HEAD, said)

    def add(self, name: str, content: bytes) -> None:
        """Add a member. Raises OSError."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), 0o600
        self._tar.addfile(info, io.BytesIO(content))
        self._tar.members.clear()  # type: ignore[attr-defined]  # a list of all there ever were
        _count(self._digest, name, content)

    def close(self, end: Mapping[str, Any], secret_key: str) -> None:
        """Write the end, and give the file its name. Raises OSError."""
        digest = self._digest.hexdigest()
        self.add(END, orjson.dumps({**end, "sha256": digest, "key": key_mark(secret_key), "seal": seal(secret_key, digest)}))
        self._tar.close()
        self._gzip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def give_up(self) -> None:
        """Take away what was written; nothing after `close`."""
        for part in (self._tar, self._gzip, self._file):
            with contextlib.suppress(OSError, ValueError):
                part.close()
        self._draft.unlink(missing_ok=True)


class Reader:
    """Reads a backup once, from its beginning. `head` is there at once; `end` when all members have been read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()
        self.end: Mapping[str, Any] = {}
        self._members = self._read(path)
        name, content = next(self._members, ("", b""))
        if name != HEAD:
            raise BackupRefused(f"{path}: is no backup of Foyer.")
        self.head = _document(path, content)
        if self.head.get("format") != FORMAT:
            raise BackupRefused(
                f"{path}: its format {self.head.get('format')!r} is not known here; use the version that made it."
            )

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Names and contents between head and end. Raises BackupRefused where the file is damaged or cut short."""
        for name, content in self._members:
            if name == END:
                self.end = _document(self._path, content)
                self._check()
                return
            yield name, content
        raise BackupRefused(f"{self._path}: is not complete, its end is missing.")

    def _check(self) -> None:
        if not hmac.compare_digest(str(self.end.get("sha256")), self._digest.hexdigest()):
            raise BackupRefused(f"{self._path}: is damaged, its checksum is another.")
        for _ in self._members:
            raise BackupRefused(f"{self._path}: is damaged, there is more after its end.")

    def _read(self, path: Path) -> Iterator[tuple[str, bytes]]:
        begun = False
        try:
            with path.open("rb") as file, gzip.GzipFile(fileobj=file) as whole, _tar(whole) as tar:
                while (info := tar.next()) is not None:
                    begun = begun or info.name == HEAD
                    tar.members.clear()  # type: ignore[attr-defined]
                    content = _content(tar, info)
                    if info.name != END:
                        _count(self._digest, info.name, content)
                    yield info.name, content
                while rest := whole.read(PART):  # up to the checksum that gzip keeps at the end
                    if rest.strip(b"\0"):
                        raise tarfile.ReadError("more after the end")
        except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
            said = "is damaged or not complete" if begun else "is no backup of Foyer"
            raise BackupRefused(f"{path}: {said}.") from error


def key_mark(secret_key: str) -> str:
    """A few letters by which a secret key is known again, and that say nothing of it."""
    return hmac.new(secret_key.encode(), b"foyer backup key", hashlib.sha256).hexdigest()[:16]


def seal(secret_key: str, digest: str) -> str:
    """What only the holder of the secret key can have written of a digest."""
    return hmac.new(secret_key.encode(), f"foyer backup seal {digest}".encode(), hashlib.sha256).hexdigest()


def _tar(whole: gzip.GzipFile) -> tarfile.TarFile:
    return tarfile.open(fileobj=whole, mode="r|")


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(info) if info.isreg() and info.size <= LARGEST_MEMBER else None
    if file is None:
        raise tarfile.ReadError("a member that no backup has")
    content = file.read()
    if len(content) != info.size:
        raise tarfile.ReadError("a member is cut short")
    return content


def _count(digest: Any, name: str, content: bytes) -> None:
    digest.update(f"{len(name.encode())} {name} {len(content)} ".encode())
    digest.update(content)


def _document(path: Path, content: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BackupRefused(f"{path}: is damaged.") from error
    if not isinstance(found, dict):
        raise BackupRefused(f"{path}: is damaged.")
    return found
