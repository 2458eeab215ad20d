"""What can be done to a table: one small class per step, which says itself in words and knows how it is done.

A step that is nothing but SQL gives its statements, so that many steps can be sent at once; the others work through
Alembic's operations.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Column, ColumnClause, Connection, Dialect, ForeignKey, Table, func, update
from sqlalchemy import table as sql_table
from sqlalchemy.schema import CreateTable as CreateTableStatement
from sqlalchemy.sql import column as sql_column
from typing_extensions import override

import metadata.migrate.conversion as conversion
from metadata.migrate.physical import indexes_of
from metadata.migrate.shapes import columns_of, family, text_length, type_for
from metadata.told import told

if TYPE_CHECKING:
    from alembic.operations import Operations

TEMPORARY = "foyer__new"
OLD = "foyer__old_"


def columns_told(number: int) -> str:
    """A number of columns, as it stands in a sentence."""
    return told("{count} column", count=number) if number == 1 else told("{count} columns", count=number)


def values_told(number: int) -> str:
    """A number of values, likewise."""
    return told("{count} value", count=number) if number == 1 else told("{count} values", count=number)


def rows_told(number: int) -> str:
    """A number of rows, likewise."""
    return told("{count} row", count=number) if number == 1 else told("{count} rows", count=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(ABC):
    """One change of one table. `lost`: values or rows that it would lose. `blocked`: why it cannot be done as rows are."""

    destructive: ClassVar[bool] = False
    table: str
    name: str = ""
    lost: int = 0
    blocked: str = ""

    @property
    @abstractmethod
    def text(self) -> str:
        """The step in words."""

    def statements(self, dialect: Dialect) -> tuple[str, ...]:
        """What it is in SQL, where it is nothing else."""
        return ()

    def run(self, connection: Connection) -> None:
        """Do it."""
        for statement in self.statements(connection.dialect):
            connection.exec_driver_sql(statement)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable(Step):
    """A new table with its indexes; on SQLite with its foreign keys, which cannot be added there later."""

    target: Table

    @property
    @override
    def text(self) -> str:
        return told("create table {table} with {columns}", table=self.table, columns=columns_told(len(self.target.columns)))

    @override
    def statements(self, dialect: Dialect) -> tuple[str, ...]:
        inline = self.target.foreign_key_constraints if dialect.name == "sqlite" else ()
        table = CreateTableStatement(self.target, include_foreign_key_constraints=list(inline))
        return (str(table.compile(dialect=dialect)), *_index_statements(self.target, dialect))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSequence(Step):
    """What an auto-number is drawn from, on PostgreSQL; it goes with its column."""

    column: str

    @property
    @override
    def text(self) -> str:
        return told("create sequence {name} for {table}.{column}", name=self.name, table=self.table, column=self.column)

    @override
    def statements(self, dialect: Dialect) -> tuple[str, ...]:
        quote = dialect.identifier_preparer.quote
        owner = f"{quote(self.table)}.{quote(self.column)}"
        return (f"CREATE SEQUENCE IF NOT EXISTS {quote(self.name)} OWNED BY {owner}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddColumn(Step):
    """A new, empty column."""

    column: Column[Any]
    word: str

    @property
    @override
    def text(self) -> str:
        return told("add column {table}.{name} {word}", table=self.table, name=self.name, word=self.word)

    @override
    def run(self, connection: Connection) -> None:
        # SQLite takes the key with the column or not at all; elsewhere it is a step of its own.
        inline = _is_sqlite(connection)
        keys = [ForeignKey(key.target_fullname, ondelete=key.ondelete) for key in self.column.foreign_keys if inline]
        fresh = Column(
            self.name, self.column.type, *keys, nullable=self.column.nullable, server_default=self.column.server_default
        )
        _operations(connection).add_column(self.table, fresh, inline_references=inline)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLength(Step):
    """A text column that holds more, or fewer, characters than before. SQLite keeps no lengths, so there only values change."""

    before: str
    after: str

    @property
    def narrowing(self) -> bool:
        """Whether longer values than allowed may be there."""
        return text_length(self.after) < text_length(self.before)

    @property
    def destructive(self) -> bool:  # type: ignore[override]
        """Narrowing cuts what is too long."""
        return self.narrowing

    @property
    @override
    def text(self) -> str:
        where = {"table": self.table, "name": self.name, "before": self.before, "after": self.after}
        if not self.narrowing:
            return told("widen column {table}.{name} from {before} to {after}", **where)
        return told(
            "shorten column {table}.{name} from {before} to {after}, cutting {values} that are longer",
            values=values_told(self.lost),
            **where,
        )

    @override
    def run(self, connection: Connection) -> None:
        if self.narrowing:
            length = int(text_length(self.after))
            values: ColumnClause[Any] = sql_column(self.name)
            cut = update(sql_table(self.table, values)).values({self.name: func.substr(values, 1, length)})
            connection.execute(cut.where(func.length(values) > length))
        if not _is_sqlite(connection):
            before, after = type_for(self.before), type_for(self.after)
            _operations(connection).alter_column(self.table, self.name, type_=after, existing_type=before)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertColumn(Step):
    """A column of another type. Values that have no equal in the new type become empty."""

    before: str
    after: str

    @property
    def destructive(self) -> bool:  # type: ignore[override]
        """More digits after the point are no loss, any other type needs to be told."""
        same = family(self.before)[0] == family(self.after)[0] == "decimal"
        return bool(self.lost) or not same

    @property
    @override
    def text(self) -> str:
        return told(
            "change column {table}.{name} from {before} to {after}, losing {values} that cannot be converted",
            table=self.table,
            name=self.name,
            before=self.before,
            after=self.after,
            values=values_told(self.lost),
        )

    @override
    def run(self, connection: Connection) -> None:
        operations = _operations(connection)
        operations.add_column(self.table, Column(TEMPORARY, type_for(self.after)))
        conversion.fill(connection, self.table, self.name, TEMPORARY, (self.before, self.after))
        if _is_sqlite(connection):
            # The rebuild of the table leaves the old column out.
            rename_sqlite_column(connection, self.table, self.name, OLD + self.name)
            rename_sqlite_column(connection, self.table, TEMPORARY, self.name)
        else:
            operations.drop_column(self.table, self.name)
            operations.alter_column(self.table, TEMPORARY, new_column_name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropColumn(Step):
    """A column that metadata no longer names."""

    destructive: ClassVar[bool] = True

    @property
    @override
    def text(self) -> str:
        return told(
            "drop column {table}.{name}, losing {values}", table=self.table, name=self.name, values=values_told(self.lost)
        )

    @override
    def run(self, connection: Connection) -> None:
        # On SQLite the rebuild of the table leaves it out.
        if not _is_sqlite(connection):
            _operations(connection).drop_column(self.table, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable(Step):
    """A table that metadata no longer names."""

    destructive: ClassVar[bool] = True

    @property
    @override
    def text(self) -> str:
        return told("drop table {table}, losing {rows}", table=self.table, rows=rows_told(self.lost))

    @override
    def run(self, connection: Connection) -> None:
        _operations(connection).drop_table(self.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildTable(Step):
    """SQLite only: the table anew in the shape that it should have, with the same rows."""

    target: Table

    @property
    @override
    def text(self) -> str:
        return told("rebuild table {table}", table=self.table)

    @override
    def run(self, connection: Connection) -> None:
        operations = _operations(connection)
        temporary = f"{self.table}__{TEMPORARY}"
        names = ", ".join(_quoted(connection, column.name) for column in self.target.columns)
        statement = str(CreateTableStatement(self.target).compile(connection))
        named = f"CREATE TABLE {_quoted(connection, self.table)}"
        fresh, old = _quoted(connection, temporary), _quoted(connection, self.table)
        connection.exec_driver_sql(statement.replace(named, f"CREATE TABLE {fresh}", 1))
        connection.exec_driver_sql(f"INSERT INTO {fresh} ({names}) SELECT {names} FROM {old}")  # noqa: S608
        operations.drop_table(self.table)
        operations.rename_table(temporary, self.table)
        for statement in _index_statements(self.target, connection.dialect):
            connection.exec_driver_sql(statement)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndex(Step):
    """An index, unique for a key."""

    word: str

    @property
    @override
    def text(self) -> str:
        what = {"name": self.name, "table": self.table, "columns": ", ".join(columns_of(self.word))}
        if self.word.startswith("unique "):
            return told("create unique index {name} on {table} ({columns})", **what)
        return told("create index {name} on {table} ({columns})", **what)

    @override
    def statements(self, dialect: Dialect) -> tuple[str, ...]:
        unique = self.word.startswith("unique ")
        return (_index_statement(dialect, self.name, self.table, columns_of(self.word), unique=unique),)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIndex(Step):
    """An index that metadata no longer asks for."""

    @property
    @override
    def text(self) -> str:
        return told("drop index {name} on {table}", name=self.name, table=self.table)

    @override
    def run(self, connection: Connection) -> None:
        _operations(connection).drop_index(self.name, self.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddForeignKey(Step):
    """A foreign key. Part of the table on SQLite."""

    word: str

    @property
    @override
    def text(self) -> str:
        return told("add foreign key {name} on {table} ({word})", name=self.name, table=self.table, word=self.word)

    @override
    def statements(self, dialect: Dialect) -> tuple[str, ...]:
        column, _, rest = self.word.partition(" -> ")
        target, _, rule = rest.partition(" ON DELETE ")
        there, _, key = target.rpartition(".")
        quote = dialect.identifier_preparer.quote
        reference = f"FOREIGN KEY ({quote(column)}) REFERENCES {quote(there)} ({quote(key)}) ON DELETE {rule}"
        return (f"ALTER TABLE {quote(self.table)} ADD CONSTRAINT {quote(self.name)} {reference}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropForeignKey(Step):
    """A foreign key that metadata no longer asks for."""

    @property
    @override
    def text(self) -> str:
        return told("drop foreign key {name} on {table}", name=self.name, table=self.table)

    @override
    def run(self, connection: Connection) -> None:
        _operations(connection).drop_constraint(self.name, self.table, type_="foreignkey")


def _operations(connection: Connection) -> Operations:
    # Alembic takes a good part of a second to load, and most processes never change a table.
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    return Operations(MigrationContext.configure(connection))


def _index_statements(table: Table, dialect: Dialect) -> Iterator[str]:
    for index in indexes_of(table):
        columns = (column.name for column in index.columns)
        yield _index_statement(dialect, str(index.name), table.name, columns, unique=index.unique)


def _index_statement(dialect: Dialect, name: str, table: str, columns: Iterable[str], *, unique: bool) -> str:
    quote = dialect.identifier_preparer.quote
    kind = "UNIQUE INDEX" if unique else "INDEX"
    return f"CREATE {kind} {quote(name)} ON {quote(table)} ({', '.join(map(quote, columns))})"


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def rename_sqlite_column(connection: Connection, table: str, before: str, after: str) -> None:
    """Rename a column in place; Alembic would copy the whole table for it."""
    names = (_quoted(connection, name) for name in (table, before, after))
    connection.exec_driver_sql("ALTER TABLE {} RENAME COLUMN {} TO {}".format(*names))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


__all__ = [
    "AddColumn",
    "AddForeignKey",
    "ChangeLength",
    "ConvertColumn",
    "CreateIndex",
    "CreateTable",
    "DropColumn",
    "DropForeignKey",
    "DropIndex",
    "DropTable",
    "RebuildTable",
    "Step",
]
