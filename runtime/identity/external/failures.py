"""Why sign-ins with a provider came to nothing lately, from the audit trail: for those who run the site."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from sqlalchemy import Connection, select

from runtime.records.tables import AUDIT

FAILED, SUBJECT = "external_failed", "identity_provider"
SHOWN = 10
LOOKED_AT = 200
"""How many lines are looked at for those of one provider: there are 20 an hour for each reason at most."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One sign-in that came to nothing: its reason is one of REASONS; `request` is its number in the log."""

    at: dt.datetime
    reason: str
    request: str


def failures_of(connection: Connection, site: str, provider: str) -> tuple[Failure, ...]:
    """The newest failures of a provider's sign-ins on a site, the newest first."""
    where = (AUDIT.c.entity == SUBJECT, AUDIT.c.row == 0, AUDIT.c.site == site, AUDIT.c.privilege == FAILED)
    newest = select(AUDIT.c.at, AUDIT.c.changes).where(*where).order_by(AUDIT.c.id.desc()).limit(LOOKED_AT)
    lines = [(row.at, json.loads(row.changes)) for row in connection.execute(newest)]
    own = [(at, facts) for at, facts in lines if facts.get("provider") == provider]
    return tuple(Failure(at, str(facts.get("reason", "")), str(facts.get("request", ""))) for at, facts in own[:SHOWN])
