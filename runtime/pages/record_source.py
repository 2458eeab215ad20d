"""Where the record of a form comes from: an argument, the person, or the end of a path of lookups.

A record that is not there, one of somebody else, and a path that may not be read look alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from metadata.model import RecordSource
from metadata.model.base import Privilege
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.errors import OutOfReach, SignInNeeded
from runtime.pages.form_setting import record_by_id
from runtime.pages.part import BlockAsk
from runtime.records.details import Record
from runtime.records.holding import hold
from runtime.records.write import update

CONTACT = "@contact."


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty lookup of a record, to be set to a new row of an entity."""

    context: RequestContext
    holder: Record
    lookup: str
    entity: str

    def fill(self, connection: Connection, make: Callable[[], int]) -> int:
        """Make the row and set the lookup to it. Raises Conflict where the holder was changed since the gap was seen.

        The holder is locked first: of two who fill the gap at once, one waits and then sees the other's row.
        """
        context, holder = self.context, self.holder
        hold(connection, context.snapshot, context.principal, (holder.entity, holder.id, holder.version))
        row = make()
        several = bool(context.snapshot.entities[holder.entity].attributes[self.lookup].model.targets)
        update(
            connection,
            context.snapshot,
            context.principal,
            holder.entity,
            holder.id,
            holder.version,
            {self.lookup: (self.entity, row) if several else row},
            listeners=context.listeners,
        )
        return row


def wanted_id(argument: str) -> int | None:
    """The id that an argument of the address holds, or None."""
    return int(argument) if argument.isascii() and argument.isdecimal() and len(argument) < 19 else None


def find(ask: BlockAsk, source: RecordSource, entity: str, paths: tuple[str, ...]) -> Record | Gap:
    """The record of an entity with the values of `paths`, or the gap where a new one may be made.

    Raises PageNotFound where there is neither, SignInNeeded where only somebody who is signed in has one.
    """
    context = ask.context
    if source.source == "related":
        return _related(ask, source, entity, paths)
    row = wanted_id(ask.query.own.get(source.argument, "")) if source.source == "query" else _own(context, source.source)
    return _record(context, entity, row, paths)


def _own(context: RequestContext, entity: str) -> int | None:
    if context.principal.contact is None:
        raise SignInNeeded
    return context.principal.contact if entity == "contact" else context.principal.account


def _record(context: RequestContext, entity: str, row: int | None, paths: tuple[str, ...]) -> Record:
    found = None if row is None else record_by_id(context, entity, row, paths)
    if found is None:
        raise OutOfReach
    return found


def _related(ask: BlockAsk, source: RecordSource, entity: str, paths: tuple[str, ...]) -> Record | Gap:
    holder, lookup = _holder(ask, source.path)
    if lookup not in holder.values:
        raise OutOfReach
    target = _target(ask.context, holder, lookup)
    if target is not None:
        if target[0] != entity:
            raise OutOfReach
        return _record(ask.context, entity, target[1], paths)
    if not source.create or not _may_fill(ask.context, holder, lookup, entity):
        raise OutOfReach
    return Gap(ask.context, holder, lookup, entity)


def _holder(ask: BlockAsk, path: str) -> tuple[Record, str]:
    """The record that has the last lookup of a path, and that lookup."""
    context = ask.context
    if path.startswith(CONTACT):
        start: tuple[str, int | None] | None = ("contact", _own(context, "contact"))
    else:
        start = None if ask.record is None else (ask.record.entity, ask.record.id)
    parts = path.removeprefix(CONTACT).split(".")
    for position, lookup in enumerate(parts):
        if start is None:
            raise OutOfReach
        holder = _record(context, *start, (lookup,))
        if position + 1 < len(parts):
            start = _target(context, holder, lookup)
    return holder, parts[-1]


def _target(context: RequestContext, holder: Record, lookup: str) -> tuple[str, int] | None:
    """The entity and id that a lookup points at."""
    value = holder.values.get(lookup)
    if value is None or isinstance(value, tuple):
        return value
    return context.snapshot.entities[holder.entity].attributes[lookup].targets[0], value


def _may_fill(context: RequestContext, holder: Record, lookup: str, entity: str) -> bool:
    def allowed(where: str, privilege: Privilege) -> bool:
        return access_for(context.snapshot, context.principal, where, privilege).allowed

    write = access_for(context.snapshot, context.principal, holder.entity, "write")
    if not {"write", "append"} <= holder.can or lookup not in write.attributes:
        return False
    return allowed(entity, "create") and allowed(entity, "append_to")
