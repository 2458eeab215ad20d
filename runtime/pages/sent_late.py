"""What was sent once its session had ended: kept for the person for whom the form was opened, until the same person signs in.

The token of a form tells for whom it was opened, and nobody else may send it. What was typed waits under a key that only this
browser's cookie holds. Whoever signs in on it is that person, and finds it in the form again, not saved yet; or is another one,
and it is gone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote, urlencode

from flask import Request, Response, flash, make_response, redirect, session

from runtime.captcha.asking import TICKET
from runtime.context import RequestContext
from runtime.csrf import CSRF_FIELD, opened_for
from runtime.forms import drafts
from runtime.forms.drafts import DraftTooLarge, Owner
from runtime.pages.form_setting import manner_of, say_of
from runtime.pages.form_view import ACTION, BASE, VERSION
from runtime.pages.over_sign_in import CONTINUE, TYPED, place_of
from runtime.pages.queries import prefixes_of
from runtime.routes import sign_in_first
from runtime.sitemap import find_page

WAITING = "waiting"
"""What the cookie keeps of a browser on which something waits for its person."""
KEPT_PER_MINUTE = 30
FORMS = frozenset({"form", "profile", "multistep_form"})
SITE_PAGES = frozenset({"page", "root"})
BY_SCRIPT = frozenset({"keep", "discard"})
NOT_TYPED = frozenset({CSRF_FIELD, TICKET})


def keep_sent_late(context: RequestContext, asked: Request) -> Response | None:
    """Keep what was sent with a form that was opened for somebody who is not signed in any more, and lead to where it goes on.

    What was opened for another account of the same person's waits there, and they are led to where they act for it again. None
    for every other request, and where somebody else is signed in: nothing is kept or shown then. Raises TooManyRequests.
    """
    opened = opened_for(asked.form.get(CSRF_FIELD, "")) if asked.method == "POST" and asked.endpoint in SITE_PAGES else None
    if opened is None or asked.form.get(ACTION) in BY_SCRIPT:
        return None
    context.lease.prove()
    if context.signed_in and context.principal.contact != opened[0]:
        return None
    block = _block(context, asked)
    if block is None:
        return None
    context.services.throttle.admit("kept", asked.remote_addr or "", KEPT_PER_MINUTE)
    index, argument = block
    contact, acting = opened
    owner = Owner(contact, context.site.key, place_of(index), acting, "" if context.signed_in else _browser())
    try:
        _store(context, owner, _typed(context, asked))
    except DraftTooLarge:
        return None if context.signed_in else sign_in_first(context)
    query = "&".join(filter(None, (asked.query_string.decode("latin-1"), f"{argument}=1")))
    if not context.signed_in:
        return sign_in_first(context, query)
    address = f"{quote(context.url(asked.path))}?{query}"
    if context.principal.acting != acting:
        flash(say_of(context)("accounts.form_waits"), "warn")
        address = f"{context.url('/accounts')}?{urlencode({'next': address})}"
    return make_response(redirect(address, 303))


def hand_over(context: RequestContext, contact: int) -> None:
    """Somebody has signed in: what waits on this browser is theirs, or gone."""
    waiting = session.get(WAITING)
    if isinstance(waiting, str):
        with context.lease.transaction() as connection:
            drafts.hand_over(connection, waiting, contact)


def _block(context: RequestContext, asked: Request) -> tuple[int, str] | None:
    """Which block of the page was sent, by its number and the argument that has it go on; None where it is no form."""
    found = find_page(context.site, asked.path)
    blocks = found.node.page.blocks if found is not None else ()
    named = asked.form.get("block", "")
    index = int(named) if named.isascii() and named.isdecimal() and len(named) < 4 else len(blocks)
    if index >= len(blocks) or blocks[index].type not in FORMS:
        return None
    return index, f"{prefixes_of(blocks)[index]}{CONTINUE}"


def _browser() -> str:
    waiting = session.get(WAITING)
    if not isinstance(waiting, str):
        waiting = session[WAITING] = drafts.new_key()
    return waiting


def _typed(context: RequestContext, asked: Request) -> dict[str, Any]:
    posted = {name: values for name, values in asked.form.lists() if name not in NOT_TYPED}
    seen = {name: asked.form.get(name, "") for name in (VERSION, BASE)}
    own_zone = ""  # that of the person, whom nobody knows before the sign-in
    return {"language": manner_of(context).language, "zone": own_zone, "posted": posted, "key": drafts.new_key(), **seen}


def _store(context: RequestContext, owner: Owner, typed: dict[str, Any]) -> None:
    now = dt.datetime.now(dt.UTC)
    with context.lease.transaction() as connection:
        drafts.drop_open(connection, owner)
        drafts.begin(connection, drafts.fresh(owner, "", now).with_step(TYPED, typed))
