"""The pages of identity, as one blueprint."""

from __future__ import annotations

from flask import Blueprint

from runtime.identity.views import change, code, external, invitation, password, second_factor, sessions, signin


def identity_blueprint() -> Blueprint:
    """Sign-in in one step or two, sign-out, invitation, password reset and the list of sessions, each at its address."""
    blueprint = Blueprint("identity", __name__)
    for rule, view, methods in (
        ("/signin", signin.show, ["GET"]),
        ("/signin", signin.submit, ["POST"]),
        ("/signin/code", code.show, ["GET"]),
        ("/signin/code", code.submit, ["POST"]),
        ("/signin/with/<key>", external.start, ["GET"]),
        ("/signin/with/<key>/back", external.come_back, ["GET"]),
        ("/logins", external.show_own, ["GET"]),
        ("/logins", external.submit_own, ["POST"]),
        ("/signout", signin.leave, ["POST"]),
        ("/signout", signin.refuse_leaving, ["GET"]),
        ("/invitation", invitation.show, ["GET"]),
        ("/invitation", invitation.submit, ["POST"]),
        ("/password/forgot", password.show_forgot, ["GET"]),
        ("/password/forgot", password.submit_forgot, ["POST"]),
        ("/password/reset", password.show_reset, ["GET"]),
        ("/password/reset", password.submit_reset, ["POST"]),
        ("/password/change", change.show, ["GET"]),
        ("/password/change", change.submit, ["POST"]),
        ("/second-factor", second_factor.show, ["GET"]),
        ("/second-factor", second_factor.submit, ["POST"]),
        ("/second-factor/setup", second_factor.show_setup, ["GET"]),
        ("/second-factor/setup", second_factor.submit_setup, ["POST"]),
        ("/sessions", sessions.show, ["GET"]),
        ("/sessions", sessions.submit, ["POST"]),
    ):
        name = f"{view.__module__.rpartition('.')[2]}_{view.__name__}"
        blueprint.add_url_rule(rule, name, view, methods=methods)
    return blueprint
