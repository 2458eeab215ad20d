"""Registering: the form, the link that proves the e-mail, and what follows: an invitation at once, or the wait for approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, request
from sqlalchemy import Connection

from metadata.model import Attribute, Joining
from runtime.captcha.asking import CaptchaView, asking_on_page
from runtime.context import RequestContext, current
from runtime.errors import PageNotFound
from runtime.forms.parse import coerce
from runtime.identity import registering
from runtime.identity.forms import cut
from runtime.identity.invitations import InvitationTerms
from runtime.identity.logins import normal_email
from runtime.identity.mails import known_mail, registration_mail, request_mail
from runtime.identity.moving import is_free, wanted_address
from runtime.identity.registering import BY_THEMSELVES, CannotJoin, Registration
from runtime.identity.roles import holders_of
from runtime.identity.views.answers import captcha_page, count_attempt, page, say, see_other, settings
from runtime.identity.views.ways import mail_of_ways
from runtime.lease import Lease
from runtime.mail import deliver
from runtime.records.audit import record_act
from runtime.records.people import load_person

PAGE = "registration"
ASKING, SENT, CONFIRMING = "identity/register.html", "identity/register_sent.html", "identity/register_confirm.html"
CLOSED = "identity/register_closed.html"
MAILS_PER_HOUR = 5
MOST_TOLD = 20
NOBODY = 0


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a provider has vouched for of whoever registers: who it is to people, the e-mail, and answers by attribute."""

    provider: str
    url: str
    email: str
    answers: Mapping[str, str]


def show() -> Response:
    """Ask for the e-mail and what else the site wants to know; where nobody registers by themselves, say how people come in."""
    context = current()
    declared = _declared(context)
    return page(context, CLOSED) if declared is None else form_page(context, declared, {}, None)


def submit() -> Response:
    """Say that a mail is on its way, whoever has the address; 422 for what is missing, a wrong code, or a captcha not passed.

    What is to be found out of others is done aside, so that time tells nothing.
    """
    context = current()
    declared = declared_of(context)
    count_attempt(context, PAGE)
    asking = asking_on_page(context, PAGE)
    judged = asking.judged() if asking is not None else None
    if judged is not None and not judged.passed:
        return form_page(context, declared, {}, judged, 422)
    email, code = wanted_address(context.snapshot, cut(request.form, "email")), cut(request.form, "code")
    answers, errors = answers_of(context, declared)
    if not email:
        errors["email"] = say(context, "form.not_email")
    account = None if errors else account_of(context, declared, email, code, errors)
    if errors:
        return form_page(context, declared, errors, judged, 422)
    if context.services.throttle.hourly(PAGE, normal_email(email), MAILS_PER_HOUR):
        context.services.aside.submit(send, context, email, answers, account)
    return page(context, SENT, email=email)


def send(context: RequestContext, email: str, answers: dict[str, str], account: int | None) -> None:
    """Mail the link; to somebody who is known here, how they get in. Takes a connection of its own."""
    with Lease(context.services.doors).transaction() as connection:
        if is_free(connection, context.snapshot, NOBODY, email):
            token = registering.ask(connection, context.site.key, email, answers, account, context.language)
            message = registration_mail(context, email, token)
        else:
            message = mail_of_ways(context, connection, email) or known_mail(context, email)
    deliver(context.services.mailer, message)


def show_confirm() -> Response:
    """Ask whether to go on: a link that is merely opened, by a person or a program, changes nothing."""
    context = current()
    if _declared(context) is None:
        return page(context, CLOSED)
    count_attempt(context, "token")
    token = cut(request.args, "token")
    found = registering.asked_by(context.connection, context.site.key, token)
    return _confirm(context, token, found, 200)


def submit_confirm() -> Response:
    """The e-mail is proved: 303 to the invitation, or a page that says to wait; 422 for a link used or too old."""
    context = current()
    declared = declared_of(context)
    count_attempt(context, "token")
    found = registering.asked_by(context.connection, context.site.key, cut(request.form, "token"))
    if found is None:
        return _confirm(context, "", None, 422)
    if context.site.model.registration == "request":
        with context.lease.transaction() as connection:
            if not let_wait(context, connection, found):
                return _confirm(context, "", None, 422)
        context.services.aside.submit(tell_approvers, context, declared, found)
        return waiting_page(context, found.email)
    try:
        with context.lease.transaction() as connection:
            code = let_in(context, connection, declared, found)
    except CannotJoin:
        return _confirm(context, "", None, 422)
    return see_other(f"{context.url('/invitation')}?{urlencode({'code': code})}")


