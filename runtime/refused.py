"""What people were refused, in the audit trail: who asked for what and may not. A few lines an hour for each person."""

from __future__ import annotations

import contextlib

from sqlalchemy.exc import SQLAlchemyError

from runtime.context import RequestContext
from runtime.records.audit import record_act

PER_HOUR = 60
LONGEST_PATH = 500
LONGEST_SUBJECT = 60


def keep_refusal(context: RequestContext, method: str, path: str, subject: str = "page") -> None:
    """Write down that somebody who is signed in was refused; `subject` is the entity, where one was asked for.

    Nothing is written of those who look through somebody else's eyes, and never more than PER_HOUR lines for one person. What
    cannot be written does not change the answer.
    """
    principal = context.principal
    if not context.signed_in or principal.read_only:
        return
    if not context.services.throttle.hourly("refused", str(principal.contact), PER_HOUR):
        return
    facts = {"method": method, "path": path[:LONGEST_PATH]}
    with contextlib.suppress(SQLAlchemyError), context.lease.transaction() as connection:
        record_act(connection, principal, "refused", subject[:LONGEST_SUBJECT] or "page", 0, facts, origin=principal.origin)
