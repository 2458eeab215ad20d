"""What somebody sent before signing in again, in the form that it was typed in. See sent_late for how it came to be kept."""

from __future__ import annotations

import hashlib

from flask import flash, request
from werkzeug.datastructures import MultiDict

from runtime.context import RequestContext
from runtime.forms import drafts
from runtime.forms.drafts import OVER, Draft
from runtime.forms.parse import Manner
from runtime.pages.form_saving import owner_of
from runtime.pages.form_setting import manner_of, say_of
from runtime.pages.part import BlockAsk

CONTINUE, TYPED = "kept", "typed"


def place_of(index: int) -> str:
    """What a form on this page is kept as: by the number of its block and the address."""
    return f"{OVER}{index}:{hashlib.blake2s(request.path.encode(), digest_size=8).hexdigest()}"


def kept_over(ask: BlockAsk) -> Draft | None:
    """What the person sent with this form before signing in again, where the address asks to go on with it."""
    if not ask.query.own.get(CONTINUE):
        return None
    found = drafts.latest(ask.context.connection, owner_of(ask.context, place_of(ask.index)))
    return found if found is not None and TYPED in found.data else None


def typed_in(context: RequestContext, kept: Draft) -> tuple[MultiDict[str, str], Manner]:
    """What was typed, and how its numbers and dates were written."""
    typed = kept.data[TYPED]
    posted = MultiDict((name, value) for name, values in typed["posted"].items() for value in values)
    return posted, Manner(typed["language"], typed["zone"] or manner_of(context).zone)


def tell_over(context: RequestContext) -> None:
    """Say that what was typed is here again, and not saved."""
    flash(say_of(context)("form.kept_over"), "warn")


def forget_over(ask: BlockAsk) -> None:
    """What was sent before signing in again is saved, or goes on elsewhere."""
    if ask.query.own.get(CONTINUE):
        with ask.context.lease.transaction() as connection:
            drafts.drop_open(connection, owner_of(ask.context, place_of(ask.index)))
