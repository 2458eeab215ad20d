"""A program that brings a token of its own instead of a session: who it acts as, and with which of the person's rights."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.exc import OperationalError

from runtime.access import Principal
from runtime.access.principal import Person as Actor
from runtime.context import RequestContext
from runtime.identity.api_tokens import LiveToken, find, touch

TOUCH_PATIENCE_MS = 100


def arrive(context: RequestContext, token: str) -> tuple[RequestContext, LiveToken] | None:
    """The context as the token's person, whatever session the request brought, and the token as it is known here.

    None where the token does not hold.
    """
    found = find(context.connection, context.snapshot, context.site.key, token)
    if found is None:
        return None
    if found.stale:
        _note(context, found)
    person = found.person
    language = person.language or context.language
    actor = Actor(person.contact, person.account, person.company, person.name, language, person.time_zone, found.acting)
    principal = Principal.signed_in(context.snapshot, context.site.key, actor, found.granted)
    if found.narrowed:
        principal = replace(principal, roles=principal.roles & found.narrowed)
    return replace(context, principal=principal, session_id=None, remembered=False), found


def _note(context: RequestContext, found: LiveToken) -> None:
    """Note that the token was used; a busy database must not keep a row from being read because of a time stamp."""
    try:
        with context.lease.transaction(TOUCH_PATIENCE_MS) as connection:
            touch(connection, found.id)
    except OperationalError:
        context.lease.release()
