"""What stands in the place of what a person may not see or do: the next step depends on whether we know who it is."""

from __future__ import annotations

from urllib.parse import quote

from flask import request

from runtime.context import RequestContext
from runtime.pages.speech import text_of
from runtime.refused import keep_denied_part
from runtime.render import Action, State


def denied(context: RequestContext, said: str = "", *, entity: str = "") -> State:
    """The state of a part that is not open to the person, with `said` in the place of its sentence. It is in the audit trail,
    with the `entity` that was asked for.

    Somebody who has not signed in has no role that lacks anything: they are led to the sign-in, and back to this page.
    """
    keep_denied_part(context, entity)
    text = text_of(context)
    home = Action(text("action.home"), context.url("/"))
    if context.signed_in:
        return State("denied", text("state.denied"), said or text("state.denied_text"), secondary=home)
    back = quote(context.url(request.path), safe="/")
    sign_in = Action(text("frame.sign_in"), f"{context.url('/signin')}?next={back}", kind="primary")
    return State("denied", text("state.sign_in"), said or text("state.sign_in_text"), sign_in, home)
