"""Answers that providers had browsers post here: each counts once, and waits for its browser to come and say that it is it.

A browser sends no cookie with what another site has it post (SameSite). So an answer is looked at without knowing whose
browser brought it, kept for a moment under a ticket, and taken by the request that follows, which has the cookie.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from runtime.identity.external.logins import Identity, Told
from runtime.identity.external.proof import Untrusted
from runtime.identity.external.saml import Answer
from runtime.identity.sessions import LONGEST_TOKEN, utc_now
from runtime.identity.tables import saml_answers
from runtime.identity.tokens import digest, new_token

WAITS = dt.timedelta(minutes=2)
KEPT_LONGER = dt.timedelta(minutes=10)
"""For how long past its time an assertion is known as used: longer than clocks may differ."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is taken again: who came, and the request that it answers ("" for none)."""

    told: Told
    request: str


def keep_answer(connection: Connection, site: str, provider: str, answer: Answer) -> str:
    """Keep an answer, and return the ticket for it. Raises Untrusted for one that was here before."""
    now, ticket = utc_now(), new_token()
    identity = answer.told.identity
    told: dict[str, Any] = {"identity": [identity.issuer, identity.subject, identity.name], "claims": dict(answer.told.claims)}
    told |= {"session": dict(answer.told.session), "at": answer.told.at}
    try:
        with connection.begin_nested():
            connection.execute(
                insert(saml_answers).values(
                    assertion_hash=digest(f"{identity.issuer} {answer.assertion}"),
                    ticket_hash=digest(ticket),
                    site=site,
                    provider=provider,
                    request=answer.request[:LONGEST_TOKEN],
                    told=json.dumps(told),
                    created_at=now,
                    expires_at=max(now, answer.until) + KEPT_LONGER,
                )
            )
    except IntegrityError:
        raise Untrusted("the answer was here before", "code") from None
    return ticket


def take_answer(connection: Connection, site: str, provider: str, ticket: str) -> Kept | None:
    """The answer of a ticket, once and not for long; None for any other ticket. What it said is forgotten."""
    columns = saml_answers.c
    where = (
        columns.ticket_hash == digest(ticket[:LONGEST_TOKEN]),
        columns.site == site,
        columns.provider == provider,
        columns.told != "",
        columns.created_at > utc_now() - WAITS,
    )
    row = connection.execute(select(columns.told, columns.request).where(*where).with_for_update()).first()
    if row is None or not connection.execute(update(saml_answers).where(*where).values(told="")).rowcount:
        return None
    told = json.loads(row.told)
    return Kept(Told(Identity(*told["identity"]), told["claims"], told.get("session", {}), told.get("at")), row.request)
