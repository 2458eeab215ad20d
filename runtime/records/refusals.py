"""From what the database says to what people are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NoReturn

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from metadata.snapshot import CompiledEntity, Snapshot
from runtime.access import Principal, access_for
from runtime.records.details import Record, fetch_record
from runtime.records.errors import Conflict, Denied, Invalid, Missing

_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)")


Undo = Literal["savepoint", "transaction"]
"""What is undone when a write is refused: the write alone, or the caller's whole transaction, which saves a savepoint."""


@contextmanager
def guarded(connection: Connection, entity: CompiledEntity, undo: Undo = "savepoint") -> Iterator[None]:
    """Whatever is raised inside leaves nothing behind, and what breaks a key or a reference becomes Invalid.

    With `undo="transaction"` the transaction itself is rolled back, so that its owner cannot commit it any more.
    """
    if undo == "savepoint":
        with told(entity), connection.begin_nested():
            yield
        return
    if not connection.in_transaction():
        connection.begin()
    try:
        yield
    except BaseException as error:
        connection.rollback()
        if isinstance(error, IntegrityError):
            raise Invalid(_codes(entity, error)) from error
        raise


@contextmanager
def told(entity: CompiledEntity) -> Iterator[None]:
    """What breaks a key or a reference becomes Invalid."""
    try:
        yield
    except IntegrityError as error:
        raise Invalid(_codes(entity, error)) from error


def _codes(entity: CompiledEntity, error: IntegrityError) -> dict[str, str]:
    by_column = {attribute.column.name: key for key, attribute in entity.attributes.items()}
    columns = [name for name in _unique_columns(entity, error) if name in by_column]
    if columns:
        return {by_column[name]: "taken" for name in columns}
    return {"": "referenced" if "foreign key" in str(error.orig).lower() else "rejected"}


def _unique_columns(entity: CompiledEntity, error: IntegrityError) -> list[str]:
    sqlite = _SQLITE_UNIQUE.search(str(error.orig))
    if sqlite:
        return [part.strip().rpartition(".")[2] for part in sqlite[1].split(",")]
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return [column.name for index in entity.table.indexes if index.unique and index.name == name for column in index.columns]


def refuse(
    connection: Connection, snapshot: Snapshot, principal: Principal, target: tuple[str, int, int], detail: str = ""
) -> NoReturn:
    """Say why a row (entity, id, expected version) could not be changed. Always raises.

    Missing where it may not be read, Conflict where it is another version by now, Denied where it may be read only.
    """
    entity, row, version = target
    current = readable(connection, snapshot, principal, entity, row)
    if current is None:
        raise Missing(entity)
    if current.version != version:
        raise Conflict(current)
    raise Denied(detail or entity)


def readable(connection: Connection, snapshot: Snapshot, principal: Principal, entity: str, row: int) -> Record | None:
    """The record with everything of it that may be read."""
    paths = tuple(sorted(access_for(snapshot, principal, entity, "read").attributes))
    return fetch_record(connection, snapshot, principal, entity, "id", row, paths)
