"""A bulk load: rows into a temporary table, then one update of what differs and one insert of what is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    and_,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.schema import CreateTable

from connectors.port import Loaded
from metadata.snapshot import CompiledEntity
from runtime.records.straight import column_names, fill, flat

NAME = "foyer_stage"
_PLACE = "foyer_place"
_ORDERED = (Integer, Numeric, Date, String)
"""Types whose least and greatest value every PostgreSQL knows."""


class Stage:
    """A temporary table for rows of one entity on one connection. `columns` are attributes, `key` are columns."""

    def __init__(self, connection: Connection, entity: CompiledEntity, columns: tuple[str, ...], key: tuple[str, ...]) -> None:
        self._connection = connection
        self._entity = entity
        self._columns = columns
        self._key = key
        self._names = column_names(entity, columns)
        place = Column(_PLACE, BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)
        stored = (Column(name, entity.table.c[name].type) for name in self._names)
        self._table = Table(NAME, MetaData(), place, *stored, prefixes=["TEMPORARY"])
        self._bounds: list[tuple[str, Any, Any]] = []
        self._index = Index(f"ix_{NAME}", *(self._table.c[name] for name in key))

    def load(self, rows: Iterable[Sequence[Any]], fixed: Mapping[str, Any]) -> Loaded:
        """Stage all rows, then update and insert. `fixed` are the columns of a new row that the rows do not give."""
        connection = self._connection
        with connection.begin_nested():  # a failure takes the temporary table with it
            connection.execute(CreateTable(self._table))
            fill(connection, self._table, self._names, flat(self._entity, self._columns, rows))
            self._index.create(connection)  # after the rows, and whether the entity's own table has one or not
            if connection.dialect.name != "sqlite":
                quote = connection.dialect.identifier_preparer.quote
                connection.exec_driver_sql(f"ANALYZE {NAME} ({', '.join(map(quote, self._key))})")
            self._keep_last()
            staged = self._count()
            updated = self._update(fixed) if self._known() else 0
            inserted = self._insert(fixed)
            self._table.drop(connection)
        return Loaded(inserted, updated, staged - inserted - updated)

    def _count(self) -> int:
        """The number of rows, and within which bounds the keys lie that they are matched by.

        PostgreSQL would else read all of a large table for each stage of few rows, whose keys mostly follow each other.
        """
        keys = [self._table.c[name] for name in self._key if isinstance(self._table.c[name].type, _ORDERED)]
        keys = [] if self._connection.dialect.name == "sqlite" else keys
        ends = [end for key in keys for end in (func.min(key), func.max(key))]
        number, *found = self._connection.execute(select(func.count(), *ends).select_from(self._table)).one()
        if number:
            lows, highs = found[::2], found[1::2]
            self._bounds = [(key.name, low, high) for key, low, high in zip(keys, lows, highs, strict=True)]
        return int(number)

    def _keep_last(self) -> None:
        later = self._table.alias("later")
        place = self._table.c[_PLACE]
        if self._connection.dialect.name == "sqlite":
            groups = select(func.max(place)).group_by(*(self._table.c[name] for name in self._key))
            self._connection.execute(delete(self._table).where(place.not_in(groups)))
            return
        same = self._matches(self._table, later)
        self._connection.execute(delete(self._table).where(same, place < later.c[_PLACE]))

    def _known(self) -> bool:
        """Whether any of the rows is there already. In a first load none is, and a look through the key says so."""
        joined = self._table.join(self._entity.table, self._stored())
        return self._connection.execute(select(literal(1)).select_from(joined).limit(1)).first() is not None

    def _update(self, fixed: Mapping[str, Any]) -> int:
        table, stage = self._entity.table, self._table
        values = {name: stage.c[name] for name in self._names if name not in self._key}
        if not values:
            return 0
        differs = or_(false(), *(table.c[name].is_distinct_from(column) for name, column in values.items()))
        changed = {name: fixed[name] for name in ("changed_at", "changed_by", "changed_from")}
        statement = update(table).where(self._stored(), differs)
        done = self._connection.execute(statement.values({**values, **changed, "version": table.c.version + 1}))
        return int(done.rowcount)

    def _insert(self, fixed: Mapping[str, Any]) -> int:
        table, stage = self._entity.table, self._table
        constants = {name: value for name, value in fixed.items() if name not in self._names}
        # Not NOT EXISTS: for an outer join SQLite makes an index of its own where the key has none.
        joined = stage.outerjoin(table, self._stored())
        source = select(
            *(stage.c[name] for name in self._names),
            *(literal(value, table.c[name].type).label(name) for name, value in constants.items()),
        ).select_from(joined)
        ordered = source.where(table.c.id.is_(None)).order_by(stage.c[_PLACE])
        statement = insert(table).from_select([*self._names, *constants], ordered)
        done = self._connection.execute(statement, execution_options={"preserve_rowcount": True})
        return int(done.rowcount)

    def _stored(self) -> ColumnElement[bool]:
        """That a row of the entity is one of the stage."""
        table = self._entity.table
        within = (table.c[name].between(low, high) for name, low, high in self._bounds)
        return and_(self._matches(table, self._table), *within)

    def _matches(self, left: Any, right: Any) -> ColumnElement[bool]:
        return and_(*(left.c[name] == right.c[name] for name in self._key))
