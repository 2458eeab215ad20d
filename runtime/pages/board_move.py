"""A card of a board moved to another column: judged as the form would judge it on which the row is changed otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from metadata.model import Form, ListBoard
from runtime.context import RequestContext
from runtime.forms.bound import bind, inputs, posted_values
from runtime.forms.builder import form_class
from runtime.forms.faults import Fault
from runtime.forms.fields import BaseForm
from runtime.pages.form import form_record_paths
from runtime.pages.form_lock import is_locked
from runtime.pages.form_rules import settle_stored
from runtime.pages.form_sending import changed_values
from runtime.pages.form_setting import form_ask, person_of, words_of_request
from runtime.records.details import Record, fetch_record
from runtime.records.write import update
from runtime.sitemap import readable_pages


@dataclass(frozen=True, slots=True)
class Move:
    """A row, the version that was shown, and the option that its choice gets."""

    entity: str
    row: int
    version: int
    attribute: str
    option: str


def move(connection: Connection, context: RequestContext, declared: ListBoard, wanted: Move) -> tuple[Fault, ...]:
    """Move a card, with what the form sets besides; where no form takes it, what the first one says.

    A row is changed as freely as its permissions allow where the site has no form for it. Raises Conflict, Denied, Invalid and
    Missing.
    """
    values, faults = _judged(connection, context, declared, wanted)
    if values is None:
        return faults
    update(
        connection,
        context.snapshot,
        context.principal,
        wanted.entity,
        wanted.row,
        wanted.version,
        values,
        listeners=context.listeners,
        undo="transaction",
    )
    return ()


def judging_forms(context: RequestContext, declared: ListBoard, entity: str) -> tuple[Form, ...]:
    """The form that the board names, else those in mode edit that ask for the choice, on pages that the person may open."""
    forms = context.snapshot.forms
    if declared.form:
        return (forms[declared.form],)
    found: dict[str, Form] = {}
    readable = readable_pages(context.snapshot, context.site, context.principal.roles)
    for node in context.site.pages.values():
        edited = [forms[block.form] for block in node.page.blocks if block.type == "form" and block.mode == "edit"]
        asking = [form for form in edited if form.entity == entity and declared.attribute in _kind(context, form).rules]
        if asking and node.page.key in readable:
            found |= {form.key: form for form in asking}
    return tuple(found.values())


def _judged(
    connection: Connection, context: RequestContext, declared: ListBoard, wanted: Move
) -> tuple[dict[str, Any] | None, tuple[Fault, ...]]:
    """What is written, by the first form that takes it; or None, and why the first one does not."""
    first: tuple[Fault, ...] = ()
    forms = judging_forms(context, declared, wanted.entity)
    for form in forms:
        paths = form_record_paths(context, form)
        record = fetch_record(connection, context.snapshot, context.principal, wanted.entity, "id", wanted.row, paths)
        if record is None:
            continue
        bound, faults = _bound(context, form, record, wanted)
        if not faults:
            words = words_of_request(context, form, {})
            return changed_values(context, connection, form, words, record, posted_values(bound)), ()
        first = first or faults
    return (None, first) if first else ({wanted.attribute: wanted.option}, ())


def _bound(context: RequestContext, form: Form, record: Record, wanted: Move) -> tuple[BaseForm, tuple[Fault, ...]]:
    """The form as if the option had been chosen on it, and why it would not be saved."""
    posted = MultiDict({wanted.attribute: wanted.option})
    person = person_of(context, labels=record.labels)
    bound = settle_stored(context, form, bind(_kind(context, form), person, posted=posted, values=record.values), record)
    if is_locked(context, form, record):
        return bound, (Fault("form.locked", (), form.locked_message.in_language(context.language)),)
    kept = bound.conduct.hidden | bound.conduct.locked
    if wanted.attribute not in bound.rules or wanted.attribute in kept:
        return bound, (Fault("form.locked"),)
    if bound.validate():
        return bound, ()
    return bound, tuple(_faults([*(said for _, item in inputs(bound) for said in item.errors), *bound.form_errors]))


def _faults(said: Iterable[object]) -> Iterable[Fault]:
    return (one if isinstance(one, Fault) else Fault("", (), str(one)) for one in said)


def _kind(context: RequestContext, form: Form) -> type[BaseForm]:
    return form_class(context.snapshot, form_ask(context, form, "edit"))
