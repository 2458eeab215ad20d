"""The form and profile blocks: permit, parse, plan, fetch, render; a post is checked, written and answered by a redirect."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, request
from werkzeug.datastructures import MultiDict

from metadata.model import Block, Form
from runtime.context import RequestContext
from runtime.errors import AccessDenied, OutOfReach, SignInNeeded
from runtime.forms.bound import bind, labels_of
from runtime.forms.builder import FormAsk, asked_fields, form_class
from runtime.forms.layout import shown_paths
from runtime.forms.merge import base_text
from runtime.forms.opening import query_names
from runtime.forms.refusals import lay_out
from runtime.pages.addresses import page_url
from runtime.pages.attaching import (
    NotAttached,
    attach,
    laid_out,
    offered_places,
    opened_files,
    read_files,
    sound,
    take_files,
    without_faults,
)
from runtime.pages.content import words_of
from runtime.pages.detail import detail_paths, show_detail
from runtime.pages.form_conflict import Edit, chosen_only, conflict_part, unclashing
from runtime.pages.form_insert import allowed, answer_status, insert, searching
from runtime.pages.form_keeping import keeping_of, kept_hidden
from runtime.pages.form_lock import is_locked, lock_paths, locked_part
from runtime.pages.form_rules import rule_paths, settle_stored
from runtime.pages.form_saving import saved_part
from runtime.pages.form_sending import changed_values
from runtime.pages.form_setting import (
    FIND,
    form_ask,
    person_of,
    record_by_id,
    say_of,
    showing,
    words_of_request,
)
from runtime.pages.form_view import ACTION, BASE, VERSION, Sheet, form_part
from runtime.pages.over_sign_in import CONTINUE
from runtime.pages.part import BlockAsk, BlockHandler, Part
from runtime.pages.removal import REMOVE, remove
from runtime.pages.uploads import received
from runtime.passing import passing
from runtime.records.details import Record
from runtime.records.errors import Conflict, Denied, Invalid, Missing
from runtime.records.write import update
from runtime.refused import keep_denied
from runtime.render import Action

ID = "id"
MOST_MERGES = 3
"""How often a change is tried again because somebody else was quicker, before its person is asked."""


def form_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments that a form takes from the address: those that its words name, and the record's id."""
    form = context.snapshot.forms.get(block.form)
    own = frozenset({ID, CONTINUE, REMOVE}) if block.removal else frozenset({ID, CONTINUE})
    return own | (query_names(context.snapshot, form) if form else frozenset())


def form_paths(context: RequestContext, block: Block) -> tuple[str, ...]:
    """The attributes of the page's record that a form shows."""
    form = context.snapshot.forms.get(block.form)
    return tuple(dict.fromkeys((*form_record_paths(context, form), *detail_paths(context, block)))) if form else ()


def form_record_paths(context: RequestContext, form: Form) -> tuple[str, ...]:
    """What to read of a record that a form edits: all that it shows, and the currencies of its money."""
    attributes = context.snapshot.entities[form.entity].attributes
    currencies = (
        attributes[path].model.currency
        for path in shown_paths(form)
        if path in attributes and attributes[path].model.currency in attributes
    )
    asked = (*lock_paths(context.snapshot, form), *rule_paths(context, form))
    return tuple(dict.fromkeys((*shown_paths(form), *currencies, *asked)))


def show_form(ask: BlockAsk) -> Part:
    """A form in the block's mode; one that nothing may be changed on is shown to be read.

    Raises PageNotFound for a record that is not there or not the person's, AccessDenied for a post that may not be.
    """
    form = ask.context.snapshot.forms[ask.block.form]
    if ask.block.mode == "insert":
        return insert(ask, form)
    if ask.block.mode == "edit":
        return edit_or_read(ask, form, _record_of(ask, form))
    return show_detail(ask)


@passing
class Again:
    """A change that is tried once more because somebody else was quicker: what was posted, and how often it may be tried."""

    posted: MultiDict[str, str]
    tries: int


def edit_or_read(ask: BlockAsk, form: Form, record: Record, again: Again | None = None) -> Part:
    """A form over a record, to be read where the person may change nothing of it. Raises AccessDenied for a post to that."""
    if is_locked(ask.context, form, record):
        return locked_part(ask, form)
    if ask.block.removal is not None and REMOVE in ask.query.own:
        return remove(ask, record, ask.block.removal, _above(ask))
    if _may_edit(ask.context, form, record):
        return edit(ask, form, record, again)
    if ask.posted:
        raise AccessDenied
    return show_detail(ask)


def _above(ask: BlockAsk) -> str:
    """The page above the record's own."""
    node = ask.node
    while node.parent is not None and not node.record_entity:
        node = node.parent
    return page_url(ask.context, node.parent or node, ask.keys[:-1])


def show_profile(ask: BlockAsk) -> Part:
    """The person's own contact, to be edited by the profile form."""
    context = ask.context
    form = context.snapshot.forms[ask.block.form]
    if context.principal.contact is None:
        raise SignInNeeded
    record = record_by_id(context, form.entity, context.principal.contact, form_record_paths(context, form))
    if record is None or form.entity != "contact":
        raise OutOfReach
    return edit(ask, form, record)


