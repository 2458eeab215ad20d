"""`soak`: people read and write for a long while, worker processes are killed at random, and afterwards nothing is missing.

One worker is never killed: its memory is looked at. What a person was told is saved (303) must be there once, and what is there
of this run must have been sent, by the person whose account it has. What was cut off may be there once or not at all.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import re
import signal
import statistics
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import text

from benchmarks.data import prepared
from benchmarks.report import Table, whole
from benchmarks.rows import Scale
from benchmarks.servers import Load, Server, children, foyer, resident_mb
from benchmarks.visitors import foyer_cookie
from runtime.database import make_engine

SCALE = Scale(5_000, accounts=200)
PEOPLE = range(20, 32)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SAVED = 303
WORKERS = 3
GROWN_UP = 8.0
"""Seconds after which a worker may be killed: one that dies sooner ends the server, which takes it for a fault of the site."""
LARGEST_GROWTH = 0.25
"""How much the memory of the old worker may grow between the second and the last quarter."""


@dataclass(slots=True)
class Told:
    """What people did and were told. `saved` and `unsure` are references of orders by their person."""

    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    saved: dict[str, int] = field(default_factory=dict)
    unsure: dict[str, int] = field(default_factory=dict)
    read: int = 0
    cut: int = 0
    faults: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    kills: int = 0


def soak(kind: str, minutes: float, between: float) -> Table:
    """Drive a server for so long, killing a worker every `between` seconds or so, and look at what is left."""
    url, told, over = prepared(kind, SCALE), Told(), threading.Event()
    with foyer(url, Load(workers=WORKERS, threads=4)) as server:
        cookies = {person: foyer_cookie(url, person) for person in PEOPLE}  # the server has brought the tables in step
        elder = _workers(server)[0]
        jobs = [threading.Thread(target=_person, args=(server, person, cookies[person], told, over)) for person in PEOPLE]
        jobs.append(threading.Thread(target=_killer, args=(server, elder, between, told, over)))
        for job in jobs:
            job.start()
        until = time.monotonic() + minutes * 60
        while time.monotonic() < until:
            over.wait(1.0)
            told.memory.append(resident_mb(elder))
        over.set()
        for job in jobs:
            job.join()
        workers = _answering(server)
    for pid in workers:  # where the server itself had to be killed, they go on without it
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return _judged(kind, minutes, told, url)


def _workers(server: Server) -> list[int]:
    """The processes that answer, when all are there."""
    while len(found := _answering(server)) < WORKERS:
        time.sleep(0.05)
    return found


def _answering(server: Server) -> list[int]:
    """The children of the server but for what keeps its books."""
    return [pid for pid in children(server.pid) if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _killer(server: Server, elder: int, between: float, told: Told, over: threading.Event) -> None:
    chance = random.Random(told.run)
    seen: dict[int, float] = {}
    while not over.wait(between * (0.5 + chance.random())):
        with contextlib.suppress(OSError):  # one that is just going
            now = time.monotonic()
            seen = {pid: seen.get(pid, now) for pid in _answering(server) if pid != elder}
            grown = [pid for pid, since in seen.items() if now - since > GROWN_UP]
            if grown:
                os.kill(chance.choice(grown), signal.SIGKILL)
                told.kills += 1


def _person(server: Server, person: int, cookie: str, told: Told, over: threading.Event) -> None:
    """Read the list, then place an order, over and over. An answer that was cut off is told apart from a refusal."""
    turn = 0
    while not over.is_set():
        turn += 1
        reference = f"{told.run} {person} {turn}"
        try:
            status, page = _ask(server, cookie, "GET", "/orders/new")
            token = TOKEN.search(page)
            if status != 200 or token is None:
                told.faults.append(f"the form answered {status}")
                continue
            body = urlencode({"csrf_token": token[1], "reference": reference, "city": "Delft", "requested_on": "2026-12-24"})
        except (OSError, http.client.HTTPException):
            told.cut += 1
            continue
        told.unsure[reference] = person
        try:
            status, _ = _ask(server, cookie, "POST", "/orders/new", body)
        except (OSError, http.client.HTTPException):
            told.cut += 1
            continue
        if status == SAVED:
            told.saved[reference] = told.unsure.pop(reference)
        else:
            told.faults.append(f"an order was answered {status}")
        try:
            _look(server, person, cookie, told)
        except (OSError, http.client.HTTPException):
            told.cut += 1


def _look(server: Server, person: int, cookie: str, told: Told) -> None:
    """The list has orders of this person's account alone."""
    status, page = _ask(server, cookie, "GET", "/orders")
    others = {int(found) for found in re.findall(rf"{told.run} (\d+) \d+", page)} - {person}
    if status != 200 or others:
        told.faults.append(f"the list answered {status}, with rows of {sorted(others)}")
    told.read += 1


def _ask(server: Server, cookie: str, method: str, path: str, body: str = "") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        headers = {"Cookie": cookie, **({"Content-Type": "application/x-www-form-urlencoded"} if body else {})}
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def _judged(kind: str, minutes: float, told: Told, url: str) -> Table:
    engine = make_engine(url)
    with engine.connect() as connection:
        wanted = {"begun": f"{told.run} %"}
        rows = connection.execute(text("SELECT reference, account FROM sales_order WHERE reference LIKE :begun"), wanted).all()
    engine.dispose()
    there = [row[0] for row in rows]
    sent = {**told.saved, **told.unsure}
    lost = [reference for reference in told.saved if there.count(reference) == 0]
    twice = {reference for reference in there if there.count(reference) > 1}
    wrong = [row for row in rows if sent.get(row[0]) != row[1]]
    growth = _growth(told.memory)
    sound = not (lost or twice or wrong or told.faults) and growth <= LARGEST_GROWTH
    table = Table(
        f"soak, {kind}, {minutes:g} minutes, {told.kills} workers killed: {'sound' if sound else 'NOT SOUND'}",
        ("saved", "lost", "twice", "wrong", "cut off", "lists read", "faults", "memory MB", "growth"),
    )
    memory = f"{told.memory[len(told.memory) // 4]:.0f} .. {told.memory[-1]:.0f}" if told.memory else ""
    counts = (len(told.saved), len(lost), len(twice), len(wrong), told.cut, told.read, len(told.faults))
    table.add((*map(whole, counts), memory, f"{growth:+.1%}"))
    for fault in sorted(set(told.faults))[:10]:
        table.add((fault, *[""] * 8))
    return table


def _growth(memory: list[float]) -> float:
    """How much more the last quarter has than the second, by their medians; the first is warming up."""
    quarter = len(memory) // 4
    if not quarter:
        return 0.0
    before, after = (statistics.median(part) for part in (memory[quarter : 2 * quarter], memory[-quarter:]))
    return after / before - 1
