"""A statement compiled once to text, executed many times on the driver's own cursor.

SQLAlchemy Core builds and compiles; what is executed is its text with bind values, which saves the larger part of a
statement's cost. Result values pass the compiled types' processors where the driver's own value is not yet right.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

from metadata.types import ExactDecimal
from runtime.records.proof import Claim, Reader, Unproven
from runtime.sending import SendingCursor

CURSOR = "foyer_cursor"
SELDOM = 2
"""How often a statement is executed as any other before it is known to be one of those that are sent again."""
Row = tuple[Any, ...]
Processor = Callable[[Any], Any]
Statement = Select[Any] | Insert | Update | Delete


class Prepared:
    """The text of a statement for one dialect, with the processors of its binds and of the columns that it gives back.

    Binds without a value in the statement are given at each execution; `names` lists them.
    """

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.sql = compiled.string
        self._statement = statement
        self._proving: tuple[Claim, Prepared] | None = None
        self._dialect = dialect
        processors = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        dynamic = {name for name, bind in compiled.binds.items() if bind.required}
        self._given = frozenset(dynamic)
        fixed = {
            name: None if name in dynamic else _processed(processors.get(name), value)
            for name, value in (compiled.params or {}).items()
        }
        positions: Sequence[str] | None = getattr(compiled, "positiontup", None)
        # By name or, where the driver wants a list, by place: what is fixed stands there already.
        self._parameters: Any = fixed if positions is None else [fixed[name] for name in positions]
        places = [(name, name) for name in fixed] if positions is None else list(enumerate(positions))
        given = [(place, name, processors.get(name)) for place, name in places if name in dynamic]
        self._plain = tuple((place, name) for place, name, process in given if process is None)
        self._made = tuple((place, name, process) for place, name, process in given if process is not None)
        self._types = [column.type for column in statement.exported_columns]
        self._columns: tuple[tuple[int, Processor], ...] | None = None
        self._executed = 0
        self._numbered: tuple[str, tuple[str, ...]] | None = None

    @property
    def names(self) -> frozenset[str]:
        """The binds that each execution must give."""
        return self._given

    def rows(self, reader: Reader, values: Mapping[str, Any]) -> list[Row]:
        """All rows. `values` must have every bind of `names` and may have more. Raises SQLAlchemy's DBAPIError.

        What the reader has not proved yet is proved in the same statement.
        """
        if isinstance(reader, Connection):
            return self._run(reader, values)
        presumption = reader.presumption
        if presumption is None:
            return self._run(reader.connection, values)
        return self._prove(reader, presumption.claim, {**values, **presumption.values})

    def _prove(self, reader: Unproven, claim: Claim, values: Mapping[str, Any]) -> list[Row]:
        """The rows, if the first of them says that the claim holds; else what they are once that was made sure of."""
        try:
            rows = self._with(claim)._run(reader.bare(), values)
        except DBAPIError:  # the connection may have died meanwhile, and the tables may be those of a newer release
            reader.prove()
            return self._run(reader.connection, values)
        if rows and rows[0][-1]:
            reader.hold()
            return [row[:-1] for row in rows]
        reader.prove()
        return self._run(reader.connection, values) if rows else rows

    def _with(self, claim: Claim) -> Prepared:
        if self._proving is None or self._proving[0] is not claim:
            self._proving = (
                claim,
                Prepared(cast(Select[Any], self._statement).add_columns(claim.column.label("proof")), self._dialect),
            )
        return self._proving[1]

    def _run(self, connection: Connection, values: Mapping[str, Any]) -> list[Row]:
        parameters = self._parameters.copy()
        for place, name in self._plain:
            parameters[place] = values[name]
        for place, name, process in self._made:
            parameters[place] = process(values[name])
        driver = self._dialect.loaded_dbapi.Error
        try:
            cursor = _cursor(connection)
            again = self._again(cursor, parameters) if isinstance(cursor, SendingCursor) else None
            found = self._execute(cursor, parameters) if again is None else again
        except driver as error:
            raise DBAPIError.instance(
                self.sql, parameters, error, driver, hide_parameters=True, dialect=self._dialect
            ) from error
        return _converted(found, self._columns or ())

    def _execute(self, cursor: Any, parameters: Any) -> list[Row]:
        self._executed += 1
        cursor.execute(self.sql, parameters)
        found = cast(list[Row], cursor.fetchall()) if self._types else []
        if self._columns is None:
            self._columns = self._processors(cursor.description or ())
        return found

    def _again(self, cursor: SendingCursor, parameters: Mapping[str, Any]) -> list[Row] | None:
        """The rows of a statement that is sent often; None where it is to be executed."""
        if self._executed < SELDOM:
            return None
        if self._numbered is None:
            compiled = self._statement.compile(dialect=_numbering(self._dialect), compile_kwargs={"render_postcompile": True})
            self._numbered = compiled.string, tuple(getattr(compiled, "positiontup", None) or ())
        sql, names = self._numbered
        return cursor.again(sql, [parameters[name] for name in names])

    def _processors(self, description: Sequence[Any]) -> tuple[tuple[int, Processor], ...]:
        found = []
        for index, (kind, column) in enumerate(zip(self._types, description, strict=True)):
            if isinstance(kind, ExactDecimal) and self._dialect.name != "sqlite":
                continue  # the driver's value is the exact Decimal already
            process = kind.dialect_impl(self._dialect).result_processor(self._dialect, column[1])
            if process is not None:
                found.append((index, process))
        return tuple(found)


class PerDialect:
    """A statement that no metadata touches, prepared once for each dialect."""

    def __init__(self, make: Callable[[Dialect], Statement]) -> None:
        self._make = make
        self._made: dict[str, Prepared] = {}

    def on(self, dialect: Dialect) -> Prepared:
        """The statement for a dialect."""
        found = self._made.get(dialect.name)
        if found is None:
            found = self._made[dialect.name] = Prepared(self._make(dialect), dialect)
        return found


def _cursor(connection: Connection) -> Any:
    """The one cursor of the driver's connection, kept as long as that: making one costs as much as a statement."""
    cursor = connection.info.get(CURSOR)
    if cursor is None:
        cursor = connection.info[CURSOR] = connection.connection.cursor()
    return cursor


def _numbering(dialect: Dialect) -> Dialect:
    """The dialect, with $1 in the place of a value, as libpq wants it."""
    twin = copy.copy(dialect)
    twin.paramstyle, twin.positional = "numeric_dollar", True
    twin.identifier_preparer = twin.preparer(twin)
    return twin


def _processed(process: Processor | None, value: Any) -> Any:
    return value if process is None else process(value)


def _converted(rows: list[Row], columns: tuple[tuple[int, Processor], ...]) -> list[Row]:
    if not columns:
        return rows
    converted = []
    for row in rows:
        values = list(row)
        for index, process in columns:
            values[index] = process(values[index])
        converted.append(tuple(values))
    return converted
