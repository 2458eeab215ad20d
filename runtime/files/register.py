"""The register of files: what each one is, who gave it, and which row holds it in which attribute.

A file without a row is pending: it was uploaded, and the form it belongs to has not been saved. Saving claims it for one
row, in the transaction that writes the row, and only for whoever uploaded it. A file that its row let go of is dropped,
as is one that nobody claims in time. Of dropped files the content goes first, then the place in the register.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from metadata.types import KEY_TYPE, UtcDateTime
from runtime.files.labels import FileLabel

METADATA = MetaData()
PENDING_KEPT = dt.timedelta(days=91)
"""How long an upload waits for its form: a day longer than a draft does."""
PENDING_OF_NOBODY_KEPT = dt.timedelta(days=1)
LET_GO_KEPT = dt.timedelta(days=1)
"""How long the content stays that a row has let go of: a backup that was begun before finds it."""
MOST_LEAVINGS = 1000

files = Table(
    "foyer_file",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True),
    Column("key", String(32), nullable=False, unique=True),
    Column("entity", String(60), nullable=False),
    Column("attribute", String(60), nullable=False),
    Column("row", KEY_TYPE),
    Column("name", String(200), nullable=False),
    Column("media_type", String(120), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("created_by", KEY_TYPE),
    Column("dropped_at", UtcDateTime()),
    Index("ix_foyer_file_row", "entity", "attribute", "row"),
    Index("ix_foyer_file_pending", "created_by", "created_at"),
    # An id is never used again, so that a reference that was left behind leads nowhere.
    sqlite_autoincrement=True,
)

thumbnails = Table(
    "foyer_thumbnail",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("width", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    # Made of a file of the register; else of a web file.
    Column("uploaded", Boolean, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a file belongs: an attribute of an entity, and who may put it there (None for somebody unknown)."""

    entity: str
    attribute: str
    owner: int | None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received and is not held by a row yet."""

    id: int
    label: FileLabel


def enter(connection: Connection, slot: Slot, label: FileLabel, now: dt.datetime) -> Upload:
    """Put a pending file into the register."""
    values = {
        "key": label.key,
        "entity": slot.entity,
        "attribute": slot.attribute,
        "name": label.name,
        "media_type": label.media_type,
        "size": label.size,
        "sha256": label.sha256,
        "created_at": now,
        "created_by": slot.owner,
    }
    return Upload(connection.execute(insert(files).values(values).returning(files.c.id)).scalar_one(), label)


def find_pending(connection: Connection, slot: Slot, key: str) -> Upload | None:
    """The owner's pending file with this key, of this attribute and no other."""
    found = connection.execute(select(files).where(_pending(slot), files.c.key == key)).mappings().first()
    if found is None:
        return None
    label = FileLabel(0, found["size"], found["media_type"], found["sha256"], found["key"], found["name"])
    return Upload(found["id"], label)


def count_pending(connection: Connection, owner: int | None) -> int:
    """How many files of an owner wait for their forms."""
    waiting = files.c.row.is_(None) & files.c.dropped_at.is_(None) & _owned(owner)
    return connection.execute(select(func.count()).select_from(files).where(waiting)).scalar_one()


def claim(connection: Connection, slot: Slot, file: int, row: int) -> bool:
    """Give a pending file of the owner's to a row; False where there is none."""
    taken = update(files).where(_pending(slot), files.c.id == file).values(row=row)
    return connection.execute(taken).rowcount == 1


def drop(connection: Connection, entity: str, attribute: str, file: int, row: int, now: dt.datetime) -> None:
    """A row lets go of its file."""
    held = (files.c.entity == entity, files.c.attribute == attribute, files.c.id == file, files.c.row == row)
    connection.execute(update(files).where(*held).values(dropped_at=now))


def describe(connection: Connection, entity: str, attribute: str, file: int) -> tuple[str, str] | None:
    """The name and the digest of a file of an attribute."""
    statement = select(files.c.name, files.c.sha256).where(
        files.c.id == file, files.c.entity == entity, files.c.attribute == attribute
    )
    found = connection.execute(statement).first()
    return None if found is None else (found.name, found.sha256)


def give_up(connection: Connection, now: dt.datetime) -> None:
    """Drop pending files that nobody has claimed for so long that nobody will."""
    forgotten = (files.c.created_at < now - PENDING_KEPT) | (
        files.c.created_by.is_(None) & (files.c.created_at < now - PENDING_OF_NOBODY_KEPT)
    )
    waiting = files.c.row.is_(None) & files.c.dropped_at.is_(None)
    connection.execute(update(files).where(waiting, forgotten).values(dropped_at=now))


def leavings(connection: Connection, now: dt.datetime) -> Sequence[tuple[int, str]]:
    """Ids and keys of dropped files whose time is over, so many at a time."""
    over = files.c.row.is_(None) | (files.c.dropped_at <= now - LET_GO_KEPT)
    statement = select(files.c.id, files.c.key).where(files.c.dropped_at.is_not(None), over).order_by(files.c.id)
    return [(row.id, row.key) for row in connection.execute(statement.limit(MOST_LEAVINGS))]


def strike(connection: Connection, ids: Sequence[int]) -> None:
    """Take files whose content is gone out of the register."""
    connection.execute(delete(files).where(files.c.id.in_(ids)))


def label_column(
    entity: str, attribute: str, rows: FromClause, row: ColumnElement[int], file: ColumnElement[int]
) -> ColumnElement[str]:
    """What people see of the file that a column points at, as SQL: the text of a FileLabel.

    Empty unless the register says that this row holds this file in this attribute, whatever the column says.
    """
    held = (files.c.id == file, files.c.entity == entity, files.c.attribute == attribute, files.c.row == row)
    parts = [cast(files.c.row, String), cast(files.c.size, String), files.c.media_type, files.c.sha256, files.c.key]
    text: ColumnElement[str] = parts[0]
    for part in (*parts[1:], files.c.name):
        text = text + literal(" ") + part
    return select(text).where(*held).correlate(rows).scalar_subquery()


def _pending(slot: Slot) -> ColumnElement[bool]:
    there = (files.c.entity == slot.entity) & (files.c.attribute == slot.attribute)
    return there & files.c.row.is_(None) & files.c.dropped_at.is_(None) & _owned(slot.owner)


def _owned(owner: int | None) -> ColumnElement[bool]:
    return files.c.created_by.is_(None) if owner is None else files.c.created_by == owner
