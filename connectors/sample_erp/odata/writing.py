"""Rows as outsiders write them: one at a time, or several in a change set that is done wholly or not at all."""

from typing import Any

from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from connectors.sample_erp.changes import Row, add_rows, change_row, remove_row
from connectors.sample_erp.odata.model import Wrong, etag, given, key_of, row_shown
from connectors.sample_erp.odata.reading import CHANGED, one

WAITING = "intake_status"


def add(conn: Connection, table: Table, document: Any) -> dict[str, Any]:
    """Insert a row; the row as it is then. Raises Wrong."""
    row = given(table, document)
    key = key_of(table)
    try:
        if _is_intake(table):
            row[key.name] = conn.execute(insert(table).values(row).returning(key)).scalar_one()
        else:
            add_rows(conn, table, [row])
    except (IntegrityError, DataError) as fault:
        raise Wrong(400, f"Write failed for a row of {table.name}: {_reason(fault)}") from None
    stored = conn.execute(select(table).where(key == row[key.name])).mappings().one()
    return row_shown(table, dict(stored), list(table.c.keys()))


def change(conn: Connection, table: Table, key: str, document: Any, match: str) -> None:
    """Update a row that is there, if it is the version that is named. Raises Wrong."""
    row = _met(conn, table, key, match)
    values = given(table, document)
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
