"""Files that rows hold: claimed and let go of in the transaction that changes the row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.files import register
from runtime.files.register import Slot
from runtime.records.errors import Invalid
from runtime.records.hooks import Change, of_new_rows

CHANGES = ("create", "write", "delete")


@of_new_rows(lambda snapshot, entity: bool(file_attributes(snapshot, entity)))
def hold_files(connection: Connection, snapshot: Snapshot, change: Change) -> None:
    """Give the row the files that it points at now, and drop those that it no longer does, as a listener of `after_write`.

    Raises Invalid (code `file`) for a file that whoever writes did not upload for this attribute, or that a row has already.
    """
    for key, old, new in _changed_files(snapshot, change):
        if old is not None:
            register.drop(connection, change.entity, key, old, change.id, change.at)
        if new is not None and not register.claim(
            connection, Slot(change.entity, key, change.principal.contact), new, change.id
        ):
            raise Invalid({key: "file"})


def file_facts(connection: Connection, snapshot: Snapshot, change: Change) -> dict[str, list[Mapping[str, Any] | None]]:
    """The files of a change as the audit trail tells them: id, name and digest, before and after."""
    return {
        key: [_fact(connection, change.entity, key, old), _fact(connection, change.entity, key, new)]
        for key, old, new in _changed_files(snapshot, change)
    }


def _fact(connection: Connection, entity: str, key: str, file: int | None) -> Mapping[str, Any] | None:
    found = None if file is None else register.describe(connection, entity, key, file)
    return None if found is None else {"file": file, "name": found[0], "sha256": found[1]}


def _changed_files(snapshot: Snapshot, change: Change) -> Iterator[tuple[str, int | None, int | None]]:
    keys = file_attributes(snapshot, change.entity)
    if not keys or change.kind not in CHANGES:
        return
    for key in keys:
        old, new = change.before.get(key), change.after.get(key)
        if old != new:
            yield key, old, new


def file_attributes(snapshot: Snapshot, entity: str) -> tuple[str, ...]:
    """The attributes of an entity that hold files."""
    return snapshot.derive(
        ("file attributes", entity),
        lambda: tuple(key for key, attribute in snapshot.entities[entity].attributes.items() if attribute.type.is_file),
    )
