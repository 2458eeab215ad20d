"""Webhooks at `/_hooks/<connection>`: who signed is heard, what he says is stored, and only then he is told so."""

from __future__ import annotations

import logging
import time

from flask import Response, current_app, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from connectors.errors import ConnectorError
from connectors.events.envelope import envelope_of, source_of, table_of
from connectors.events.message import Message, Unreadable
from connectors.home import utc_now
from connectors.settings import read_settings
from connectors.tablemap import compiled_maps
from connectors.webhook.inbox import keep_message
from connectors.webhook.signing import TOLERANCE, Unsigned, secrets_of, verify
from metadata.model import Connection
from metadata.snapshot import Snapshot
from runtime.database import writing
from runtime.errors import TooManyRequests
from runtime.services import services_of

log = logging.getLogger(__name__)
MAX_BYTES = 1_000_000
PER_MINUTE = 600
"""Messages that one connection may send in a minute, where its settings name no other number."""
UNSIGNED_PER_MINUTE = 30
"""Attempts without a right signature that one address has in a minute."""
KEPT_HEADERS = ("webhook-id", "content-type")


def receive(connection: str) -> tuple[Response, int]:
    """Take one message. 202 once it is stored; 404, 401, 413, 400, 429 or 503 tell nothing of what is behind."""
    services = services_of(current_app)
    snapshot = services.snapshots.current()
    found = snapshot.connections.get(connection)
    if found is None or found.connector != "webhook" or not found.active:
        return _told("not found", 404)
    try:
        settings = read_settings(found)
        secrets, tolerance = secrets_of(settings.get("secret", "")), float(settings.get("tolerance", TOLERANCE))
        largest, allowed = int(settings.get("max_bytes", MAX_BYTES)), int(settings.get("per_minute", PER_MINUTE))
    except (ConnectorError, ValueError) as fault:
        log.error("%s: %s", connection, fault, extra={"action": "webhook_settings", "connection": connection})
        return _told("not available", 503)
    request.max_content_length = largest
    try:
        services.throttle.admit("webhook", f"{connection} {request.remote_addr}", allowed)
        body = request.get_data(cache=False)
        headers = {name.lower(): value for name, value in request.headers.items()}
        identity = verify(secrets, headers, body, time.time(), tolerance)
        stored = _stored(snapshot, found, settings, identity, Message(body, headers, identity))
    except TooManyRequests as fault:
        answer, status = _told("too many", 429)
        answer.headers["Retry-After"] = str(fault.retry_after)
        return answer, status
    except RequestEntityTooLarge:
        return _told("too large", 413)
    except Unsigned as fault:
        log.warning("a webhook is not signed: %s", fault, extra={"action": "webhook_unsigned", "connection": connection})
        return _refused(connection)
    except (Unreadable, UnicodeDecodeError) as fault:
        log.warning("a webhook cannot be read: %s", fault, extra={"action": "webhook_unreadable", "connection": connection})
        return _told("not an event", 400)
    log.info("a webhook", extra={"action": "webhook", "connection": connection, "stored": stored})
    return _told("accepted", 202)


def _stored(snapshot: Snapshot, connection: Connection, settings: dict[str, str], identity: str, message: Message) -> int:
    """Store a message for every map that reads its kind; for how many. Raises Unreadable."""
    envelope = envelope_of(connection.key, settings, connection.connector)
    message.body.decode()
    table = table_of(envelope, message, source_of(connection.key, settings))
    names = (*KEPT_HEADERS, *(name for name in message.headers if name.startswith("ce-")))
    kept = Message(message.body, {name: message.headers[name] for name in names if name in message.headers}, identity)
    maps = [item for item in compiled_maps(snapshot) if item.connection == connection and item.model.table == table]
    with writing(services_of(current_app).engine).begin() as open_connection:
        for item in maps:
            keep_message(open_connection, item.key, identity, kept, utc_now())
    return len(maps)


def _refused(connection: str) -> tuple[Response, int]:
    """401, and 429 for an address that goes on so."""
    try:
        services_of(current_app).throttle.admit("webhook_unsigned", request.remote_addr or "", UNSIGNED_PER_MINUTE)
    except TooManyRequests:
        return _told("too many", 429)
    return _told("not signed", 401)


def _told(word: str, status: int) -> tuple[Response, int]:
    return jsonify({"status": word}), status
