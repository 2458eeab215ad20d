"""Requests for access: those who hold a web role that the site names approve them, or refuse with a reason."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, flash, request

from metadata.model import Joining
from runtime.context import RequestContext, current
from runtime.errors import BadRequest, OutOfReach, SignInNeeded
from runtime.identity import registering
from runtime.identity.forms import cut
from runtime.identity.invitations import ContactNotReady, InvitationTerms
from runtime.identity.mails import invitation_link, invitation_mail, refusal_mail
from runtime.identity.moving import is_free
from runtime.identity.registering import CannotJoin, Registration
from runtime.identity.views.answers import page, say, see_other, settings
from runtime.mail import deliver
from runtime.records.audit import record_act
from runtime.records.people import account_name, find_accounts
from runtime.render import formats_for

TEMPLATE = "identity/requests.html"
NOBODY = 0
LONGEST_ID = 18


def show() -> Response:
    """The requests that wait. 404 for all who may not approve."""
    context = current()
    return _page(context, _declared(context), {})


def submit() -> Response:
    """Approve or refuse the request of the field `request`: 303; 422 without a reason, or for an account that is not one."""
    context = current()
    declared = _declared(context)
    number = request.form.get("request", "")
    if not (number.isascii() and number.isdigit() and len(number) < LONGEST_ID):
        raise BadRequest
    found = registering.find_waiting(context.connection, context.site.key, int(number))
    if found is None:
        flash(say(context, "requests.gone"), "warn")
        return see_other(context.url("/access-requests"))
    decide = {"approve": _approve, "refuse": _refuse}.get(request.form.get("act", ""))
    if decide is None:
        raise BadRequest
    return decide(context, declared, found)


def _refuse(context: RequestContext, declared: Joining, found: Registration) -> Response:
    reason = cut(request.form, "reason").strip()
    if not reason:
        return _page(context, declared, {f"reason-{found.id}": say(context, "requests.reason_needed")}, 422)
    by = context.principal.contact
    with context.lease.transaction() as connection:
        moved = registering.move(connection, found, registering.WAITING, registering.REFUSED, by=by, reason=reason)
        if moved:
            facts = {"registration": "refused", "email": found.email, "reason": reason}
            record_act(connection, context.principal, "registration", "registration", found.id, facts)
    if moved:
        context.services.aside.submit(
            deliver, context.services.mailer, refusal_mail(context, found.email, found.language, reason)
        )
        flash(say(context, "requests.refused", name=found.name), "good")
    return see_other(context.url("/access-requests"))


def _approve(context: RequestContext, declared: Joining, found: Registration) -> Response:
    account, wrong = _account(context, found)
    if wrong:
        return _page(context, declared, {f"account-{found.id}": wrong}, 422)
    terms = InvitationTerms(declared.roles, None, settings(context).invitation)
    found, by = replace(found, account=account), context.principal.contact
    try:
        with context.lease.transaction() as connection:
            if not registering.move(connection, found, registering.WAITING, registering.ADMITTED, by=by):
                raise CannotJoin
            if not is_free(connection, context.snapshot, NOBODY, found.email):
                raise CannotJoin
            contact, code = registering.admit(connection, context.snapshot, context.site, found, terms, context.listeners, by)
            facts = {"registration": "approved", "email": found.email}
            record_act(connection, context.principal, "registration", "contact", contact, facts)
    except (CannotJoin, ContactNotReady):
        return _page(context, declared, {f"account-{found.id}": say(context, "requests.cannot")}, 422)
    link = invitation_link(context.services.config.public_url, context.site, found.language, code)
    message = invitation_mail(context.snapshot, context.site, found.language, found.email, link)
    context.services.aside.submit(deliver, context.services.mailer, message)
    flash(say(context, "requests.approved", name=found.name), "good")
    return see_other(context.url("/access-requests"))


def _account(context: RequestContext, found: Registration) -> tuple[int | None, str]:
    """The account that the approver names by number or name, and what is wrong with that.

    It is the one that was proposed, or one that the approver may read: of others nothing is told, not even that they are there.
    """
    named = cut(request.form, "account").strip()
    if not named:
        return None, ""
    if found.account and named == account_name(context.connection, context.snapshot, found.account):
        return found.account, ""
    accounts = find_accounts(context.connection, context.snapshot, context.principal, named)
    return (accounts[0], "") if len(accounts) == 1 else (None, say(context, "requests.no_account"))


def _declared(context: RequestContext) -> Joining:
    if context.principal.contact is None:
        raise SignInNeeded
    declared = context.site.model.joining
    if declared is None or not context.principal.roles & set(declared.approvers):
        raise OutOfReach
    return declared


def _page(context: RequestContext, declared: Joining, errors: dict[str, str], status: int = 200) -> Response:
    found = registering.waiting(context.connection, context.site.key)
    attributes = context.snapshot.entities["contact"].attributes
    language, default = context.language, context.site.model.default_language
    labels = {key: one.model.label.in_language(language, default) or key for key, one in attributes.items()}
    accounts = {one.account: account_name(context.connection, context.snapshot, one.account) for one in found if one.account}
    return page(
        context,
        TEMPLATE,
        status,
        requests=found,
        labels=labels,
        accounts=accounts,
        errors=errors,
        moment=formats_for(context.language, context.principal.time_zone).moment,
    )
