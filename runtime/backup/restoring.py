"""Restoring a backup: the file is read through and checked, then all is written in one transaction and read back.

Whatever goes wrong, the database is as it was before. Contents of files are written before the transaction ends; a restoration
that was cut short leaves some that no row names, and the next one writes the same again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from sqlalchemy import Connection, Engine, Table, insert, text

import runtime.backup.making as making
from runtime.backup import BackupRefused
from runtime.backup.archive import PART, Reader, key_mark, seal
from runtime.backup.rows import Tally, rows_of, tally_of
from runtime.backup.tables import Tables, tables_of
from runtime.files.store import Store

ROWS = re.compile(r"rows/([a-z0-9_]{1,120})/\d+")
FILE = re.compile(r"files/([0-9a-f]{32})/(\d+)")


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup that is whole: what it is of, how it ends, and whether the secret key at hand is the one it was made with."""

    head: Mapping[str, Any]
    end: Mapping[str, Any]
    same_key: bool

    @property
    def rows(self) -> dict[str, int]:
        """The number of rows by table."""
        return {name: tally["rows"] for name, tally in self.end["tables"].items()}


def check(path: Path, *secret_keys: str) -> Checked:
    """Read a backup through, with the secret keys of now and of before at hand.

    Raises BackupRefused where it is none, not whole, changed, or of a newer version; OSError.
    """
    reader = Reader(path)
    named: set[str] = set()
    for name, _ in reader:
        found = ROWS.fullmatch(name)
        named.add(found[1] if found else "" if FILE.fullmatch(name) else name)
    known = {table.name for table in tables_of(reader.head).all}
    if not named <= {*known, ""}:
        raise BackupRefused(f"{path}: has a part that no backup has.")
    mine = [key for key in secret_keys if reader.end.get("key") == key_mark(key)]
    if mine and reader.end.get("seal") != seal(mine[0], str(reader.end["sha256"])):
        raise BackupRefused(f"{path}: was changed after it was made: it does not bear the seal of this secret key.")
    if {*reader.end["tables"]} != known:
        raise BackupRefused(f"{path}: is damaged, its tables are not those that it names.")
    return Checked(reader.head, reader.end, bool(mine))


def restore(engine: Engine, store: Store, path: Path, checked: Checked, *, replace: bool = False) -> None:
    """Make the database that which the backup was made of; with `replace` what it holds of Foyer's goes first.

    Raises BackupRefused where there is something and `replace` is not given, or where what was written reads otherwise;
    SQLAlchemyError, OSError, StoreFailed, MetadataError, MigrationRefused. The database is then as it was.
    """
    tables = tables_of(checked.head)
    with _all_or_nothing(engine) as connection:
        making.make_room(connection, replace=replace)
        making.make_engine_tables(connection)
        members = iter(Reader(path))
        pending = _load(connection, tables.metadata, members)
        snapshot = making.make_business_tables(connection, checked.head["business"])
        loosened = making.loosen(connection)
        _load_rest(connection, (*tables.engine, *tables.business), store, pending, members)
        making.tighten(connection, loosened)
        _compare(connection, tables, checked.end)
        making.go_on_counting(connection, snapshot, checked.head["counters"], tables)


@contextmanager
def _all_or_nothing(engine: Engine) -> Iterator[Connection]:
    with engine.execution_options(foyer_write=True, foyer_schema=True).begin() as connection:
        yield connection


Member = tuple[str, bytes]


def _load(connection: Connection, tables: Iterable[Table], members: Iterator[Member]) -> Member | None:
    """Write the first tables of the backup; the first part that is of none of them is given back."""
    by_name = {table.name: table for table in tables}
    for member in members:
        found = ROWS.fullmatch(member[0])
        if found is None or found[1] not in by_name:
            return member
        _insert(connection, by_name[found[1]], member[1])
    return None


def _load_rest(
    connection: Connection, tables: Iterable[Table], store: Store, pending: Member | None, members: Iterator[Member]
) -> None:
    by_name = {table.name: table for table in tables}
    while pending is not None:
        if found := ROWS.fullmatch(pending[0]):
            _insert(connection, by_name[found[1]], pending[1])
            pending = next(members, None)
        else:
            pending = _store_file(store, pending, members)


def _store_file(store: Store, first: Member, members: Iterator[Member]) -> Member | None:
    """Put a content, of which `first` is the first part, into the store; the first part of what comes next."""
    key = cast(re.Match[str], FILE.fullmatch(first[0]))[1]
    following: Member | None = first
    with SpooledTemporaryFile(max_size=PART) as whole:
        while following is not None and following[0].startswith(f"files/{key}/"):
            whole.write(following[1])
            following = next(members, None)
        whole.seek(0)
        store.put(key, cast(IO[bytes], whole))  # type: ignore[arg-type]
    return following


def _insert(connection: Connection, table: Table, content: bytes) -> None:
    try:
        for chunk in rows_of(table, content):
            connection.execute(insert(table), chunk)
    except (ValueError, KeyError, TypeError) as error:
        raise BackupRefused(f"A row of {table.name} in the backup cannot be read.") from error


def _compare(connection: Connection, tables: Tables, end: Mapping[str, Any]) -> None:
    """Read back what was written: the same rows of every table, or nothing is kept."""
    for table in tables.all:
        tally: Tally = tally_of(connection, table)
        if tally.data != end["tables"][table.name]:
            raise BackupRefused(
                f"{table.name} reads otherwise than it was backed up: {tally.rows} rows, "
                f"{end['tables'][table.name]['rows']} in the backup. Nothing was restored."
            )
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            raise BackupRefused(f"A row of {broken[0]} in the backup points at one of {broken[2]} that it does not have.")
