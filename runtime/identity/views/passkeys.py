"""Passkeys of one's own, and signing in with one: as the second step, or where the site allows it alone."""

from __future__ import annotations

import logging

from flask import Response, flash, make_response, request, session

from runtime.context import RequestContext, current
from runtime.errors import BadRequest, PageNotFound, SignInNeeded
from runtime.identity.external.logins import is_barred, issuer_of, list_external, used_issuers
from runtime.identity.forms import LONGEST, SignInForm, cut
from runtime.identity.logins import Login
from runtime.identity.passkeys import (
    ANYBODY,
    LONGEST_NAME,
    NotProved,
    add_passkey,
    asked_to_make,
    asked_to_prove,
    list_passkeys,
    new_challenge,
    passkeys_work,
    prove,
    remove_passkey,
    rename_passkey,
)
from runtime.identity.second_factor import PASSKEY, factor_of, rest_on_passkeys, turn_off
from runtime.identity.sessions import revoke_all
from runtime.identity.settings import roles_with_second_factor
from runtime.identity.telling import PASSKEY_ADDED, PASSKEY_REMOVED, tell
from runtime.identity.views.answers import (
    WRONG_CURRENT,
    count_attempt,
    landing,
    page,
    say,
    say_wrong,
    see_other,
    settings,
    start_session,
)
from runtime.identity.views.code import (
    any_login,
    note_factor,
    stands_no_longer,
    start_again,
    step_address,
    vault,
    waiting,
    wants_to_stay,
)
from runtime.identity.views.relying import named_address, passkeys_here, place
from runtime.identity.views.signin import knows_password
from runtime.records.people import load_person
from runtime.render import formats_for

log = logging.getLogger(__name__)
OWN = "/passkeys"
NAMING = "passkey_name"
"""What the session keeps of whoever has given the password and is making a passkey: the name for it."""
LONGEST_ID = 18
REFUSED = 422


def show() -> Response:
    """The person's passkeys."""
    context = current()
    return _page(context, _login(context))


def submit() -> Response:
    """Take one away, or ask the device for a new one, once the password is right: 303 or the page that asks the device.

    Another name for one takes no password: it changes nobody's way in.
    """
    context = current()
    login = _login(context)
    if "rename" in request.form:
        return _rename(context, login, request.form["rename"])
    count_attempt(context, "signin")
    number, name = request.form.get("remove", ""), cut(request.form, "name").strip()[:LONGEST_NAME]
    if not knows_password(context, login, cut(request.form, "password")):
        return _page(context, login, {"password": say_wrong(context, WRONG_CURRENT)})
    if number:
        return _remove(context, login, number)
    if not name:
        return _page(context, login, {"name": say(context, "passkey.name_needed")})
    if not place(context).is_named:
        return _page(context, login, {"": say(context, "passkey.unnamed")})
    session[NAMING] = name
    return _making(context, login)


def finish() -> Response:
    """Keep what the device has made: 303, or the recovery codes with a first second factor; 422 where it does not hold."""
    context = current()
    login, name = _login(context), session.get(NAMING)
    count_attempt(context, "signin")
    if not name:
        return see_other(context.url(OWN))
    try:
        with context.lease.transaction() as connection:
            add_passkey(connection, context.site.key, place(context), login.contact, str(name), request.form.get("answer", ""))
            note_factor(context, connection, login.contact, "passkey added")
            codes = rest_on_passkeys(connection, vault(), login.contact)
            if codes:
                revoke_all(connection, login.contact, but=context.session_id)
    except NotProved as error:
        _tell(error)
        return _making(context, login, say(context, "passkey.refused"))
    session.pop(NAMING)
    tell(context, login.contact, PASSKEY_ADDED)
    flash(say(context, "passkey.added"), "good")
    if codes:
        return page(context, "identity/recovery_codes.html", codes=codes, turned_on=True)
    return see_other(context.url(OWN))


def ask() -> Response:
    """What a script is to ask the device at sign-in: 200 with JSON, for the second step where somebody stands before it."""
    context = current()
    count_attempt(context, "signin")
    contact = ANYBODY
    if request.form.get("step"):
        factor = waiting(context)
        contact = factor.contact if factor is not None else ANYBODY
    if contact == ANYBODY and (request.form.get("step") or not offered(context)):
        raise PageNotFound
    with context.lease.transaction() as connection:
        challenge = new_challenge(connection, context.site.key, contact)
        asked = asked_to_prove(connection, place(context), contact, challenge)
    return make_response(asked, 200, {"Content-Type": "application/json"})


def sign_in() -> Response:
    """A device has answered: a session and 303, or back to where it was asked, with one sentence for every failure."""
    context = current()
    count_attempt(context, "signin")
    form, answer = SignInForm.of(request.form), request.form.get("answer", "")
    if request.form.get("step"):
        return _second(context, form.next, answer)
    if not offered(context):
        raise PageNotFound
    found = proves(context, ANYBODY, answer)
    with context.lease.transaction() as connection:
        person = None if found is None else load_person(connection, context.snapshot, found)
        if found is not None:
            note_factor(context, connection, found, "signed in by passkey")
    if person is None or not person.active or is_barred(context.connection, person.contact):
        flash(say(context, "passkey.refused"), "bad")
        return see_other(context.url("/signin"))
    start_session(context, person, remember=form.remember)
    return see_other(landing(context, person, form.next))