def let_wait(context: RequestContext, connection: Connection, found: Registration) -> bool:
    """Let somebody whose e-mail is proved wait for approval. False for whoever comes second."""
    if not registering.wait(connection, context.site.key, found):
        return False
    said = {"registration": "asked", "email": found.email}
    record_act(connection, context.principal, "registration", "registration", found.id, said, context.principal.origin)
    return True


def let_in(context: RequestContext, connection: Connection, declared: Joining, found: Registration) -> str:
    """Make the contact of somebody whose e-mail is proved; the code of the invitation for it. Raises CannotJoin."""
    if not registering.move(connection, found, registering.ASKED, registering.ADMITTED):
        raise CannotJoin
    if not is_free(connection, context.snapshot, NOBODY, found.email):
        raise CannotJoin
    terms = InvitationTerms(declared.roles, None, settings(context).invitation)
    contact, code = registering.admit(connection, context.snapshot, context.site, found, terms, context.listeners)
    facts = {"registration": found.id}
    record_act(connection, context.principal, "registration", "contact", contact, facts, context.principal.origin)
    return code


def waiting_page(context: RequestContext, email: str) -> Response:
    """Say that somebody looks at the request."""
    return page(context, CONFIRMING, waiting=True, expired=False, email=email)


def tell_approvers(context: RequestContext, declared: Joining, found: Registration) -> None:
    """Mail those who approve that somebody asks for access. Takes a connection of its own."""
    lease = Lease(context.services.doors)
    try:
        holders = holders_of(lease.connection, context.site.key, declared.approvers, MOST_TOLD)
        people = [load_person(lease.connection, context.snapshot, contact) for contact in holders]
    finally:
        lease.release()
    for person in people:
        if person is not None and person.active and person.email:
            deliver(context.services.mailer, request_mail(context, person, found.name))


def declared_of(context: RequestContext) -> Joining:
    """What the site asks and gives. Raises PageNotFound where people do not register themselves."""
    declared = _declared(context)
    if declared is None:
        raise PageNotFound
    return declared


def _declared(context: RequestContext) -> Joining | None:
    site = context.site.model
    return site.joining if site.registration in BY_THEMSELVES else None


def account_of(context: RequestContext, declared: Joining, email: str, code: str, errors: dict[str, str]) -> int | None:
    """The account that the declared rule gives; a code that gives none is added to what is wrong."""
    account = registering.account_by_rule(context.connection, context.snapshot, declared, email, code)
    if declared.account == "code" and account is None:
        errors["code"] = say(context, "register.wrong_code")
    return account


def answers_of(context: RequestContext, declared: Joining) -> tuple[dict[str, str], dict[str, str]]:
    """What was typed by attribute, and what is wrong with it."""
    answers: dict[str, str] = {}
    errors: dict[str, str] = {}
    for key, attribute in _attributes(context, declared):
        typed = cut(request.form, f"a_{key}").strip()
        if not typed:
            if attribute.required == "required" or key == "full_name":
                errors[f"a_{key}"] = say(context, "form.required", label=_label(context, attribute))
            continue
        value = coerce(typed, attribute)
        if value is None:
            errors[f"a_{key}"] = say(context, "register.unusable")
        else:
            answers[key] = str(value)
    return answers, errors


def form_page(
    context: RequestContext,
    declared: Joining,
    errors: dict[str, str],
    judged: CaptchaView | None,
    status: int = 200,
    vouched: Vouched | None = None,
) -> Response:
    """The form, as it was sent or with what a provider has vouched for."""
    told = vouched.answers if vouched is not None and request.method == "GET" else {}
    fields = [
        {
            "name": f"a_{key}",
            "label": _label(context, attribute),
            "required": attribute.required == "required" or key == "full_name",
            "value": told.get(key, "") or cut(request.form, f"a_{key}"),
            "autocomplete": {"full_name": "name", "phone": "tel"}.get(key, "on"),
        }
        for key, attribute in _attributes(context, declared)
    ]
    return captcha_page(
        context,
        ASKING,
        asking_on_page(context, PAGE),
        judged,
        status,
        fields=fields,
        email=cut(request.form, "email") if vouched is None else vouched.email,
        vouched=vouched,
        code=cut(request.form, "code"),
        with_code=declared.account == "code",
        errors=errors,
    )


def _attributes(context: RequestContext, declared: Joining) -> tuple[tuple[str, Attribute], ...]:
    attributes = context.snapshot.entities["contact"].attributes
    return tuple((key, attributes[key].model) for key in declared.attributes)


def _label(context: RequestContext, attribute: Attribute) -> str:
    return attribute.label.in_language(context.language, context.site.model.default_language) or attribute.key


def _confirm(context: RequestContext, token: str, found: Registration | None, status: int) -> Response:
    email = found.email if found else ""
    return page(context, CONFIRMING, status, token=token, email=email, expired=found is None, waiting=False)
