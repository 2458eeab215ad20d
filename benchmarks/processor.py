"""`cpu`: processor time of one answer at both sides, asked for in this process by turns, one at a time.

Less true to life than `pages` and far less moved by what else the machine does: for finding out what a change gave.
"""

from __future__ import annotations

import os
import re
import statistics
import time
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmarks.data import environment, folder, prepared
from benchmarks.handwritten.app import make_app
from benchmarks.handwritten.frames import write_frames
from benchmarks.load import Ask
from benchmarks.pages import ORDER, Workload, found, workloads
from benchmarks.report import Table, whole
from benchmarks.rows import MEASURED, Scale
from benchmarks.servers import Server
from benchmarks.visitors import foyer_cookie
from runtime.app import create_app
from runtime.config import Config

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

TURN = 20
"""Answers of one side before it is the other's turn."""


def processor_time(kind: str, scale: Scale, answers: int, only: str = "") -> Table:
    """The median processor time of an answer, in microseconds, at both sides."""
    url = prepared(kind, scale)
    frames = folder() / f"frames-{kind}"
    os.environ.update(environment(url, FOYER_PUBLIC_URL="http://127.0.0.1", BENCH_FRAMES=str(frames), FOYER_LOG_LEVEL="INFO"))
    engine = create_app(Config.from_environment(os.environ))
    cookie = foyer_cookie(url, MEASURED)

    def get(path: str) -> str:
        return asked(engine, Ask(path, cookie))[1]

    order = found(ORDER, get("/orders"))
    write_frames(get, order, frames)
    hand = make_app()
    table = Table(f"cpu, {kind}, {scale.orders:,} orders", ("page", "engine µs", "by hand µs", "ratio"))
    nowhere = Server("", 0, 0, 0.0)
    for workload in workloads(url, nowhere, nowhere, order, scale, get):
        if only in workload.name:
            table.add(_row(workload, engine, hand, answers))
    return table


def _row(workload: Workload, engine: Flask, hand: Flask, answers: int) -> tuple[str, ...]:
    turns: tuple[list[float], list[float]] = ([], [])
    sides = ((engine, workload.ours), (hand, workload.theirs))
    for app, ask in sides:
        _turn(app, ask)
    for _ in range(max(1, answers // TURN)):
        for place, (app, ask) in enumerate(sides):
            turns[place].append(_turn(app, ask))
    ours, theirs = map(statistics.median, turns)
    return workload.name, whole(ours), whole(theirs), f"{theirs / ours:.2f}"


def _turn(app: Flask, ask: Ask) -> float:
    environs = [environ_of(ask) for _ in range(TURN)]
    begun = time.process_time()
    for environ in environs:
        _, status, _ = _answer(app, environ)
        if status[0] not in "23":
            raise RuntimeError(f"{ask.url} answered {status}")
    return (time.process_time() - begun) / TURN * 1e6


def asked(app: Flask, ask: Ask) -> tuple[str, str]:
    """Status line and text of an answer."""
    body, status, _ = _answer(app, environ_of(ask))
    return status, body


def fetch_ms(app: Flask, ask: Ask) -> float:
    """How long the rows of a page took, in milliseconds, as its Server-Timing header tells. Raises RuntimeError."""
    _, status, headers = _answer(app, environ_of(ask))
    found = re.search(r"fetch;dur=([0-9.]+)", headers.get("Server-Timing", ""))
    if not status.startswith("200") or found is None:
        raise RuntimeError(f"{ask.url} answered {status} without the time of its rows")
    return float(found[1])


def environ_of(ask: Ask) -> WSGIEnvironment:
    """The WSGI environment of a request."""
    path = "/" + ask.url.split("/", 3)[3] if "://" in ask.url else ask.url
    builder = EnvironBuilder(path, base_url="http://127.0.0.1", headers=[("Cookie", ask.cookie)])
    if ask.body:
        builder.method, builder.content_type = "POST", "application/x-www-form-urlencoded"
        builder.input_stream = BytesIO(ask.body.encode())
        builder.content_length = len(ask.body)
    return builder.get_environ()


def _answer(app: Flask, environ: WSGIEnvironment) -> tuple[str, str, Any]:
    parts, status, headers = run_wsgi_app(app, environ)
    return b"".join(parts).decode(), status, headers