def profile_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments that a profile takes from the address."""
    return frozenset({CONTINUE})


def _record_of(ask: BlockAsk, form: Form) -> Record:
    if ask.record is not None and ask.record.entity == form.entity:
        return ask.record
    given = ask.query.own.get(ID, "")
    if given.isascii() and given.isdecimal() and len(given) < 19:
        found = record_by_id(ask.context, form.entity, int(given), form_record_paths(ask.context, form))
        if found is not None:
            return found
    raise OutOfReach


def _may_edit(context: RequestContext, form: Form, record: Record) -> bool:
    """There is something on the form that the person may change on this record."""
    if "write" not in record.can or not allowed(context, form, "write"):
        return False
    return bool(asked_fields(context.snapshot, form_ask(context, form, "edit")) or offered_places(context, form))


def edit(ask: BlockAsk, form: Form, record: Record, again: Again | None = None) -> Part:
    """A form over a record that the person may change."""
    context = ask.context
    wanted = form_ask(context, form, "edit")
    kind = form_class(context.snapshot, wanted)
    view = showing(context, form, record.values, record.labels)
    person = person_of(context, labels=record.labels)
    keeping = keeping_of(ask, form, wanted, record)
    if not ask.posted:
        going_on = keeping.continued(kind, record) if keeping is not None else None
        bound, kept = going_on or (bind(kind, person, values=record.values), None)
        bound = settle_stored(context, form, bound, record)
        hidden = edit_hidden(context, wanted, record) if kept is None else kept_hidden(kept)
        offered = keeping.view(kept) if keeping is not None else None
        attached = opened_files(context, form, record.id)
        removal = _removal(ask, record)
        return form_part(ask, Sheet(wanted, bound, view, hidden, removal=removal, keeping=offered, attached=attached))
    answered = keeping.answer() if keeping is not None and again is None else None
    if answered is not None:
        return answered
    offered = keeping.view() if keeping is not None else None
    posted = again.posted if again else chosen_only(take_files(context, form, received(context, kind), record.id))
    bound = settle_stored(context, form, bind(kind, person, posted=posted, values=record.values), record)
    attached = read_files(context, form, posted, record.id)
    valid = bound.validate() and sound(attached)
    version = _version(request.form)
    if request.form.get(ACTION) == "edit" or not valid or FIND in request.form:
        hidden = ((VERSION, str(version)), (BASE, request.form.get(BASE, "")))
        status = 200 if request.form.get(ACTION) == "edit" and valid else answer_status()
        held = without_faults(attached) if FIND in request.form else attached
        removal = _removal(ask, record)
        sheet = Sheet(wanted, searching(bound), view, hidden, removal=removal, keeping=offered, attached=held)
        return form_part(ask, sheet, status=status)
    return _update(ask, Edit(form, wanted, bound, record, posted, attached), version, again.tries if again else MOST_MERGES)


def _removal(ask: BlockAsk, record: Record) -> Action | None:
    """The button that deletes a record, for somebody who may."""
    declared = ask.block.removal
    if declared is None or "delete" not in record.can:
        return None
    label = words_of(ask.context, declared.label) or say_of(ask.context)("action.delete")
    return Action(label, ask.query.link(**{REMOVE: "1"}), "trash3", "danger")


def edit_hidden(context: RequestContext, wanted: FormAsk, record: Record) -> tuple[tuple[str, str], ...]:
    """The version that the person sees, and the values, so that a clash can be told from a change."""
    keys = [attribute.key for attribute, _ in asked_fields(context.snapshot, wanted)]
    return ((VERSION, str(record.version)), (BASE, base_text(record.values, keys)))


def _version(posted: MultiDict[str, str]) -> int:
    text = posted.get(VERSION, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _update(ask: BlockAsk, edited: Edit, version: int, tries: int) -> Part:
    """Save a change; where somebody else saved first, together with theirs, unless both changed the same value."""
    context, form, record = ask.context, edited.form, edited.record
    given = unclashing(edited, version)
    if given is None or not tries:
        return conflict_part(ask, edited)
    words = words_of_request(context, form)
    try:
        with context.lease.transaction() as connection:
            values = changed_values(context, connection, form, words, record, given)
            if values:
                update(
                    connection,
                    context.snapshot,
                    context.principal,
                    form.entity,
                    record.id,
                    record.version,
                    values,
                    listeners=context.listeners,
                    undo="transaction",
                )
            attach(context, connection, form, edited.attached, record.id)
    except NotAttached as refused:
        return _refused(ask, replace(edited, attached=laid_out(context, edited.attached, refused)), version)
    except Conflict:
        by_now = record_by_id(context, form.entity, record.id, form_record_paths(context, form))
        if by_now is None:
            raise Missing from None
        return edit_or_read(ask, form, by_now, Again(edited.posted, tries - 1))
    except (Invalid, Denied) as refused:
        keep_denied(context, refused)
        return _refused(ask, edited, version, refused)
    if record.version != version:
        flash(say_of(context)("conflict.merged"), "info")
    keeping = keeping_of(ask, form, edited.wanted, record)
    if keeping is not None:
        keeping.done()
    return saved_part(ask, form.entity, record.id, form)


def _refused(ask: BlockAsk, edited: Edit, version: int, refused: Invalid | Denied | None = None) -> Part:
    """The form with what is refused at its field; what is wrong with its files stands at them already."""
    record = edited.record
    faults = lay_out(edited.bound, refused, labels_of(edited.bound)) if refused is not None else ()
    view = showing(ask.context, edited.form, record.values, record.labels)
    hidden = ((VERSION, str(version)), (BASE, request.form.get(BASE, "")))
    keeping = keeping_of(ask, edited.form, edited.wanted, record)
    offered = keeping.view() if keeping is not None else None
    removal, attached = _removal(ask, record), edited.attached
    sheet = Sheet(edited.wanted, edited.bound, view, hidden, faults, removal, keeping=offered, attached=attached)
    return form_part(ask, sheet, status=422)


FORM_BLOCK = BlockHandler(show_form, form_arguments, form_paths, posts=True)
PROFILE_BLOCK = BlockHandler(show_profile, profile_arguments, posts=True)
