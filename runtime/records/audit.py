"""The audit trail: who changed which attributes of which row, from what to what, when and from where."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, bindparam, delete, insert, select

from metadata.snapshot import CompiledEntity, Snapshot
from runtime.access import Principal
from runtime.database import writing
from runtime.records.attached import file_facts, hold_files
from runtime.records.counted import keep_counts
from runtime.records.hooks import Change, Listeners
from runtime.records.prepared import PerDialect
from runtime.records.saved import forget_person
from runtime.records.tables import AUDIT

STEP = 5_000
"""Lines that are deleted at once."""
GAP = "\0"
"""Stands where a number will be; no value of a row may hold it."""
TRIMMED = "trimmed"
"""The act by which old lines of the trail have gone."""
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
    write_note(connection, note(change.principal, change.kind, change.entity, change.at), change.id, _json(changes))


def write_note(connection: Connection, noted: Mapping[str, Any], row: int, changes: str) -> None:
    """Write a line of the trail: what `note` made of it, the row, and what changed as JSON."""
    _NOTE.on(connection.dialect).rows(connection, {**noted, "a_row": row, "a_changes": changes})


def note(principal: Principal, privilege: str, entity: str, at: dt.datetime) -> dict[str, Any]:
    """The columns of a line of the trail besides the row and what changed, each as `a_` and its name."""
    return {
        "a_at": at,
        "a_contact": principal.contact,
        "a_account": principal.account,
        "a_site": principal.site,
        "a_origin": principal.origin,
        "a_privilege": privilege,
        "a_entity": entity,
    }


def around_numbers(entity: CompiledEntity, values: Mapping[str, Any], numbered: Collection[str]) -> list[str]:
    """What the trail says of a new row, as JSON with gaps in the place of the auto-numbers that its write draws: the pieces
    around them, in the order of the entity's attributes."""
    told: dict[str, tuple[None, Any]] = {}
    for key, attribute in entity.attributes.items():
        value = GAP if key in numbered else values.get(key)
        if value is not None and not attribute.system:
            told[key] = (None, _plain(value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value))
    return _json(told).split(_json(GAP)) if numbered else [_json(told)]


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
        **note(principal, act, subject, dt.datetime.now(dt.UTC)),
        "a_origin": origin,
        "a_row": number,
        "a_changes": json.dumps(facts, ensure_ascii=False),
    }
    _NOTE.on(connection.dialect).rows(connection, values)


def trim_trail(engine: Engine, before: dt.datetime, keep: Collection[str]) -> int:
    """Delete the lines of the trail from before a moment, but those of some kinds, and write down that it was done; how many.

    In steps that each commit, oldest first: lines are numbered as they come, so that the first young one ends it, and a trail
    of any length is neither read whole nor held for long. Raises SQLAlchemyError.
    """
    oldest = select(AUDIT.c.id, AUDIT.c.at).where(AUDIT.c.privilege.not_in(keep)).order_by(AUDIT.c.id).limit(STEP).subquery()
    old = delete(AUDIT).where(AUDIT.c.id.in_(select(oldest.c.id).where(oldest.c.at < before)))
    gone, trimmed = 0, STEP
    while trimmed == STEP:
        with writing(engine).begin() as connection:
            trimmed = connection.execute(old).rowcount
            if trimmed:
                facts = {"lines": trimmed, "before": before.isoformat(timespec="seconds")}
                record_act(connection, Principal.system("system"), TRIMMED, "foyer_audit", 0, facts, origin="system")
        gone += trimmed
    return gone


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, bool, tuple)) else str(value)


AUDITED = Listeners((hold_files, keep_counts, record_audit, forget_person))
