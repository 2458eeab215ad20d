"""Many rows changed at once, each to values of its own: on PostgreSQL in one statement, however many rows they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, TableValuedAlias, Update, bindparam, column, func, update
from sqlalchemy.dialects.postgresql import ARRAY

from metadata.snapshot import CompiledEntity, Snapshot
from runtime.records.shapes import kept

_ID = "v__id"


def change_rows(
    connection: Connection,
    snapshot: Snapshot,
    entity: CompiledEntity,
    rows: Sequence[tuple[int, Mapping[str, Any]]],
    stamped: Mapping[str, Any],
) -> None:
    """Write the values of each row, by its id, and the same stamps to all; their versions grow by one.

    All rows give values of the same columns. Raises IntegrityError and DataError as each of them alone would.
    """
    if not rows:
        return
    names, stamps = tuple(rows[0][1]), tuple(stamped)
    together = connection.dialect.name == "postgresql"
    make = partial(_together if together else _each, entity.table, names, stamps)
    statement = kept(snapshot, ("change rows", entity.key, names, stamps, together), make)
    common = {_common(name): value for name, value in stamped.items()}
    if together:
        lists = {_given(name): [values[name] for _, values in rows] for name in names}
        connection.execute(statement, {_ID: [id for id, _ in rows], **lists, **common})
    else:
        connection.execute(
            statement, [{_ID: id, **{_given(name): values[name] for name in names}, **common} for id, values in rows]
        )


def _each(table: Table, names: Sequence[str], stamps: Sequence[str]) -> Update:
    given = {name: bindparam(_given(name), type_=table.c[name].type) for name in names}
    return update(table).where(table.c.id == bindparam(_ID)).values({**given, **_stamped(table, stamps)})


def _together(table: Table, names: Sequence[str], stamps: Sequence[str]) -> Update:
    """The rows as a table of their own, a list for each column: the statement is the same for any number of them."""
    new = _rows(table, names)
    given = {name: new.c[_given(name)] for name in names}
    return update(table).where(table.c.id == new.c[_ID]).values({**given, **_stamped(table, stamps)})


def _rows(table: Table, names: Sequence[str]) -> TableValuedAlias:
    columns = [column(_ID, table.c.id.type), *(column(_given(name), table.c[name].type) for name in names)]
    lists = [bindparam(item.name, type_=ARRAY(item.type)) for item in columns]
    return func.unnest(*lists).table_valued(*columns, name="given").render_derived()


def _stamped(table: Table, stamps: Sequence[str]) -> dict[str, Any]:
    common = {name: bindparam(_common(name), type_=table.c[name].type) for name in stamps}
    return {**common, "version": table.c.version + 1}


def _given(name: str) -> str:
    return f"v_{name}"


def _common(name: str) -> str:
    return f"c_{name}"
