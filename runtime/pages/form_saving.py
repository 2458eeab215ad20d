"""After a form was sent: the next page, or the draft under which it is sent."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from flask import flash, request

from metadata.model import Onwards
from metadata.text import Text
from runtime.context import RequestContext
from runtime.forms import drafts
from runtime.forms.drafts import Draft, Owner
from runtime.forms.ports import AsBefore, Queued
from runtime.pages.content import words_of
from runtime.pages.form_setting import say_of
from runtime.pages.form_view import DRAFT
from runtime.pages.onwards import Doing, key_on_page, lead_on
from runtime.pages.part import BlockAsk, Part
from runtime.pages.renumbered import note_key


class Success(Protocol):
    """How metadata says what comes after saving."""

    @property
    def success_message(self) -> Text:
        """What is said."""
        ...

    @property
    def success_page(self) -> str:
        """The page."""
        ...

    @property
    def onwards(self) -> Onwards | None:
        """What its address is given, or another one."""
        ...


def saved_part(
    ask: BlockAsk, entity: str, record: int | None, success: Success, queued: Queued | AsBefore | None = None
) -> Part:
    """Say that it is done and go on: to the page named, with this record where it is a record page, or outside; else stay."""
    context = ask.context
    say = say_of(context)
    if isinstance(queued, AsBefore):
        flash(say("step.sent_before"), "warn")
    elif queued is not None:
        flash(queued.message or say("form.queued"), "warn")
        _note_key(ask, entity, record, success.success_page)
    else:
        flash(words_of(context, success.success_message) or say("form.saved"), "good")
    return after_success(ask, entity, record, success)


def after_success(ask: BlockAsk, entity: str, record: int | None, success: Success) -> Part:
    """The answer that leads on from what was saved."""
    return lead_on(ask, Doing(entity, record, success.success_page, success.onwards))


def _note_key(ask: BlockAsk, entity: str, record: int | None, page: str) -> None:
    """Remember the key that the person is shown before the outside system has given its own."""
    node = ask.context.site.pages.get(page)
    if node is not None and node.record_entity == entity and record is not None:
        note_key(ask.context, entity, record, str(key_on_page(ask.context, node, record) or ""))


def owner_of(context: RequestContext, form: str) -> Owner:
    """Whose draft it is."""
    return Owner(context.principal.contact or drafts.NOBODY, context.site.key, form, context.principal.acting)


def sending_draft(context: RequestContext, entity: str, form: str) -> Draft | None:
    """The draft under which a plain form is sent, stored before anybody is asked; None where nobody is asked."""
    if not context.services.submission.concerns(context.snapshot, entity):
        return None
    fresh = drafts.fresh(owner_of(context, drafts.PLAIN + form), request.form.get(DRAFT, ""), dt.datetime.now(dt.UTC))
    with context.lease.transaction() as connection:
        return drafts.begin(connection, fresh)
