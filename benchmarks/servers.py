"""Servers under measurement: started with the same program and settings, waited for, stopped."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import environment, folder

PATIENCE = 60.0


class NoAnswer(Exception):
    """A server did not answer in time; the message says where its words are."""


@dataclass(frozen=True, slots=True)
class Load:
    """How hard a server is driven: its processes and threads, and the connections that ask at the same time."""

    workers: int = 1
    threads: int = 8
    connections: int = 8


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `seconds` is how long it took from its start to its first answer."""

    name: str
    port: int
    pid: int
    seconds: float

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def foyer(url: str, load: Load, ready: str = "/healthz") -> Iterator[Server]:
    """`foyer serve` on a database."""
    port = free_port()
    command = ["-m", "runtime", "serve", "--port", str(port), "--workers", str(load.workers), "--threads", str(load.threads)]
    with _running("foyer", command, environment(url, FOYER_PUBLIC_URL=f"http://127.0.0.1:{port}"), port, ready) as server:
        yield server


@contextlib.contextmanager
def by_hand(url: str, frames: Path, load: Load) -> Iterator[Server]:
    """The pages written by hand, on the same database."""
    port = free_port()
    command = [
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--factory",
        "--port",
        str(port),
        "--workers",
        str(load.workers),
        "--blocking-threads",
        str(load.threads),
        "--no-ws",
        "--log-level",
        "error",
        "benchmarks.handwritten.app:make_app",
    ]
    settings = environment(url, BENCH_FRAMES=str(frames))
    with _running("by hand", command, settings, port, "/healthz") as server:
        yield server


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _running(name: str, command: list[str], settings: dict[str, str], port: int, ready: str) -> Iterator[Server]:
    said = folder() / f"{name.replace(' ', '-')}.log"
    begun = time.perf_counter()
    with said.open("wb") as output:
        process = subprocess.Popen([sys.executable, *command], env=settings, stdout=output, stderr=output)
        try:
            _wait(port, ready, process, said)
            yield Server(name, port, process.pid, time.perf_counter() - begun)
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()
                process.wait()


def _wait(port: int, path: str, process: subprocess.Popen[bytes], said: Path) -> None:
    until = time.perf_counter() + PATIENCE
    while time.perf_counter() < until and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == http.client.OK:
                return
        time.sleep(0.005)
    raise NoAnswer(f"port {port} gives no answer at {path}; see {said}")


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]


def resident_mb(pid: int) -> float:
    """How much memory of a process is in use now, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def processor_seconds(pid: int) -> float:
    """How much processor time a process has taken by now, in seconds, without its children that still run."""
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return sum(map(int, told[11:15])) / os.sysconf("SC_CLK_TCK")
