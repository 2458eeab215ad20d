"""Requests in numbers: how many, how long, and what they asked of the database; of all processes of the portal together.

The library keeps what a process counts in files that the others may read (runtime/metrics/shared), and leaves it there when
the process ends, however that happens. Without a folder for them the numbers are those of this process alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector, multiprocess

from runtime.metrics.shared import FOLDER

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "OTHER"
"""What every other word in the place of a method is called: it is of the asker's choosing."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
PLACE = ("site", "page", "method")
LIVE = "gauge_livesum_"
"""How the library begins the name of a file with what counts only as long as its process lives."""


Asked = tuple[str, str, str, int]
"""The site of a request, empty where none was asked for; where it went, the method as it was written, and the status."""


class RequestNumbers:
    """The numbers of requests, counted in this process and told of all."""

    def __init__(self) -> None:
        folder = os.environ.get(FOLDER, "")
        self._folder = Path(folder) if folder else None
        if self._folder:  # of a process that had this number before
            multiprocess.mark_process_dead(os.getpid(), folder)  # type: ignore[no-untyped-call]
        self._own = CollectorRegistry()
        self._requests = Counter("foyer_http_requests", "Requests that were answered.", (*PLACE, "status"), registry=self._own)
        self._durations = Histogram(
            "foyer_http_request_duration_seconds",
            "Time from the beginning of a request until its answer was ready.",
            (*PLACE, "status"),
            buckets=BUCKETS,
            registry=self._own,
        )
        self._statements = Counter(
            "foyer_http_statements", "Commands that requests sent to the database.", PLACE, registry=self._own
        )
        self._seconds = Counter(
            "foyer_http_sql_seconds", "Time that requests waited for the database.", PLACE, registry=self._own
        )
        self.in_progress = Gauge(
            "foyer_http_requests_in_progress",
            "Requests that are being answered.",
            multiprocess_mode="livesum",
            registry=self._own,
        )
        self._found: dict[tuple[str, str, str, int], tuple[Counter, Histogram, Counter, Counter]] = {}

    def count(self, asked: Asked, seconds: float, sql: tuple[int, float]) -> None:
        """Add a request: how long it took, how many commands it sent to the database and how long it waited for them."""
        site, page, method, status = asked
        key = site, page, method if method in METHODS else OTHER, status // 100
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._of(*key)
        requests, durations, statements, waited = found
        requests.inc()
        durations.observe(seconds)
        statements.inc(sql[0])
        waited.inc(sql[1])

    def families(self) -> Iterable[Metric]:
        """The numbers of all processes, and of each that runs what it takes."""
        if self._folder is None:
            return (*self._own.collect(), *_processes((os.getpid(),)))
        running = _running(self._folder)
        told = multiprocess.MultiProcessCollector(None, str(self._folder)).collect()  # type: ignore[no-untyped-call]
        return (*told, *_processes(running))

    def _of(self, site: str, page: str, method: str, status: int) -> tuple[Counter, Histogram, Counter, Counter]:
        """What counts for a place; to find it by its labels each time would cost as much as to count."""
        labels = site, page, method
        said = *labels, f"{status}xx"
        return (
            self._requests.labels(*said),
            self._durations.labels(*said),
            self._statements.labels(*labels),
            self._seconds.labels(*labels),
        )


def _running(folder: Path) -> tuple[int, ...]:
    """The processes that count into a folder; what those had begun that are gone is forgotten."""
    found = sorted(int(file.stem.removeprefix(LIVE)) for file in folder.glob(f"{LIVE}*.db"))
    gone = [number for number in found if not _lives(number)]
    for number in gone:
        multiprocess.mark_process_dead(number, str(folder))  # type: ignore[no-untyped-call]
    return tuple(number for number in found if number not in gone)


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _processes(numbers: Iterable[int]) -> Iterable[Metric]:
    """Memory, processor time and files of each process, by its number; nothing where the system has no /proc."""
    found: dict[str, Metric] = {}
    for number in numbers:
        for family in ProcessCollector("foyer", partial(int, number), registry=None).collect():
            kept = found.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            kept.samples += [sample._replace(labels={"process": str(number)}) for sample in family.samples]
    return found.values()
