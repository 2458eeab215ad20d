"""Registering by a provider: it has vouched for the e-mail, so no link is mailed; a button makes the contact or the request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Response, request, session

from metadata.model import IdentityProvider, Joining
from runtime.captcha.asking import asking_on_page
from runtime.context import RequestContext, current
from runtime.errors import TooManyRequests
from runtime.forms.parse import coerce
from runtime.identity import registering
from runtime.identity.external.belonging import Refused
from runtime.identity.external.logins import LoginElsewhere, Told
from runtime.identity.external.newcomers import find_newcomer, take_newcomer
from runtime.identity.forms import cut
from runtime.identity.logins import normal_email
from runtime.identity.moving import wanted_address
from runtime.identity.registering import CannotJoin
from runtime.identity.views.answers import count_attempt
from runtime.identity.views.code import vault
from runtime.identity.views.coming import NEWCOMER, again, may_join, provider_of, refuse, settle, welcome
from runtime.identity.views.offers import label_of
from runtime.identity.views.registration import (
    MAILS_PER_HOUR,
    PAGE,
    Vouched,
    account_of,
    answers_of,
    declared_of,
    form_page,
    let_in,
    let_wait,
    tell_approvers,
    waiting_page,
)

log = logging.getLogger(__name__)
AN_HOUR_S = 3600
NAME = "full_name"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who has come: what the provider told, the answers that it gives, and what the site wants to know besides."""

    told: Told
    email: str
    given: Mapping[str, str]
    asked: Joining
    ticket: str
    wanted: str


def show(key: str) -> Response:
    """Ask for what the site wants to know besides; who has asked for access already is told that it waits."""
    context = current()
    provider = provider_of(context, key)
    newcomer = _newcomer(context, provider)
    if newcomer is None:
        return again(context)
    if _asks(context) and registering.is_waiting(context.connection, context.site.key, newcomer.email):
        return waiting_page(context, newcomer.email)
    return form_page(context, newcomer.asked, {}, None, vouched=_vouched(context, provider, newcomer))


def submit(key: str) -> Response:
    """Make the contact with this sign-in and let it in: 303; or the request, with a page that says to wait.

    422 for what is missing or wrong, and where the e-mail is somebody's by now: nobody takes over what is there.
    """
    context = current()
    provider = provider_of(context, key)
    count_attempt(context, PAGE)
    newcomer = _newcomer(context, provider)
    if newcomer is None:
        return again(context)
    vouched = _vouched(context, provider, newcomer)
    asking = asking_on_page(context, PAGE)
    judged = asking.judged() if asking is not None else None
    if judged is not None and not judged.passed:
        return form_page(context, newcomer.asked, {}, judged, 422, vouched)
    answers, errors = answers_of(context, newcomer.asked)
    code = cut(request.form, "code")
    account = None if errors else account_of(context, newcomer.asked, newcomer.email, code, errors)
    if errors:
        return form_page(context, newcomer.asked, errors, judged, 422, vouched)
    if not context.services.throttle.hourly(PAGE, normal_email(newcomer.email), MAILS_PER_HOUR):
        raise TooManyRequests(AN_HOUR_S)
    return _join(context, provider, newcomer, {**newcomer.given, **answers}, account)


def _join(
    context: RequestContext, provider: IdentityProvider, newcomer: Newcomer, answers: Mapping[str, str], account: int | None
) -> Response:
    declared, site = declared_of(context), context.site.key
    session.pop(NEWCOMER, None)
    try:
        with context.lease.transaction() as connection:
            if not take_newcomer(connection, site, provider.key, newcomer.ticket):
                return again(context)
            if not may_join(context, newcomer.email):
                raise CannotJoin
            token = registering.ask(connection, site, newcomer.email, answers, account, context.language)
            found = registering.asked_by(connection, site, token)
            if found is None or (_asks(context) and not let_wait(context, connection, found)):
                raise CannotJoin
            if not _asks(context):
                code = let_in(context, connection, declared, found)
                came = settle(context, connection, provider, newcomer.told, code)
    except (CannotJoin, Refused, LoginElsewhere) as error:
        facts = {"action": "external_newcomer", "provider": provider.key, "why": str(error)[:500]}
        log.warning("a newcomer cannot join", extra=facts)
        return refuse(context, provider, "external.cannot_join")
    if _asks(context):
        context.services.aside.submit(tell_approvers, context, declared, found)
        return waiting_page(context, found.email)
    return welcome(context, provider, came, newcomer.wanted)


def _asks(context: RequestContext) -> bool:
    return context.site.model.registration == "request"


def _newcomer(context: RequestContext, provider: IdentityProvider) -> Newcomer | None:
    """Who has come on this browser; None where that is too long ago, or the provider's word no longer counts so.

    Raises PageNotFound where people do not register themselves.
    """
    declared, held = declared_of(context), session.get(NEWCOMER)
    if not isinstance(held, dict) or provider.match != "email":
        return None
    ticket, wanted = str(held.get("ticket", "")), str(held.get("next", ""))
    told = find_newcomer(context.connection, vault(), context.site.key, provider.key, ticket)
    if told is None:
        return None
    given = _given(context, provider, declared, told)
    asked = replace(declared, attributes=tuple(key for key in declared.attributes if key not in given))
    return Newcomer(told, wanted_address(context.snapshot, told.verified_email), given, asked, ticket, wanted)


def _given(context: RequestContext, provider: IdentityProvider, declared: Joining, told: Told) -> dict[str, str]:
    """The answers that claims give which are kept anyway: these are not asked."""
    attributes = context.snapshot.entities["contact"].attributes
    given: dict[str, str] = {}
    for claim in provider.claims:
        value = told.claims.get(claim.claim)
        text = value.strip() if isinstance(value, str) and claim.attribute in declared.attributes else ""
        if text and coerce(text, attributes[claim.attribute].model) is not None:
            given[claim.attribute] = text
    return given


def _vouched(context: RequestContext, provider: IdentityProvider, newcomer: Newcomer) -> Vouched:
    """What the form says of the provider, and begins with: the name that providers tell without being asked."""
    name = newcomer.told.claims.get("name")
    answers = {NAME: name} if isinstance(name, str) else {}
    return Vouched(label_of(context, provider), context.url(f"/register/with/{provider.key}"), newcomer.email, answers)
