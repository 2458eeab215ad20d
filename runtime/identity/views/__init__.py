"""The pages of identity, as one blueprint."""

from __future__ import annotations

from flask import Blueprint

from runtime.identity.views import (
    accounts,
    back_channel,
    change,
    choosing,
    closing,
    code,
    email,
    external,
    invitation,
    leaving,
    logins,
    newcomers,
    passkeys,
    password,
    registration,
    requests,
    saml,
    second_factor,
    security,
    sessions,
    signin,
    terms,
)

RULES = (
    ("/signin", signin.show, ["GET"]),
    ("/signin", signin.submit, ["POST"]),
    ("/signin/code", code.show, ["GET"]),
    ("/signin/code", code.submit, ["POST"]),
    ("/signin/with/<key>", external.start, ["GET"]),
    ("/signin/with/<key>/back", external.come_back, ["GET"]),
    ("/signin/with/<key>/back", saml.receive, ["POST"]),
    ("/signin/with/<key>/done", saml.finish, ["GET"]),
    ("/signin/with/<key>/out", leaving.out, ["GET"]),
    ("/signin/with/<key>/out", leaving.posted, ["POST"]),
    ("/signin/with/<key>/ended", back_channel.receive, ["POST"]),
    ("/signin/with/<key>/metadata", saml.describe, ["GET"]),
    ("/signin/passkey", passkeys.sign_in, ["POST"]),
    ("/signin/passkey/ask", passkeys.ask, ["POST"]),
    ("/passkeys", passkeys.show, ["GET"]),
    ("/passkeys", passkeys.submit, ["POST"]),
    ("/passkeys/new", passkeys.finish, ["POST"]),
    ("/logins", logins.show, ["GET"]),
    ("/logins", logins.submit, ["POST"]),
    ("/signout", signin.leave, ["POST"]),
    ("/signout", signin.refuse_leaving, ["GET"]),
    ("/invitation", invitation.show, ["GET"]),
    ("/invitation", invitation.submit, ["POST"]),
    ("/password/forgot", password.show_forgot, ["GET"]),
    ("/password/forgot", password.submit_forgot, ["POST"]),
    ("/password/reset", password.show_reset, ["GET"]),
    ("/password/reset", password.submit_reset, ["POST"]),
    ("/password/strength", choosing.judge, ["POST"]),
    ("/password/change", change.show, ["GET"]),
    ("/password/change", change.submit, ["POST"]),
    ("/register", registration.show, ["GET"]),
    ("/register", registration.submit, ["POST"]),
    ("/register/with/<key>", newcomers.show, ["GET"]),
    ("/register/with/<key>", newcomers.submit, ["POST"]),
    ("/register/confirm", registration.show_confirm, ["GET"]),
    ("/register/confirm", registration.submit_confirm, ["POST"]),
    ("/access-requests", requests.show, ["GET"]),
    ("/access-requests", requests.submit, ["POST"]),
    ("/consent", terms.show, ["GET"]),
    ("/consent", terms.submit, ["POST"]),
    ("/email", email.show, ["GET"]),
    ("/email", email.submit, ["POST"]),
    ("/email/confirm", email.show_confirm, ["GET"]),
    ("/email/confirm", email.submit_confirm, ["POST"]),
    ("/second-factor", second_factor.show, ["GET"]),
    ("/second-factor", second_factor.submit, ["POST"]),
    ("/second-factor/setup", second_factor.show_setup, ["GET"]),
    ("/second-factor/setup", second_factor.submit_setup, ["POST"]),
    ("/accounts", accounts.show, ["GET"]),
    ("/accounts", accounts.submit, ["POST"]),
    ("/security", security.show, ["GET"]),
    ("/activity", security.show_doings, ["GET"]),
    ("/security/close", closing.show, ["GET"]),
    ("/security/close", closing.submit, ["POST"]),
    ("/my-data", security.give_data, ["POST"]),
    ("/sessions", sessions.show, ["GET"]),
    ("/sessions", sessions.submit, ["POST"]),
)


def identity_blueprint() -> Blueprint:
    """Sign-in in one step or two, sign-out, invitation, password reset and the list of sessions, each at its address."""
    blueprint = Blueprint("identity", __name__)
    for rule, view, methods in RULES:
        name = f"{view.__module__.rpartition('.')[2]}_{view.__name__}"
        blueprint.add_url_rule(rule, name, view, methods=methods)
    return blueprint
