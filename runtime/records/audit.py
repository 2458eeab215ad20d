"""The audit trail: who changed which attributes of which row, from what to what, when and from where."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, insert

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.records.attached import file_facts, hold_files
from runtime.records.hooks import Change, Listeners
from runtime.records.prepared import PerDialect
from runtime.records.saved import forget_person
from runtime.records.tables import AUDIT

_NOTE = PerDialect(
    lambda dialect: (
        insert(AUDIT)
        .inline()
        .values({column.name: bindparam(f"a_{column.name}", type_=column.type) for column in AUDIT.c if not column.primary_key})
    )
)


def record_audit(connection: Connection, snapshot: Snapshot, change: Change) -> None:
    """Write one change to the trail, as a listener of `after_write`."""
    changes = {key: [_plain(old), _plain(new)] for key, (old, new) in change.changed.items()}
    changes |= file_facts(connection, snapshot, change)
    _NOTE.on(connection.dialect).rows(
        connection,
        {
            "a_at": change.at,
            "a_contact": change.principal.contact,
            "a_account": change.principal.account,
            "a_site": change.principal.site,
            "a_origin": change.principal.origin,
            "a_privilege": change.kind,
            "a_entity": change.entity,
            "a_row": change.id,
            "a_changes": orjson.dumps(changes).decode(),
        },
    )


def record_act(
    connection: Connection,
    principal: Principal,
    act: str,
    subject: str,
    number: int,
    facts: Mapping[str, Any],
    origin: str = "admin",
) -> None:
    """Write something done to the trail that is no change of a row: such as a release, by its number."""
    values = {
        "a_at": dt.datetime.now(dt.UTC),
        "a_contact": principal.contact,
        "a_account": principal.account,
        "a_site": principal.site,
        "a_origin": origin,
        "a_privilege": act,
        "a_entity": subject,
        "a_row": number,
        "a_changes": json.dumps(facts, ensure_ascii=False),
    }
    _NOTE.on(connection.dialect).rows(connection, values)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, bool, tuple)) else str(value)


AUDITED = Listeners((hold_files, record_audit, forget_person))
