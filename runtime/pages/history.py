"""The history of a record: who changed what and when, and a button that gives the record earlier values back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import flash, make_response, redirect, request
from markupsafe import Markup, escape

from metadata.model import Form, RecordHistory
from metadata.model.data import Attribute
from metadata.text import in_words
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.errors import ChangedMeanwhile, OutOfReach
from runtime.forms.refusals import faults_of
from runtime.pages.content import words_of
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.queries import UnusableArgument
from runtime.pages.removal import name_of
from runtime.pages.speech import formats_of, text_of
from runtime.records.details import Record
from runtime.records.errors import Conflict, Denied, Invalid
from runtime.records.trail import Difference, Event, changed_since, fetch_trail, names_of
from runtime.records.write import update
from runtime.refused import keep_denied
from runtime.render import Action

HISTORY, BEFORE, RESTORE = "history", "before", "restore"
ARGUMENTS = frozenset({HISTORY, BEFORE, RESTORE})
TEMPLATE = "blocks/history.html"
QUESTION = "blocks/history_restore.html"
ORIGINS = ("api", "sync", "admin", "system")


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """A value before and after, as HTML."""

    label: str
    old: Markup
    """Empty where there was no value."""
    new: Markup


@dataclass(frozen=True, slots=True)
class EventView:
    """A change; `restore` is the address of the question whether to go back to it, empty where that is not offered."""

    who: str
    when: str
    kind: str
    differences: tuple[DifferenceView, ...]
    restore: str = ""


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The changes of a page, the address of older ones, and the way back to the record."""

    events: tuple[EventView, ...]
    older: str
    back: str


@dataclass(frozen=True, slots=True)
class RestoreView:
    """The question: what would change, the address that does it, and the way back; `faults` say why it could not be."""

    differences: tuple[DifferenceView, ...]
    url: str
    back: str
    block: int
    version: int
    faults: tuple[str, ...] = ()

    @property
    def faults_named(self) -> tuple[tuple[str, str], ...]:
        """The faults for the error summary; none of them is of a field."""
        return tuple(("", fault) for fault in self.faults)


def history_button(ask: BlockAsk, form: Form, record: Record) -> tuple[Action, ...]:
    """The way to the history, for those who may see it."""
    if form.history is None or "history" not in record.can:
        return ()
    label = words_of(ask.context, form.history.label) or text_of(ask.context)("history.title")
    return (Action(label, ask.query.link(**{HISTORY: "1"}), "clock-history"),)


def show_history(ask: BlockAsk, form: Form, record: Record) -> Part | None:
    """The history that the address asks for, or the question before earlier values return, on POST the deed; else None.

    Raises PageNotFound where there is none for the person, ChangedMeanwhile where somebody else was quicker.
    """
    own, history = ask.query.own, form.history
    if history is None or not (own.get(HISTORY) or own.get(RESTORE)):
        return None
    if "history" not in record.can:
        raise OutOfReach
    if own.get(RESTORE):
        return _restoring(ask, history, record, _number(own[RESTORE], RESTORE))
    return None if ask.posted else _list(ask, history, record)


def _list(ask: BlockAsk, history: RecordHistory, record: Record) -> Part:
    context, own = ask.context, ask.query.own
    before = _number(own[BEFORE], BEFORE) if own.get(BEFORE) else 0
    place = (context.connection, context.snapshot, context.principal, record.entity, record.id)
    trail = fetch_trail(*place, limit=history.page_size, before=before)
    names = _names(context, record.entity, (item for event in trail.events for item in event.differences))
    restorable = history.restore and "write" in record.can
    newest = 0 if before or not trail.events else trail.events[0].number
    view = HistoryView(
        events=tuple(_event(ask, record, event, names, restorable and event.number != newest) for event in trail.events),
        older=ask.query.link(**{BEFORE: str(trail.older)}) if trail.older else "",
        back=ask.query.link(**{HISTORY: None, BEFORE: None}),
    )
    return Part(TEMPLATE, view, Head(title=text_of(context)("history.of", name=name_of(context, record))))


def _event(ask: BlockAsk, record: Record, event: Event, names: Mapping[tuple[str, int], str], restorable: bool) -> EventView:
    context = ask.context
    text = text_of(context)
    who = event.who or (context.principal.name if event.own else "")
    restorable = restorable and event.kind in ("create", "write")
    return EventView(
        who=who or text(f"history.by_{event.origin}" if event.origin in ORIGINS else "history.by_portal"),
        when=formats_of(context).moment(event.at, full=True),
        kind=text(f"history.{event.kind}"),
        differences=_differences(context, record.entity, event.differences, names),
        restore=ask.query.link(**{HISTORY: None, BEFORE: None, RESTORE: str(event.number)}) if restorable else "",
    )


