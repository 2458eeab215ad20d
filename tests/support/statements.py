"""The statements that a driver is given, noted below SQLAlchemy, because the hot path uses the driver's own cursor."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa


def note_statements(engine: sa.Engine, statements: list[str]) -> None:
    """Note what is executed on each connection that the engine opens from now on."""

    @sa.event.listens_for(engine, "connect")
    def connect(connection: Any, record: object) -> None:
        if engine.dialect.name == "sqlite":
            connection.set_trace_callback(statements.append)
            return

        class Noting(connection.cursor_factory):  # type: ignore[misc]
            def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
                statements.append(str(query))
                return super().execute(query, params, **more)

            def again(self, statement: str, values: Any) -> Any:
                found = super().again(statement, values)
                if found is not None:
                    statements.append(statement)
                return found

        connection.cursor_factory = Noting


@contextmanager
def counting(statements: list[str]) -> Iterator[list[str]]:
    """Those noted meanwhile, without transaction control and the pool's ping."""
    statements.clear()
    seen: list[str] = []
    yield seen
    seen.extend(s for s in statements if not re.match(r"\s*(;|BEGIN|COMMIT|ROLLBACK|PRAGMA|SET|SHOW)", s, re.I))
