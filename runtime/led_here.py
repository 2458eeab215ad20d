"""Pages to which another site leads, where the cookie of the session is strictly for requests of the site itself.

A browser sends no such cookie with the first request. What would take it for granted, or give the browser another one and so
put an end to the session that it has, is asked for once more by a page of the site itself, which has the cookie sent.
"""

from __future__ import annotations

from flask import Flask, Request, Response, make_response, session

from runtime.context import RequestContext

STRICT = "Strict"
SENT_BY, ELSEWHERE = "Sec-Fetch-Site", "cross-site"
COMING_BACK = frozenset({"identity.external_come_back", "identity.saml_finish", "identity.leaving_out"})
"""The endpoints to which a provider leads whoever has signed in or out there, with what counts once."""
TEMPLATE = "identity/once_more.html"


def is_led_here(app: Flask, asked: Request) -> bool:
    """Whether another site led a browser here that keeps a cookie to itself, if it has one."""
    if app.config["SESSION_COOKIE_SAMESITE"] != STRICT or asked.headers.get(SENT_BY) != ELSEWHERE:
        return False
    return app.config["SESSION_COOKIE_NAME"] not in asked.cookies


def once_more(context: RequestContext, app: Flask, asked: Request, answer: Response | None = None) -> Response | None:
    """The page that asks for the same address again; None where there is no need of it.

    Before there is an `answer` that is so where somebody comes back from a provider, after it where it would set a cookie.
    """
    if asked.method != "GET" or not is_led_here(app, asked):
        return None
    if asked.headers.get("Sec-Fetch-Mode") != "navigate" or asked.headers.get("Sec-Fetch-Dest") != "document":
        return None
    if not (asked.endpoint in COMING_BACK if answer is None else session.modified):
        return None
    # Without an address it is the page's own, with all that stands in it.
    return make_response(context.renderer.page(context, TEMPLATE), 200, {"Refresh": "0"})
