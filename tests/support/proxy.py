"""A TCP proxy that cuts the line: what is sent in, out, or both ways does not arrive for a while."""

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field

WAYS = ("in", "out", "both")
_RESET = struct.pack("ii", 1, 0)
"""Close without a word of farewell: the other side learns that its connection is gone."""


@dataclass(eq=False)
class _Line:
    """One connection through the proxy, and whether anything of it was lost."""

    near: socket.socket
    far: socket.socket
    torn: bool = False

    def reset(self) -> None:
        for end in (self.near, self.far):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@dataclass
class Proxy:
    """Between whoever connects to `port` and a server. `cut` and `heal` are its two verbs.

    While it is cut either everything waits, as when packets are sent again later, or it is lost, and then the connections
    of which anything was lost are reset when it heals, as a network does that has forgotten them.
    """

    host: str
    far_port: int
    _lines: set[_Line] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: threading.Event = field(default_factory=threading.Event)
    _cut: str = ""
    _loses: bool = False

    def __post_init__(self) -> None:
        self._open.set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, way: str, *, loses: bool) -> None:
        """From now on nothing arrives this way."""
        self._cut, self._loses = way, loses
        self._open.clear()

    def heal(self) -> None:
        """Everything arrives again."""
        with self._lock:
            self._cut = ""
            torn = {line for line in self._lines if line.torn}
            self._lines -= torn
        self._open.set()
        for line in torn:
            line.reset()

    def close(self) -> None:
        """End all connections."""
        self._listening.close()
        with self._lock:
            lines, self._lines = self._lines, set()
        for line in lines:
            line.reset()
        self._open.set()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection((self.host, self.far_port))
        except OSError:
            near.close()
            return
        line = _Line(near, far)
        with self._lock:
            self._lines.add(line)
        threading.Thread(target=self._carry, args=(line, near, far, "in"), daemon=True).start()
        threading.Thread(target=self._carry, args=(line, far, near, "out"), daemon=True).start()

    def _carry(self, line: _Line, source: socket.socket, sink: socket.socket, way: str) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                while self._cut in (way, "both") and not self._loses:
                    self._open.wait()
                with self._lock:  # nothing is torn once it has healed
                    line.torn |= self._cut in (way, "both")
                if not line.torn:
                    sink.sendall(data)
        with self._lock:
            self._lines.discard(line)
        line.reset()
