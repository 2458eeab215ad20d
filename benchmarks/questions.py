"""`questions` and `export`: what is asked of all orders, by somebody who may read them all.

A question is a whole page of the engine beside the statements alone that the page's figures and rows need, written by hand:
the same question, such as a city that contains the word where the list's filter does.
"""

from __future__ import annotations

import gc
import os
import shutil
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.data import SITE, environment, folder, prepared
from benchmarks.load import Ask
from benchmarks.processor import asked, fetch_ms
from benchmarks.report import Table, whole
from benchmarks.rows import Scale
from benchmarks.servers import Load, children, foyer, resident_mb
from benchmarks.visitors import foyer_cookie
from runtime.app import create_app
from runtime.config import Config
from runtime.database import make_engine

WIDE = Path(__file__).parent / "wide"
STAFF, ROLE = 5, "staff"
ENOUGH = 10_001
"""Where a list stops counting; what is written by hand stops there as well."""
PAGE = 25
CHUNK = 1 << 16
SEARCHED = ("4711", "ref delft", "s0012345", "nothing-of-it")
"""Words that are looked for, by the search without facets and by the one with them."""


class WideScale(Scale):
    """The same rows in a site that also has filters, rollups and a search over all of them."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """A name for a database of this size."""
        return f"{super().name}_wide"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the page's address, and by hand the condition, the order, and columns beside those of the list; `joined`
    where the condition is about accounts and contacts too."""

    name: str
    path: str
    where: str
    order: str = "o.ordered_on DESC, o.id DESC"
    columns: str = "c.full_name, a.name, o.city, o.status, o.total"
    joined: bool = False

    def by_hand(self) -> Iterator[str]:
        """The statements: a page of rows, and how many there are as far as a list counts."""
        joins = "LEFT JOIN contact c ON c.id = o.contact LEFT JOIN account a ON a.id = o.account"
        yield (
            f"SELECT o.id, o.number, o.ordered_on, o.reference, {self.columns} FROM sales_order o {joins} "
            f"WHERE {self.where} ORDER BY {self.order} LIMIT {PAGE}"
        )
        needed = joins if self.joined else ""
        yield f"SELECT count(*) FROM (SELECT 1 FROM sales_order o {needed} WHERE {self.where} LIMIT {ENOUGH}) f"


LINES = "FROM order_line l WHERE l.sales_order = o.id"
WORTH = f"(SELECT sum(l.amount) {LINES})"
WORTHS = f"coalesce({WORTH}, 0), (SELECT count(*) {LINES})"


def questions(money: Callable[[int], str]) -> Iterator[Question]:
    """All of them; `money` writes an amount as the database keeps it."""
    city = f"o.status = 'open' AND {_any_of('%delft%', 'o.city')}"
    few = f"o.status = 'open' AND o.total BETWEEN {money(100)} AND {money(150)} AND {_any_of('%delft%', 'o.city')}"
    yield Question("all, newest first", "/everything", "1 = 1")
    yield Question("by state and city", "/everything?f.status=open&f.city=Delft", city)
    yield Question("few by amount", "/everything?f.status=open&f.city=Delft&f.total.from=100&f.total.to=150", few)
    days = "o.ordered_on BETWEEN '2024-03-01' AND '2024-03-03'"
    yield Question("by days", "/everything?f.ordered.from=2024-03-01&f.ordered.to=2024-03-03", days)
    yield Question("one customer", "/everything?f.customer=2", "o.account = 2")
    yield Question("by amount, largest first", "/everything?sort=-total", "1 = 1", "o.total DESC, o.id DESC")
    yield Question("rollups shown", "/everything?view=worth", "1 = 1", columns=WORTHS)
    rolled = f"{WORTH} >= {money(3500)}"
    yield Question("by a rollup", "/everything?view=worth&f.worth.from=3500", rolled, columns=WORTHS)
    wide = "/everything?view=worth&sort=-worth"
    yield Question("rollup, largest first", wide, "1 = 1", f"coalesce({WORTH}, 0) DESC, o.id DESC", WORTHS)
    texts = ("o.number", "o.reference", "o.city", "a.name", "c.full_name")
    typed = " AND ".join(_any_of(f"%{word}%", *texts) for word in ("4711", "ref"))
    yield Question("words in a list", "/everything?q=ref+4711", typed, joined=True)


