"""Actions of forms on the rows of a list: which there are, on which rows they are offered, and what is asked and done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from metadata.model import Form, ListComponent, RecordAction
from metadata.snapshot import Snapshot
from metadata.text import Text
from runtime.context import RequestContext
from runtime.errors import OutOfReach
from runtime.pages.content import words_of
from runtime.pages.part import BlockAsk, Part
from runtime.pages.record_actions import action_label, condition_paths, is_open, take_action
from runtime.pages.stored_row import Asking
from runtime.records.details import fetch_record
from runtime.records.lists import ListPage
from runtime.records.plan import ListPlan, PlannedColumn
from runtime.records.prepared import Row

ACT = "act"


class Named(Protocol):
    """How a list names an action of a form."""

    @property
    def form(self) -> str:
        """The form."""
        ...

    @property
    def action(self) -> str:
        """The key of its action."""
        ...

    @property
    def label(self) -> Text:
        """The text of its button in this list."""
        ...


@dataclass(frozen=True, slots=True)
class RowDeed:
    """An action that the person may take on rows of an entity: on those whose rights, as `with_deeds` gives them, have its
    `right`."""

    form: Form
    action: RecordAction
    label: str

    @property
    def right(self) -> str:
        """A word among the rights of a row; one of its own where the row has to meet a condition."""
        return f"do:{self.form.key}:{self.action.key}" if self.action.when else "write"


def row_deeds(context: RequestContext, named: Iterable[Named]) -> tuple[RowDeed, ...]:
    """Those of the actions named that the person may take on any row at all."""
    return tuple(_open_deeds(context, named))


def deed_of(context: RequestContext, named: Iterable[Named], key: str) -> RowDeed:
    """The action of this key, worded as the list words it. Raises PageNotFound for one that there is not, or not for them."""
    found = next((deed for deed in _open_deeds(context, named) if deed.action.key == key), None)
    if found is None:
        raise OutOfReach
    return found


def list_actions(model: ListComponent) -> tuple[Named, ...]:
    """The actions of forms that a list names."""
    return tuple(item for item in model.actions if item.type == "action")


def deed_paths(snapshot: Snapshot, deeds: Iterable[RowDeed]) -> tuple[str, ...]:
    """What has to be read of rows to tell on which of them the actions are offered."""
    return tuple(dict.fromkeys(path for deed in deeds for path in condition_paths(snapshot, deed.form, deed.action)))


def with_deeds(context: RequestContext, plan: ListPlan, deeds: Iterable[RowDeed], page: ListPage) -> ListPage:
    """The page with a word among the rights of each row for each action with a condition that it meets."""
    asked = [deed for deed in deeds if deed.action.when]
    if not asked or not page.rows:
        return page
    columns = {path: plan.column(path) for path in deed_paths(context.snapshot, asked)}
    asking = Asking(context, plan.entity.key, [deed.action.when for deed in asked], "boolean")
    can = []
    for row, rights in zip(page.rows, page.can, strict=True):
        values = {path: _value(row, column) for path, column in columns.items() if column is not None}
        met = {deed.right for deed in asked if "write" in rights and asking.answer(deed.action.when, values) is True}
        can.append(rights | met)
    return replace(page, can=can)


def show_row_action(ask: BlockAsk, model: ListComponent, entity: str, attribute: str) -> Part:
    """The question of the action that the address names with a row of a list; on POST the deed, and back to the list.

    `attribute` is the one whose value names the row. Raises PageNotFound for an action or a row that is not the person's.
    """
    context = ask.context
    wanted, _, key = ask.query.own[ACT].partition(".")
    deed = deed_of(context, list_actions(model), wanted)
    named = context.snapshot.entities[entity].primary_name.key
    paths = (named, *condition_paths(context.snapshot, deed.form, deed.action))
    record = fetch_record(context.connection, context.snapshot, context.principal, entity, attribute or named, key, paths)
    if record is None or deed.form.entity != entity:
        raise OutOfReach
    return take_action(ask, deed.form, deed.action, record, ask.query.link(**{ACT: None}))


def _open_deeds(context: RequestContext, named: Iterable[Named]) -> Iterator[RowDeed]:
    for item in named:
        form = context.snapshot.forms.get(item.form)
        action = next((one for one in form.actions if one.key == item.action), None) if form is not None else None
        if form is not None and action is not None and is_open(context, form, action):
            action = replace(action, label=item.label) if words_of(context, item.label) else action
            yield RowDeed(form, action, action_label(context, action))


def _value(row: Row, column: PlannedColumn) -> object:
    value = row[column.index]
    return value if column.target_index is None or value is None else (row[column.target_index], value)
