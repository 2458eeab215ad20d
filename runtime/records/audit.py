"""The audit trail: who changed which attributes of which row, from what to what, when and from where."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, insert

from metadata.snapshot import Snapshot
from runtime.records.hooks import Change, Listeners
from runtime.records.tables import AUDIT


def record_audit(connection: Connection, snapshot: Snapshot, change: Change) -> None:
    """Write one change to the trail, as a listener of `after_write`."""
    changes = {key: [_plain(old), _plain(new)] for key, (old, new) in change.changed.items()}
    connection.execute(
        insert(AUDIT).values(
            at=change.at,
            contact=change.principal.contact,
            site=change.principal.site,
            origin=change.principal.origin,
            privilege=change.kind,
            entity=change.entity,
            row=change.id,
            changes=json.dumps(changes, ensure_ascii=False),
        )
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, bool, tuple)) else str(value)


AUDITED = Listeners((record_audit,))
