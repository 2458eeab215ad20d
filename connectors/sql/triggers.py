"""The definitions of a table of changes and its triggers, in the words of PostgreSQL, MariaDB and SQLite.

Each map has its own: a table with a number and the key columns, filled by triggers after each insert, update and delete; an
update that changes the key writes both. The register has a token for each: where it is another one, changes were lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, bindparam, inspect, literal_column, select, text
from sqlalchemy.exc import DBAPIError

from connectors.errors import Fatal
from connectors.sql.names import REGISTER, changelog_name
from connectors.sql.shape import schema_and_name
from connectors.tablemap import CompiledMap

BROKEN = "broken"
"""The mark of triggers of which some are gone, or that have seen the table emptied at once."""
_MARIADB_ENDS = ("_i", "_u", "_d")
_ENDS: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("", "_t"),
    "mysql": _MARIADB_ENDS,
    "mariadb": _MARIADB_ENDS,
    "sqlite": ("_i", "_u", "_k", "_d"),
}
_NAMES: BindParameter[Any] = bindparam("names", expanding=True)
_MARIADB = (
    "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME IN :names"
    " AND EVENT_OBJECT_TABLE = :table"
)
_TRIGGERS = {
    "postgresql": (
        "SELECT count(*) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE tgname IN :names AND relname = :table AND tgenabled <> 'D'"
    ),
    "mysql": _MARIADB,
    "mariadb": _MARIADB,
    "sqlite": "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name IN :names AND tbl_name = :table",
}
"""How many of the named triggers are there, by dialect."""
Definition = tuple[str, str]
"""What it is, and the statement."""


@dataclass(frozen=True, slots=True)
class Given:
    """A map, the table with its schema, its key columns, and the dialect."""

    map: str
    schema: str
    table: str
    columns: tuple[str, ...]
    dialect: Dialect

    def quoted(self, name: str) -> str:
        """A name as the database writes it."""
        return self.dialect.identifier_preparer.quote_identifier(name)

    def within(self, name: str) -> str:
        """A name with its schema."""
        return f"{self.quoted(self.schema)}.{self.quoted(name)}" if self.schema else self.quoted(name)

    @property
    def log(self) -> str:
        """The table of changes, as it is called."""
        return changelog_name(self.map)

    @property
    def keys(self) -> str:
        """The key columns, with commas."""
        return ", ".join(self.quoted(name) for name in self.columns)

    def side(self, name: str) -> str:
        """The key columns of the row before (OLD) or after (NEW)."""
        return ", ".join(f"{name}.{self.quoted(column)}" for column in self.columns)

    def insert(self, side: str) -> str:
        """The statement of a trigger that writes a key down."""
        return f"INSERT INTO {self.within(self.log)} ({self.keys}) VALUES ({self.side(side)})"


def given_of(connection: Connection, table_map: CompiledMap, schema: str | None) -> Given:
    """What the triggers of a map are made of; `schema` is where tables are that name none. Raises Fatal."""
    dialect = connection.dialect
    if dialect.name not in _ENDS:
        raise Fatal(f"map {table_map.key}: triggers are made for PostgreSQL, MariaDB and SQLite, not for {dialect.name}")
    above, table = schema_and_name(table_map.model.table, schema)
    return Given(table_map.key, above or dialect.default_schema_name or "", table, table_map.key_columns, dialect)


def state_of(connection: Connection, given: Given) -> tuple[str, str]:
    """The mark and the token under which the triggers of a map were made; empty where they are not there, or not all."""
    names = [given.log + end for end in _ENDS[given.dialect.name]]
    asked = text(f"SELECT mark, token, ({_TRIGGERS[given.dialect.name]}) FROM {given.within(REGISTER)} WHERE map = :map")
    try:
        found = connection.execute(asked.bindparams(_NAMES), {"names": names, "table": given.table, "map": given.map}).first()
    except DBAPIError as error:
        if error.connection_invalidated:  # what is gone is the line; after a rollback the next statement would open another
            raise
        connection.rollback()
        connection.execute(select(literal_column("1")))  # where that fails too it is not the register that is missing
        return "", ""
    if found is None:
        return "", ""
    return (str(found[0]), str(found[1])) if found[1] and found[2] == len(names) else (BROKEN, "")


def made(connection: Connection, given: Given, mark: str, token: str) -> list[Definition]:
    """The definitions that install triggers."""
    steps: list[Definition] = []
    register = given.within(REGISTER)
    if not inspect(connection).has_table(REGISTER, given.schema or None):
        columns = "map VARCHAR(120) NOT NULL PRIMARY KEY, mark VARCHAR(40) NOT NULL, token VARCHAR(40) NOT NULL"
        steps.append(("register", f"CREATE TABLE {register} ({columns})"))
    kinds = {"postgresql": _postgresql, "mysql": _mariadb, "mariadb": _mariadb, "sqlite": _sqlite}
    steps += kinds[given.dialect.name](given)
    row = f"INSERT INTO {register} (map, mark, token) VALUES ('{given.map}', '{mark}', '{token}')"
    return [*steps, ("entry in the register", row)]


def removed(given: Given) -> list[Definition]:
    """The definitions that take them out."""
    table, log = given.within(given.table), given.within(given.log)
    steps: list[Definition]
    if given.dialect.name == "postgresql":
        names = [given.quoted(given.log), given.quoted(f"{given.log}_t")]
        steps = [("trigger", f"DROP TRIGGER IF EXISTS {name} ON {table}") for name in names]
        steps += [("function", f"DROP FUNCTION IF EXISTS {given.within(given.log + end)}()") for end in ("", "_t")]
    else:
        steps = [("trigger", f"DROP TRIGGER IF EXISTS {given.within(given.log + end)}") for end in ("_i", "_u", "_k", "_d")]
    steps.append(("table of changes", f"DROP TABLE IF EXISTS {log}"))
    return [*steps, ("entry in the register", f"DELETE FROM {given.within(REGISTER)} WHERE map = '{given.map}'")]


def _postgresql(given: Given) -> list[Definition]:
    table, log, trigger = given.within(given.table), given.within(given.log), given.quoted(given.log)
    function, emptied = given.within(given.log), given.within(f"{given.log}_t")
    keys_differ = f"({given.side('OLD')}) IS DISTINCT FROM ({given.side('NEW')})"
    body = (
        f"BEGIN IF TG_OP <> 'INSERT' THEN {given.insert('OLD')}; END IF;"
        f" IF TG_OP = 'INSERT' THEN {given.insert('NEW')}; END IF;"
        f" IF TG_OP = 'UPDATE' THEN IF {keys_differ} THEN {given.insert('NEW')}; END IF; END IF; RETURN NULL; END"
    )
    lost = f"BEGIN UPDATE {given.within(REGISTER)} SET token = '' WHERE map = '{given.map}'; RETURN NULL; END"
    safely = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog"
    each = f"AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
    return [
        ("table of changes", f"CREATE TABLE {log} AS SELECT {given.keys} FROM {table} WHERE false"),
        ("its number", f"ALTER TABLE {log} ADD COLUMN foyer_id BIGSERIAL PRIMARY KEY"),
        ("function", f"CREATE FUNCTION {function}() RETURNS trigger {safely} AS $foyer$ {body} $foyer$"),
        ("function", f"CREATE FUNCTION {emptied}() RETURNS trigger {safely} AS $foyer$ {lost} $foyer$"),
        ("trigger", f"CREATE TRIGGER {trigger} {each}"),
        (
            "trigger",
            f"CREATE TRIGGER {given.quoted(f'{given.log}_t')} AFTER TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {emptied}()",
        ),
    ]


def _mariadb(given: Given) -> list[Definition]:
    table, log = given.within(given.table), given.within(given.log)
    same = " AND ".join(f"OLD.{given.quoted(name)} <=> NEW.{given.quoted(name)}" for name in given.columns)

    def trigger(end: str, event: str, body: str) -> Definition:
        return "trigger", f"CREATE TRIGGER {given.within(given.log + end)} AFTER {event} ON {table} FOR EACH ROW {body}"

    # one statement, so that a client that ends statements at each semicolon takes it whole
    both = f"SELECT {given.side('OLD')} FROM DUAL UNION ALL SELECT {given.side('NEW')} FROM DUAL WHERE NOT ({same})"
    update = f"INSERT INTO {log} ({given.keys}) {both}"
    numbered = f"CREATE TABLE {log} (foyer_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY)"
    return [
        ("table of changes", f"{numbered} AS SELECT {given.keys} FROM {table} LIMIT 0"),
        trigger("_i", "INSERT", given.insert("NEW")),
        trigger("_u", "UPDATE", update),
        trigger("_d", "DELETE", given.insert("OLD")),
    ]


def _sqlite(given: Given) -> list[Definition]:
    table, log = given.quoted(given.table), given.quoted(given.log)
    differ = " OR ".join(f"OLD.{given.quoted(name)} IS NOT NEW.{given.quoted(name)}" for name in given.columns)

    def trigger(end: str, event: str, side: str, when: str = "") -> Definition:
        body = f"INSERT INTO {log} ({given.keys}) VALUES ({given.side(side)});"
        name = given.quoted(given.log + end)
        return "trigger", f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} BEGIN {body} END"

    return [
        ("table of changes", f"CREATE TABLE {log} (foyer_id INTEGER PRIMARY KEY AUTOINCREMENT, {given.keys})"),
        trigger("_i", "INSERT", "NEW"),
        trigger("_u", "UPDATE", "OLD"),
        trigger("_k", "UPDATE", "NEW", f"WHEN {differ}"),
        trigger("_d", "DELETE", "OLD"),
    ]
