"""Taking a backup: the rows as one moment saw them, then the contents of the files that they name.

People go on working meanwhile: readers and writers wait for nothing. Changes of tables wait, on PostgreSQL, as they do for
pg_dump. Contents are never changed, and one that a row lets go of stays for a day, which is how long a backup may take.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, inspect, select, text

from metadata.store import LATEST_RELEASE
from metadata.text import counted
from runtime.backup import BackupRefused
from runtime.backup.archive import PART, Writer
from runtime.backup.rows import Tally, read_lines
from runtime.backup.tables import Tables, tables_there
from runtime.backup.unreadable import UNREAD, unreadable
from runtime.files.register import files
from runtime.files.store import ContentLost, Store, StoreFailed

MANY_FILES = 1000
MEND = (
    "Nothing was backed up: such values can be kept in no backup. Another program has written them. Set each to what it should "
    "be, or to NULL, with sqlite3 on the database's file while the portal rests; then back up again."
)
NOTHING = "The database has nothing of Foyer's; look at FOYER_DATABASE_URL."


@dataclass(frozen=True, slots=True)
class Taken:
    """What a backup has: rows by table, the number of files and their bytes, the keys of contents that the store had lost."""

    rows: dict[str, int]
    files: int
    bytes: int
    lost: tuple[str, ...]


def back_up(engine: Engine, store: Store | None, path: Path, secret_key: str, now: dt.datetime) -> Taken:
    """Write the backup of a database, and of its files where their store is given, to a new file.

    Raises BackupRefused where there is such a file, nothing to keep, not one of several files in the store, or a value that
    its column cannot hold;
    SQLAlchemyError, OSError, StoreFailed.
    """
    if path.exists():
        raise BackupRefused(f"{path}: is there already; name a new file.")
    if not path.parent.is_dir():
        raise BackupRefused(f"{path.parent}: there is no such folder; make it first, for this user to write to.")
    with _one_moment(engine) as connection:
        found, business = _there(connection)
        head = {
            "version": version("foyer"),
            "made_at": now.isoformat(),
            "database": engine.dialect.name,
            "release": connection.execute(text(LATEST_RELEASE)).scalar_one(),
            "engine": {str(table.name): [str(c.name) for c in table.columns] for table in (*found.metadata, *found.engine)},
            "business": business,
            "counters": _counters(connection, found),
            "files": store is not None,
        }
        writer = Writer(path, head)
        try:
            tallies = {str(table.name): _write_rows(writer, connection, table) for table in found.all}
            taken = _write_files(writer, connection, store, found)
            end = {"tables": {name: tally.data for name, tally in tallies.items()}, "files": taken.files, "lost": taken.lost}
            writer.close(end, secret_key)
        except BaseException:
            writer.give_up()
            raise
    return Taken({name: tally.rows for name, tally in tallies.items()}, taken.files, taken.bytes, taken.lost)


@contextmanager
def _one_moment(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the database as it is when the first statement is run, until it ends."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield connection


def _there(connection: Connection) -> tuple[Tables, dict[str, dict[str, str]]]:
    if not inspect(connection).has_table("foyer_release") or not inspect(connection).has_table("foyer_table"):
        raise BackupRefused(NOTHING)
    if connection.execute(text("SELECT 1 FROM foyer_revision LIMIT 1")).first() is None:
        raise BackupRefused(NOTHING)
    found, business = tables_there(connection)
    if connection.dialect.name == "postgresql":
        quote = connection.dialect.identifier_preparer.quote
        names = ", ".join(quote(table.name) for table in found.all)
        connection.execute(text(f"LOCK TABLE {names} IN ACCESS SHARE MODE"))
    return found, business


def _counters(connection: Connection, found: Tables) -> dict[str, Any]:
    """How far numbers have been given out: of keys by table, so that none is given again, and of sequences by name."""
    if connection.dialect.name == "sqlite":
        kept = inspect(connection).has_table("sqlite_sequence")
        rows = connection.execute(text("SELECT name, seq FROM sqlite_sequence")).all() if kept else ()
        return {"keys": dict(map(tuple, rows)), "sequences": {}}
    rows = connection.execute(
        text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL")
    ).all()
    values = dict(map(tuple, rows))
    names = {str(table.name) for table in found.all}
    owner = {f"{name}_id_seq": name for name in names}
    return {
        "keys": {owner[name]: last for name, last in values.items() if name in owner},
        "sequences": {name: last for name, last in values.items() if name not in owner},
    }


def _write_rows(writer: Writer, connection: Connection, table: Table) -> Tally:
    tally, part, number = Tally(), bytearray(), 0
    try:
        for line in read_lines(connection, table, tally):
            part += line
            if len(part) >= PART:
                writer.add(f"rows/{table.name}/{number}", bytes(part))
                part, number = bytearray(), number + 1
    except UNREAD as error:
        found = unreadable(connection, table)
        if not found:
            raise
        raise BackupRefused("\n".join((*map(str, found), MEND))) from error
    if part:
        writer.add(f"rows/{table.name}/{number}", bytes(part))
    return tally


def _write_files(writer: Writer, connection: Connection, store: Store | None, found: Tables) -> Taken:
    lost: list[str] = []
    number = size = 0
    if store is None or files.name not in {table.name for table in found.engine}:
        return Taken({}, 0, 0, ())
    held = select(files.c.key, files.c.size, files.c.sha256).where(files.c.dropped_at.is_(None)).order_by(files.c.id)
    with connection.execute(held.execution_options(yield_per=MANY_FILES)) as found_files:
        for row in found_files:
            if _write_file(writer, store, row.key, row.size, row.sha256):
                number, size = number + 1, size + row.size
            else:
                lost.append(row.key)
    if len(lost) > 1 and not number:
        raise BackupRefused(
            f"None of {counted(len(lost), 'file')} is in the store: look at FOYER_FILES_FOLDER and FOYER_FILES_URL, "
            "or say --without-files where their contents are backed up in another way."
        )
    return Taken({}, number, size, tuple(lost))


def _write_file(writer: Writer, store: Store, key: str, size: int, sha256: str) -> bool:
    """Add the parts of a content; False where the store has lost it. Raises StoreFailed for one that is not what was stored."""
    digest, part, number = hashlib.sha256(), bytearray(), 0
    try:
        for piece in store.read(key, 0, size):
            digest.update(piece)
            part += piece
            if len(part) >= PART:
                writer.add(f"files/{key}/{number}", bytes(part))
                part, number = bytearray(), number + 1
    except ContentLost:
        return False
    if digest.hexdigest() != sha256:
        raise StoreFailed(f"the content {key} in the store is not what was uploaded; its checksum is another")
    if part or not number:
        writer.add(f"files/{key}/{number}", bytes(part))
    return True
