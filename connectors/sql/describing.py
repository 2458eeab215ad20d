"""The tables of a database as its catalogue tells them, through SQLAlchemy's inspector: nothing is read of their rows, but
about how many there are."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Inspector, Select, func, inspect, literal_column, select, table, text, types
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.exc import CompileError, SAWarning
from sqlalchemy.types import TypeEngine

from connectors.described import OutsideColumn, OutsideLink, OutsideTable
from connectors.protocol import MOST_WAITING
from connectors.sql.listed import listed_values
from connectors.sql.names import OURS
from connectors.sql.shape import schema_and_name

ON_DELETE = {"CASCADE": "cascade", "SET NULL": "clear"}
_ABOUT = {
    "postgresql": (
        "SELECT c.relname, c.reltuples FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = coalesce(:schema, current_schema()) AND c.relkind IN ('r', 'p') AND c.reltuples >= 0"
    ),
    "mysql": (
        "SELECT table_name, table_rows FROM information_schema.tables"
        " WHERE table_schema = coalesce(:schema, database()) AND table_rows IS NOT NULL"
    ),
}
_MARIADB_CHECKS = (
    "SELECT table_name, check_clause FROM information_schema.check_constraints"
    " WHERE constraint_schema = coalesce(:schema, database())"
)
_KINDS: Sequence[tuple[type[TypeEngine[Any]], str]] = (
    (types.Boolean, "boolean"),
    (types.Uuid, "unique_id"),
    (types.Enum, "text"),
    (types.Float, "float"),
    (types.Numeric, "decimal"),
    (types.Integer, "integer"),
    (types.DateTime, "datetime"),
    (types.Date, "date"),
    (types.Time, "time"),
    (types.String, "text"),
)
NOT_TEXT = frozenset({"SET", "JSON", "JSONB", "BIT", "MONEY", "INTERVAL", "YEAR", "TSVECTOR"})
"""Types whose values a driver gives as something else than what their family says."""
Named = Mapping[tuple[str | None, str], Any]


def described(connection: Connection, schema: str | None, names: Collection[str] | None) -> list[OutsideTable]:
    """These tables and views, or all of a schema, in the order of their names."""
    wanted: dict[str | None, set[str] | None] = {schema: None}
    if names is not None:
        wanted = {}
        for name in names:
            above, bare = schema_and_name(name, schema)
            among = wanted.setdefault(above, set())
            if among is not None:
                among.add(bare)
    found: list[OutsideTable] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of types that the inspector does not know, which are told as such
        for above, among in wanted.items():
            found += _of_schema(connection, above, among, "" if above == schema else f"{above}.", schema)
    return sorted(found, key=lambda item: item.name)


def _of_schema(
    connection: Connection, schema: str | None, among: set[str] | None, prefix: str, home: str | None
) -> list[OutsideTable]:
    inspector = inspect(connection)
    views = {*inspector.get_view_names(schema)}
    there = [name for name in (*inspector.get_table_names(schema), *sorted(views)) if among is None or name in among]
    there = [name for name in there if not name.startswith(OURS)]
    if not there:
        return []
    about = _about(connection, schema)
    read: dict[str, Any] = {"schema": schema, "filter_names": there, "kind": ObjectKind.TABLE}
    # SQLite keeps a UNIQUE that stands beside a column as an index of its own making, which the inspector passes over.
    made: dict[str, Any] = {"include_auto_indexes": True} if connection.dialect.name == "sqlite" else {}
    keys, unique = inspector.get_multi_pk_constraint(**read), inspector.get_multi_unique_constraints(**read)
    indexes = inspector.get_multi_indexes(**read, **made)
    links, checks = inspector.get_multi_foreign_keys(**read), _checks(connection, inspector, read)
    columns = inspector.get_multi_columns(schema=schema, filter_names=there, kind=ObjectKind.ANY)
    comments = _comments(inspector, read)
    found = []
    for name in there:
        at = (schema, name)
        key = keys.get(at)
        primary = tuple(key["constrained_columns"]) if key else ()
        options = listed_values(checks.get(name, ()))
        is_view = name in views
        found.append(
            OutsideTable(
                f"{prefix}{name}",
                tuple(_column(connection, item, primary, options) for item in columns.get(at) or ()),
                primary,
                _unique(unique.get(at) or (), indexes.get(at) or ()),
                tuple(_link(item, schema, prefix, home) for item in links.get(at) or ()),
                comments.get(at, ""),
                None if is_view else about[name] if name in about else _counted(connection, schema, name),
                is_view,
            )
        )
    return found


def _column(
    connection: Connection, item: Mapping[str, Any], primary: tuple[str, ...], options: Mapping[str, tuple[str, ...]]
) -> OutsideColumn:
    type_ = item["type"]
    kind = kind_of(type_)
    listed = tuple(getattr(type_, "enums", None) or ()) if isinstance(type_, types.Enum) else options.get(item["name"], ())
    numbered = item.get("autoincrement") is True or (
        # SQLite numbers rows by the one column that is declared INTEGER PRIMARY KEY.
        connection.dialect.name == "sqlite" and primary == (item["name"],) and isinstance(type_, types.INTEGER)
    )
    identity = item.get("identity")
    return OutsideColumn(
        name=item["name"],
        kind=kind,
        words=_words(type_, connection),
        nullable=bool(item.get("nullable", True)) and item["name"] not in primary,
        length=getattr(type_, "length", None) if kind == "text" else None,
        digits=getattr(type_, "precision", None) if kind == "decimal" else None,
        scale=getattr(type_, "scale", None) if kind == "decimal" else None,
        zoned=bool(getattr(type_, "timezone", False)),
        options=tuple(listed) if kind == "text" else (),
        given=bool(numbered or identity or item.get("default") is not None),
        computed=bool(item.get("computed")) or bool(identity and identity.get("always")),
        comment=str(item.get("comment") or ""),
    )


def kind_of(type_: TypeEngine[Any]) -> str:
    """The sort of values of a column."""
    name = type(type_).__name__.upper()
    if name in NOT_TEXT:
        return "other"
    return next((kind for family, kind in _KINDS if isinstance(type_, family)), "other")


def _words(type_: TypeEngine[Any], connection: Connection) -> str:
    try:
        return type_.compile(connection.dialect)
    except CompileError:
        return "a type that is not known here"


def _unique(constraints: Sequence[Mapping[str, Any]], indexes: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], ...]:
    """The columns of unique constraints, and of unique indexes that hold for all rows and whole values."""
    found = [tuple(item["column_names"]) for item in constraints]
    for item in indexes:
        names = item.get("column_names") or []
        options = item.get("dialect_options") or {}
        partial = any(name.endswith("_where") and value is not None for name, value in options.items())
        cut = any(name.endswith("_length") and value for name, value in options.items())
        if item.get("unique") and names and None not in names and not item.get("expressions") and not (partial or cut):
            found.append(tuple(str(name) for name in names))
    return tuple(dict.fromkeys(sorted(found)))


def _link(item: Mapping[str, Any], schema: str | None, prefix: str, home: str | None) -> OutsideLink:
    above = item.get("referred_schema") or schema
    return OutsideLink(
        tuple(item["constrained_columns"]),
        f"{prefix if above == schema else '' if above == home else f'{above}.'}{item['referred_table']}",
        tuple(item["referred_columns"]),
        ON_DELETE.get(str((item.get("options") or {}).get("ondelete") or "").upper(), "restrict"),
    )


def _checks(connection: Connection, inspector: Inspector, read: Mapping[str, Any]) -> dict[str, list[str]]:
    """The conditions of each table. MariaDB keeps one that stands beside its column where the inspector does not look."""
    found: dict[str, list[str]] = {}
    if getattr(connection.dialect, "is_mariadb", False):
        for name, condition in connection.execute(text(_MARIADB_CHECKS), {"schema": read["schema"]}):
            found.setdefault(str(name), []).append(str(condition))
        return found
    told: Named = inspector.get_multi_check_constraints(**read)
    return {at[1]: [str(item.get("sqltext") or "") for item in items or ()] for at, items in told.items()}


def _comments(inspector: Inspector, read: Mapping[str, Any]) -> dict[tuple[str | None, str], str]:
    try:
        found: Named = inspector.get_multi_table_comment(**read)
    except NotImplementedError:  # SQLite has none
        return {}
    return {at: str((item or {}).get("text") or "") for at, item in found.items()}


def _about(connection: Connection, schema: str | None) -> dict[str, int]:
    name = "mysql" if connection.dialect.name == "mariadb" else connection.dialect.name
    if name not in _ABOUT:
        return {}
    return {str(row[0]): int(row[1]) for row in connection.execute(text(_ABOUT[name]), {"schema": schema})}


def _counted(connection: Connection, schema: str | None, name: str) -> int:
    """How many rows a table has, as far as they are counted, where the catalogue does not tell."""
    some: Select[Any] = select(literal_column("1")).select_from(table(name, schema=schema)).limit(MOST_WAITING)
    return int(connection.execute(select(func.count()).select_from(some.subquery())).scalar_one())
