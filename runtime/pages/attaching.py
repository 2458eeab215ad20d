"""Several files that a form takes for related rows: taken in before the form is read, made rows of in the transaction that
saves the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import request
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from metadata.model import Form, RelatedList
from metadata.text import in_words
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.files.labels import file_address, read_label
from runtime.files.names import clean_name
from runtime.files.register import Upload, find_pending
from runtime.files.sizes import size_said
from runtime.forms.attached import (
    MOST_HELD,
    Attached,
    AttachView,
    Place,
    ShownFile,
    attach_view,
    faults_of_texts,
    over_names,
    over_text,
    places_of,
    rules_of,
    too_few,
    too_many,
)
from runtime.forms.attachments import REFUSED, REMOVE
from runtime.forms.faults import Fault
from runtime.forms.numbers import locale_for
from runtime.pages.content import words_of
from runtime.pages.speech import text_of
from runtime.pages.uploads import slot_of, taken_in
from runtime.records.ask import ListAsk
from runtime.records.counted import TOO_MANY, rows_at
from runtime.records.errors import Denied, Invalid
from runtime.records.lists import fetch_list
from runtime.records.plan import ListOptions, Near, plan_list
from runtime.records.write import create
from runtime.refused import keep_denied


class NotAttached(Exception):
    """A file cannot become a row: which place, which of its files, and why."""

    def __init__(self, place: Place, upload: Upload, cause: Invalid | Denied) -> None:
        super().__init__(upload.label.name)
        self.place, self.upload, self.cause = place, upload, cause


def offered_places(context: RequestContext, form: Form) -> tuple[Place, ...]:
    """The places of a form at which this person may add files at all."""

    def find() -> tuple[Place, ...]:
        return tuple(place for place in places_of(context.snapshot, form) if _may_add(context, form, place))

    return context.snapshot.derive(("files as rows offered", form.key, context.principal.standing), find)


def _may_add(context: RequestContext, form: Form, place: Place) -> bool:
    create_right = access_for(context.snapshot, context.principal, place.entity, "create")
    if not create_right.allowed or not {place.lookup.key, place.attribute.key} <= create_right.attributes:
        return False
    appended = access_for(context.snapshot, context.principal, place.entity, "append").allowed
    return appended and access_for(context.snapshot, context.principal, form.entity, "append_to").allowed


def opened_files(context: RequestContext, form: Form, record: int | None = None) -> tuple[Attached, ...]:
    """The places of a form that is shown first; `record` is the id of the record that it changes."""
    return tuple(
        Attached(
            place,
            rules_of(context.snapshot, place, context.language),
            already=_already(context, form, place, record),
            record=record,
        )
        for place in offered_places(context, form)
    )


def _already(context: RequestContext, form: Form, place: Place, record: int | None) -> int:
    if record is None:
        return 0
    return rows_at(context.connection, context.snapshot, place.entity, place.lookup, (form.entity, record))


def take_files(
    context: RequestContext, form: Form, posted: MultiDict[str, str], record: int | None = None
) -> MultiDict[str, str]:
    """What was posted, each file at a place of the form as a text: the key under which it waits, or why it was refused.

    Files beyond the limit are not taken in. Those that wait from an earlier try stay, less those that were given up.
    """
    found = opened_files(context, form, record)
    if not found:
        return posted
    posted = MultiDict(posted)
    for attached in found:
        name = attached.place.name
        gone = set(posted.poplist(f"{name}{REMOVE}"))
        kept = [key for key in _keys(posted.getlist(name)) if key not in gone]
        room = replace(attached, files=_waiting(context, attached, kept)).room
        texts = list(kept)
        for file in request.files.getlist(name):
            if not file.filename:
                continue  # what a browser sends for a control in which nothing was chosen
            if not room:
                texts.append(over_text(clean_name(file.filename)))
                continue
            text = taken_in(context, attached.rules, file)
            room -= not text.startswith(REFUSED)
            texts.append(text)
        posted.poplist(name)
        if texts:
            posted.setlist(name, texts)
    return posted


def _keys(texts: Sequence[str]) -> list[str]:
    """The keys among what is posted, each once, and no more than a form can hold with one too many."""
    return list(dict.fromkeys(text for text in texts if text and not text.startswith(REFUSED)))[: MOST_HELD + 1]


def _waiting(context: RequestContext, attached: Attached, keys: Iterable[str]) -> tuple[Upload, ...]:
    slot = slot_of(context, attached.rules)
    found = (find_pending(context.connection, slot, key) for key in keys)
    return tuple(upload for upload in found if upload is not None)


def read_files(
    context: RequestContext, form: Form, posted: MultiDict[str, str], record: int | None = None
) -> tuple[Attached, ...]:
    """The places of a form with what was posted for them, and what is wrong with it."""
    return tuple(_read(context, one, posted.getlist(one.place.name)) for one in opened_files(context, form, record))


def _read(context: RequestContext, attached: Attached, texts: list[str]) -> Attached:
    place, keys = attached.place, _keys(texts)
    files = _waiting(context, attached, keys)
    faults = list(faults_of_texts(attached.rules, context.services.files.most, texts))
    if len(files) < len(keys):
        faults.append(Fault("form.file_gone"))
    names = [*over_names(texts)]
    most = MOST_HELD if place.most is None else place.most - attached.already
    names[:0] = [upload.label.name for upload in files[max(0, most) :]]
    if names:
        faults.append(too_many(place, names))
    if not faults and attached.already + len(files) < place.related.min_count:
        faults.append(too_few(place))
    return replace(attached, files=files, faults=tuple(faults))


def sound(attached: Iterable[Attached]) -> bool:
    """Whether nothing is wrong with the files of a form."""
    return not any(one.faults for one in attached)


def without_faults(attached: Iterable[Attached]) -> tuple[Attached, ...]:
    """The files of a form without what is wrong with them."""
    return tuple(replace(one, faults=()) for one in attached)


def attach(context: RequestContext, connection: Connection, form: Form, attached: Iterable[Attached], record: int) -> None:
    """Make a row of each file that waits. Raises NotAttached, and then the transaction is undone."""
    for one in attached:
        pointer: Any = record if one.place.lookup.target_column is None else (form.entity, record)
        for upload in one.files:
            values = {one.place.lookup.key: pointer, one.place.attribute.key: upload.id, **_name(context, one.place, upload)}
            try:
                create(
                    connection,
                    context.snapshot,
                    context.principal,
                    one.place.entity,
                    values,
                    listeners=context.listeners,
                    undo="transaction",
                )
            except (Invalid, Denied) as refused:
                raise NotAttached(one.place, upload, refused) from refused


def _name(context: RequestContext, place: Place, upload: Upload) -> Mapping[str, str]:
    """A row is called like its file, where its name is a text that the person may give."""
    right = access_for(context.snapshot, context.principal, place.entity, "create")
    if not place.named or place.named not in right.attributes:
        return {}
    longest = context.snapshot.entities[place.entity].attributes[place.named].model.max_length
    return {place.named: upload.label.name[:longest]}


def laid_out(context: RequestContext, attached: Sequence[Attached], refused: NotAttached) -> tuple[Attached, ...]:
    """The places, with the reason at the one whose file could not become a row."""
    keep_denied(context, refused.cause)
    return tuple(
        replace(one, faults=(_fault(one, refused),)) if one.place.number == refused.place.number else one for one in attached
    )


def _fault(attached: Attached, refused: NotAttached) -> Fault:
    cause = refused.cause
    if isinstance(cause, Invalid) and cause.codes.get(attached.place.lookup.key) == TOO_MANY:
        place = [upload.id for upload in attached.files].index(refused.upload.id)
        return too_many(attached.place, [upload.label.name for upload in attached.files[place:]])
    return Fault("form.file_not_attached", (("name", refused.upload.label.name),))


def attach_views(
    context: RequestContext, form: Form, attached: Iterable[Attached]
) -> Callable[[RelatedList], AttachView | None]:
    """The controls of a form for its related lists."""
    say, most = text_of(context), context.services.files.most
    found = {
        id(one.place.related): attach_view(one, _label(context, one.place), most, say, tuple(_shown(context, form, one)))
        for one in attached
    }
    return lambda related: found.get(id(related))


def _shown(context: RequestContext, form: Form, attached: Attached) -> Iterator[ShownFile]:
    """The first files that the record has, in the order of the view that shows them, as far as the person may read them."""
    place = attached.place
    if attached.record is None or not attached.already:
        return
    options = ListOptions(extra=(place.attribute.key,), near=Near(form.entity, place.related.relationship))
    try:
        plan = plan_list(context.snapshot, context.principal, place.related.view, options)
    except Denied:
        return
    column = plan.column(place.attribute.key)
    if column is None or column.label_index is None:
        return
    asked = ListAsk(place.related.view, MOST_HELD)
    for row in fetch_list(context.connection, plan, context.principal, asked, near=attached.record).rows:
        label = read_label(row[column.label_index])
        if label is not None:
            size = size_said(label.size, str(locale_for(context.language)))
            yield ShownFile(label.name, size, context.url(file_address(place.entity, place.attribute.key, label)))


def _label(context: RequestContext, place: Place) -> str:
    view = context.snapshot.views[place.related.view]
    return words_of(context, place.related.label) or words_of(context, view.label) or in_words(view.key)
