"""Having uploads looked through for viruses, by a scanner that speaks the protocol of ClamAV's clamd.

The protocol is a command and lengths of pieces (clamd(8), INSTREAM); there is no library of it that is still kept.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

PATIENCE_S = 30.0
CHUNK = 65_536
LONGEST_ANSWER = 4096
PORT = 3310


class ScannerDown(Exception):
    """Nothing is known of a content, as the scanner does not answer as it should; the message is for the log."""


class Scanner(Protocol):
    """Looks through contents."""

    def scan(self, content: BinaryIO) -> str:
        """What is found in a content, "" for nothing. Raises ScannerDown."""
        ...

    def version(self) -> str:
        """What the scanner says that it is. Raises ScannerDown."""
        ...


@dataclass(frozen=True, slots=True)
class Clamd:
    """A clamd at a host and port, or at the path of a socket of this machine."""

    host: str
    port: int
    path: str = ""

    @classmethod
    def at(cls, address: str) -> Clamd:
        """The scanner of clamd://host:port or clamd:///path. Raises ValueError."""
        parts = urlsplit(address)
        if parts.scheme != "clamd" or parts.query or parts.fragment or not (parts.hostname or parts.path.strip("/")):
            raise ValueError("must be clamd://host:3310 or clamd:///run/clamav/clamd.ctl")
        return cls(parts.hostname or "", parts.port or PORT, "" if parts.hostname else unquote(parts.path))

    def scan(self, content: BinaryIO) -> str:
        """The name of a virus, "" for none."""
        try:
            with self._connected() as wire:
                self._send(wire, content)
                answer = _answer(wire)
        except OSError as error:
            raise ScannerDown(f"{self._name}: {error}") from error
        told = answer.removeprefix("stream: ")
        if told == "OK":
            return ""
        if told.endswith(" FOUND"):
            return told.removesuffix(" FOUND")
        raise ScannerDown(f"{self._name} answers {told[:200]!r}")

    def version(self) -> str:
        """The version of clamd and of what it knows."""
        try:
            with self._connected() as wire:
                wire.sendall(b"zVERSION\0")
                return _answer(wire)
        except OSError as error:
            raise ScannerDown(f"{self._name}: {error}") from error

    @property
    def _name(self) -> str:
        return self.path or f"{self.host}:{self.port}"

    def _connected(self) -> socket.socket:
        if not self.path:
            return socket.create_connection((self.host, self.port), PATIENCE_S)
        wire = socket.socket(socket.AF_UNIX)
        wire.settimeout(PATIENCE_S)
        try:
            wire.connect(self.path)
        except OSError:
            wire.close()
            raise
        return wire

    @staticmethod
    def _send(wire: socket.socket, content: BinaryIO) -> None:
        content.seek(0)
        try:
            wire.sendall(b"zINSTREAM\0")
            while piece := content.read(CHUNK):
                wire.sendall(struct.pack("!I", len(piece)) + piece)
            wire.sendall(struct.pack("!I", 0))
        except (BrokenPipeError, ConnectionResetError):
            return  # a content beyond its own limit it does not read to the end, and says so


def _answer(wire: socket.socket) -> str:
    found = b""
    while b"\0" not in found and len(found) < LONGEST_ANSWER:
        piece = wire.recv(LONGEST_ANSWER)
        if not piece:
            break
        found += piece
    return found.partition(b"\0")[0].decode("utf-8", "replace").strip()
