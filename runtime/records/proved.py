"""References of many new rows, proved all at once where PostgreSQL would look for the target of each one by one.

The proof is what its own check comes to: the targets are there, and locked so that nobody takes them away before the
transaction ends. Its triggers rest meanwhile, which a role has to be allowed (`GRANT SET ON PARAMETER`); where it is not, or
where a table has triggers that do anything else, every row is checked as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, text

FEW = 100
"""Up to so many rows the database's own checks cost less than to ask whether they can be spared."""
_ALLOWED = "has_parameter_privilege('session_replication_role', 'SET')"
_ALLOWED_BEFORE_15 = "current_setting('is_superuser')::boolean"
_ONLY_CHECKED = (
    "SELECT {allowed} AND relkind = 'r' AND NOT EXISTS ("
    "SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgenabled IN ('O', 'R') AND tgtype & 4 <> 0"
    " AND tgfoid <> '\"RI_FKey_check_ins\"'::regproc) FROM pg_class WHERE oid = to_regclass(:name)"
)
"""Whether the triggers that an insert sets off are those that look for targets, and may rest."""
_REFERENCES = text(
    "SELECT own.attname, own.atthasdef, CASE target.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || confrelid::regclass::text,"
    " quote_ident(other.attname) FROM pg_constraint JOIN pg_class target ON target.oid = confrelid"
    " LEFT JOIN pg_attribute own ON own.attrelid = conrelid AND own.attnum = conkey[1] AND array_length(conkey, 1) = 1"
    " LEFT JOIN pg_attribute other ON other.attrelid = confrelid AND other.attnum = confkey[1]"
    " WHERE contype = 'f' AND conrelid = to_regclass(:name)"
)
Target = tuple[str, str]


@contextmanager
def proved(connection: Connection, table: Table, given: Mapping[str, Iterable[Any]], number: int) -> Iterator[None]:
    """Insert `number` rows in this block without a check of each, where their references can be proved beforehand.

    `given` are the values of the rows by column. Belongs in a savepoint, which takes back what was set where the block fails.
    """
    spared = connection.dialect.name == "postgresql" and number > FEW and _all_there(connection, table, given)
    if spared:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    yield
    if spared:
        connection.exec_driver_sql("SET LOCAL session_replication_role = DEFAULT")


def _all_there(connection: Connection, table: Table, given: Mapping[str, Iterable[Any]]) -> bool:
    """Whether the checks may rest and would find all targets, which stay where they are until the transaction ends."""
    name = connection.dialect.identifier_preparer.format_table(table)
    allowed = _ALLOWED if (connection.dialect.server_version_info or ()) >= (15,) else _ALLOWED_BEFORE_15
    if not connection.execute(text(_ONLY_CHECKED.format(allowed=allowed)), {"name": name}).scalar():
        return False
    wanted: dict[Target, set[Any]] = {}
    for column, defaults, target, key in connection.execute(_REFERENCES, {"name": name}):
        if column is None or (defaults and column not in given):  # a key of several columns; a value that is not known here
            return False
        wanted.setdefault((target, key), set()).update(given.get(column, ()))
    return all(_held(connection, target, values - {None}) for target, values in wanted.items())


def _held(connection: Connection, target: Target, values: set[Any]) -> bool:
    """Lock the rows of a table that have these keys; whether each of them was there."""
    if not values:
        return True
    table, key = target  # both quoted by the database
    held = f"SELECT count(*) FROM (SELECT FROM {table} WHERE {key} = ANY(:ids) ORDER BY {key} FOR KEY SHARE) AS held"  # noqa: S608
    return bool(connection.execute(text(held), {"ids": sorted(values)}).scalar() == len(values))
