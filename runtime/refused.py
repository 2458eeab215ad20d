"""What people were refused, in the audit trail: who asked for what and may not. A few lines an hour for each person."""

from __future__ import annotations

import contextlib

from flask import request
from sqlalchemy.exc import SQLAlchemyError

from runtime.context import RequestContext
from runtime.errors import OutOfReach
from runtime.records.audit import record_act
from runtime.records.errors import Denied, Missing

PER_HOUR = 60
"""Of each kind: wrong addresses must not use up the lines that tell of what was denied."""
LONGEST_PATH = 500
LONGEST_SUBJECT = 60
GONE = 404


def keep_refusal(context: RequestContext, method: str, path: str, subject: str = "page", *, gone: bool = False) -> None:
    """Write down that somebody who is signed in was refused; `subject` is the entity, where one was asked for.

    `gone` is for what was answered as not there: whether it is there is not looked at. Nothing is written of those who look
    through somebody else's eyes, and never more than PER_HOUR lines of a kind for one person. What cannot be written does not
    change the answer.
    """
    principal = context.principal
    if not context.signed_in or principal.read_only:
        return
    if not context.services.throttle.hourly("out_of_reach" if gone else "refused", str(principal.contact), PER_HOUR):
        return
    facts: dict[str, object] = {"method": method, "path": path[:LONGEST_PATH]}
    if gone:
        facts["status"] = GONE
    with contextlib.suppress(SQLAlchemyError), context.lease.transaction() as connection:
        record_act(connection, principal, "refused", subject[:LONGEST_SUBJECT] or "page", 0, facts, origin=principal.origin)


def keep_denied(context: RequestContext, error: Exception) -> None:
    """The same of a refusal that leaves the room of records, or a view, where it is one of rights. After the transaction."""
    if isinstance(error, Denied):
        keep_refusal(context, request.method, request.path, error.detail)
    elif isinstance(error, Missing | OutOfReach):
        keep_refusal(context, request.method, request.path, error.detail if isinstance(error, Missing) else "", gone=True)
