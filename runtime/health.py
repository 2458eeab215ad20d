"""Is the process alive, is it ready to answer, and what it has to tell to who watches it."""

from __future__ import annotations

import datetime as dt
import hmac

from flask import Response, current_app, jsonify, request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from runtime.errors import NothingPublished, PageNotFound
from runtime.loading import Later
from runtime.services import Services, services_of

_told_numbers = Later("runtime.metrics.told:told_numbers")


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


def metrics() -> Response:
    """The numbers of the portal for Prometheus, for whoever has the token. Raises PageNotFound for anybody else."""
    services = services_of(current_app)
    wanted = services.config.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not wanted or not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
        raise PageNotFound
    return Response(_told_numbers(services, dt.datetime.now(dt.UTC)), content_type="text/plain; version=0.0.4; charset=utf-8")


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
