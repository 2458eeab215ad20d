"""Search indexes made and dropped. Once made the database itself keeps them current, whoever writes to the table.

PostgreSQL indexes the words of a row by an expression over it, and, where the extension pg_trgm may be had, its groups of
three letters. SQLite has a table of FTS5 beside, which triggers keep in step; it holds the words and not the texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import column as sql_column
from typing_extensions import override

from metadata.migrate.steps import Step
from metadata.searching import SearchIndex, plain_text, vector

TRIGRAMS = "_t"
"""Ends the name of the index by groups of three letters."""
VOCABULARY = "_w"
"""Ends the name of the table of an index's words, on SQLite."""
TRIGGERS = ("_i", "_u", "_d")
EXTENSION = "pg_trgm"
TOKENS = "unicode61 remove_diacritics 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSearch(Step):
    """A search index, filled with the words of the rows that are there."""

    index: SearchIndex

    @property
    @override
    def text(self) -> str:
        return f"create search index {self.name} on {self.table} ({', '.join(self.index.keys)}; {self.index.language})"

    @override
    def run(self, connection: Connection) -> None:
        for statement in _dropped(connection, self.name):
            connection.exec_driver_sql(statement)
        if connection.dialect.name == "sqlite":
            for statement in _on_sqlite(connection, self.index):
                connection.exec_driver_sql(statement)
            return
        connection.exec_driver_sql(_gin(connection, self.name, self.table, vector(self.index, sql_column), ""))
        if has_trigrams(connection):
            whole = plain_text(self.index, sql_column)
            connection.exec_driver_sql(_gin(connection, self.name + TRIGRAMS, self.table, whole, "gin_trgm_ops"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DropSearch(Step):
    """A search index that metadata no longer asks for, or that is made anew."""

    @property
    @override
    def text(self) -> str:
        return f"drop search index {self.name} on {self.table}"

    @override
    def run(self, connection: Connection) -> None:
        for statement in _dropped(connection, self.name):
            connection.exec_driver_sql(statement)


def has_trigrams(connection: Connection) -> bool:
    """Whether PostgreSQL can compare words by groups of three letters, after trying to make it able to."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}")
    except DBAPIError as error:  # not installed on the server, or not for us to add
        if error.connection_invalidated:
            raise
        return False
    return True


def search_indexes_there(connection: Connection) -> frozenset[str]:
    """The names of the search indexes of the database that are whole."""
    if connection.dialect.name == "sqlite":
        found = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'foyer!_search!_%' ESCAPE '!'")
        triggers = frozenset(connection.execute(found).scalars())
        names = {name[: -len(TRIGGERS[0])] for name in triggers}
        return frozenset(name for name in names if all(name + end in triggers for end in TRIGGERS))
    names_of = text(
        "SELECT relname FROM pg_class WHERE relkind = 'i' AND relname LIKE 'foyer!_search!_%' ESCAPE '!' "
        "AND pg_table_is_visible(oid)"
    )
    return frozenset(connection.execute(names_of).scalars())


def _gin(connection: Connection, name: str, table: str, whole: ColumnElement[object], operators: str) -> str:
    quote = connection.dialect.identifier_preparer.quote
    expression = whole.compile(dialect=connection.dialect)
    return f"CREATE INDEX {quote(name)} ON {quote(table)} USING gin (({expression}) {operators})"


def _on_sqlite(connection: Connection, index: SearchIndex) -> Iterator[str]:
    quote = connection.dialect.identifier_preparer.quote
    name, table = index.name, quote(index.entity)
    # Attributes may have names that FTS5 keeps for itself, such as rank.
    columns = ", ".join(fts_column(place) for place in range(len(index.keys)))

    def words(row: str) -> str:
        return ", ".join(f"{row}{quote(key)}" for key in index.keys)

    insert = f"INSERT INTO {name} (rowid, {columns}) VALUES (new.id, {words('new.')})"  # noqa: S608 - names of ours
    delete = f"INSERT INTO {name} ({name}, rowid, {columns}) VALUES ('delete', old.id, {words('old.')})"  # noqa: S608 - likewise
    yield f"CREATE VIRTUAL TABLE {name} USING fts5({columns}, content='', prefix='2 3', tokenize='{TOKENS}')"
    yield f"CREATE VIRTUAL TABLE {name}{VOCABULARY} USING fts5vocab({name}, row)"
    yield f"INSERT INTO {name} (rowid, {columns}) SELECT id, {words('')} FROM {table}"  # noqa: S608 - likewise
    yield f"CREATE TRIGGER {name}_i AFTER INSERT ON {table} BEGIN {insert}; END"
    yield f"CREATE TRIGGER {name}_u AFTER UPDATE OF {words('')} ON {table} BEGIN {delete}; {insert}; END"
    yield f"CREATE TRIGGER {name}_d AFTER DELETE ON {table} BEGIN {delete}; END"


def fts_column(place: int) -> str:
    """The name of a column of an index on SQLite."""
    return f"w{place}"


def _dropped(connection: Connection, name: str) -> tuple[str, ...]:
    if connection.dialect.name == "sqlite":
        triggers = (f"DROP TRIGGER IF EXISTS {name}{end}" for end in TRIGGERS)
        return (*triggers, f"DROP TABLE IF EXISTS {name}{VOCABULARY}", f"DROP TABLE IF EXISTS {name}")
    return f"DROP INDEX IF EXISTS {name}{TRIGRAMS}", f"DROP INDEX IF EXISTS {name}"
