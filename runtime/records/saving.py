"""One row saved in as few statements as the database allows: its lookups checked, written, and looked at again.

The statements are prepared once for each shape of a write and kept on the snapshot. What a lookup must meet stands in the
write's own WHERE. What the row must meet is asked of the row as it was stored, by the same statement where that can be: on
PostgreSQL unless a permission looks at other rows of the same entity, because no statement sees what it has itself written;
on SQLite where a permission looks at nothing but the row. Else one more statement looks at the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    Insert,
    Label,
    SelectBase,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy import table as stand_in
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.sql.util import find_tables
from sqlalchemy.sql.visitors import iterate

from metadata.snapshot import CompiledEntity, Snapshot
from metadata.types import KEY_TYPE
from runtime.access import Principal, Standing
from runtime.passing import passing
from runtime.records.errors import Denied
from runtime.records.links import Pointer, pointer_conditions, pointer_values
from runtime.records.numbers import number_within
from runtime.records.prepared import Prepared, Row
from runtime.records.proof import Claim, Reader, proven
from runtime.records.rows import Look, look_at
from runtime.records.shapes import kept
from runtime.records.tables import AUDIT

DIVISION_BY_ZERO = "22012"


@passing
class Save:
    """A row about to be saved. `columns` are all that is written, `given` the attributes that the person chose, `linked` the
    lookups among what is written that point at a row, `numbered` the auto-numbers that the write draws itself; `row` is the id
    and the version of a row that is changed."""

    entity: CompiledEntity
    privilege: Literal["create", "write"]
    given: frozenset[str]
    columns: Mapping[str, Any]
    linked: tuple[Pointer, ...]
    numbered: tuple[str, ...] = ()
    row: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Shape:
    """All that the text of a write depends on besides the person's standing."""

    look: Look
    columns: tuple[str, ...]
    targets: tuple[str, ...]
    numbered: tuple[str, ...]
    dialect: str
    brief: bool = False


def save(reader: Reader, snapshot: Snapshot, principal: Principal, wanted: Save) -> Mapping[str, Any] | None:
    """The row as it was stored, by column. None where nothing was written, because a lookup or the row itself may not be.

    A new row's own statement proves what the reader has not proved yet, and writes nothing where that does not hold.
    Raises Denied where the stored row lies out of the principal's reach.
    """
    look, found = _saved(reader, snapshot, principal, wanted, brief=False)
    if found is None:
        return None
    if len(found) > 1:
        *values, reached = found
        row: Mapping[str, Any] | None = dict(zip(wanted.entity.table.c.keys(), values, strict=True)) if reached else None
    else:
        row = look_at(proven(reader), snapshot, principal, look, found[0])
    if row is None:
        raise Denied(wanted.entity.key)
    return row


def save_new(reader: Reader, snapshot: Snapshot, principal: Principal, wanted: Save) -> int | None:
    """The same of a new row of which nothing but the id is asked for."""
    look, found = _saved(reader, snapshot, principal, wanted, brief=True)
    if found is None:
        return None
    id, *reached = found
    if not (reached[0] if reached else look_at(proven(reader), snapshot, principal, look, id)):
        raise Denied(wanted.entity.key)
    return int(id)


def _saved(reader: Reader, snapshot: Snapshot, principal: Principal, wanted: Save, *, brief: bool) -> tuple[Look, Row | None]:
    """What the write gave back, and how to look at its row where that does not say whether it lies within reach."""
    look = Look(wanted.entity.key, (wanted.privilege, "append") if wanted.linked else (wanted.privilege,), wanted.given)
    standing, dialect = principal.standing, reader.dialect
    targets = tuple(target for _, target, _ in wanted.linked)
    shape = _Shape(look, tuple(wanted.columns), targets, wanted.numbered, dialect.name, brief)

    def prepared(claim: Claim | None) -> Prepared:
        return kept(snapshot, (standing, shape, claim), lambda: _make(snapshot, standing, shape, dialect, claim))

    found = _proving(reader if wanted.row is None else proven(reader), prepared, _values(principal, wanted))
    return look, found[0] if found else None


