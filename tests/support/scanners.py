"""A virus scanner that runs beside a test and speaks clamd's protocol: it finds the test file of EICAR and nothing else."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class Watchman:
    """What it was given, the most it takes of one content, and an answer in the place of its own."""

    most: int = 1_000_000
    seen: list[bytes] = field(default_factory=list)
    says: bytes | None = None
    port: int = 0

    @property
    def address(self) -> str:
        return f"clamd://127.0.0.1:{self.port}"

    def answer(self, content: bytes) -> bytes:
        self.seen.append(content)
        if self.says is not None:
            return self.says
        if len(content) > self.most:
            return b"INSTREAM size limit exceeded. ERROR\0"
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@contextmanager
def watchman() -> Iterator[Watchman]:
    """A scanner at a port of its own."""
    made = Watchman()

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked = b""
            while not asked.endswith(b"\0"):
                asked += self.rfile.read(1)
            if asked == b"zVERSION\0":
                self.wfile.write(b"ClamAV of the tests\0")
                return
            assert asked == b"zINSTREAM\0", asked
            content = b""
            while (size := struct.unpack("!I", self.rfile.read(4))[0]) and len(content) <= made.most:
                content += self.rfile.read(size)
            self.wfile.write(made.answer(content))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join()
