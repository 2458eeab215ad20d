"""Somebody has proved at a provider who he is: he is let in, or the sign-in becomes his; or he reads why not."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, flash, g, session
from sqlalchemy import Connection

from metadata.model import IdentityProvider
from runtime.context import RequestContext
from runtime.errors import PageNotFound, SignInNeeded
from runtime.identity.external.belonging import Refused, Stranger, belonging, kept_claims
from runtime.identity.external.departures import note_arrival
from runtime.identity.external.failures import FAILED, SUBJECT
from runtime.identity.external.logins import LoginElsewhere, Told, add_external, contact_of, is_barred, note_use
from runtime.identity.external.newcomers import NOBODY, keep_newcomer
from runtime.identity.external.proof import LEEWAY_S
from runtime.identity.mails import address_of
from runtime.identity.moving import is_free, wanted_address
from runtime.identity.registering import BY_THEMSELVES
from runtime.identity.sessions import utc_now
from runtime.identity.telling import LOGIN_ADDED, tell
from runtime.identity.views.answers import ORIGIN, PROVED, landing, landing_path, page, say, see_other, start_session
from runtime.identity.views.code import enter, vault
from runtime.identity.views.offers import label_of
from runtime.languages import prefix_of
from runtime.records.audit import record_act
from runtime.records.people import Person, load_person

log = logging.getLogger(__name__)
AWAY = "away"
"""What the session keeps of whoever is at a provider."""
NEWCOMER = "newcomer"
"""What the session keeps of whoever may register with what a provider has told."""
AUDIT_ACT = "external_login"
FAILURES_PER_HOUR = 20
FOR_OPERATORS = ("external.down", "external.untrusted")
"""What its person cannot mend."""
REFUSED = 422
UNKNOWN = "external.unknown"


def admit(context: RequestContext, provider: IdentityProvider, told: Told, held: dict[str, Any]) -> Response:
    """What follows once a provider has told who it is. `held` is what the session kept: next, an invitation's code, a purpose.

    The purpose is `adding` a sign-in, or `proving` who one is `since` a moment; there is none where somebody comes in.
    """
    if held.get("proving"):
        return _prove(context, provider, told, held)
    return _add(context, provider, told) if held.get("adding") else _enter(context, provider, told, held)


def as_begun(context: RequestContext, held: dict[str, Any]) -> RequestContext:
    """The context in the language in which somebody set out: providers send everybody back to one address, in the default."""
    language = str(held.get("language", ""))
    if language not in (context.site.model.default_language, *context.site.model.languages):
        return context
    return replace(context, language=language, prefix=prefix_of(context.site, language))


def provider_of(context: RequestContext, key: str) -> IdentityProvider:
    """A provider of the site that people may sign in with. Raises PageNotFound."""
    found = context.site.identity_providers.get(key)
    if found is None or not found.active:
        raise PageNotFound
    return found


def back_address(context: RequestContext, provider: IdentityProvider) -> str:
    """Where the provider is to send people back to: the public address, in the site's default language."""
    language = context.site.model.default_language
    return f"{address_of(context.services.config.public_url, context.site, language)}/signin/with/{provider.key}/back"


def note_login(context: RequestContext, connection: Connection, contact: int, what: str) -> None:
    """Write what became of a contact's sign-ins to the audit trail."""
    record_act(connection, context.principal, AUDIT_ACT, "contact", contact, {AUDIT_ACT: what}, context.principal.origin)


def own_contact(context: RequestContext) -> int:
    """The contact who is signed in. Raises SignInNeeded."""
    if context.principal.contact is None:
        raise SignInNeeded
    return context.principal.contact


def again(context: RequestContext) -> Response:
    """To the page where it begins, with a sentence: it took too long, or was begun in another browser."""
    flash(say(context, "external.again"), "info")
    return see_other(context.url("/logins" if context.signed_in else "/signin"))


def refuse(
    context: RequestContext, provider: IdentityProvider, key: str, status: int = REFUSED, *, number: str = ""
) -> Response:
    """The page of a sign-in that led to nothing, with the sentence of `key`, and the number by which it is in the log: of this
    request, where it was not another one."""
    failure = say(context, key, provider=label_of(context, provider))
    told = (number or g.get("request_id", "")) if key in FOR_OPERATORS else ""
    return page(context, "identity/external_refused.html", status, failure=failure, unknown=key == UNKNOWN, number=told)


def note_failure(context: RequestContext, provider: IdentityProvider, reason: str, **facts: object) -> None:
    """Write down why a sign-in with a provider came to nothing, for those who run the site: one of REASONS.

    So many an hour for each provider and reason: who tries without end fills no trail. The log has all of them.
    """
    whose = f"{context.site.key} {provider.key} {reason}"
    if not context.services.throttle.hourly(FAILED, whose, FAILURES_PER_HOUR):
        return
    said = {"provider": provider.key, "reason": reason, **facts, "request": g.get("request_id", "")}
    with context.lease.transaction() as connection:
        record_act(connection, context.principal, FAILED, SUBJECT, 0, said, context.principal.origin)


