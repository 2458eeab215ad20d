"""`foyer demo` as a process of its own, for tests that go through everything."""

from __future__ import annotations

import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from support.ports import free_port
from support.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180.0
FOREIGN = (
    "FOYER_DATABASE_URL",
    "FOYER_ERP_URL",
    "FOYER_ERP_ODATA_URL",
    "FOYER_ERP_SECRET",
    "FOYER_DATA_DIR",
    "FOYER_PUBLIC_URL",
    "FOYER_MAIL_FOLDER",
    "FOYER_WORKERS",
)

T = TypeVar("T")


@dataclass
class Demo:
    """A running demo, its people by the first part of their address."""

    url: str
    folder: Path
    people: dict[str, dict[str, Any]]
    process: subprocess.Popen[str]
    visitors: dict[str, Visitor] = field(default_factory=dict)
    erps: list[subprocess.Popen[bytes]] = field(default_factory=list)
    studio: str = ""

    def visitor(self, name: str, **headers: str) -> Visitor:
        """A person at a browser of his own, signed in."""
        found = Visitor(self.url, **headers)
        person = self.people[name]
        answer = found.sign_in(person["email"], person["password"])
        assert "/signin" not in answer.url, answer.text
        return found

    def known(self, name: str) -> Visitor:
        """The same, signed in once for all tests."""
        if name not in self.visitors:
            self.visitors[name] = self.visitor(name)
        return self.visitors[name]

    def erp(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the ERP's own database answers."""
        return read(self.folder / "erp.db", query, *values)

    def portal(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the portal's database answers."""
        return read(self.folder / "foyer.db", query, *values)

    def foyer(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command, in the demo's installation."""
        command = [sys.executable, "-m", "runtime", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environ(), capture_output=True, text=True, check=False)

    def publish(self) -> subprocess.CompletedProcess[str]:
        """Sign off and publish the demo's folder, as the demo tells people to."""
        self.foyer("exposure", str(self.folder / "site"), "--write")
        return self.foyer("publish", str(self.folder / "site"))

    def environ(self) -> dict[str, str]:
        """Nothing set but where the installation is."""
        return {**clean_environment(), "FOYER_DATA_DIR": str(self.folder), "FOYER_ERP_URL": f"sqlite:///{self.folder}/erp.db"}

    def start_erp(self, *arguments: str) -> None:
        """The ERP again, by hand, until the demo ends."""
        command = [sys.executable, "-m", "connectors.sample_erp", "serve", "--tick", "0", *arguments, "--database"]
        quiet = subprocess.DEVNULL
        started = subprocess.Popen([*command, f"sqlite:///{self.folder}/erp.db"], cwd=ROOT, stdout=quiet, stderr=quiet)
        self.erps.append(started)

    def child(self, *words: str) -> int:
        """The process id of a part of the demo whose command line has these words."""
        return next(pid for pid, line in children(self.process.pid) if all(word in line for word in words))


def clean_environment() -> dict[str, str]:
    """This process's environment less what would lead the demo elsewhere."""
    return {name: value for name, value in os.environ.items() if name not in FOREIGN}


def read(file: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of an SQLite file that others are writing to."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)) as connection:
        return connection.execute(query, values).fetchall()


def children(parent: int) -> list[tuple[int, str]]:
    """The processes that a process has started, with their command lines."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                line = (folder / "cmdline").read_text().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(stat[1]) == parent:
                found.append((int(folder.name), line))
    return found


def eventually(what: Callable[[], T], seconds: float = 60.0) -> T:
    """The first true answer of what is asked again and again. The last one where there is none in time."""
    ends = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < ends:
        time.sleep(0.05)
    return found


@contextmanager
def running_demo(folder: Path, *, seed: str = "small", arguments: Sequence[str] = ()) -> Iterator[Demo]:
    """A demo in a folder, until the block ends."""
    command = [
        sys.executable,
        "-m",
        "runtime",
        "demo",
        "--json",
        "--seed",
        seed,
        "--tick",
        "0",
        "--port",
        str(free_port()),
        "--folder",
        str(folder),
        *arguments,
    ]
    with (folder.parent / f"{folder.name}.err").open("w") as errors:
        process = subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        document = json.loads(_first_line(process))
        people = {person["email"].partition("@")[0]: person for person in document["people"]}
        demo = Demo(document["url"], folder, people, process, studio=document["studio"])
        yield demo
        for erp in demo.erps:
            erp.terminate()
            erp.wait(60)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.stdout:
            process.stdout.close()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    assert ready, "the demo has not answered in time"
    line = process.stdout.readline()
    assert line, "the demo ended before it answered"
    return line
