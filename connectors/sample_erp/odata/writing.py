"""Rows as outsiders write them: one at a time, or several in a change set that is done wholly or not at all."""

import re
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from connectors.sample_erp.changes import Row, add_rows, change_row, remove_row
from connectors.sample_erp.odata import filters
from connectors.sample_erp.odata.model import Wrong, etag, key_of, literal, navigations, row_shown, stored
from connectors.sample_erp.odata.reading import CHANGED, one

WAITING = "intake_status"
BIND = "@odata.bind"
_ADDRESS = re.compile(r"/?([A-Za-z_]+)\((?:([A-Za-z_]+)=)?(.*)\)")


def add(conn: Connection, table: Table, document: Any) -> dict[str, Any]:
    """Insert a row; the row as it is then. Raises Wrong."""
    row = _given(conn, table, document)
    key = key_of(table)
    try:
        if _is_intake(table):
            row[key.name] = conn.execute(insert(table).values(row).returning(key)).scalar_one()
        else:
            add_rows(conn, table, [row])
    except (IntegrityError, DataError) as fault:
        raise Wrong(400, f"Write failed for a row of {table.name}: {_reason(fault)}") from None
    added = conn.execute(select(table).where(key == row[key.name])).mappings().one()
    return row_shown(table, dict(added), list(table.c.keys()))


def change(conn: Connection, table: Table, key: str, document: Any, match: str) -> None:
    """Update a row that is there, if it is the version that is named. Raises Wrong."""
    row = _met(conn, table, key, match)
    values = _given(conn, table, document)
    column = key_of(table)
    try:
        if _is_intake(table) and not row[CHANGED]:
            conn.execute(update(table).where(column == row[column.name]).values(values))
        else:
            change_row(conn, table, row[column.name], values)
    except (IntegrityError, DataError) as fault:
        raise Wrong(400, f"Write failed for a row of {table.name}: {_reason(fault)}") from None


def remove(conn: Connection, table: Table, key: str, match: str) -> None:
    """Delete a row that is there, if it is the version that is named. Raises Wrong."""
    row = _met(conn, table, key, match)
    try:
        remove_row(conn, table, row[key_of(table).name])
    except IntegrityError as fault:
        raise Wrong(400, f"Delete failed for a row of {table.name}: {_reason(fault)}") from None


def _given(conn: Connection, table: Table, document: Any) -> Row:
    """The columns that a request's JSON sets. Raises Wrong for a property that is not there."""
    if not isinstance(document, dict):
        raise Wrong(400, "A row is a JSON object.")
    row: Row = {}
    for name, value in document.items():
        navigation = navigations(table).get(name.removesuffix(BIND)) if name.endswith(BIND) else None
        if navigation is not None:
            row[navigation[0].name] = None if value is None else _pointed(conn, navigation[1], str(value))
        elif name in table.c:
            row[name] = stored(table.c[name], value)
        else:
            raise Wrong(400, f"The property {name} does not exist on type {table.name}.")
    return row


def _pointed(conn: Connection, table: Table, address: str) -> Any:
    """The key of the row at an address, which names it by its key or by another property. Raises Wrong."""
    match = _ADDRESS.fullmatch(unquote(address))
    if match is None or match[1] != table.name:
        raise Wrong(400, f"{address} is not the address of a row of {table.name}.")
    named = filters.column(table, match[2]) if match[2] else key_of(table)
    found = conn.execute(select(key_of(table)).where(named == literal(named, match[3])).limit(2)).scalars().all()
    if len(found) != 1:
        raise Wrong(400, f"{address} names {len(found)} rows, not one.")
    return found[0]


def _met(conn: Connection, table: Table, key: str, match: str) -> Row:
    row = one(conn, table, key)
    if match not in ("", "*", etag(row)):
        raise Wrong(412, "The row has been changed by another user.")
    return row


def _is_intake(table: Table) -> bool:
    """New orders and their lines get their change number when the ERP has looked at them."""
    return WAITING in table.c or "order_external_id" in table.c


def _reason(fault: IntegrityError | DataError) -> str:
    return str(fault.orig).partition("\n")[0]
