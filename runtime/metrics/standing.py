"""How the portal stands at the moment: the release in force, what failed, what waits to be done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from prometheus_client import Metric
from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.jobs.queue import KINDS, OPEN, standing
from runtime.snapshots import Failure


def release_families(snapshot: Snapshot | None, failed: Failure | None) -> Iterator[Metric]:
    """The release in force, and the one that could not be taken up; 0 where there is none."""
    yield _number("foyer_release", "The release in force.", snapshot.release if snapshot else 0)
    yield _number("foyer_failed_release", "The release that does not compile; 0 where none.", failed.release if failed else 0)


def database_family(*, answers: bool) -> Metric:
    """Whether the database answers."""
    return _number("foyer_database_up", "Whether the database answers.", answers)


def job_families(connection: Connection, now: dt.datetime) -> Iterator[Metric]:
    """What is owed, and since when, of each kind of job."""
    found = {(item.kind, item.state): item for item in standing(connection)}
    jobs = Metric("foyer_jobs", "Jobs that wait for the worker, or are parked until somebody looks at them.", "gauge")
    ages = Metric("foyer_oldest_job_seconds", "Age of the oldest of them; 0 where there is none.", "gauge")
    for kind in KINDS:
        for state in OPEN:
            item, labels = found.get((kind, state)), {"kind": kind, "state": state}
            jobs.add_sample(jobs.name, labels, item.number if item else 0)
            ages.add_sample(ages.name, labels, max(0.0, (now - item.since).total_seconds()) if item else 0)
    yield from (jobs, ages)


def _number(name: str, help: str, value: float) -> Metric:
    found = Metric(name, help, "gauge")
    found.add_sample(name, {}, float(value))
    return found
