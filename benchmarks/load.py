"""Drives a page with wrk, or with threads of our own where wrk is missing: requests per second and latencies."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
OK = (200, 303)


class WrongAnswers(Exception):
    """Some answers were errors, so that nothing was measured."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked again and again. A `body` makes it a POST of a form."""

    url: str
    cookie: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of it: requests per second, the latency that half and 99 of 100 stay under, in milliseconds."""

    rate: float
    p50: float
    p99: float


def drive(ask: Ask, seconds: float, connections: int) -> Measured:
    """Ask for some seconds over some connections. Raises WrongAnswers."""
    return _wrk(ask, seconds, connections) if shutil.which("wrk") else _threads(ask, seconds, connections)


def _wrk(ask: Ask, seconds: float, connections: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "ask.lua"
        script.write_text(_script(ask), encoding="utf-8")
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}",
            "--latency",
            "--timeout",
            "30s",
            "-s",
            str(script),
            "-H",
            f"Cookie: {ask.cookie}",
            ask.url,
        ]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise WrongAnswers(f"{ask.url}: {said}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    parts = {name: float(value) * UNITS[unit] for name, value, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s|m)\b", said)}
    if rate is None or len(parts) != 2:
        raise WrongAnswers(said)
    return Measured(float(rate[1]), parts["50"], parts["99"])


def _script(ask: Ask) -> str:
    if not ask.body:
        return ""
    return f'wrk.method = "POST"\nwrk.body = "{ask.body}"\nwrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n'


def _threads(ask: Ask, seconds: float, connections: int) -> Measured:
    spans: list[float] = []
    wrong: list[int] = []
    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=_ask_until, args=(ask, until, spans, wrong)) for _ in range(connections)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - begun
    if wrong or not spans:
        raise WrongAnswers(f"{ask.url}: {sorted(set(wrong))}")
    spans.sort()
    return Measured(len(spans) / taken, spans[len(spans) // 2] * 1000, spans[int(len(spans) * 0.99)] * 1000)


def _ask_until(ask: Ask, until: float, spans: list[float], wrong: list[int]) -> None:
    parts = urlsplit(ask.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    headers = {"Cookie": ask.cookie}
    if ask.body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    for _ in count():
        begun = time.perf_counter()
        if begun > until:
            return
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("POST" if ask.body else "GET", target, ask.body or None, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status in OK:
            spans.append(time.perf_counter() - begun)
        else:
            wrong.append(answer.status)
