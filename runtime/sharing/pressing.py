"""Buttons of records on the page of a link: those that the link lets be pressed, and pressing one.

An action is shared as the write that it is: its declared values are written with what the link's maker may write at that
moment, on the rows of the link alone. What it sends besides, or leads to, is not shared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from metadata.model import RecordAction
from runtime.access import Principal
from runtime.context import RequestContext
from runtime.errors import OutOfReach
from runtime.pages.content import words_of
from runtime.pages.record_actions import action_label
from runtime.pages.set_values import meant_values
from runtime.pages.stored_row import holds_of, stored_paths
from runtime.records.details import Record, fetch_record
from runtime.records.sharing import pressable, sets_of
from runtime.records.write import update


@dataclass(frozen=True, slots=True)
class Button:
    """An action that can be pressed on a row: its name in the form that is sent, what it says, and what is said before."""

    name: str
    label: str
    confirm: str


def buttons(context: RequestContext, who: Principal, entity: str, row: int) -> tuple[Button, ...]:
    """The actions that whoever has come by a link may press on a row as it is."""
    if who.share is None or not who.share.pressing:
        return ()
    found = pressable(context.snapshot, context.site, who, entity)
    return tuple(
        Button(name, action_label(context, action), words_of(context, action.confirm))
        for name, action in found.items()
        if _is_there(context, who.while_pressed(name, sets_of(action)), entity, row, action)
    )


def press(context: RequestContext, who: Principal, entity: str, name: str, row: int, version: int) -> bool:
    """Write what an action declares; False where the row no longer allows it.

    Raises OutOfReach for an action that the link does not let be pressed, or a row that it is not for, and what writing raises.
    """
    action = pressable(context.snapshot, context.site, who, entity).get(name)
    if action is None:
        raise OutOfReach
    pressed = who.while_pressed(name, sets_of(action))
    record = _record(context, pressed, entity, row, action)
    if record is None:
        raise OutOfReach
    if not _allows(context, pressed, record, action):
        return False
    # What the values mean is declared: for the contact who made the link, not for whoever has opened it.
    values = meant_values(replace(context, principal=who.maker), entity, action.values)
    with context.lease.transaction() as connection:
        update(connection, context.snapshot, pressed, entity, row, version, values, listeners=context.listeners)
    return True


def _is_there(context: RequestContext, pressed: Principal, entity: str, row: int, action: RecordAction) -> bool:
    record = _record(context, pressed, entity, row, action)
    return record is not None and _allows(context, pressed, record, action)


def _record(context: RequestContext, pressed: Principal, entity: str, row: int, action: RecordAction) -> Record | None:
    """The row with what the action hangs on, as far as the link lets that be read."""
    paths = stored_paths(context.snapshot, entity, action.when) if action.when else ()
    return fetch_record(context.connection, context.snapshot, pressed, entity, "id", row, paths)


def _allows(context: RequestContext, pressed: Principal, record: Record, action: RecordAction) -> bool:
    """Whether the row may be written so, and is as the action wants it: nothing is told that the link does not let be read."""
    if "write" not in record.can:
        return False
    if not action.when:
        return True
    paths = stored_paths(context.snapshot, record.entity, action.when)
    return record.values.keys() >= set(paths) and holds_of(replace(context, principal=pressed), record, action.when)
