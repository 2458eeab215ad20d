"""What people were refused, in the audit trail: who asked for what and may not. A few lines an hour for each person, and for
each address of which nobody is signed in; what goes beyond is told by one line."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from flask import g, request
from sqlalchemy.exc import SQLAlchemyError

from runtime.context import RequestContext
from runtime.csrf import CSRF_FIELD
from runtime.errors import BadRequest, FormExpired, Named, OutOfReach, SignInNeeded
from runtime.records.audit import record_act
from runtime.records.classed import classes_of
from runtime.records.errors import BadAsk, Denied, Missing

PER_HOUR = 60
"""Of each kind: wrong addresses must not use up the lines that tell of what was denied."""
NOBODY_PER_ADDRESS, NOBODY_PER_HOUR = 20, 120
"""Of each kind, of those who are not signed in: of one address, so that it does not use up the lines of all others, and of all
of a site, so that no flood fills the disk."""
LONGEST_PATH = 500
LONGEST_SUBJECT = 60
UNCLEAR, UNKNOWN, REFUSED, GONE = 400, 401, 403, 404
KINDS = {UNCLEAR: "unreadable", UNKNOWN: "not_signed_in", REFUSED: "refused", GONE: "out_of_reach"}
"""What is counted together, by the status of the answer."""


def keep_refusal(
    context: RequestContext,
    method: str,
    path: str,
    subject: str = "page",
    *,
    status: int = REFUSED,
    argument: str = "",
    entity: str = "",
) -> None:
    """Write down that somebody was refused; `subject` is the entity, where one was asked for (`entity`, where it was asked for
    by another name), `argument` the one of the address that named what may not be read, or is not there, or of the form that
    did not prove where it came from. What of the entity needs protection is named with its class.

    Of what was answered as not there, or as not to be understood, it is not looked at whether it is there. Nothing is written
    of those who look through somebody else's eyes, and never more than the limits allow: then one line an hour says so. Nobody
    is told by the request's number, by which the log has the address. What cannot be written does not change the answer.
    """
    principal = context.principal
    if principal.read_only:
        return
    facts: dict[str, object] = {"method": method, "path": path[:LONGEST_PATH]}
    if status != REFUSED:
        facts["status"] = status
    if argument:
        facts["argument"] = argument[:LONGEST_SUBJECT]
    facts |= classes_of(context.snapshot, entity or subject)
    if not context.signed_in:
        facts["request"] = g.get("request_id", "")
    kind = KINDS[status]
    if not _room(context, kind):
        whose = str(principal.contact or f"{principal.site} {kind}")
        if not context.services.throttle.hourly(f"{kind}_over", whose, 1):
            return
        facts = {"status": status, "more": "not kept for an hour"}
    # After the transaction that is open, of which a part may still be undone: a trial of rows undoes all that it did.
    context.lease.after_commit(lambda: _write(context, subject[:LONGEST_SUBJECT] or "page", facts))


def _write(context: RequestContext, subject: str, facts: Mapping[str, object]) -> None:
    principal = context.principal
    with contextlib.suppress(SQLAlchemyError), context.lease.transaction() as connection:
        record_act(connection, principal, "refused", subject, 0, facts, origin=principal.origin)


def keep_denied(context: RequestContext, error: Exception) -> None:
    """The same of a refusal that leaves the room of records, or a view, where it is one of rights. After the transaction."""
    method, path = request.method, request.path
    if isinstance(error, Denied):
        keep_refusal(context, method, path, error.detail)
    elif isinstance(error, Missing | OutOfReach):
        keep_refusal(context, method, path, error.detail if isinstance(error, Missing) else "", status=GONE)
    elif isinstance(error, BadAsk):
        keep_refusal(context, method, path, status=UNCLEAR, argument=error.argument)
    elif isinstance(error, FormExpired):
        keep_refusal(context, method, path, status=UNCLEAR, argument=CSRF_FIELD)
    elif isinstance(error, Named) and isinstance(error, BadRequest):
        keep_refusal(context, method, path, status=UNCLEAR, argument=error.name)
    elif isinstance(error, SignInNeeded):
        keep_refusal(context, method, path, status=UNKNOWN)


def keep_denied_part(context: RequestContext, entity: str = "") -> None:
    """The same of a part of a page that is open otherwise, such as a list: once an hour for each person, address and entity.

    Of those who are not signed in nothing is kept: a page for everybody says to them that some of it is for people.
    """
    if context.principal.contact is None or context.principal.read_only:
        return
    whose = f"{context.principal.contact} {entity} {request.path}"
    if context.services.throttle.hourly("part", whose, 1):
        keep_refusal(context, request.method, request.path, entity)


def _room(context: RequestContext, kind: str) -> bool:
    """Whether there is room for one line more of this person, or of this address."""
    throttle, principal = context.services.throttle, context.principal
    if principal.contact is not None:
        return throttle.hourly(kind, str(principal.contact), PER_HOUR)
    if not throttle.spare(kind, principal.site, NOBODY_PER_HOUR):
        return False  # no further address is remembered either, so that many of them fill no memory
    return throttle.hourly(f"{kind}_from", f"{principal.site} {request.remote_addr}", NOBODY_PER_ADDRESS) and throttle.hourly(
        kind, principal.site, NOBODY_PER_HOUR
    )
