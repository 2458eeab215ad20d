"""A statement compiled once to text, executed many times on the driver's own cursor.

SQLAlchemy Core builds and compiles; what is executed is its text with bind values, which saves the larger part of a
statement's cost. Result values pass the compiled types' processors where the driver's own value is not yet right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

from metadata.types import ExactDecimal

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
        self._dialect = dialect
        self._positions: Sequence[str] | None = getattr(compiled, "positiontup", None)
        processors = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        dynamic = {name for name, bind in compiled.binds.items() if bind.required}
        self._given = {name: processors.get(name) for name in dynamic}
        self._fixed = {
            name: _processed(processors.get(name), value)
            for name, value in (compiled.params or {}).items()
            if name not in dynamic
        }
        self._types = [column.type for column in statement.exported_columns]
        self._columns: tuple[tuple[int, Processor], ...] | None = None

    @property
    def names(self) -> frozenset[str]:
        """The binds that each execution must give."""
        return frozenset(self._given)

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Row]:
        """All rows, none where the statement gives none back. `values` must have every bind of `names` and may have more.

        Raises SQLAlchemy's DBAPIError, which does not quote the values.
        """
        bound = dict(self._fixed)
        for name, process in self._given.items():
            bound[name] = _processed(process, values[name])
        parameters: Any = bound if self._positions is None else [bound[name] for name in self._positions]
        driver = self._dialect.loaded_dbapi.Error
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self.sql, parameters)
            found = cast(list[Row], cursor.fetchall()) if self._types else []
            if self._columns is None:
                self._columns = self._processors(cursor.description or ())
        except driver as error:
            raise DBAPIError.instance(
                self.sql, parameters, error, driver, hide_parameters=True, dialect=self._dialect
            ) from error
        finally:
            cursor.close()
        return _converted(found, self._columns)

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
