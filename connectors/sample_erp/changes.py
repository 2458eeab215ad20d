"""Every write of the ERP passes here, so that no change can miss its `modified_seq`.

The counter's row is updated in the transaction of the change itself and stays locked until it commits. Change numbers
therefore become visible in order: an outsider who has read up to N never finds a smaller number later.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, update

from connectors.sample_erp.schema import change_counter, deleted_row, number_series

Row = dict[str, Any]
"""One row of a table by column name."""


def take_seqs(conn: Connection, count: int = 1) -> int:
    """Take `count` change numbers and return the first of them."""
    counter = change_counter.c.value
    taken = update(change_counter).values(value=counter + count).returning(counter)
    return int(conn.execute(taken).scalar_one()) - count + 1


def take_number(conn: Connection, prefix: str) -> str:
    """The next business number of a series, such as SO-100004; two transactions never get the same."""
    series = number_series.c
    taken = update(number_series).where(series.prefix == prefix).values(last=series.last + 1)
    return f"{prefix}-{conn.execute(taken.returning(series.last)).scalar_one()}"


def add_rows(conn: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, each with a change number of its own."""
    if not rows:
        return
    first = take_seqs(conn, len(rows))
    stamped = [row | {"modified_seq": first + at} for at, row in enumerate(rows)]
    conn.execute(insert(table), stamped)


def change_row(conn: Connection, table: Table, key: object, values: Mapping[str, Any]) -> None:
    """Update the one row with this primary key and give it a new change number."""
    (column,) = table.primary_key.columns
    stamped = {**values, "modified_seq": take_seqs(conn)}
    conn.execute(update(table).where(column == key).values(stamped))


def remove_row(conn: Connection, table: Table, key: object) -> None:
    """Delete the one row with this primary key, and note with a change number that it is gone."""
    (column,) = table.primary_key.columns
    conn.execute(delete(table).where(column == key))
    note = {"modified_seq": take_seqs(conn), "table_name": table.name, "row_key": json.dumps(key)}
    conn.execute(insert(deleted_row), note)
