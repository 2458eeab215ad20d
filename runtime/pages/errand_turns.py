"""Errands within a request: whose they are, and turn after turn of them for as long as a request may take."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping

from flask import Response, flash, make_response, redirect
from sqlalchemy import Connection

from runtime import errands
from runtime.context import RequestContext
from runtime.errands import Errand, Owner
from runtime.errors import SignInNeeded
from runtime.pages.speech import text_of

SECONDS = 15.0
"""How long one request works on an errand before it lets the person go on with it."""
Turn = Callable[[Connection, Errand], Errand]


def owner_of(context: RequestContext, kind: str) -> Owner:
    """Whose errands of a kind are meant. Raises SignInNeeded."""
    if context.principal.contact is None:
        raise SignInNeeded
    return Owner(context.principal.contact, context.site.key, kind, context.principal.acting)


def find_errand(context: RequestContext, kind: str, key: str) -> Errand | None:
    """The person's errand of this key. Raises SignInNeeded."""
    return errands.find(context.connection, owner_of(context, kind), key, dt.datetime.now(dt.UTC))


def begin_errand(context: RequestContext, kind: str, given: Mapping[str, object], state: Mapping[str, object]) -> Errand:
    """Keep a new errand of the person's. Raises SignInNeeded."""
    owner = owner_of(context, kind)
    with context.lease.transaction() as connection:
        return errands.begin(connection, owner, given, state, dt.datetime.now(dt.UTC))


def change_errand(context: RequestContext, errand: Errand, **state: object) -> None:
    """Put an errand into another state, unless another request has moved it meanwhile."""
    with context.lease.transaction() as connection:
        claimed = errands.claim(connection, errand)
        if claimed is not None:
            errands.save(connection, claimed.now(**state))


def go_on(context: RequestContext, errand: Errand, turn: Turn, is_done: Callable[[Errand], bool]) -> None:
    """Turns of an errand until it is done, the time is over or another request goes on with it; one turn at least.

    Each turn is one transaction with what it did and how far it got. What `turn` raises undoes the turn and goes on up.
    """
    until = time.monotonic() + SECONDS
    while not is_done(errand):
        with context.lease.transaction() as connection:
            claimed = errands.claim(connection, errand)
            if claimed is None:
                return
            errand = turn(connection, claimed)
            errands.save(connection, errand)
        if time.monotonic() >= until:
            return


def gone(context: RequestContext, url: str) -> Response:
    """The way back for somebody whose errand is not there any more."""
    flash(text_of(context)("many.gone"), "warn")
    return make_response(redirect(url, 303))