def _enter(context: RequestContext, provider: IdentityProvider, told: Told, held: dict[str, Any]) -> Response:
    try:
        with context.lease.transaction() as connection:
            came = settle(context, connection, provider, told, str(held.get("code", "")))
    except (Refused, LoginElsewhere) as error:
        if isinstance(error, Stranger) and may_join(context, told.verified_email):
            with context.lease.transaction() as connection:
                ticket = keep_newcomer(connection, vault(), context.site.key, provider.key, told)
            session[NEWCOMER] = {"ticket": ticket, "next": str(held.get("next", ""))}
            return see_other(context.url(f"/register/with/{provider.key}"))
        why = str(error) or "the contact has another sign-in of this provider"
        facts = {"action": "external_unknown", "provider": provider.key, "why": why, "claims": sorted(map(str, told.claims))}
        log.warning("a sign-in is nobody's here", extra={**facts, "reason": "nobody"})
        note_failure(context, provider, "nobody", why=why, claims=sorted(map(str, told.claims)))
        return refuse(context, provider, UNKNOWN)
    if came.besides:
        tell(context, came.person.contact, LOGIN_ADDED)
    return welcome(context, provider, came, str(held.get("next", "")))


@dataclass(frozen=True, slots=True)
class Came:
    """Who has come in by a provider; `besides` where there were other ways before; `ticket` of the session there, or ""."""

    person: Person
    besides: bool
    ticket: str


def settle(context: RequestContext, connection: Connection, provider: IdentityProvider, told: Told, code: str) -> Came:
    """Find whose the sign-in is and keep what was told. Raises Refused and LoginElsewhere: nothing is to stay then."""
    found = belonging(context, connection, provider, told, code)
    if is_barred(connection, found.contact):
        raise Refused("the contact was barred from signing in")
    kept_claims(context.snapshot, connection, provider, told, found)
    note_use(connection, told.identity)
    if found.new:
        note_login(context, connection, found.contact, f"added from {provider.key}")
    person = load_person(connection, context.snapshot, found.contact)
    if person is None or not person.active:
        raise Refused("the contact is inactive")
    ticket = note_arrival(connection, vault(), context.site.key, provider, person.contact, told) if provider.sign_out else ""
    return Came(person, found.besides, ticket)


def may_join(context: RequestContext, email: str) -> bool:
    """Whether people register themselves here, and this e-mail is one that nobody has, or signs in with."""
    site, wanted = context.site.model, wanted_address(context.snapshot, email)
    declared = site.registration in BY_THEMSELVES and site.joining is not None
    return declared and bool(wanted) and is_free(context.connection, context.snapshot, NOBODY, wanted)


def welcome(context: RequestContext, provider: IdentityProvider, came: Came, wanted: str) -> Response:
    """A session, or the second step where the person has one here that the provider does not stand for: 303."""
    person = came.person
    session.pop(ORIGIN, None)
    if came.ticket:
        session[ORIGIN] = came.ticket
    if provider.second_factor:
        start_session(context, person, remember=False)
        return see_other(landing(context, person, wanted))
    return enter(context, person, remember=False, wanted=wanted)


def _add(context: RequestContext, provider: IdentityProvider, told: Told) -> Response:
    contact = own_contact(context)
    try:
        with context.lease.transaction() as connection:
            add_external(connection, contact, told.identity)
            note_login(context, connection, contact, f"added from {provider.key}")
    except LoginElsewhere:
        flash(say(context, "external.elsewhere"), "bad")
        return see_other(context.url("/logins"))
    tell(context, contact, LOGIN_ADDED)
    flash(say(context, "external.added"), "good")
    return see_other(context.url("/logins"))


def _prove(context: RequestContext, provider: IdentityProvider, told: Told, held: dict[str, Any]) -> Response:
    contact = own_contact(context)
    same = contact_of(context.connection, told.identity) == contact
    proved = same and told.proved_since(int(held["since"]), LEEWAY_S)
    with context.lease.transaction() as connection:
        note_login(context, connection, contact, f"proved at {provider.key}" if proved else f"not proved at {provider.key}")
    if not proved:
        why = "signed in there before" if same else "somebody else"
        facts = {"action": "external_untrusted", "provider": provider.key, "reason": "proof", "why": why}
        log.warning("a proof does not hold", extra=facts)
        return refuse(context, provider, "proof.not_proved")
    session[PROVED] = int(utc_now().timestamp())
    flash(say(context, "proof.proved"), "good")
    return see_other(landing_path(context, str(held.get("next", ""))))
