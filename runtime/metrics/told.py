"""All numbers of the portal, for whoever may read them."""

from __future__ import annotations

import datetime as dt

from prometheus_client import Metric
from sqlalchemy.exc import DBAPIError

from runtime.errors import NothingPublished
from runtime.metrics.standing import database_family, job_families, release_families
from runtime.metrics.text import text_of
from runtime.services import Services
from runtime.snapshots import latest_release
from runtime.sync.metrics import sync_families


def told_numbers(services: Services, now: dt.datetime) -> str:
    """The numbers as Prometheus reads them; those of the requests alone while the database is away."""
    counted = services.numbers.families() if services.numbers else ()
    try:
        standing = _standing(services, now)
    except DBAPIError:
        standing = [database_family(answers=False)]
    return text_of((*counted, *standing))


def _standing(services: Services, now: dt.datetime) -> list[Metric]:
    """What the database knows. Raises DBAPIError."""
    found = [database_family(answers=True)]
    with services.engine.connect() as connection:
        try:
            snapshot = services.snapshots.current(latest_release(connection))
        except NothingPublished:
            return [*found, *release_families(None, services.snapshots.failure)]
        found += release_families(snapshot, services.snapshots.failure)
        found += job_families(connection, now)
        found += sync_families(connection, snapshot, now)
    return found
