"""The exact number of rows of a plan, for answers that promise one. Pages of a list count up to a cap instead."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from runtime.access import Principal
from runtime.records.errors import Denied
from runtime.records.plan import ListPlan
from runtime.records.prepared import Prepared
from runtime.records.source import Source
from runtime.records.statement import Shape, conditions
from runtime.records.words import bind_values


def count_exactly(connection: Connection, plan: ListPlan, principal: Principal) -> int:
    """How many rows of a plan there are. Raises Denied for a plan that was made for others."""
    if plan.standing != principal.standing:
        raise Denied(plan.entity.key)
    dialect = connection.dialect

    def make() -> Prepared:
        source = Source(plan.snapshot, plan.standing, plan.entity.key)
        where = conditions(plan, Shape(()), source)
        return Prepared(select(func.count()).select_from(source.joined).where(*where), dialect)

    prepared = plan.snapshot.derive(("exact count", plan, dialect.name), make)
    return int(prepared.rows(connection, bind_values(principal, prepared.names))[0][0])
