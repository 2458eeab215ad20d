"""The accounts that a person may act for, and the change from one to another."""

from __future__ import annotations

from flask import Response, flash, request

from runtime.context import RequestContext, current
from runtime.errors import BadRequest, PageNotFound, SignInNeeded
from runtime.identity.acting import keep_choice
from runtime.identity.views.answers import landing_path, page, say, see_other, start_session
from runtime.records.audit import record_act
from runtime.records.memberships import AccountChoice, accounts_for, has_further_accounts
from runtime.records.people import load_person
from runtime.security import local_path

AUDIT_ACT = "account_chosen"


def show() -> Response:
    """The accounts, each with a button that changes to it. 404 where metadata has no further accounts."""
    context = current()
    choices = _choices(context)
    wanted = local_path(request.args.get("next", ""))
    return page(context, "identity/accounts.html", choices=choices, acting=context.principal.account, next=wanted)


def submit() -> Response:
    """Act for the account of the field `account` from now on: 303 home or to `next`, with a new session and a new CSRF secret.

    So a form that was opened for one account is not sent for another. An account that is none of the person's is a 404.
    """
    context = current()
    named = request.form.get("account", "")
    found = next((choice for choice in _choices(context) if str(choice.id) == named), None)
    contact = context.principal.contact
    if found is None or contact is None:
        raise PageNotFound
    person = load_person(context.connection, context.snapshot, contact)
    if person is None:
        raise BadRequest
    with context.lease.transaction() as connection:
        keep_choice(connection, contact, context.site.key, None if found.own else found.id)
        facts = {"account": found.id}
        record_act(connection, context.principal, AUDIT_ACT, "contact", contact, facts, context.principal.origin)
    start_session(context, person, remember=context.remembered, entering=False)
    flash(say(context, "accounts.chosen", account=found.name or found.number), "good")
    return see_other(landing_path(context, local_path(request.form.get("next", ""))))


def _choices(context: RequestContext) -> tuple[AccountChoice, ...]:
    if context.principal.contact is None:
        raise SignInNeeded
    if not has_further_accounts(context.snapshot):
        raise PageNotFound
    return accounts_for(context.connection, context.snapshot, context.principal.contact)
