"""`pages`: the engine's list, detail page, form and OData beside those written by hand, in rounds that take turns."""

from __future__ import annotations

import re
import statistics
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from benchmarks.data import folder, prepared
from benchmarks.handwritten.frames import write_frames
from benchmarks.load import Ask, Measured, drive
from benchmarks.report import Table, whole
from benchmarks.rows import LARGE, MEASURED, Scale
from benchmarks.servers import Load, Server, by_hand, foyer
from benchmarks.visitors import CSRF, foyer_cookie, hand_cookie

ORDER = re.compile(r'href="/orders/([^"?/]*\d)"')
FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
FORM = {"reference": "Ref 1 & Co", "city": "Delft", "requested_on": "2026-12-24"}
DEEP_PAGE = 200
COLUMNS = "number,ordered_on,reference,city,status,requested_on,total"
NEWEST = f"/_api/orders?$select={COLUMNS}&$orderby=ordered_on%20desc&$top=25"
"""The newest orders as OData; by hand they are at an address of their own."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long each round takes, and how many there are."""

    seconds: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Workload:
    """One page at both sides."""

    name: str
    ours: Ask
    theirs: Ask


def compare(kind: str, scale: Scale, effort: Effort, load: Load, only: str = "") -> Table:
    """The table of all workloads on one database."""
    url = prepared(kind, scale)
    frames = folder() / f"frames-{kind}"
    table = Table(
        f"pages, {kind}, {scale.orders:,} orders, {load.workers} worker, {load.connections} connections",
        ("page", "engine req/s", "by hand req/s", "ratio min", "median", "max", "engine p99 ms", "by hand p99 ms", "bytes"),
    )
    with foyer(url, load) as engine:
        get = getter(engine, foyer_cookie(url, MEASURED))
        order = first_order(get)
        write_frames(get, order, frames)
        with by_hand(url, frames, load) as hand:
            for workload in workloads(url, engine, hand, order, scale, get):
                if only in workload.name:
                    table.add(measured(workload, effort, load))
    return table


def workloads(url: str, engine: Server, hand: Server, order: str, scale: Scale, get: Callable[[str], str]) -> list[Workload]:
    """What is measured; the deep page only where the large account is there. `get` reads a page of the engine."""

    def at(name: str, path: str, contact: int, body: tuple[str, str] = ("", ""), there: str = "") -> Workload:
        ours, theirs = foyer_cookie(url, contact), hand_cookie(url, contact)
        return Workload(name, Ask(engine.url + path, ours, body[0]), Ask(hand.url + (there or path), theirs, body[1]))

    deep = [at(f"list page {DEEP_PAGE}", f"/orders?page={DEEP_PAGE}", LARGE)] if LARGE in scale.sizes else []
    token = found(FORM_TOKEN, get("/orders/new"))
    # New orders go to an account of their own: the lists that are measured stay as they are.
    writer = LARGE + 1
    bodies = urlencode({**FORM, "csrf_token": token}), urlencode({**FORM, "csrf_token": CSRF})
    return [
        at("list", "/orders", MEASURED),
        *deep,
        at("detail", f"/orders/{order}", MEASURED),
        at("form POST", "/orders/new", writer, bodies),
        at("OData", NEWEST, MEASURED, there="/api/orders"),
    ]


def measured(workload: Workload, effort: Effort, load: Load) -> tuple[str, ...]:
    """A row of the table: rounds of both sides that take turns, after one of each that is not counted."""
    sides = (workload.ours, workload.theirs)
    for side in sides:
        drive(side, 1, load.connections)
    rounds = [tuple(drive(side, effort.seconds, load.connections) for side in sides) for _ in range(effort.rounds)]
    ratios = [ours.rate / theirs.rate for ours, theirs in rounds]
    engine, hand = ([pair[place] for pair in rounds] for place in (0, 1))
    return (
        workload.name,
        whole(median(engine, lambda m: m.rate)),
        whole(median(hand, lambda m: m.rate)),
        f"{min(ratios):.2f}",
        f"{statistics.median(ratios):.2f}",
        f"{max(ratios):.2f}",
        f"{median(engine, lambda m: m.p99):.1f}",
        f"{median(hand, lambda m: m.p99):.1f}",
        _sizes(workload),
    )


def median(measured: list[Measured], of: Callable[[Measured], float]) -> float:
    """The median of one figure over all rounds."""
    return statistics.median(map(of, measured))


def _sizes(workload: Workload) -> str:
    if workload.ours.body:
        return ""
    return " / ".join(str(len(_read(side.url, side.cookie).encode())) for side in (workload.ours, workload.theirs))


def getter(server: Server, cookie: str) -> Callable[[str], str]:
    """What reads pages of a server as somebody."""
    return lambda path: _read(server.url + path, cookie)


def first_order(get: Callable[[str], str]) -> str:
    """The number of the first order on the list."""
    return found(ORDER, get("/orders"))


def found(pattern: re.Pattern[str], text: str) -> str:
    """The first group of the pattern. Raises ValueError where the page has nothing of the kind."""
    match = pattern.search(text)
    if match is None:
        raise ValueError(f"the page has no {pattern.pattern}")
    return match[1]


def _read(url: str, cookie: str) -> str:
    request = urllib.request.Request(url, headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.read().decode())
