"""What can be done with the rows of a related list on the page of their record: make, change, delete, add and take off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from flask import flash, make_response, redirect, request
from sqlalchemy import Connection

from metadata.model import Form, RelatedList, Removal
from metadata.snapshot import Relationship
from runtime.answers import SEE_OTHER
from runtime.context import RequestContext
from runtime.errors import AccessDenied, OutOfReach, PageNotFound
from runtime.pages.content import words_of
from runtime.pages.detail import detail_paths
from runtime.pages.form import edit_or_read, form_record_paths
from runtime.pages.form_insert import insert
from runtime.pages.form_sending import Belongs
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.record_actions import condition_paths, take_action
from runtime.pages.related_offers import (
    DO,
    EDIT,
    LINK,
    NEW,
    REMOVE,
    ROW,
    SEARCH,
    UNLINK,
    related_id,
    related_lists,
    row_attribute,
)
from runtime.pages.removal import name_of, remove
from runtime.pages.row_actions import deed_of
from runtime.pages.speech import text_of
from runtime.records.details import Record, fetch_record
from runtime.records.errors import BadAsk, Conflict, Denied, Invalid
from runtime.records.lookups import Offer, offer, resolve_offer
from runtime.records.write import associate, disassociate, update
from runtime.refused import keep_denied

CHOSEN = "chosen"
MOST_OFFERED = 50
MOST_LINKED = 200


@dataclass(frozen=True, slots=True)
class LinkView:
    """Rows to add to the record: what was searched, what was found, and where both go."""

    url: str
    back: str
    block: int
    label: str
    search: str
    argument: str
    address: str
    rows: tuple[Offer, ...]
    fault: str = ""
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UnlinkView:
    """The question whether a row is to be taken off."""

    text: str
    url: str
    back: str
    block: int


@dataclass(frozen=True, slots=True)
class _Doing:
    """Something to be done with a row of a related list; `key` names the row, where there is one, `place` the list."""

    ask: BlockAsk
    record: Record
    related: RelatedList
    relationship: Relationship
    key: str
    place: str

    @property
    def context(self) -> RequestContext:
        return self.ask.context

    @property
    def back(self) -> str:
        """The record where its list stands, so that a tab with it is open again."""
        return f"{self.ask.query.link(**{ROW: None, SEARCH: None})}#{related_id(self.ask, self.place)}"


def show_related_row(ask: BlockAsk, record: Record, form: Form) -> Part | None:
    """What the address asks to do with a row of a related list; None where it asks nothing.

    Raises PageNotFound for what the form does not offer or a row that is not there, AccessDenied for what the person may not.
    """
    wanted = ask.query.own.get(ROW)
    if not wanted:
        return None
    place, _, rest = wanted.partition(".")
    action, _, key = rest.partition(".")
    related = related_lists(form).get(place)
    if related is None or action not in _ACTIONS:
        raise OutOfReach
    shown = ask.context.snapshot.views[related.view].entity
    relationship = ask.context.snapshot.entities[form.entity].leading(related.relationship, shown)
    return _ACTIONS[action](_Doing(ask, record, related, relationship, key, place))


def _new(doing: _Doing) -> Part:
    form = doing.context.snapshot.forms.get(doing.related.create_form)
    if form is None:
        raise OutOfReach
    record, relationship = doing.record, doing.relationship
    if relationship.attribute:
        return _filled_in(doing, form, insert(doing.ask, form, Belongs({relationship.attribute: _pointer(doing)})))

    def make_and_link(connection: Connection, make: Callable[[], int]) -> int:
        made = make()
        context = doing.context
        associate(
            connection,
            context.snapshot,
            context.principal,
            record.entity,
            record.id,
            relationship.key,
            made,
            listeners=context.listeners,
        )
        return made

    return _filled_in(doing, form, insert(doing.ask, form, Belongs(saving=make_and_link)))


def _filled_in(doing: _Doing, form: Form, part: Part) -> Part:
    """A form under its own name, in the place of the record's; once it is saved, the list again, if it names no page."""
    if part.response is not None:
        stays = part.response.status_code == SEE_OTHER and not form.success_page
        return _go(doing) if stays else part
    label = words_of(doing.context, form.label)
    return replace(part, head=replace(part.head, title=label)) if label else part


def _pointer(doing: _Doing) -> object:
    """The record as the lookup of the related rows holds it."""
    attribute = doing.context.snapshot.entities[doing.relationship.entity].attributes[doing.relationship.attribute]
    return (doing.record.entity, doing.record.id) if attribute.target_column is not None else doing.record.id


def _edit(doing: _Doing) -> Part:
    form = doing.context.snapshot.forms.get(doing.related.edit_form)
    if form is None:
        raise OutOfReach
    block = replace(doing.ask.block, form=form.key, mode="edit", removal=None)
    # Who may not change the row reads it, and then its look-ups are links.
    paths = (*form_record_paths(doing.context, form), *detail_paths(doing.context, block))
    row = _row(doing, tuple(dict.fromkeys(paths)))
    return _filled_in(doing, form, edit_or_read(replace(doing.ask, block=block, record=row), form, row))


def _remove(doing: _Doing) -> Part:
    if not doing.related.delete:
        raise OutOfReach
    row = _row(doing, _naming(doing))
    return remove(doing.ask, row, Removal(), doing.back, ROW)


