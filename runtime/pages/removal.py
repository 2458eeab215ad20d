"""Deleting a record from a list or from its form: a question first, then the deed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flask import flash, request

from metadata.model import ListComponent, Onwards
from metadata.text import Text
from runtime.context import RequestContext
from runtime.errors import AccessDenied, OutOfReach
from runtime.pages.content import words_of
from runtime.pages.onwards import Doing, given_of, lead_on
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.queries import UnusableArgument
from runtime.pages.speech import text_of
from runtime.records.details import Record, fetch_record
from runtime.records.remove import delete

REMOVE = "delete"
GONE = ("delete", "page", "after", "before")


class Words(Protocol):
    """How metadata words a removal."""

    @property
    def label(self) -> Text:
        """The button."""
        ...

    @property
    def confirm(self) -> Text:
        """The question."""
        ...

    @property
    def page(self) -> str:
        """The page shown afterwards, if there is one."""
        ...

    @property
    def onwards(self) -> Onwards | None:
        """What its address is given, or another one."""
        ...


@dataclass(frozen=True, slots=True)
class RemovalView:
    """The question: what is deleted, the address that does it, and the way back."""

    text: str
    label: str
    url: str
    back: str
    block: int
    version: int


def show_removal(ask: BlockAsk, model: ListComponent, attribute: str) -> Part:
    """Ask whether the record that the address names is to be deleted; on POST delete it and go back to the list.

    `attribute` is the one whose value the address names. Raises PageNotFound for a record that is not there or not the
    person's, AccessDenied where it may be read only, and what deleting raises.
    """
    action = next((action for action in model.actions if action.type == "delete"), None)
    record = _record(ask, model, attribute)
    if action is None or record is None:
        raise OutOfReach
    return remove(ask, record, action, ask.query.link(**dict.fromkeys(GONE)))


def remove(ask: BlockAsk, record: Record, words: Words, back: str, argument: str = REMOVE) -> Part:
    """The question about a record that the person may read; on POST the deed, and the way to the page declared, else `back`.
    `argument` is the one of the address that asks it.

    Raises AccessDenied where the person may not delete it, and what deleting raises.
    """
    if "delete" not in record.can:
        raise AccessDenied
    if ask.posted:
        return _delete(ask, record, words, back)
    return _question(ask, words, record, argument)


def _record(ask: BlockAsk, model: ListComponent, attribute: str) -> Record | None:
    context = ask.context
    entity = context.snapshot.entities[context.snapshot.views[model.views[0]].entity]
    key = attribute or entity.primary_name.key
    return fetch_record(
        context.connection,
        context.snapshot,
        context.principal,
        entity.key,
        key,
        ask.query.own[REMOVE],
        (entity.primary_name.key,),
    )


def _delete(ask: BlockAsk, record: Record, words: Words, back: str) -> Part:
    context = ask.context
    version = request.form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise UnusableArgument("version")
    given = given_of(ask, record.entity, record.id, words.onwards)
    with context.lease.transaction() as connection:
        delete(
            connection, context.snapshot, context.principal, record.entity, record.id, int(version), listeners=context.listeners
        )
    flash(text_of(context)("form.deleted", name=name_of(context, record)), "good")
    return lead_on(ask, Doing(record.entity, None, words.page, words.onwards, given, back))


def _question(ask: BlockAsk, words: Words, record: Record, argument: str) -> Part:
    context = ask.context
    text = text_of(context)
    heading = text("form.delete_question", name=name_of(context, record))
    view = RemovalView(
        text=words_of(context, words.confirm) or text("form.delete_text"),
        label=words_of(context, words.label) or text("action.delete"),
        url=ask.query.link(),
        back=ask.query.link(**{argument: None}),
        block=ask.index,
        version=record.version,
    )
    return Part("blocks/removal.html", view, Head(title=heading))


def name_of(context: RequestContext, record: Record) -> str:
    """What a record is called, as far as that was read."""
    value = record.values.get(context.snapshot.entities[record.entity].primary_name.key)
    return str(record.key if value is None else value)
