"""Rows in: made with all that hangs on them, changed, deleted and linked, each call in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from runtime.access import access_of
from runtime.api.bodies import Bound, Draft
from runtime.api.calls import Caller
from runtime.api.faults import REFUSED, ApiFault, bad, denied, missing, not_offered, told
from runtime.api.keys import row_of
from runtime.api.model import EntitySet, Navigation
from runtime.api.reading import FIRST, VERSION, Beginning, is_among, plan_for
from runtime.forms.ports import Refusal
from runtime.forms.submit import Work, send
from runtime.records.alone import create_alone
from runtime.records.errors import Conflict
from runtime.records.lists import fetch_row
from runtime.records.proof import Reader
from runtime.records.remove import delete
from runtime.records.write import associate, create, disassociate, update

TRIES = 3
Versions = frozenset[int] | None


def insert(caller: Caller, draft: Draft) -> int:
    """Make a row and all that the draft has within, or nothing of it. Raises ApiFault.

    Where an outside system has to agree to new rows of the entity, it is asked as when a form is sent.
    """
    context = caller.context
    submission = context.services.submission
    if any(submission.concerns(caller.snapshot, inner.set.entity.key) for inner in _drafts(draft)[1:]):
        raise not_offered("making such rows within others: another system is asked about each of them")

    def write(connection: Connection) -> int:
        return _insert(caller, connection, draft)

    work = Work(caller.snapshot, caller.principal, draft.set.entity.key, write)
    asks = submission.concerns(caller.snapshot, draft.set.entity.key)
    if asks and context.lease.writing:
        raise not_offered("making such rows together with other changes: another system is asked about each of them")
    further = draft.within or any(way.many for way, _ in draft.bound)
    if not (asks or further or context.lease.writing):
        return _insert_alone(caller, draft)
    sent = send(context.lease.transaction, submission, work, None)
    if isinstance(sent, Refusal):
        message = sent.message or "The system that keeps these rows did not accept this one."
        raise ApiFault(503 if sent.unanswered else 400, REFUSED, message, sent.attribute)
    if sent.record is None:
        raise ApiFault(503, REFUSED, "The system that keeps these rows has not answered yet.")
    return sent.record


def _insert_alone(caller: Caller, draft: Draft) -> int:
    lease, entity = caller.context.lease, draft.set.entity.key

    def values(reader: Reader) -> Mapping[str, Any]:
        return {**draft.values, **_pointers(caller, draft)}

    with told("create", draft.set.name):
        return create_alone(
            lease.alone(), lease.proving, caller.snapshot, caller.principal, entity, values, listeners=caller.listeners
        ).id


def _drafts(draft: Draft) -> list[Draft]:
    return [draft, *(inner for _, within in draft.within for inner in _drafts(within))]


def _insert(caller: Caller, connection: Connection, draft: Draft, more: Mapping[str, Any] | None = None) -> int:
    values = {**draft.values, **(more or {}), **_pointers(caller, draft)}
    entity = draft.set.entity
    for way, inner in draft.within:
        if not way.many:
            values[way.attribute] = _pointer(draft.set, way, _insert(caller, connection, inner))
    with told("create", draft.set.name):
        row = create(connection, caller.snapshot, caller.principal, entity.key, values, listeners=caller.listeners).id
    for way, bound in draft.bound:
        if way.many:
            _link(caller, connection, draft.set, row, way, row_of(caller, bound))
    for way, inner in draft.within:
        if not way.many or way.relationship is None:
            continue
        if way.relationship.link is None:
            back = _back(inner.set, way, entity.key, row)
            _insert(caller, connection, inner, back)
        else:
            _link(caller, connection, draft.set, row, way, _insert(caller, connection, inner))
    return row


def _pointers(caller: Caller, draft: Draft) -> dict[str, Any]:
    """The look-ups of a draft that are bound to rows that are there."""
    return {way.attribute: _pointer(draft.set, way, row_of(caller, bound)) for way, bound in draft.bound if not way.many}


def change(caller: Caller, entity_set: EntitySet, row: int, draft: Draft, versions: Versions) -> int:
    """Change a row that is at one of these versions, at any where they are none or empty; its version afterwards.

    Raises ApiFault.
    """
    with caller.context.lease.transaction() as connection:
        values = dict(draft.values)
        for way, bound in draft.bound:
            if way.many:
                raise not_offered(f"binding {way.name} in a change; use {way.name}/$ref", way.name)
            values[way.attribute] = _pointer(entity_set, way, row_of(caller, bound))
        return _update(caller, connection, entity_set, row, values, versions)


def _update(
    caller: Caller, connection: Connection, entity_set: EntitySet, row: int, values: Mapping[str, Any], versions: Versions
) -> int:
    if not access_of(caller.snapshot, caller.principal.standing, entity_set.entity.key, "write").allowed:
        raise denied("write", entity_set.name)
    for attempt in range(TRIES):
        version = version_of(caller, entity_set, row, versions)
        with told("write", entity_set.name, conditional=bool(versions)):
            try:
                return update(
                    connection,
                    caller.snapshot,
                    caller.principal,
                    entity_set.entity.key,
                    row,
                    version,
                    values,
                    listeners=caller.listeners,
                ).version
            except Conflict:
                if versions or attempt + 1 == TRIES:
                    raise
    raise missing("There is no such row.")


def remove(caller: Caller, entity_set: EntitySet, row: int, versions: Versions) -> None:
    """Delete a row that is at one of these versions, at any where they are none or empty. Raises ApiFault."""
    if not access_of(caller.snapshot, caller.principal.standing, entity_set.entity.key, "delete").allowed:
        raise denied("delete", entity_set.name)
    with caller.context.lease.transaction() as connection:
        version = version_of(caller, entity_set, row, versions)
        with told("delete", entity_set.name, conditional=bool(versions)):
            key = entity_set.entity.key
            delete(connection, caller.snapshot, caller.principal, key, row, version, listeners=caller.listeners)


def version_of(caller: Caller, entity_set: EntitySet, row: int, versions: Versions) -> int:
    """The version to change: the one that was named, or the one that the row is at. Raises ApiFault.

    A version that was named need not be read, so that who may change rows without reading them can.
    """
    if versions is not None and len(versions) == 1:
        return next(iter(versions))
    found = fetch_row(caller.reader, plan_for(caller, entity_set, (VERSION,)), caller.principal, row)
    if found is None:
        raise missing("There is no such row.")
    version = int(found[FIRST])
    if versions and version not in versions:
        raise ApiFault(412, "PreconditionFailed", "The row is at another version.")
    return version


def link(caller: Caller, entity_set: EntitySet, row: int, way: Navigation, bound: Bound) -> None:
    """Let a navigation property lead to a row, besides those that it leads to, or instead of the one. Raises ApiFault."""
    with caller.context.lease.transaction() as connection:
        far = row_of(caller, bound)
        if way.many:
            _link(caller, connection, entity_set, row, way, far)
        else:
            _update(caller, connection, entity_set, row, {way.attribute: _pointer(entity_set, way, far)}, None)


def unlink(caller: Caller, entity_set: EntitySet, row: int, way: Navigation, bound: Bound | None) -> None:
    """Let a navigation property no longer lead to a row. Raises ApiFault."""
    with caller.context.lease.transaction() as connection:
        if not way.many:
            _update(caller, connection, entity_set, row, {way.attribute: None}, None)
            return
        if bound is None:
            raise bad(f"Say which row: {way.name}(1)/$ref, or $id with its address.", "$id")
        far = row_of(caller, bound)
        target = caller.offer.by_entity[way.entity]
        found = way.relationship
        if found is None or found.link is None:
            if not is_among(caller, Beginning(entity_set, row, way), far):
                raise missing("There is no such link.")
            _update(caller, connection, target, far, {found.attribute if found else "": None}, None)
            return
        with told("write", entity_set.name):
            disassociate(
                connection,
                caller.snapshot,
                caller.principal,
                entity_set.entity.key,
                row,
                found.key,
                far,
                listeners=caller.listeners,
            )


def _link(caller: Caller, connection: Connection, entity_set: EntitySet, row: int, way: Navigation, far: int) -> None:
    found = way.relationship
    if found is None:
        raise bad(f"{way.name} leads to one row.", way.name)
    target = caller.offer.by_entity[way.entity]
    if found.link is None:
        _update(caller, connection, target, far, _back(target, way, entity_set.entity.key, row), None)
        return
    with told("append", entity_set.name):
        key = entity_set.entity.key
        associate(connection, caller.snapshot, caller.principal, key, row, found.key, far, listeners=caller.listeners)


def _back(target: EntitySet, way: Navigation, entity: str, row: int) -> dict[str, Any]:
    """The lookup of a related row that leads back."""
    lookup = way.relationship.attribute if way.relationship is not None else ""
    several = target.entity.attributes[lookup].polymorphic
    return {lookup: (entity, row) if several else row}


def _pointer(entity_set: EntitySet, way: Navigation, row: int) -> Any:
    """The value of a lookup that leads to a row."""
    several = entity_set.entity.attributes[way.attribute].polymorphic
    return (way.entity, row) if several else row
