"""`latency`: from the commit of a change outside to its being visible in our table, while changes go on at a given rate.

Outside and inside are two PostgreSQL databases, between them `foyer worker` as a process of its own. Each change is a
transaction of its own that writes a number of its own into a row; a change is visible once our row has that number or a
later one. What is measured is a little too long, by the time that the question takes which looks.
"""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from sqlalchemy import text

from benchmarks.data import environment, folder, fresh_postgres
from benchmarks.report import Table
from benchmarks.servers import processor_seconds
from benchmarks.sync import INSIDE, OUTSIDE, fill, publish
from connectors.sql.installing import plan_tracking
from connectors.tablemap import compiled_maps
from runtime.database import make_engine
from runtime.sync.homes import home_of
from runtime.sync.steering import read_again

ROWS = 20_000
WRITERS = 4
LOOK_SECONDS = 0.005
PATIENCE = 60.0
SLOWEST_LOAD = 5000
"""Rows a second that a load is expected to take at least, on a machine that does much besides."""
MIDDLE, SLOWEST = 50.0, 250.0
"""The goals in milliseconds: of half of the changes, and of all but the slowest hundredth."""
WAYS = ("triggers", "log", "column")


@dataclass(slots=True)
class Seen:
    """Changes by their number: when each was committed, and how long it took until it was visible, in order."""

    waiting: deque[tuple[int, int, float]] = field(default_factory=deque)
    took: list[tuple[float, float]] = field(default_factory=list)


def latency(way: str, rate: int, seconds: float, together: int, again: int = 0) -> Table:
    """Milliseconds from commit to visible; with `together` so many changes are one transaction.

    With `again` the table has so many rows, and all of them are read again meanwhile.
    """
    source = fresh_postgres(OUTSIDE)
    fill(source, again or ROWS)
    with psycopg.connect(source) as outside:
        outside.execute("CREATE SEQUENCE item_seq START 1000000")
    engine = make_engine(fresh_postgres(INSIDE))
    given: dict[str, Any] = {} if way == "column" else {"change_column": "", "tracking": way}
    snapshot = publish(engine, source, revert_days=0, **given)
    if way != "column":
        maps = [item for item in compiled_maps(snapshot) if item.key == "items"]
        plan_tracking("outside", {"url": source}, maps, run=True)
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with _worker(url) as worker:
        _until_loaded(url, again or ROWS)
        if again:
            read_again(home_of(engine, snapshot), next(item for item in compiled_maps(snapshot) if item.key == "items"))
        before = processor_seconds(worker.pid)
        seen, spent = _drive(source, url, rate, seconds, together)
        share = (processor_seconds(worker.pid) - before) / spent
    engine.dispose()
    table = _table(way, (rate, seconds, together), seen, share)
    return replace(table, title=f"{table.title}; {again:,} rows read again meanwhile") if again else table


def _drive(source: str, url: str, rate: int, seconds: float, together: int) -> tuple[Seen, float]:
    seen, over = Seen(), threading.Event()
    numbers, lock = itertools.count(1), threading.Lock()
    begun = time.monotonic()
    with psycopg.connect(url, autocommit=True) as inside:
        inside.execute("CREATE INDEX ON item (count0)")
        looking = threading.Thread(target=_look, args=(inside, seen, lock, over))
        looking.start()
        each = rate / WRITERS / together
        writers = [
            threading.Thread(target=_write, args=(source, seen, lock, numbers, (begun, each, seconds, together)))
            for _ in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        until = time.monotonic() + PATIENCE
        while seen.waiting and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        over.set()
        looking.join()
    return seen, time.monotonic() - begun


def _write(
    source: str, seen: Seen, lock: threading.Lock, numbers: Iterator[int], pace: tuple[float, float, float, int]
) -> None:
    """Commit at an even pace; who is late makes up for it, so that the rate is kept where the machine allows."""
    begun, each, seconds, together = pace
    change = "UPDATE item SET count0 = %s, seq = nextval('item_seq') WHERE no = %s"
    with psycopg.connect(source) as outside:
        for at in range(int(each * seconds)):
            ahead = begun + at / each - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            with lock:
                mine = [next(numbers) for _ in range(together)]
            for number in mine:
                outside.execute(change, (NEW + number, number % ROWS + 1))
            outside.commit()
            now = time.monotonic()
            with lock:
                seen.waiting.extend((number, number % ROWS + 1, now) for number in mine)


NEW = 1_000_000
"""Where the numbers of changes begin, above all that a row has at first."""


def _look(inside: psycopg.Connection[Any], seen: Seen, lock: threading.Lock, over: threading.Event) -> None:
    """Take out what is visible by now."""
    rows: dict[int, int] = {}
    floor = 0
    while not over.wait(LOOK_SECONDS):
        found = inside.execute("SELECT number, count0 FROM item WHERE count0 > %s", (NEW + floor,)).fetchall()
        now = time.monotonic()
        rows.update({number: count - NEW for number, count in found})
        with lock:
            left = deque[tuple[int, int, float]]()
            for number, row, since in seen.waiting:
                if rows.get(row, 0) >= number:
                    seen.took.append((since, now - since))
                else:
                    left.append((number, row, since))
            seen.waiting = left
            lowest = min((number for number, _, _ in left), default=max(rows.values(), default=0))
            floor = max(0, lowest - 50 * WRITERS)


@contextmanager
def _worker(url: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder() / "worker.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime", "worker"], env=environment(url), stdout=output, stderr=output
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def _until_loaded(url: str, rows: int) -> None:
    engine = make_engine(url)
    patience = PATIENCE + rows / SLOWEST_LOAD
    until = time.monotonic() + patience
    loaded = text("SELECT count(*) FROM foyer_sync_checkpoint WHERE loaded AND succeeded_at IS NOT NULL")
    while time.monotonic() < until:
        with engine.connect() as connection:
            if connection.execute(loaded).scalar_one() == 2:  # groups and items
                engine.dispose()
                return
        time.sleep(0.1)
    raise TimeoutError(f"the worker has not loaded {rows:,} rows in {patience:.0f} seconds; see {folder() / 'worker.log'}")


def _table(way: str, asked: tuple[int, float, int], seen: Seen, share: float) -> Table:
    rate, seconds, together = asked
    took = sorted(seen.took)
    apart = f", {together} in a transaction" if together > 1 else ""
    title = f"live changes told by {way}, {rate:,} a second for {seconds:g} s{apart}; load {os.getloadavg()[0]:.1f}"
    columns = ("changes", "of them", "a second", "p50 ms", "p99 ms", "most ms", "goal", "not seen", "worker's processor")
    table = Table(title, columns)
    if not took:
        table.add(("all", "0", "", "", "", "", "missed", f"{len(seen.waiting)}", f"{share:.0%}"))
        return table
    third = len(took) // 3
    parts = {"all": took, "first third": took[:third], "last third": took[-third:]}
    for name, part in parts.items():
        times = [1000 * time_taken for _, time_taken in part]
        p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
        length = part[-1][0] - part[0][0]
        met = "met" if p50 < MIDDLE and p99 < SLOWEST and not seen.waiting else "missed"
        cells = (f"{len(part):,}", f"{len(part) / length:,.0f}", f"{p50:.0f}", f"{p99:.0f}", f"{max(times):.0f}", met)
        table.add((name, *cells, f"{len(seen.waiting)}" if name == "all" else "", f"{share:.0%}" if name == "all" else ""))
    return table
