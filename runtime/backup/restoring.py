"""Restoring a backup: the file is read through and checked, then all is written in one transaction and read back.

A rehearsal does the same in a throw-away database: what the rules of the tables do not let in is told before it is needed.
Whatever goes wrong, the database is as it was before. Contents of files are written before the transaction ends; a restoration
that was cut short leaves some that no row names, and the next one writes the same again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import IO, Any, cast

from sqlalchemy import Connection, Engine, Numeric, String, Table, insert, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

import runtime.backup.making as making
from runtime.backup import BackupRefused
from runtime.backup.archive import PART, Reader, key_mark, seal
from runtime.backup.rows import Tally, rows_of, tally_of
from runtime.backup.tables import Tables, tables_of
from runtime.database import make_engine
from runtime.files.store import Store

Judge = Callable[[Table, Sequence[Mapping[str, Any]]], None]
"""Looks at rows before they are written. Raises BackupRefused."""

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


def rehearse(path: Path, checked: Checked, *, strict: bool) -> None:
    """Restore a checked backup into a throw-away database, and keep nothing.

    `strict` where it would be PostgreSQL, which looks at lengths, as the throw-away one does not. Raises what `restore` does.
    """
    with TemporaryDirectory(prefix="foyer-rehearsal-") as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'rehearsal.db'}")
        try:
            restore(engine, None, path, checked, judge=_fits if strict else _anything)
        finally:
            engine.dispose()


def _anything(_table: Table, _rows: Sequence[Mapping[str, Any]]) -> None:
    """No more than what the database itself looks at."""


def _fits(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """What PostgreSQL looks at and SQLite does not. Raises BackupRefused."""
    for column in table.columns:
        kind = column.type
        given = [value for row in rows if (value := row[column.name]) is not None]
        if isinstance(kind, String):
            texts = [value for value in given if isinstance(value, str)]
            wrong = any("\0" in value or (kind.length and len(value) > kind.length) for value in texts)
        elif isinstance(kind, Numeric) and kind.precision is not None:
            most = 10 ** (kind.precision - (kind.scale or 0))
            wrong = any(isinstance(value, Decimal) and abs(value) >= most for value in given)
        else:
            continue
        if wrong:
            raise _refusal(table.name, f"a value of {column.name} is longer than PostgreSQL takes there, or has a NUL")


def restore(
    engine: Engine, store: Store | None, path: Path, checked: Checked, *, replace: bool = False, judge: Judge = _anything
) -> None:
    """Make the database that which the backup was made of; with `replace` what it holds of Foyer's goes first.

    Contents of files are read past where no store is given. Raises BackupRefused where there is something and `replace` is not
    given, where a row breaks a rule of its table, or where what was written reads otherwise; SQLAlchemyError, OSError,
    StoreFailed, MetadataError, MigrationRefused. The database is then as it was.
    """
    tables = tables_of(checked.head)
    with _all_or_nothing(engine) as connection:
        making.make_room(connection, replace=replace)
        making.make_engine_tables(connection)
        members = iter(Reader(path))
        pending = _load(connection, tables.metadata, members, judge)
        snapshot = making.make_business_tables(connection, checked.head["business"])
        loosened = making.loosen(connection)
        _load_rest(connection, (*tables.engine, *tables.business), store, pending, members, judge)
        try:
            making.tighten(connection, loosened)
        except IntegrityError as error:
            raise _refusal("A table", _said(error)) from error
        _compare(connection, tables, checked.end)
        making.go_on_counting(connection, snapshot, checked.head["counters"], tables)


@contextmanager
def _all_or_nothing(engine: Engine) -> Iterator[Connection]:
    with engine.execution_options(foyer_write=True, foyer_schema=True).begin() as connection:
        yield connection


Member = tuple[str, bytes]


def _load(connection: Connection, tables: Iterable[Table], members: Iterator[Member], judge: Judge) -> Member | None:
    """Write the first tables of the backup; the first part that is of none of them is given back."""
    by_name = {table.name: table for table in tables}
    for member in members:
        found = ROWS.fullmatch(member[0])
        if found is None or found[1] not in by_name:
            return member
        _insert(connection, by_name[found[1]], member[1], judge)
    return None


def _load_rest(
    connection: Connection,
    tables: Iterable[Table],
    store: Store | None,
    pending: Member | None,
    members: Iterator[Member],
    judge: Judge,
) -> None:
    by_name = {table.name: table for table in tables}
    while pending is not None:
        if found := ROWS.fullmatch(pending[0]):
            _insert(connection, by_name[found[1]], pending[1], judge)
            pending = next(members, None)
        else:
            pending = _store_file(store, pending, members)


def _store_file(store: Store | None, first: Member, members: Iterator[Member]) -> Member | None:
    """Put a content, of which `first` is the first part, into the store; the first part of what comes next."""
    key = cast(re.Match[str], FILE.fullmatch(first[0]))[1]
    following: Member | None = first
    with SpooledTemporaryFile(max_size=PART) as whole:
        while following is not None and following[0].startswith(f"files/{key}/"):
            if store is not None:
                whole.write(following[1])
            following = next(members, None)
        if store is not None:
            whole.seek(0)
            store.put(key, cast(IO[bytes], whole))  # type: ignore[arg-type]
    return following


def _insert(connection: Connection, table: Table, content: bytes, judge: Judge) -> None:
    try:
        for chunk in rows_of(table, content):
            judge(table, chunk)
            connection.execute(insert(table), chunk)
    except (IntegrityError, DataError) as error:
        raise _refusal(table.name, _said(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BackupRefused(f"A row of {table.name} in the backup cannot be read.") from error


def _refusal(table: str, why: str) -> BackupRefused:
    return BackupRefused(
        f"{table}: {why}. A row in the backup breaks a rule of its table, as where somebody wrote to the database past Foyer: "
        "mend it in the database that the backup was made of, and make another backup."
    )


def _said(error: DBAPIError) -> str:
    """What the database said of a rule, without the values of the row."""
    told = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    return str(told or error.orig).strip().rstrip(".")


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
            raise _refusal(str(broken[0]), f"a row points at one of {broken[2]} that is not there")