def save_noted(
    reader: Reader,
    snapshot: Snapshot,
    principal: Principal,
    wanted: Save,
    note: Mapping[str, Any],
    pieces: Sequence[str],
) -> int | None:
    """Save a new row and its line of the trail by one statement of PostgreSQL's, outside a transaction one of its own.

    It also proves what the reader has not proved yet: where that does not hold it writes nothing.
    Gives the id; None where nothing was written, because a lookup may not be. `note` and `pieces` are made by the audit trail.
    Raises Denied where the row lies out of the principal's reach: then the statement fails, and leaves nothing.
    """
    look = Look(wanted.entity.key, ("create", "append") if wanted.linked else ("create",), wanted.given)
    standing, dialect = principal.standing, reader.dialect
    targets = tuple(target for _, target, _ in wanted.linked)
    shape = _Shape(look, tuple(wanted.columns), targets, wanted.numbered, dialect.name)

    def prepared(claim: Claim | None) -> Prepared:
        return kept(snapshot, ("noted", standing, shape, claim), lambda: _make_noted(snapshot, standing, shape, dialect, claim))

    around = {f"a_piece{place}": piece for place, piece in enumerate(pieces)}
    try:
        found = _proving(reader, prepared, {**_values(principal, wanted), **note, **around})
    except DataError as error:
        if getattr(error.orig, "sqlstate", None) != DIVISION_BY_ZERO:
            raise
        raise Denied(wanted.entity.key) from error
    return found[0][0] if found else None


def _proving(reader: Reader, prepared: Callable[[Claim | None], Prepared], values: Mapping[str, Any]) -> list[Row]:
    """The rows of a write that does nothing unless the claim holds that it was prepared with."""
    presumption = None if isinstance(reader, Connection) else reader.presumption
    if isinstance(reader, Connection) or presumption is None:
        return prepared(None).rows(proven(reader), values)
    try:
        rows = prepared(presumption.claim).rows(reader.bare(), {**values, **presumption.values})
    except DBAPIError:
        reader.prove()  # why a row is refused is told to nobody else
        raise
    if rows:
        reader.hold()
        return rows
    return prepared(None).rows(reader.connection, values)


def can_note(snapshot: Snapshot, standing: Standing, entity: CompiledEntity, dialect: Dialect) -> bool:
    """Whether the write of a new row can write the trail too, and tell whether the row lies within reach."""
    if dialect.name != "postgresql":
        return False
    looks = Look(entity.key, ("create", "append")), Look(entity.key, ("create", "append"), frozenset(entity.attributes))
    return all(_tells(snapshot, standing, look, entity.table, dialect) for look in looks)


def _values(principal: Principal, wanted: Save) -> dict[str, Any]:
    values: dict[str, Any] = {f"v_{name}": value for name, value in wanted.columns.items()}
    if wanted.row is not None:
        values["a_row"], values["a_version"] = wanted.row
    return {**principal.binds, **pointer_values(wanted.linked), **values}


def _make(snapshot: Snapshot, standing: Standing, shape: _Shape, dialect: Dialect, claim: Claim | None) -> Prepared:
    """A write that gives back the row, or its id, and last whether it lies within reach; where it cannot tell, only the id."""
    entity = snapshot.entities[shape.look.entity]
    table, is_new = entity.table, shape.look.privileges[0] == "create"
    write = _insert(snapshot, standing, shape, entity, claim) if is_new else _update(snapshot, standing, shape, table)
    if not _tells(snapshot, standing, shape.look, table, dialect):
        return Prepared(write.returning(table.c.id), dialect)
    given = [table.c.id] if shape.brief else list(table.c)
    if dialect.name == "sqlite":
        return Prepared(write.returning(*given, _reached(snapshot, standing, shape, table)), dialect)
    written = write.returning(*table.c).cte("foyer_written")
    found = [written.c[item.name] for item in given]
    return Prepared(select(*found, _reached(snapshot, standing, shape, written)), dialect)


