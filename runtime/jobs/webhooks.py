"""Webhooks that go out: owed in the transaction of the change, with what their roles may read of the row then."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from connectors.errors import Fatal
from connectors.outgoing import goes_out
from connectors.webhook.sending import Message
from metadata.model import Webhook
from metadata.snapshot import Snapshot
from runtime.access import Principal, access_for
from runtime.jobs.posting import send_signed
from runtime.jobs.queue import HOOK, Job, owe
from runtime.records import fetch_record
from runtime.records.hooks import Change, of_new_rows

EVENT_OF = {"create": "created", "write": "changed", "delete": "deleted"}
ORIGIN = "system"


@of_new_rows(lambda snapshot, entity: entity in _hooks(snapshot))
def owe_webhooks(connection: Connection, snapshot: Snapshot, change: Change) -> None:
    """Owe a message to every webhook that is told of a change, but for what its roles may not read."""
    event = EVENT_OF.get(change.kind)
    for hook in _hooks(snapshot).get(change.entity, ()):
        state = change.before if change.kind == "delete" else change.after
        if event in hook.events and goes_out(hook.condition, state):
            data = _readable(connection, snapshot, hook, change)
            if data is not None:
                said = {"type": f"{change.entity}.{event}", "timestamp": change.at.isoformat(), "data": data}
                body = {"webhook": hook.key, "body": json.dumps(said, ensure_ascii=False, default=_written)}
                identity = f"evt_{uuid.uuid4().hex}{secrets.token_hex(4)}"
                owe(connection, Job(identity, HOOK, hook.site, None, change.entity, change.id, body), change.at)


def deliver(snapshot: Snapshot, job: Job, now: dt.datetime, private: frozenset[str]) -> None:
    """Send what is owed. Raises Fatal where it cannot be sent as it is, Retriable where it may be later."""
    site = snapshot.sites.get(job.site)
    hook = site.webhooks.get(job.payload["webhook"]) if site else None
    if hook is None or not hook.active:
        raise Fatal("the webhook is there no more, or inactive")
    message = Message(job.key, job.payload["body"].encode())
    send_signed((hook.address, hook.secret), message, now.timestamp(), private, owner=f"webhook {hook.key}")


def reader_of(hook: Webhook) -> Principal:
    """In whose name a webhook reads: its roles alone, nobody's own rows."""
    return Principal("contact", hook.site, roles=frozenset(hook.roles), origin=ORIGIN, read_only=True)


def _hooks(snapshot: Snapshot) -> Mapping[str, tuple[Webhook, ...]]:
    def make() -> dict[str, tuple[Webhook, ...]]:
        found: dict[str, tuple[Webhook, ...]] = {}
        for site in snapshot.sites.values():
            for hook in site.webhooks.values():
                if hook.active:
                    found[hook.entity] = (*found.get(hook.entity, ()), hook)
        return found

    return snapshot.derive("runtime.jobs.webhooks", make)


def _readable(connection: Connection, snapshot: Snapshot, hook: Webhook, change: Change) -> dict[str, Any] | None:
    principal = reader_of(hook)
    if change.kind == "delete":
        access = access_for(snapshot, principal, hook.entity, "read")
        return {"id": change.id} if access.allowed and access.unrestricted else None
    record = fetch_record(connection, snapshot, principal, hook.entity, "id", change.id, hook.attributes)
    return None if record is None else {"id": record.id, "version": record.version, **record.values}


def _written(value: Any) -> Any:
    match value:
        case Decimal():
            return str(value)
        case dt.date():
            return value.isoformat()
    return str(value)
