"""Processes that end in the middle of their work: forked from a server that has everything loaded, so that one costs little."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors import failpoints
from metadata.model import TableMap
from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.database import make_engine, writing
from runtime.forms import drafts
from runtime.forms.drafts import Draft, Owner
from runtime.forms.ports import Refusal
from runtime.forms.submit import Sent, Work, send
from runtime.sync.homes import home_of
from runtime.sync.pool import Adapters
from runtime.sync.submission import OutsideSubmission
from runtime.sync.worker import Worker, maps_by_connection, open_station
from support.harbour import snapshot_of

ROOT = Path(__file__).parents[2]
OWNER = Owner(1, "site", "form")
_FORKING = multiprocessing.get_context("forkserver")
KILLED = -signal.SIGKILL
CRASH_SECONDS = 60.0
Outside = tuple[str, dict[str, str], Sequence[TableMap]]
"""A connector, its settings, and the maps over it."""


def begin(deed: Callable[..., None], *given: Any) -> BaseProcess:
    """Start a process that does a deed of this module and ends."""
    _FORKING.set_forkserver_preload(["support.crashing"])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests")])  # for the server, which knows no sys.path
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    process = _FORKING.Process(target=deed, args=given, daemon=True)
    process.start()
    return process


def ended(process: BaseProcess) -> int | None:
    """How a process has ended: KILLED where it was, 0 where it came to its end."""
    process.join(CRASH_SECONDS)
    return process.exitcode


def turn(database: str, outside: Outside, point: str, times: int = 1) -> None:
    """One turn of a worker that ends at a failpoint."""
    snapshot = _snapshot(outside)
    (connection,) = maps_by_connection(snapshot)
    station = open_station(make_engine(database), snapshot, connection, Adapters())
    failpoints.arm(point, times)
    station.turn()
    station.close()


def work(database: str, outside: Outside) -> None:
    """A worker, until it is killed."""
    snapshot = _snapshot(outside)
    Worker(make_engine(database), lambda: snapshot, threading.Event()).run()


def freeze(database: str, outside: Outside, point: str, times: int = 1) -> None:
    """A worker that stops where it is at a failpoint, until it is told to go on; it ends with 3 where its lease is gone."""
    failpoints.arm(point, times, lambda: os.kill(os.getpid(), signal.SIGSTOP))
    work(database, outside)


def submit(database: str, outside: Outside, key: str, point: str = "", times: int = 1) -> None:
    """Send a new boat through the outside, and end at a failpoint."""
    if point:
        failpoints.arm(point, times)
    submission(make_engine(database), _snapshot(outside), OutsideSubmission(Adapters()), key)
    failpoints.reached("committed")


def submit_all(database: str, outside: Outside, keys: Sequence[str], told: Path, threads: int = 4) -> None:
    """Send boats, several at a time, and write down what each person was told: the key, and accepted, queued or refused."""
    engine, snapshot, port = make_engine(database), _snapshot(outside), OutsideSubmission(Adapters())

    def one(key: str) -> None:
        found = submission(engine, snapshot, port, key)
        while isinstance(found, Refusal) and found.unanswered:
            found = submission(engine, snapshot, port, key)
        word = "refused" if isinstance(found, Refusal) else "queued" if found.queued else "accepted"
        with told.open("a") as file:
            file.write(f"{key} {word}\n")

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(one, key) for key in keys]:
            done.result()


def submission(engine: sa.Engine, snapshot: Snapshot, port: OutsideSubmission, key: str) -> Sent | Refusal:
    """A boat, sent by a form whose draft has this key (32 hexadecimal digits); once more where it was sent before."""
    table = snapshot.entities["boat"].table
    now = home_of(engine, snapshot).now()
    with writing(engine).begin() as connection:
        draft = drafts.begin(connection, Draft(key, OWNER, "", "", drafts.new_key(), now, now))

    def write(connection: sa.Connection) -> int:
        added = sa.insert(table).values(number=int(key, 16), name=key[-20:], version=1).returning(table.c.id)
        return int(connection.execute(added).scalar_one())

    return send(writing(engine).begin, port, Work(snapshot, Principal.system("portal"), "boat", write), draft)


def _snapshot(outside: Outside) -> Snapshot:
    connector, settings, maps = outside
    return snapshot_of(*maps, settings=settings, connector=connector)