def _make_noted(snapshot: Snapshot, standing: Standing, shape: _Shape, dialect: Dialect, claim: Claim | None) -> Prepared:
    entity = snapshot.entities[shape.look.entity]
    written = _insert(snapshot, standing, shape, entity, claim).returning(*entity.table.c).cte("foyer_written")
    noted: dict[str, ColumnElement[Any]] = {
        item.name: bindparam(f"a_{item.name}", type_=item.type) for item in AUDIT.c if item.name not in ("id", "row", "changes")
    }
    noted["row"] = written.c.id
    changes: ColumnElement[str] = bindparam("a_piece0", type_=AUDIT.c.changes.type)
    for place, key in enumerate(_in_order(entity, shape.numbered), 1):
        number = written.c[entity.attributes[key].column.name]
        changes = changes + cast(func.to_json(number), Text) + bindparam(f"a_piece{place}", type_=AUDIT.c.changes.type)
    noted["changes"] = changes
    trail = insert(AUDIT).from_select(list(noted), select(*noted.values()).select_from(written), include_defaults=False)
    one: ColumnElement[int] = literal_column("1")
    none: ColumnElement[int] = literal_column("0")
    # Nothing else in the statement divides: that it fails so says that the row may not be, and undoes both.
    judged = func.mod(one, case((_reached(snapshot, standing, shape, written), one), else_=none))
    return Prepared(select(written.c.id, judged).add_cte(trail.cte("foyer_noted")), dialect)


def _in_order(entity: CompiledEntity, numbered: tuple[str, ...]) -> list[str]:
    return [key for key in entity.attributes if key in numbered]


def _reached(snapshot: Snapshot, standing: Standing, shape: _Shape, rows: FromClause) -> Label[bool]:
    return and_(*shape.look.conditions(snapshot, standing, rows)).label("foyer_reached")


def _insert(
    snapshot: Snapshot, standing: Standing, shape: _Shape, entity: CompiledEntity, claim: Claim | None = None
) -> Insert:
    table = entity.table
    values: dict[str, ColumnElement[Any]] = {name: bindparam(f"v_{name}", type_=table.c[name].type) for name in shape.columns}
    for key in shape.numbered:
        attribute = entity.attributes[key]
        values[attribute.column.name] = number_within(entity, attribute)
    conditions = pointer_conditions(snapshot, standing, shape.targets)
    if claim is not None:
        conditions.append(claim.column)
    if not conditions:
        return insert(table).values(values)
    checked = select(*values.values()).where(*conditions)
    return insert(table).from_select(list(values), checked, include_defaults=False)


def _update(snapshot: Snapshot, standing: Standing, shape: _Shape, table: Table) -> Update:
    before = replace(shape.look, privileges=shape.look.privileges[:1])
    return (
        update(table)
        .where(
            table.c.id == bindparam("a_row", type_=KEY_TYPE),
            table.c.version == bindparam("a_version", type_=table.c.version.type),
            *before.conditions(snapshot, standing, table),
            *pointer_conditions(snapshot, standing, shape.targets),
        )
        .values({name: bindparam(f"v_{name}", type_=table.c[name].type) for name in shape.columns})
    )


def _tells(snapshot: Snapshot, standing: Standing, look: Look, table: Table, dialect: Dialect) -> bool:
    """Whether the write can say itself that its row lies within reach.

    It does not see other rows of its table as they are by then. SQLite's RETURNING names columns without their table, so that
    there a condition must not read any other.
    """
    one: FromClause = stand_in("foyer_one", *(column(item.name, item.type) for item in table.c))
    conditions = look.conditions(snapshot, standing, one)
    if dialect.name == "sqlite":
        return not any(isinstance(part, SelectBase) for condition in conditions for part in iterate(condition))
    return not any(table in find_tables(condition) for condition in conditions)