def _restoring(ask: BlockAsk, history: RecordHistory, record: Record, number: int) -> Part:
    context = ask.context
    place = (record.entity, record.id)
    if not history.restore or "write" not in record.can:
        raise OutOfReach
    since = changed_since(context.connection, context.snapshot, context.principal, *place, number)
    if since is None:
        raise OutOfReach
    meant = _permitted(context, record.entity, since)
    if not ask.posted:
        return _question(ask, record, meant)
    version = request.form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise UnusableArgument("version")
    try:
        with context.lease.transaction() as connection:
            update(
                connection,
                context.snapshot,
                context.principal,
                *place,
                int(version),
                {item.attribute: item.old for item in meant},
                listeners=context.listeners,
                undo="transaction",
            )
    except Conflict:
        raise ChangedMeanwhile from None
    except (Denied, Invalid) as refused:
        keep_denied(context, refused)
        attributes = context.snapshot.entities[record.entity].attributes
        labels = {key: _label(context, item.model) for key, item in attributes.items()}
        said = tuple(fault.sentence(text_of(context)) for _, fault in faults_of(refused, labels))
        return _question(ask, record, meant, said)
    flash(text_of(context)("history.restored"), "good")
    return Part(response=make_response(redirect(ask.query.link(**{RESTORE: None}), 303)))


def _permitted(context: RequestContext, entity: str, since: Iterable[Difference]) -> tuple[Difference, ...]:
    """What the person may take back: of attributes that may be changed at all, and by them."""
    writable = access_for(context.snapshot, context.principal, entity, "write").attributes
    attributes = context.snapshot.entities[entity].attributes
    return tuple(item for item in since if item.attribute in writable and not attributes[item.attribute].model.immutable)


def _question(ask: BlockAsk, record: Record, meant: tuple[Difference, ...], faults: tuple[str, ...] = ()) -> Part:
    context = ask.context
    backwards = tuple(Difference(item.attribute, item.new, item.old) for item in meant)
    view = RestoreView(
        differences=_differences(context, record.entity, backwards, _names(context, record.entity, backwards)),
        url=ask.query.link(),
        back=ask.query.link(**{RESTORE: None, HISTORY: "1"}),
        block=ask.index,
        version=record.version,
        faults=faults,
    )
    heading = text_of(context)("history.restore_question", name=name_of(context, record))
    return Part(QUESTION, view, Head(title=heading), status=422 if faults else 200, failed=bool(faults))


def _differences(
    context: RequestContext, entity: str, found: Iterable[Difference], names: Mapping[tuple[str, int], str]
) -> tuple[DifferenceView, ...]:
    attributes = context.snapshot.entities[entity].attributes

    def html(key: str, value: object) -> Markup:
        if value is None or value == "":
            return escape(text_of(context)("value.none"))
        targets = _targets(context, entity, key)
        if targets:
            return escape(names.get(_target(targets, value)) or text_of(context)("history.unnamed"))
        if isinstance(value, str) and attributes[key].type.is_file:
            return escape(value)
        try:
            written = formats_of(context).html(attributes[key], context.snapshot, full=True)(value)
        except (TypeError, ValueError, AttributeError):
            return escape(str(value))  # it was of another type then
        return Markup(written)  # noqa: S704 - the formatter escapes

    def label(key: str) -> str:
        if key in attributes:
            return _label(context, attributes[key].model)
        return in_words(key)

    return tuple(
        DifferenceView(
            label(item.attribute),
            html(item.attribute, item.old) if item.old is not None else Markup(),
            html(item.attribute, item.new),
        )
        for item in found
    )


def _names(context: RequestContext, entity: str, found: Iterable[Difference]) -> dict[tuple[str, int], str]:
    """The names of the rows that lookups led to, one statement for each entity."""
    wanted: dict[str, set[int]] = {}
    for item in found:
        targets = _targets(context, entity, item.attribute)
        for value in (item.old, item.new):
            if targets and value is not None:
                target, row = _target(targets, value)
                wanted.setdefault(target, set()).add(row)
    named = {
        target: names_of(context.connection, context.snapshot, context.principal, target, rows)
        for target, rows in wanted.items()
        if target in context.snapshot.entities
    }
    return {(target, row): name for target, rows in named.items() for row, name in rows.items()}


def _targets(context: RequestContext, entity: str, key: str) -> tuple[str, ...]:
    compiled = context.snapshot.entities[entity]
    if key in compiled.attributes:
        return compiled.attributes[key].targets
    found = compiled.relationships.get(key)
    return () if found is None else (found.entity,)


def _target(targets: tuple[str, ...], value: object) -> tuple[str, int]:
    if isinstance(value, tuple):
        return str(value[0]), int(value[1])
    return targets[0], int(str(value))


def _label(context: RequestContext, attribute: Attribute) -> str:
    return words_of(context, attribute.label) or in_words(attribute.key)


def _number(text: str, argument: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise UnusableArgument(argument)
    return int(text)
