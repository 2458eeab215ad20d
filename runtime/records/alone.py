"""A new row that is all its transaction does: where that can be by one statement, which writes the trail and commits itself.

That is so on PostgreSQL where nobody but the trail has to do with new rows of the entity, and where its numbers may have
gaps: a statement that writes no row has counted nevertheless. Else a transaction is begun for it. On SQLite the row and the
trail are a statement each, and where nobody but the trail is told the row is not read again for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, Dialect

from metadata.snapshot import Snapshot
from runtime.access import Principal, Standing
from runtime.records.audit import AUDITED, around_numbers, note, record_audit, write_note
from runtime.records.errors import Denied
from runtime.records.hooks import Listener, Listeners
from runtime.records.links import check_pointers
from runtime.records.numbers import counts_within
from runtime.records.proof import Reader, bare, proven
from runtime.records.refusals import guarded, told
from runtime.records.saving import can_note, save_new, save_noted
from runtime.records.write import Written, auto_numbers, create, new_row

Transaction = Callable[[], AbstractContextManager[Connection]]
Values = Callable[[Reader], Mapping[str, Any]]


def create_alone(
    reader: Reader,
    transaction: Transaction,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    values: Values,
    *,
    listeners: Listeners = AUDITED,
) -> Written:
    """Save a new row, for good. `reader` is outside any transaction, and `transaction()` begins one on its connection.

    What the reader has not proved yet the row's own statement proves, and writes nothing where it does not hold.
    `values(reader)` are the typed values by attribute. Raises what `create` raises, and then nothing is left behind.
    """
    if not _in_one_statement(reader, snapshot, principal, entity, listeners):
        with transaction() as writing:
            on = writing if isinstance(reader, Connection) or reader.presumption is None else reader
            if on.dialect.name == "sqlite" and _of_new(snapshot, entity, listeners) == (record_audit,):
                return _create_noted(on, snapshot, principal, entity, values(on))
            return create(on, snapshot, principal, entity, values(on), listeners=listeners, undo="transaction")
    new = new_row(reader, snapshot, principal, entity, values(reader))
    with told(new.entity):
        wanted = new.save(reader, snapshot, principal)
        pieces = around_numbers(new.entity, new.values, wanted.numbered)
        made = save_noted(reader, snapshot, principal, wanted, note(principal, "create", entity, new.at), pieces)
        if made is None:
            check_pointers(proven(reader), snapshot, principal, new.entity, wanted.linked)
            raise Denied(entity)
    return Written(made, 1)


def _create_noted(reader: Reader, snapshot: Snapshot, principal: Principal, entity: str, values: Mapping[str, Any]) -> Written:
    """Save a new row that only the trail is told of: of the values that were written, so that the row need not be read."""
    new, connection = new_row(reader, snapshot, principal, entity, values), bare(reader)
    with guarded(connection, new.entity, "transaction"):
        wanted = new.save(reader, snapshot, principal)
        made = save_new(reader, snapshot, principal, wanted)
        if made is None:
            check_pointers(connection, snapshot, principal, new.entity, wanted.linked)
            raise Denied(entity)
        pieces = around_numbers(new.entity, new.values, ())
        write_note(connection, note(principal, "create", entity, new.at), made, pieces[0])
    return Written(made, 1)


def _of_new(snapshot: Snapshot, entity: str, listeners: Listeners) -> tuple[Listener, ...]:
    return snapshot.derive(("told of new rows", entity, listeners), lambda: listeners.of_new(snapshot, entity))


def _in_one_statement(reader: Reader, snapshot: Snapshot, principal: Principal, entity: str, listeners: Listeners) -> bool:
    standing, dialect = principal.standing, reader.dialect
    key = ("noted by its write", standing, entity, dialect.name, listeners)
    return snapshot.derive(key, lambda: _can(snapshot, standing, entity, dialect, listeners))


def _can(snapshot: Snapshot, standing: Standing, entity: str, dialect: Dialect, listeners: Listeners) -> bool:
    compiled = snapshot.entities[entity]
    numbers = auto_numbers(snapshot, compiled)
    drawn = all(counts_within(dialect, attribute) and not attribute.model.gapless for attribute in numbers)
    return drawn and _of_new(snapshot, entity, listeners) == (record_audit,) and can_note(snapshot, standing, compiled, dialect)
