"""Is the process alive, and is it ready to answer?"""

from __future__ import annotations

from flask import Response, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from runtime.errors import NothingPublished
from runtime.services import Services, services_of


def healthz() -> Response:
    """200 as long as the process answers at all; touches nothing else."""
    return jsonify({"status": "ok"})


def readyz() -> tuple[Response, int]:
    """200 when pages can be answered, else 503: the database, the release in force, the last one that failed."""
    services = services_of(current_app)
    database = _database(services)
    release = _release(services)
    failure = services.snapshots.failure
    ready = database == "ok" and release is not None
    told = {"release": failure.release, "reason": "this release does not compile; see the log"} if failure else None
    body = {"status": "ok" if ready else "not ready", "database": database, "release": release, "failure": told}
    return jsonify(body), 200 if ready else 503


def _database(services: Services) -> str:
    try:
        with services.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except DBAPIError:
        return "unreachable"
    return "ok"


def _release(services: Services) -> int | None:
    try:
        return services.snapshots.current().release
    except (NothingPublished, DBAPIError):
        return None
