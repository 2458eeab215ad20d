"""Buttons on a record page that write declared values: a question first, then the deed, by the person's own right."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, request
from sqlalchemy import Connection

from metadata.model import Form, RecordAction
from metadata.snapshot import Snapshot
from metadata.text import in_words
from runtime.access import access_for
from runtime.answers import see_other
from runtime.context import RequestContext
from runtime.errors import ChangedMeanwhile, OutOfReach
from runtime.forms.drafts import new_key
from runtime.forms.refusals import faults_of
from runtime.pages.action_deeds import owe_deeds
from runtime.pages.content import words_of
from runtime.pages.onwards import Doing, lead_on
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.queries import UnusableArgument
from runtime.pages.removal import name_of
from runtime.pages.set_values import meant_values
from runtime.pages.speech import text_of
from runtime.pages.stored_row import holds_of, stored_paths
from runtime.records.details import Record
from runtime.records.errors import Conflict, Denied, Invalid
from runtime.records.write import update
from runtime.refused import keep_denied
from runtime.render import Action

ACT, SENT = "do", "sent"
TEMPLATE = "blocks/record_action.html"


@dataclass(frozen=True, slots=True)
class ActionView:
    """The question: what will be done, the address that does it, and the way back; `sent` is the
    key of the sending, `faults` say why it could not be."""

    text: str
    label: str
    url: str
    back: str
    block: int
    version: int
    sent: str
    faults: tuple[str, ...] = ()

    @property
    def faults_named(self) -> tuple[tuple[str, str], ...]:
        """The faults for the error summary; none of them is of a field."""
        return tuple(("", fault) for fault in self.faults)


def action_paths(snapshot: Snapshot, form: Form) -> tuple[str, ...]:
    """What has to be read of a record to tell which actions it has."""
    return tuple(dict.fromkeys(path for action in form.actions for path in condition_paths(snapshot, form, action)))


def condition_paths(snapshot: Snapshot, form: Form, action: RecordAction) -> tuple[str, ...]:
    """What has to be read of a record to tell whether it has an action of a form."""
    return stored_paths(snapshot, form.entity, action.when)


def action_buttons(ask: BlockAsk, form: Form, record: Record) -> tuple[Action, ...]:
    """The actions that the person may take on the record as it is."""
    context = ask.context
    return tuple(
        Action(
            action_label(context, item),
            ask.query.link(**{ACT: item.key}),
            item.icon,
            "primary" if item.primary else "secondary",
        )
        for item in form.actions
        if _is_offered(context, form, item, record)
    )


def show_action(ask: BlockAsk, form: Form, record: Record) -> Part | None:
    """The question of the action that the address names; on POST the deed. None where it names none.

    Raises PageNotFound for an action that the person may not take, ChangedMeanwhile where somebody else was quicker.
    """
    wanted = ask.query.own.get(ACT)
    if not wanted:
        return None
    action = next((item for item in form.actions if item.key == wanted), None)
    if action is None:
        raise OutOfReach
    return take_action(ask, form, action, record, ask.query.link(**{ACT: None}))


def take_action(ask: BlockAsk, form: Form, action: RecordAction, record: Record, back: str) -> Part:
    """The question of an action of a form; on POST the deed, and the way to the page that the action names, else `back`.

    Raises PageNotFound and ChangedMeanwhile as `show_action` does. Whoever may take it where the record no longer allows it,
    such as by pressing twice, is led back and told so.
    """
    if not _may_take(ask.context, form, action, record):
        raise OutOfReach
    if not _is_offered(ask.context, form, action, record):
        flash(text_of(ask.context)("action.over", label=action_label(ask.context, action)), "warn")
        return Part(response=see_other(back))
    return _done(ask, action, record, back) if ask.posted else _question(ask, action, record, back)


def is_open(context: RequestContext, form: Form, action: RecordAction) -> bool:
    """Whether the person may take an action on any record at all."""
    writable = access_for(context.snapshot, context.principal, form.entity, "write")
    return writable.allowed and writable.attributes.issuperset(value.attribute for value in action.values)


def action_label(context: RequestContext, action: RecordAction) -> str:
    """What the button of an action says."""
    return words_of(context, action.label) or in_words(action.key)


def _is_offered(context: RequestContext, form: Form, action: RecordAction, record: Record) -> bool:
    return _may_take(context, form, action, record) and (not action.when or holds_of(context, record, action.when))


def _may_take(context: RequestContext, form: Form, action: RecordAction, record: Record) -> bool:
    return "write" in record.can and is_open(context, form, action)


def _act(connection: Connection, context: RequestContext, action: RecordAction, record: Record, version: int) -> None:
    """Write what the action declares, and owe what else it does. Raises Conflict, Denied and Invalid."""
    sent = request.form.get(SENT, "")
    if action.values:
        update(
            connection,
            context.snapshot,
            context.principal,
            record.entity,
            record.id,
            version,
            meant_values(context, record.entity, action.values),
            listeners=context.listeners,
            undo="transaction",
        )
    elif record.version != version:
        raise ChangedMeanwhile
    owe_deeds(connection, context, action, record, sent)


def _done(ask: BlockAsk, action: RecordAction, record: Record, back: str) -> Part:
    context = ask.context
    version = request.form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise UnusableArgument("version")
    try:
        with context.lease.transaction() as connection:
            _act(connection, context, action, record, int(version))
    except Conflict:
        raise ChangedMeanwhile from None
    except (Denied, Invalid) as refused:
        keep_denied(context, refused)
        attributes = context.snapshot.entities[record.entity].attributes
        labels = {key: words_of(context, item.model.label) or in_words(key) for key, item in attributes.items()}
        said = tuple(fault.sentence(text_of(context)) for _, fault in faults_of(refused, labels))
        return _question(ask, action, record, back, said)
    flash(words_of(context, action.message) or text_of(context)("form.saved"), "good")
    return lead_on(ask, Doing(record.entity, record.id, action.page, action.onwards, back=back))


def _question(ask: BlockAsk, action: RecordAction, record: Record, back: str, faults: tuple[str, ...] = ()) -> Part:
    context = ask.context
    label = action_label(context, action)
    view = ActionView(
        text=words_of(context, action.confirm),
        label=label,
        url=ask.query.link(),
        back=back,
        block=ask.index,
        version=record.version,
        sent=new_key(),
        faults=faults,
    )
    heading = text_of(context)("action.question", label=label, name=name_of(context, record))
    return Part(TEMPLATE, view, Head(title=heading), status=422 if faults else 200, failed=bool(faults))