def _any_of(pattern: str, *columns: str) -> str:
    return "(" + " OR ".join(f"lower({column}) LIKE '{pattern}'" for column in columns) + ")"


def ask_all(kind: str, scale: WideScale, rounds: int, only: str = "") -> Table:
    """The median time of an answer in this process and of the rows in it, beside that of the statements, by turns."""
    url = wide(kind, scale)
    os.environ.update(environment(url, FOYER_PUBLIC_URL="http://127.0.0.1", FOYER_LOG_LEVEL="WARNING"))
    app, cookie = create_app(Config.from_environment(os.environ)), foyer_cookie(url, STAFF, ROLE)
    table = Table(
        f"questions, {kind}, {scale.orders:,} orders", ("question", "page ms", "rows ms", "by hand ms", "times", "rows, times")
    )
    engine = make_engine(url)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for question in questions(str if kind == "postgresql" else lambda amount: str(amount * 100)):
                if only in question.name:
                    table.add(_beside(app, Ask(question.path, cookie), connection, question, rounds))
            for name, page in (("search", "find"), ("facets", "narrow")):
                for words in SEARCHED if only in name else ():
                    (ours,) = _by_turns((partial(_page, app, Ask(f"/{page}?q={words.replace(' ', '+')}", cookie)),), rounds)
                    table.add((f"{name}: {words}", f"{ours:.1f}", "", "", "", ""))
    finally:
        engine.dispose()
    return table


def _beside(app: Any, ask: Ask, connection: Connection, question: Question, rounds: int) -> tuple[str, ...]:
    rows: list[float] = []

    def page() -> None:
        rows.append(fetch_ms(app, ask))

    ours, theirs = _by_turns((page, partial(_statements, connection, question)), rounds)
    fetched = statistics.median(rows[1:])
    return question.name, f"{ours:.1f}", f"{fetched:.1f}", f"{theirs:.1f}", f"{ours / theirs:.2f}", f"{fetched / theirs:.2f}"


def export(kind: str, scale: WideScale, form: str) -> Table:
    """All orders as a file: when its first bytes come, how long it takes, and the most memory that the worker has."""
    url = wide(kind, scale)
    table = Table(
        f"export, {kind}, {scale.orders:,} orders", ("file", "first bytes s", "whole s", "MB", "worker MB before", "at most")
    )
    with foyer(url, Load()) as server:
        worker = children(server.pid)[0]
        headers = {"Cookie": foyer_cookie(url, STAFF, ROLE)}
        _read(urllib.request.Request(f"{server.url}/everything", headers=headers))
        before = resident_mb(worker)
        with _most(lambda: resident_mb(worker)) as memory:
            first, seconds, size = _read(urllib.request.Request(f"{server.url}/everything?export={form}", headers=headers))
    table.add((form, f"{first:.2f}", f"{seconds:.1f}", whole(size / 1e6), whole(before), whole(max(memory))))
    return table


def wide(kind: str, scale: WideScale) -> str:
    """The address of a filled database whose site asks much of it."""
    place = folder() / "wide"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(SITE, place)
    shutil.copytree(WIDE, place, dirs_exist_ok=True)
    return prepared(kind, scale, place)


def _by_turns(sides: tuple[Callable[[], None], ...], rounds: int) -> list[float]:
    taken: list[list[float]] = [[] for _ in sides]
    for turn in range(rounds + 1):
        for place, side in enumerate(sides):
            gc.collect()
            begun = time.perf_counter()
            side()
            if turn:  # what only the first answers meet is not measured
                taken[place].append((time.perf_counter() - begun) * 1000)
    return [statistics.median(each) for each in taken]


def _page(app: Any, ask: Ask) -> None:
    status, _ = asked(app, ask)
    if not status.startswith("200"):
        raise RuntimeError(f"{ask.url} answered {status}")


def _statements(connection: Connection, question: Question) -> None:
    for statement in question.by_hand():
        connection.execute(text(statement)).all()


def _read(request: urllib.request.Request) -> tuple[float, float, int]:
    begun = time.perf_counter()
    with urllib.request.urlopen(request, timeout=3600) as answer:
        size = len(answer.read(1))
        first = time.perf_counter() - begun
        while part := answer.read(CHUNK):
            size += len(part)
    return first, time.perf_counter() - begun, size


@contextmanager
def _most(measure: Callable[[], float]) -> Iterator[list[float]]:
    found, over = [measure()], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            found.append(measure())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
