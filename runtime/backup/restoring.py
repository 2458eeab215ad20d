"""Restoring a backup: the file is read through and checked, then all is written in one transaction and read back.

Rows that break a rule of their table are all looked for, and refuse the whole, unless a file is named to keep them aside.
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

from sqlalchemy import (
    ColumnClause,
    Connection,
    Engine,
    Numeric,
    Select,
    String,
    Table,
    TableClause,
    and_,
    delete,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

import runtime.backup.making as making
from runtime.backup import BackupRefused
from runtime.backup.archive import PART, Reader, key_mark, seal
from runtime.backup.kept_aside import Aside, Fault, RulesBroken
from runtime.backup.rows import Tally, read_lines, rows_of, tally_of
from runtime.backup.tables import Tables, tables_of
from runtime.database import make_engine
from runtime.files.store import Store

Judge = Callable[[Table, Sequence[Mapping[str, Any]]], str]
"""Looks at rows before they are written: the rule that one of them breaks, or "" where they may be written."""

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


def _anything(_table: Table, _rows: Sequence[Mapping[str, Any]]) -> str:
    """No more than what the database itself looks at."""
    return ""


def _fits(table: Table, rows: Sequence[Mapping[str, Any]]) -> str:
    """What PostgreSQL looks at and SQLite does not."""
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
            return f"a value of {column.name} is longer than PostgreSQL takes there, or has a NUL"
    return ""


def restore(
    engine: Engine,
    store: Store | None,
    path: Path,
    checked: Checked,
    *,
    replace: bool = False,
    judge: Judge = _anything,
    aside: Path | None = None,
) -> tuple[Fault, ...]:
    """Make the database that which the backup was made of; with `replace` what it holds of Foyer's goes first.

    With `aside`, a new file, rows that break a rule of their table are kept there and the rest is restored; which they were is
    given back. Contents of files are read past where no store is given. Raises BackupRefused where there is something and
    `replace` is not given, or where what was written reads otherwise, RulesBroken where rows break rules; SQLAlchemyError,
    OSError, StoreFailed, MetadataError, MigrationRefused. The database is then as it was.
    """
    kept = Aside(aside)
    tables = tables_of(checked.head)
    rest = (*tables.engine, *tables.business)
    try:
        with _all_or_nothing(engine) as connection:
            making.make_room(connection, replace=replace)
            making.make_engine_tables(connection)
            members = iter(Reader(path))
            writing = _Writing(connection, judge, kept)
            pending = _load(writing, tables.metadata, members)
            if kept.faults:
                raise RulesBroken(kept.faults, way_out=False)
            snapshot = making.make_business_tables(connection, checked.head["business"])
            pointers = making.pointers(connection)
            loosened = making.loosen(connection)
            _load_rest(writing, rest, store, pending, members)
            _settle(writing, rest, pointers, loosened)
            _compare(connection, tables, checked.end, kept)
            if kept.faults and aside is None:
                raise RulesBroken(kept.faults)
            making.go_on_counting(connection, snapshot, checked.head["counters"], tables)
            kept.close()
    except BaseException:
        kept.give_up()
        raise
    return kept.faults


@contextmanager
def _all_or_nothing(engine: Engine) -> Iterator[Connection]:
    with engine.execution_options(foyer_write=True, foyer_schema=True).begin() as connection:
        yield connection


Member = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class _Writing:
    """Where rows are written to, who looks at them first, and where those go that break a rule."""

    connection: Connection
    judge: Judge
    aside: Aside


def _load(writing: _Writing, tables: Iterable[Table], members: Iterator[Member]) -> Member | None:
    """Write the first tables of the backup; the first part that is of none of them is given back."""
    by_name = {table.name: table for table in tables}
    for member in members:
        found = ROWS.fullmatch(member[0])
        if found is None or found[1] not in by_name:
            return member
        _insert(writing, by_name[found[1]], member[1])
    return None


def _load_rest(
    writing: _Writing, tables: Iterable[Table], store: Store | None, pending: Member | None, members: Iterator[Member]
) -> None:
    by_name = {table.name: table for table in tables}
    while pending is not None:
        if found := ROWS.fullmatch(pending[0]):
            _insert(writing, by_name[found[1]], pending[1])
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


def _insert(writing: _Writing, table: Table, content: bytes) -> None:
    try:
        for lines, rows in rows_of(table, content):
            if not _broken(writing, table, rows):
                continue
            for line, row in zip(lines, rows, strict=True):
                if rule := _broken(writing, table, [row]):
                    writing.aside.add(table, line, rule)
    except (ValueError, KeyError, TypeError) as error:
        raise BackupRefused(f"A row of {table.name} in the backup cannot be read.") from error


def _broken(writing: _Writing, table: Table, rows: Sequence[Mapping[str, Any]]) -> str:
    """The rule that one of the rows breaks, and none is written; "" where all are."""
    if rule := writing.judge(table, rows):
        return rule
    try:
        with writing.connection.begin_nested():
            writing.connection.execute(insert(table), rows)
    except (IntegrityError, DataError) as error:
        return _said(error)
    return ""


def _settle(writing: _Writing, tables: Iterable[Table], pointers: Iterable[making.Pointer], loosened: making.Loosened) -> None:
    """Put foreign keys back, and rows aside that point at one that is not there, and so those that point at them."""
    connection = writing.connection
    if _points(connection, loosened):
        return
    by_name = {table.name: table for table in tables}
    held = [(by_name[one.table], one) for one in pointers if one.table in by_name]
    held = [(table, one) for table, one in held if {*one.columns} <= {*table.c.keys()}]
    while any(_put_aside(writing, table, pointer) for table, pointer in held):
        continue
    try:
        making.tighten(connection, loosened)
    except IntegrityError as error:
        raise RulesBroken((Fault("A table", _said(error), 1, ()),), way_out=False) from error


def _points(connection: Connection, loosened: making.Loosened) -> bool:
    """Whether foreign keys are back, since all rows keep to them."""
    if connection.dialect.name == "sqlite":
        return connection.execute(text("PRAGMA foreign_key_check")).first() is None
    try:
        with connection.begin_nested():
            making.tighten(connection, loosened)
    except IntegrityError:
        return False
    return True


def _put_aside(writing: _Writing, table: Table, pointer: making.Pointer) -> bool:
    """Whether there were rows of a table that point at one that is not there; they are aside now."""
    target = TableClause(pointer.target, *map(ColumnClause, pointer.named)).alias("foyer_target")
    pairs = list(zip(pointer.columns, pointer.named, strict=True))
    there: Select[Any] = (
        select(literal_column("1")).select_from(target).where(*(target.c[far] == table.c[near] for near, far in pairs))
    )
    astray = and_(*(table.c[near].is_not(None) for near in pointer.columns), ~there.correlate(table).exists())
    tally = Tally()
    for line in read_lines(writing.connection, table, tally, astray):
        writing.aside.add(table, line.rstrip(b"\n"), pointer.rule)
    if tally.rows:
        writing.connection.execute(delete(table).where(astray))
    return bool(tally.rows)


def _said(error: DBAPIError) -> str:
    """What the database said of a rule, without the values of the row."""
    told = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    return str(told or error.orig).strip().rstrip(".")


def _compare(connection: Connection, tables: Tables, end: Mapping[str, Any], aside: Aside) -> None:
    """Read back what was written: with what is aside the same rows of every table, or nothing is kept."""
    for table in tables.all:
        tally: Tally = tally_of(connection, table).plus(aside.tally(table.name))
        if tally.data != end["tables"][table.name]:
            raise BackupRefused(
                f"{table.name} reads otherwise than it was backed up: {tally.rows} rows, "
                f"{end['tables'][table.name]['rows']} in the backup. Nothing was restored."
            )
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            said = f"a row points at one of {broken[2]} that is not there"
            raise RulesBroken((Fault(str(broken[0]), said, 1, ()),), way_out=False)
