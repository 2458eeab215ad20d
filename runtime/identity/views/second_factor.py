"""Setting up the second step of one's own sign-in, turning it off, new recovery codes. Each begins with the password."""

from __future__ import annotations

from flask import Response, flash, request
from markupsafe import Markup

from runtime.context import RequestContext, current
from runtime.errors import BadRequest, SignInNeeded
from runtime.identity.forms import CodeForm
from runtime.identity.logins import Login
from runtime.identity.mails import site_name
from runtime.identity.passkeys import passkeys_work
from runtime.identity.second_factor import (
    APP,
    MAIL,
    METHODS,
    Proposal,
    SecondFactor,
    app_address,
    factor_of,
    proposal_of,
    propose,
    renew_recovery,
    turn_off,
)
from runtime.identity.sessions import revoke_all
from runtime.identity.settings import roles_with_second_factor
from runtime.identity.telling import FACTOR_OFF, FACTOR_ON, RECOVERY_CODES, tell
from runtime.identity.views.answers import WRONG_CURRENT, count_attempt, page, say, say_wrong, see_other
from runtime.identity.views.code import any_login, checker, mail_code, note_factor, vault
from runtime.identity.views.signin import knows_password
from runtime.render import formats_for

SETUP = "/second-factor/setup"
CODES, OFF = "codes", "off"
GROUP = 4


def show() -> Response:
    """What the person's second step is, and what can be done about it."""
    context = current()
    return _page(context, _login(context))


def submit() -> Response:
    """Do what the button says, once the password is right: 303, or the new recovery codes; 422 for a wrong password."""
    context = current()
    login = _login(context)
    count_attempt(context, "signin")
    form, factor = CodeForm.of(request.form), factor_of(context.connection, login.contact)
    if form.act not in METHODS and not (factor and form.act in _offered(context)):
        raise BadRequest
    if not knows_password(context, login, form.password):
        return _page(context, login, {"password": say_wrong(context, WRONG_CURRENT)})
    if form.act == CODES:
        with context.lease.transaction() as connection:
            codes = renew_recovery(connection, vault(), login.contact)
            note_factor(context, connection, login.contact, "recovery codes renewed")
        tell(context, login.contact, RECOVERY_CODES)
        return _show_codes(context, codes, turned_on=False)
    if form.act == OFF:
        with context.lease.transaction() as connection:
            turn_off(connection, login.contact)
            note_factor(context, connection, login.contact, "off")
        tell(context, login.contact, FACTOR_OFF)
        flash(say(context, "second.is_off"), "good")
        return see_other(context.url("/second-factor"))
    with context.lease.transaction() as connection:
        propose(connection, vault(), login.contact, form.act)
    if form.act == MAIL:
        mail_code(context, login.contact)
    return see_other(context.url(SETUP))


def show_setup() -> Response:
    """The secret for the app, as a picture and as text, or that a mail is on its way; and ask for the first code."""
    context = current()
    login = _login(context)
    proposal = proposal_of(context.connection, vault(), login.contact)
    return see_other(context.url("/second-factor")) if proposal is None else _setup_page(context, login, proposal)


def submit_setup() -> Response:
    """Turn the method on with its first code and show the recovery codes, once; 422 for a wrong code.

    All other sessions of the person end: they were opened with a password alone.
    """
    context = current()
    login = _login(context)
    count_attempt(context, "signin")
    proposal = proposal_of(context.connection, vault(), login.contact)
    if proposal is None:
        return see_other(context.url("/second-factor"))
    form = CodeForm.of(request.form)
    if form.act == "send" and proposal.method == MAIL:
        mail_code(context, login.contact)
        flash(say(context, "second.sent"), "good")
        return see_other(context.url(SETUP))
    with context.lease.transaction() as connection:
        codes = checker(context, connection).confirm(login.contact, form.code)
        note_factor(context, connection, login.contact, f"on by {proposal.method}" if codes else "refused")
        if codes:
            revoke_all(connection, login.contact, but=context.session_id)
    if not codes:
        return _setup_page(context, login, proposal, {"code": say_wrong(context, "second.refused")})
    tell(context, login.contact, FACTOR_ON)
    return _show_codes(context, codes, turned_on=True)


def _login(context: RequestContext) -> Login:
    contact = context.principal.contact
    found = None if contact is None else any_login(context, contact)
    if found is None:
        raise SignInNeeded
    return found


def _offered(context: RequestContext) -> tuple[str, ...]:
    """What may be done with a second step that is on: of whom one is required, none can turn it off."""
    required = roles_with_second_factor(context.snapshot, context.site) & context.principal.roles
    return (CODES,) if required else (CODES, OFF)


def _page(context: RequestContext, login: Login, errors: dict[str, str] | None = None) -> Response:
    factor: SecondFactor | None = factor_of(context.connection, login.contact)
    formats = formats_for(context.language, context.principal.time_zone)
    return page(
        context,
        "identity/second_factor.html",
        422 if errors else 200,
        factor=factor,
        since=formats.moment(factor.since_at) if factor else "",
        required=OFF not in _offered(context),
        with_password=bool(login.password_hash),
        passkeys=passkeys_work(),
        errors=errors or {},
    )


def _setup_page(context: RequestContext, login: Login, proposal: Proposal, errors: dict[str, str] | None = None) -> Response:
    address = key = ""
    if proposal.method == APP:
        address = app_address(proposal.secret, login.email, site_name(context.site, context.language))
        key = " ".join(proposal.secret[start : start + GROUP] for start in range(0, len(proposal.secret), GROUP))
    return page(
        context,
        "identity/second_factor_setup.html",
        422 if errors else 200,
        method=proposal.method,
        email=login.email,
        address=address,
        picture=_picture(address) if address else "",
        key=key,
        errors=errors or {},
    )


def _picture(address: str) -> Markup:
    """The address as a QR code: dark on light in every theme, which is how cameras read it."""
    import segno  # loaded at first use: few people set up a second factor, and every start would wait for it

    drawn = segno.make_qr(address).svg_inline(border=4, light="#fff", dark="#000", svgclass="qr", lineclass=None, omitsize=True)
    return Markup(drawn)  # noqa: S704 - made of squares by the library; the address is not in it as text


def _show_codes(context: RequestContext, codes: tuple[str, ...], *, turned_on: bool) -> Response:
    return page(context, "identity/recovery_codes.html", codes=codes, turned_on=turned_on)
