"""The processes of the demo: started one after the other, stopped together."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

STOP_SECONDS = 10.0


class Died(Exception):
    """A process of the demo ended by itself."""


class Processes:
    """Child processes that write their logs to a folder."""

    def __init__(self, environ: Mapping[str, str], logs: Path) -> None:
        self._environ = dict(environ)
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, module: str, *arguments: str) -> None:
        """Start `python -m module arguments`; its output goes to `<name>.log`."""
        with (self._logs / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own modules, no shell
                [sys.executable, "-m", module, *arguments],
                env=self._environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def run(self, name: str, module: str, *arguments: str) -> None:
        """Run to the end. Raises Died with the last lines of the log where it fails."""
        self.start(name, module, *arguments)
        process = self._running.pop(name)
        if process.wait() != 0:
            raise Died(self._last_words(name))

    def wait_for_line(self, name: str, line: str, seconds: float) -> None:
        """Wait until a process has written a line. Raises Died where it ends first, or does not in time."""
        ends = time.monotonic() + seconds
        while line not in self._log(name):
            self._check(name, ends)
            time.sleep(0.05)

    def wait_for_answer(self, name: str, url: str, seconds: float) -> None:
        """Wait until an address answers with 200. Raises Died where the process ends first, or does not in time."""
        ends = time.monotonic() + seconds
        while not _answers(url):
            self._check(name, ends)
            time.sleep(0.05)

    def dead(self) -> tuple[str, ...]:
        """The names of the processes that have ended."""
        return tuple(name for name, process in self._running.items() if process.poll() is not None)

    def last_words(self, name: str) -> str:
        """The name of a process, and the last lines of its log."""
        return self._last_words(name)

    def stop(self) -> None:
        """Ask all to stop, the last started first; kill those that do not."""
        for process in reversed(self._running.values()):
            process.terminate()
        for process in reversed(self._running.values()):
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _check(self, name: str, ends: float) -> None:
        if self._running[name].poll() is not None or time.monotonic() > ends:
            raise Died(self._last_words(name))

    def _log(self, name: str) -> str:
        return (self._logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def _last_words(self, name: str) -> str:
        lines = self._log(name).splitlines()[-15:]
        return "\n".join([f"{name} did not work; the end of {self._logs / f'{name}.log'}:", *lines])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
