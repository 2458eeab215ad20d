"""The plan carried out: through Alembic's operations, on the caller's transaction, with the register kept in step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from metadata.migrate.errors import Blocked, Destructive, NotApplied
from metadata.migrate.planning import Plan
from metadata.migrate.register import write_register
from metadata.migrate.steps import AddForeignKey, CreateTable, RebuildTable, Step

if TYPE_CHECKING:
    from alembic.operations import Operations

Some = TypeVar("Some", bound=Step)

MANY = 150
"""Steps in one PostgreSQL transaction: each new table holds some ten locks, and a server has 6,400 by default."""


def apply(connection: Connection, plan: Plan, *, allow_destructive: bool = False) -> None:
    """Carry out a plan in the caller's transaction. Raises Destructive, Blocked or NotApplied; then roll back."""
    if plan.blocked:
        raise Blocked(f"{step.text}: {step.blocked}" for step in plan.blocked)
    if plan.destructive and not allow_destructive:
        raise Destructive(step.text for step in plan.destructive)
    if plan.steps:
        _limit_waiting(connection)
        _run(_operations(connection), plan.steps)
        _check_references(connection, plan.steps)
    write_register(connection, plan.shapes, plan.gone)


def create_ahead(engine: Engine, plan: Plan) -> bool:
    """Make a great number of new tables in several transactions, where one would hold more locks than the server has.

    New tables hurt nobody if what follows fails. Gives back whether anything was done: then plan again.
    """
    creates = [step for step in plan.steps if isinstance(step, CreateTable)]
    if engine.dialect.name != "postgresql" or len(creates) <= MANY or plan.blocked:
        return False
    names = {step.table for step in creates}
    for chunk in _chunks(creates):
        with engine.begin() as connection:
            _run(_operations(connection), chunk)
            shapes = {step.table: plan.shapes[step.table] for step in chunk}
            write_register(connection, shapes)
    keys = [step for step in plan.steps if isinstance(step, AddForeignKey) and step.table in names]
    for key_chunk in _chunks(keys):
        with engine.begin() as connection:
            _run(_operations(connection), key_chunk)
    return True


def _operations(connection: Connection) -> Operations:
    # Alembic takes a good part of a second to load, and most processes never change a table.
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    return Operations(MigrationContext.configure(connection))


def _limit_waiting(connection: Connection) -> None:
    """A change that waits for a long transaction makes every request wait behind it: rather give up, and be tried again."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = '15s'")


def _run(operations: Operations, steps: Iterable[Step]) -> None:
    for step in steps:
        try:
            step.run(operations)
        except DBAPIError as error:
            cause = str(error.orig).strip().splitlines()[0]
            raise NotApplied([f"{step.text}: {cause}"]) from error


def _check_references(connection: Connection, steps: Iterable[Step]) -> None:
    """SQLite rebuilt tables with foreign keys off: see that each row still points at one that is there."""
    if connection.dialect.name != "sqlite" or not any(isinstance(step, RebuildTable) for step in steps):
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise Blocked([f"{len(broken)} rows of {broken[0][0]} and other tables point at rows of {broken[0][2]} that are gone"])


def _chunks(steps: list[Some]) -> Iterable[list[Some]]:
    return (steps[start : start + MANY] for start in range(0, len(steps), MANY))
