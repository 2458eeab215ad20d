"""Rows of a load straight into their table: with a stage between, the database would write each of them twice.

Only for rows that are new, of which the unique index of the key is the judge. It refuses all of them where one is there
already or comes twice, and they take the way over the stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select, text, tuple_

from metadata.snapshot import CompiledEntity
from metadata.types import ChoiceSet
from runtime.records.proved import proved
from runtime.records.rows import to_columns

SAMPLED = 50
"""How many keys are looked up to see whether a load is one of new rows; so many look-ups cost nothing beside it."""

BINARY = frozenset(
    {"bigint", "boolean", "date", "integer", "numeric", "text", "timestamp with time zone", "uuid", "varchar"},
)
"""Types of columns of which the driver writes the binary form, exactly or not at all; `integer` is that of `version` alone."""
MISFITS = (TypeError, ValueError, AttributeError, OverflowError)
"""What the driver raises for a value of another type than its column's, in binary form."""
MANY = 1000
GROWN = 4
"""By how much a table grows before PostgreSQL is to look at its values again; how many rows it has it tells from the size."""
FINENESS = 30
"""How finely it is to look then, of a usual 100: a table that still grows is looked at again, by its autovacuum too."""
_GROWN = text("SELECT pg_relation_size(oid) > :times * relpages * 8192::bigint FROM pg_class WHERE oid = to_regclass(:name)")


def load_straight(
    connection: Connection,
    entity: CompiledEntity,
    columns: Sequence[str],
    key: Sequence[str],
    rows: Sequence[Sequence[Any]],
    fixed: Mapping[str, Any],
) -> int | None:
    """Insert rows, the values in the order of `columns` (attributes), `fixed` those of the other columns; the number of them.

    None where some are there already, or may be: then nothing was done.
    """
    names = column_names(entity, columns)
    if not rows or not _judged(entity.table, key) or _any_there(connection, entity, columns, key, rows):
        return None
    constants = {name: value for name, value in fixed.items() if name not in names}
    also, driver = tuple(constants.values()), connection.dialect.loaded_dbapi
    try:
        with connection.begin_nested():
            full = ((*row, *also) for row in flat(entity, columns, rows))
            given = _references(entity, columns, rows) | {name: (value,) for name, value in constants.items()}
            with proved(connection, entity.table, given, len(rows)):
                fill(connection, entity.table, (*names, *constants), full, typed=True)
    except (driver.IntegrityError, driver.DataError, *MISFITS):
        return None
    return len(rows)


def column_names(entity: CompiledEntity, attributes: Iterable[str]) -> tuple[str, ...]:
    """The columns of attributes; a polymorphic look-up has two."""
    return tuple(to_columns(entity, dict.fromkeys(attributes)))


def flat(entity: CompiledEntity, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Rows of attribute values as rows of column values."""
    if all(entity.attributes[key].target_column is None for key in columns):
        return iter(rows)
    return (tuple(to_columns(entity, dict(zip(columns, row, strict=True))).values()) for row in rows)


def _references(entity: CompiledEntity, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Iterable[Any]]:
    """The different values of the columns that point at other rows."""
    attributes = [entity.attributes[key] for key in columns]
    places = {item.column.name: at for at, item in enumerate(attributes) if item.column.foreign_keys}
    return {name: {row[at] for row in rows} for name, at in places.items()}


def fill(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterator[Sequence[Any]], *, typed: bool = False
) -> None:
    """Write rows into these columns of a table, by COPY where the database has it.

    Values that are `typed`, as their columns are, go in PostgreSQL's own form where the driver has it for each of them; others
    as texts, to be read. A value of another type then raises one of MISFITS.
    """
    processors = _processors(connection, table, names)
    ready = (_processed(row, processors) for row in rows) if processors else rows
    preparer = connection.dialect.identifier_preparer
    into = f"{preparer.format_table(table)} ({', '.join(map(preparer.quote, names))})"
    cursor = connection.connection.cursor()
    try:
        if connection.dialect.name == "sqlite":
            cursor.executemany(f"INSERT INTO {into} VALUES ({', '.join('?' * len(names))})", ready)  # type: ignore[arg-type]  # noqa: S608
        else:
            types = _types(connection, table, names) if typed else None
            with cursor.copy(f"COPY {into} FROM STDIN{' (FORMAT binary)' if types else ''}") as copy:
                if types:
                    copy.set_types(types)
                for row in ready:
                    copy.write_row(row)
    finally:
        cursor.close()


def count_anew(connection: Connection, table: Table, inserted: int) -> None:
    """Have PostgreSQL plan for a table that has grown much: else the first pages are planned for an empty one."""
    if inserted <= MANY or connection.dialect.name == "sqlite":
        return
    quoted = connection.dialect.identifier_preparer.format_table(table)
    if connection.execute(_GROWN, {"name": quoted, "times": GROWN}).scalar():
        connection.exec_driver_sql(f"SET LOCAL default_statistics_target = {FINENESS}")
        connection.exec_driver_sql(f"ANALYZE {quoted}")
        connection.exec_driver_sql("SET LOCAL default_statistics_target = DEFAULT")


def _types(connection: Connection, table: Table, names: Sequence[str]) -> list[str] | None:
    """The types of columns by PostgreSQL's names; None where there is another one among them than those that are known."""
    types = [table.c[name].type.compile(connection.dialect).partition("(")[0].lower() for name in names]
    return types if BINARY.issuperset(types) else None


def _judged(table: Table, key: Sequence[str]) -> bool:
    """Whether a unique index keeps rows of one key apart."""
    return any(index.unique and {column.name for column in index.columns} == set(key) for index in table.indexes)


def _any_there(
    connection: Connection, entity: CompiledEntity, columns: Sequence[str], key: Sequence[str], rows: Sequence[Sequence[Any]]
) -> bool:
    """Whether any of a few rows, taken from all over, is there already or has no key."""
    names = column_names(entity, columns)
    places = [names.index(name) for name in key]
    few = (*rows[:: len(rows) // SAMPLED + 1], rows[-1])
    keys = [tuple(row[place] for place in places) for row in flat(entity, columns, few)]
    if any(None in value for value in keys):
        return True
    wanted = [entity.table.c[name] for name in key]
    found: ColumnElement[bool] = tuple_(*wanted).in_(keys) if len(wanted) > 1 else wanted[0].in_([value[0] for value in keys])
    return connection.execute(select(entity.table.c.id).where(found).limit(1)).first() is not None


def _processors(connection: Connection, table: Table, names: Sequence[str]) -> list[tuple[int, Callable[[Any], Any]]]:
    """The columns whose values the driver cannot take as they are; PostgreSQL's takes all but our own text form."""
    dialect = connection.dialect
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for place, name in enumerate(names):
        kind = table.c[name].type
        process = kind.dialect_impl(dialect).bind_processor(dialect)
        if process is not None and (dialect.name == "sqlite" or isinstance(kind, ChoiceSet)):
            found.append((place, process))
    return found


def _processed(row: Sequence[Any], processors: list[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    values = list(row)
    for place, process in processors:
        values[place] = process(values[place])
    return values
