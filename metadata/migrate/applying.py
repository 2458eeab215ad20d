"""The plan carried out, on the caller's transaction, with the register kept in step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from metadata.migrate.errors import Blocked, Destructive, NotApplied
from metadata.migrate.planning import Plan
from metadata.migrate.register import write_register
from metadata.migrate.steps import AddForeignKey, CreateTable, RebuildTable, Step, rows_told
from metadata.told import joined, told

Some = TypeVar("Some", bound=Step)

MANY = 150
"""Steps in one PostgreSQL transaction: each new table holds some ten locks, and a server has 6,400 by default."""

HANDS = 3
"""Transactions at once for new tables: the server makes one's tables while the next one's statements are written."""

PATIENCE, NO_PATIENCE = "15s", "1s"


def apply(connection: Connection, plan: Plan, *, allow_destructive: bool = False) -> None:
    """Carry out a plan in the caller's transaction. Raises Destructive, Blocked or NotApplied; then roll back."""
    if plan.blocked:
        raise Blocked(joined((step.text, step.blocked), ": ") for step in plan.blocked)
    if plan.destructive and not allow_destructive:
        raise Destructive(step.text for step in plan.destructive)
    if plan.steps:
        _run(connection, plan.steps)
        _check_references(connection, plan.steps)
    write_register(connection, plan.shapes, plan.gone)


def create_ahead(engine: Engine, plan: Plan) -> Plan:
    """Make a great number of new tables in several transactions, where one would hold more locks than the server has.

    New tables hurt nobody if what follows fails. Gives back what is left of the plan.
    """
    creates = [step for step in plan.steps if isinstance(step, CreateTable)]
    if engine.dialect.name != "postgresql" or len(creates) <= MANY or plan.blocked:
        return plan
    names = {step.table for step in creates}
    keys = [step for step in plan.steps if isinstance(step, AddForeignKey) and step.table in names]
    with ThreadPoolExecutor(HANDS) as hands:
        for done in [hands.submit(_create, engine, plan, chunk) for chunk in _chunks(creates)]:
            done.result()
    for key_chunk in _chunks(keys):
        with engine.begin() as connection:
            _run(connection, key_chunk)
    left = (step for step in plan.steps if step.table not in names or not isinstance(step, CreateTable | AddForeignKey))
    shapes = {name: shape for name, shape in plan.shapes.items() if name not in names}
    return replace(plan, steps=tuple(left), shapes=shapes, ahead=(*creates, *keys))


def _create(engine: Engine, plan: Plan, steps: Sequence[CreateTable]) -> None:
    with engine.begin() as connection:
        _run(connection, steps)
        write_register(connection, {step.table: plan.shapes[step.table] for step in steps})


def _limit_waiting(connection: Connection, patience: str) -> None:
    """A change that waits for a long transaction makes every request wait behind it: rather give up, and be tried again."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience}'")


def _run(connection: Connection, steps: Iterable[Step]) -> None:
    """Do the steps in order; on PostgreSQL, neighbours that are nothing but SQL are sent in one message."""
    _limit_waiting(connection, PATIENCE)
    many = connection.dialect.name == "postgresql"
    prepared = [(step, step.statements(connection.dialect) if many else ()) for step in steps]
    for together, group in groupby(prepared, key=lambda pair: bool(pair[1])):
        neighbours = list(group)
        if not together or not _sent(connection, [statement for _, statements in neighbours for statement in statements]):
            _one_by_one(connection, (step for step, _ in neighbours))


def _sent(connection: Connection, statements: Sequence[str]) -> bool:
    """Whether all went well. Where not, all are taken back, for the server does not say which of many it refused."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(";\n".join(statements))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        _limit_waiting(connection, NO_PATIENCE)  # the waiting has been done
        return False
    return True


def _one_by_one(connection: Connection, steps: Iterable[Step]) -> None:
    for step in steps:
        try:
            step.run(connection)
        except DBAPIError as error:
            cause = str(error.orig).strip().splitlines()[0]
            raise NotApplied([joined((step.text, cause), ": ")]) from error
    _limit_waiting(connection, PATIENCE)


def _check_references(connection: Connection, steps: Iterable[Step]) -> None:
    """SQLite rebuilt tables with foreign keys off: see that each row still points at one that is there."""
    if connection.dialect.name != "sqlite" or not any(isinstance(step, RebuildTable) for step in steps):
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise Blocked(
            [
                told(
                    "{rows} of {table} and other tables point at rows of {target} that are gone",
                    rows=rows_told(len(broken)),
                    table=broken[0][0],
                    target=broken[0][2],
                )
            ]
        )


def _chunks(steps: list[Some]) -> Iterable[list[Some]]:
    return (steps[start : start + MANY] for start in range(0, len(steps), MANY))