def _unlink(doing: _Doing) -> Part:
    if not doing.related.unlink:
        raise OutOfReach
    row = _row(doing, _naming(doing))
    if not doing.ask.posted:
        text = text_of(doing.context)
        question = text("related.unlink_question", name=name_of(doing.context, row))
        view = UnlinkView(text("related.unlink_text"), doing.ask.query.link(), doing.back, doing.ask.index)
        return Part("blocks/unlink.html", view, Head(title=question))
    with doing.context.lease.transaction() as connection:
        _set(doing, connection, row, linked=False)
    return _done(doing, "related.unlinked", row)


def _do(doing: _Doing) -> Part:
    wanted, _, key = doing.key.partition(".")
    deed = deed_of(doing.context, doing.related.actions, wanted)
    if deed.form.entity != doing.relationship.entity:
        raise OutOfReach
    paths = condition_paths(doing.context.snapshot, deed.form, deed.action)
    row = _row(replace(doing, key=key), (*_naming(doing), *paths))
    return take_action(doing.ask, deed.form, deed.action, row, doing.back)


def _link(doing: _Doing) -> Part:
    view = doing.context.snapshot.views.get(doing.related.link_view)
    if view is None:
        raise OutOfReach
    fault = ""
    if doing.ask.posted:
        done = _link_chosen(doing, view.key)
        if not isinstance(done, str):
            return done
        fault = done
    return _choice(doing, view.key, fault)


def _link_chosen(doing: _Doing, view: str) -> Part | str:
    """Add the rows that were ticked, all or none; the sentence that says why it cannot be."""
    text = text_of(doing.context)
    chosen = [item for item in dict.fromkeys(request.form.getlist(CHOSEN)) if item.isascii() and item.isdecimal()]
    if not chosen or len(chosen) > MOST_LINKED:
        return text("related.choose")
    context = doing.context
    try:
        with context.lease.transaction() as connection:
            for item in chosen:
                _add(doing, connection, int(item[:18]), view)
    except (Denied, Invalid, Conflict, PageNotFound) as refused:
        keep_denied(context, refused)
        return text("related.not_linked")
    flash(text("related.linked", count=len(chosen)), "good")
    return _go(doing)


def _add(doing: _Doing, connection: Connection, row: int, view: str) -> None:
    context, entity = doing.context, doing.relationship.entity
    if resolve_offer(connection, context.snapshot, context.principal, entity, row, view=view) is None:
        raise OutOfReach
    found = fetch_record(connection, context.snapshot, context.principal, entity, "id", row, ())
    if found is None:
        raise OutOfReach
    _set(doing, connection, found, linked=True)


def _set(doing: _Doing, connection: Connection, row: Record, *, linked: bool) -> None:
    """Have a row belong to the record, or not."""
    context, record, relationship = doing.context, doing.record, doing.relationship
    if relationship.attribute:
        value = {relationship.attribute: _pointer(doing) if linked else None}
        update(
            connection,
            context.snapshot,
            context.principal,
            row.entity,
            row.id,
            row.version,
            value,
            listeners=context.listeners,
            undo="transaction",
        )
        return
    change = associate if linked else disassociate
    change(
        connection,
        context.snapshot,
        context.principal,
        record.entity,
        record.id,
        relationship.key,
        row.id,
        listeners=context.listeners,
    )


def _choice(doing: _Doing, view: str, fault: str) -> Part:
    context = doing.context
    search = doing.ask.query.own.get(SEARCH, "")
    try:
        rows = tuple(_offered(doing, view, search))
    except Denied:
        raise AccessDenied from None
    except BadAsk:
        rows = ()
    label = words_of(context, doing.related.label) or words_of(context, context.snapshot.views[doing.related.view].label)
    heading = text_of(context)("related.link_title", label=label)
    shown = LinkView(
        url=doing.ask.query.link(),
        back=doing.back,
        block=doing.ask.index,
        label=label,
        search=search,
        argument=doing.ask.query.name(SEARCH),
        address=doing.ask.query.path,
        rows=rows,
        fault=fault,
        hidden=doing.ask.query.hidden(SEARCH),
    )
    return Part("blocks/link_rows.html", shown, Head(title=heading), status=422 if fault else 200, failed=bool(fault))


def _offered(doing: _Doing, view: str, search: str) -> Iterator[Offer]:
    context = doing.context
    yield from offer(
        context.connection,
        context.snapshot,
        context.principal,
        doing.relationship.entity,
        view=view,
        q=search,
        limit=MOST_OFFERED,
    )


def _naming(doing: _Doing) -> tuple[str, ...]:
    return (doing.context.snapshot.entities[doing.relationship.entity].primary_name.key,)


def _row(doing: _Doing, paths: tuple[str, ...]) -> Record:
    """The row that the address names, which belongs to the record. Raises PageNotFound."""
    context, relationship = doing.context, doing.relationship
    attribute = row_attribute(doing.ask, doing.related)
    wanted = (*paths, relationship.attribute) if relationship.attribute else paths
    found = fetch_record(
        context.connection, context.snapshot, context.principal, relationship.entity, attribute, doing.key, wanted
    )
    if found is None or (relationship.attribute and found.values.get(relationship.attribute) != _pointer(doing)):
        raise OutOfReach
    return found


def _done(doing: _Doing, text: str, row: Record) -> Part:
    flash(text_of(doing.context)(text, name=name_of(doing.context, row)), "good")
    return _go(doing)


def _go(doing: _Doing) -> Part:
    return Part(response=make_response(redirect(doing.back, 303)))


_ACTIONS: dict[str, Callable[[_Doing], Part]] = {
    NEW: _new,
    EDIT: _edit,
    REMOVE: _remove,
    LINK: _link,
    UNLINK: _unlink,
    DO: _do,
}
