"""Search indexes made and dropped. Each is a table of its own that triggers keep in step, whoever writes to the entity's.

On PostgreSQL it has the words of each row by attribute and as a whole, which a GIN index finds; where the extension pg_trgm may
be had, another finds words that are written much alike. On SQLite it is a table of FTS5, which holds words and no texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import column as sql_column
from typing_extensions import override

from metadata.migrate.steps import Step
from metadata.searching import SearchIndex, compared_text
from metadata.told import told

WHOLE = "whole"
"""The column with the words of all attributes, on PostgreSQL."""
TRIGRAMS, FUNCTION, FRESH, WORDS = "_t", "_f", "_n", "_g"
"""Ends the names of the index by groups of three letters, of the triggers' functions for changed and for new rows, of the
index of words."""
VOCABULARY = "_w"
"""Ends the name of the table of an index's words, on SQLite."""
TRIGGERS = ("_i", "_u", "_d")
EXTENSION = "pg_trgm"
TOKENS = "unicode61 remove_diacritics 0"
LETTERS = ("D", "C", "B", "A")
"""PostgreSQL's four weights, from the smallest."""
JOINED = "-+./@_:&<>#~=?"
"""Marks that PostgreSQL takes for parts of a word, such as of an address; everywhere else they end one."""
LONGEST = 200_000
"""Letters of a row that PostgreSQL indexes: it refuses more than a megabyte of words, and with them the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSearch(Step):
    """A search index, filled with the words of the rows that are there."""

    index: SearchIndex

    @property
    @override
    def text(self) -> str:
        return told(
            "create search index {name} on {table} ({attributes}; {language})",
            name=self.name,
            table=self.table,
            attributes=", ".join(self.index.keys),
            language=self.index.language,
        )

    @override
    def run(self, connection: Connection) -> None:
        quote = connection.dialect.identifier_preparer.quote
        sqlite = connection.dialect.name == "sqlite"
        for statement in _dropped(connection, self.name):
            connection.exec_driver_sql(statement)
        for statement in _on_sqlite(self.index, quote) if sqlite else _on_postgresql(self.index, quote):
            connection.exec_driver_sql(statement)
        if not sqlite and self.index.compared and has_trigrams(connection):
            whole = compared_text(self.index.compared, sql_column).compile(dialect=connection.dialect)
            of = f"ON {quote(self.table)} USING gin (({whole}) gin_trgm_ops)"
            connection.exec_driver_sql(f"CREATE INDEX {self.name}{TRIGRAMS} {of}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DropSearch(Step):
    """A search index that metadata no longer asks for, or that is made anew."""

    @property
    @override
    def text(self) -> str:
        return told("drop search index {name} on {table}", name=self.name, table=self.table)

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
    """The names of the search indexes of the database that are kept in step."""
    begun = "LIKE 'foyer!_search!_%' ESCAPE '!'"
    found = (
        f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND name {begun}"  # noqa: S608 - a constant
        if connection.dialect.name == "sqlite"
        else f"SELECT tgname FROM pg_trigger WHERE pg_table_is_visible(tgrelid) AND tgname {begun}"  # noqa: S608 - likewise
    )
    triggers = frozenset(connection.execute(text(found)).scalars())
    names = {name[: -len(TRIGGERS[0])] for name in triggers}
    return frozenset(name for name in names if all(name + end in triggers for end in TRIGGERS))


def words_column(place: int) -> str:
    """The name of the column with the words of an attribute, by its place: attributes have names that FTS5 keeps for itself."""
    return f"w{place}"


def _columns_of(index: SearchIndex) -> list[str]:
    return [words_column(place) for place in range(len(index.keys))]


def _on_postgresql(index: SearchIndex, quote: Callable[[str], str]) -> Iterator[str]:
    name, table, columns = index.name, quote(index.entity), _columns_of(index)
    names = ", ".join(columns)

    def words(row: str, rows: str = "") -> str:
        """A select of the words of a row, or of all `rows`; OFFSET, so that those of each attribute are worked out once."""
        each = ", ".join(f"{_vector(index, row, place, quote)} AS {column}" for place, column in enumerate(columns))
        source = f" FROM {rows}" if rows else ""
        one = f"SELECT {row}id AS id, {each}{source} OFFSET 0"
        return f"SELECT id, {names}, {' || '.join(columns)} FROM ({one}) AS words"  # noqa: S608 - names of ours

    put = f"INSERT INTO {name} (id, {names}, {WHOLE})"
    again = ", ".join(f"{column} = excluded.{column}" for column in (*columns, WHOLE))
    changed = " OR ".join(f"old.{quote(key)} IS DISTINCT FROM new.{quote(key)}" for key in index.keys)
    of = ", ".join(map(quote, index.keys))
    each_row = f"FOR EACH ROW EXECUTE FUNCTION {name}{FUNCTION}()"
    vectors = ", ".join(f"{column} tsvector NOT NULL" for column in (*columns, WHOLE))
    yield f"CREATE TABLE {name} (id bigint PRIMARY KEY, {vectors})"
    yield f"{put} {words('', table)}"
    yield f"CREATE INDEX {name}{WORDS} ON {name} USING gin ({WHOLE})"
    yield f"ANALYZE {name}"
    yield (
        f"CREATE FUNCTION {name}{FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608 - likewise
        f"IF tg_op = 'DELETE' THEN DELETE FROM {name} WHERE id = old.id; "
        f"ELSE {put} {words('new.')} ON CONFLICT (id) DO UPDATE SET {again}; END IF; RETURN NULL; END $$"
    )
    # All new rows of a statement at once, which takes half the time where there are many.
    yield (
        f"CREATE FUNCTION {name}{FRESH}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{put} {words('', 'fresh')} ON CONFLICT (id) DO UPDATE SET {again}; RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {name}_i AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}{FRESH}()"
    )
    yield f"CREATE TRIGGER {name}_u AFTER UPDATE OF {of} ON {table} {each_row.replace('EXECUTE', f'WHEN ({changed}) EXECUTE')}"
    yield f"CREATE TRIGGER {name}_d AFTER DELETE ON {table} {each_row}"


def _vector(index: SearchIndex, row: str, place: int, quote: Callable[[str], str]) -> str:
    """The words of an attribute of a row, with its weight."""
    key, weight = index.columns[place]
    some = f"left({row}{quote(key)}, {LONGEST // len(index.columns)})"
    apart = f"translate(coalesce({some}, ''), '{JOINED}', '{' ' * len(JOINED)}')"
    return f"setweight(to_tsvector('{index.language}'::regconfig, {apart}), '{LETTERS[weight - 1]}')"


def _on_sqlite(index: SearchIndex, quote: Callable[[str], str]) -> Iterator[str]:
    name, table, columns = index.name, quote(index.entity), ", ".join(_columns_of(index))

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


def _dropped(connection: Connection, name: str) -> tuple[str, ...]:
    if connection.dialect.name == "sqlite":
        triggers = (f"DROP TRIGGER IF EXISTS {name}{end}" for end in TRIGGERS)
        return (*triggers, f"DROP TABLE IF EXISTS {name}{VOCABULARY}", f"DROP TABLE IF EXISTS {name}")
    return (
        f"DROP FUNCTION IF EXISTS {name}{FUNCTION}() CASCADE",
        f"DROP FUNCTION IF EXISTS {name}{FRESH}() CASCADE",
        f"DROP INDEX IF EXISTS {name}{TRIGRAMS}",
        f"DROP TABLE IF EXISTS {name}",
    )