def offered(context: RequestContext) -> bool:
    """Whether people sign in with a passkey alone on this site."""
    return bool(settings(context).passkeys) and passkeys_here(context)


def _second(context: RequestContext, wanted: str, answer: str) -> Response:
    """The second step by a passkey, after the password or another provider."""
    factor = waiting(context)
    if factor is None:
        return start_again(context)
    proved = proves(context, factor.contact, answer) is not None
    with context.lease.transaction() as connection:
        note_factor(context, connection, factor.contact, "passed by passkey" if proved else "passkey refused")
        stood = proved and stands_no_longer(context, connection)
        person = load_person(connection, context.snapshot, factor.contact)
    if not proved:
        flash(say(context, "passkey.refused"), "bad")
        return see_other(step_address(context, wanted))
    if not stood or person is None or not person.active:
        return start_again(context)
    start_session(context, person, remember=wants_to_stay())
    return see_other(landing(context, person, wanted))


def proves(context: RequestContext, contact: int, answer: str) -> int | None:
    """Whose passkey has answered what the contact, or ANYBODY, was asked; None for an answer that does not hold."""
    try:
        with context.lease.transaction() as connection:
            return prove(connection, context.site.key, place(context), contact, answer)
    except NotProved as error:
        _tell(error)
        return None


def _rename(context: RequestContext, login: Login, number: str) -> Response:
    name = cut(request.form, "name").strip()[:LONGEST_NAME]
    which = _number(number)
    if not name:
        return _page(context, login, {f"name-{which}": say(context, "passkey.name_missing")})
    with context.lease.transaction() as connection:
        renamed = rename_passkey(connection, login.contact, which, name)
        if renamed:
            note_factor(context, connection, login.contact, "passkey renamed")
    if renamed:
        flash(say(context, "passkey.renamed"), "good")
    return see_other(context.url(OWN))


def _number(text: str) -> int:
    """The id that a form names. Raises BadRequest for what is none."""
    if not (text.isascii() and text.isdigit() and len(text) < LONGEST_ID):
        raise BadRequest
    return int(text)


def _is_only_way(context: RequestContext, login: Login) -> bool:
    """Whether nothing but a passkey lets a person in: no password that the site takes, and no provider that it has."""
    if login.password_hash and settings(context).passwords:
        return False
    held = used_issuers(list_external(context.connection, login.contact))
    return not any(issuer_of(one) in held for one in context.site.identity_providers.values() if one.active)


def _remove(context: RequestContext, login: Login, number: str) -> Response:
    _number(number)
    own = list_passkeys(context.connection, login.contact)
    last = [one.id for one in own] == [int(number)]
    factor = factor_of(context.connection, login.contact)
    rests = factor is not None and factor.method == PASSKEY
    required = bool(roles_with_second_factor(context.snapshot, context.site) & context.principal.roles)
    if last and (_is_only_way(context, login) or (rests and required)):
        return _page(context, login, {"": say(context, "passkey.last")})
    with context.lease.transaction() as connection:
        removed = remove_passkey(connection, login.contact, int(number))
        if removed:
            note_factor(context, connection, login.contact, "passkey removed")
            if last and rests:
                turn_off(connection, login.contact)
    if removed:
        tell(context, login.contact, PASSKEY_REMOVED)
    flash(say(context, "passkey.removed"), "good")
    return see_other(context.url(OWN))


def _login(context: RequestContext) -> Login:
    contact = context.principal.contact
    found = None if contact is None else any_login(context, contact)
    if found is None:
        raise SignInNeeded
    if not passkeys_work():
        raise PageNotFound
    return found


def _making(context: RequestContext, login: Login, failure: str = "") -> Response:
    """The page whose script asks the device for a new passkey."""
    with context.lease.transaction() as connection:
        challenge = new_challenge(connection, context.site.key, login.contact)
        handle = vault().mark(login.contact, "passkey")
        asked = asked_to_make(connection, place(context), login.contact, handle, login.email, challenge)
    return page(
        context, "identity/passkey.html", REFUSED if failure else 200, asked=asked, failure=failure, name=session[NAMING]
    )


def _page(context: RequestContext, login: Login, errors: dict[str, str] | None = None) -> Response:
    return page(
        context,
        "identity/passkeys.html",
        REFUSED if errors else 200,
        own=list_passkeys(context.connection, login.contact),
        with_password=bool(login.password_hash),
        alone=offered(context),
        name=cut(request.form, "name")[:LONGEST] if errors and "rename" not in request.form else "",
        can_add=place(context).is_named,
        named_at=named_address(context, OWN),
        errors=errors or {},
        moment=formats_for(context.language, context.principal.time_zone).moment,
    )


def _tell(error: NotProved) -> None:
    log.warning("a passkey does not hold", extra={"action": "passkey_refused", "why": str(error)[:500]})
