"""The exact number of rows of a plan, for answers that promise one. Pages of a list count up to a cap instead."""

from __future__ import annotations

from sqlalchemy import func, select

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.records.ask import ListAsk
from runtime.records.errors import Denied
from runtime.records.plan import ListPlan
from runtime.records.prepared import Prepared
from runtime.records.proof import Reader
from runtime.records.shapes import kept
from runtime.records.source import Source
from runtime.records.statement import Shape, conditions
from runtime.records.words import bind_values


def count_exactly(
    connection: Reader, plan: ListPlan, principal: Principal, ask: ListAsk | None = None, *, near: int | None = None
) -> int:
    """How many rows of a plan there are, on all pages of an ask. Raises Denied for a plan that was made for others.

    `near` is the id of the record for a plan of related rows.
    """
    if plan.standing != principal.standing:
        raise Denied(plan.entity.key)
    dialect = connection.dialect
    narrowings = ask.narrowings if ask is not None else ()
    bound = dict(ask.bound) if ask is not None else {}

    def make() -> Prepared:
        source = Source(plan.snapshot, plan.standing, plan.entity.key)
        where = conditions(plan, Shape((), narrowings=narrowings), source)
        return Prepared(select(func.count()).select_from(source.joined).where(*where), dialect)

    keep = kept if narrowings or plan.chosen else Snapshot.derive
    prepared = keep(plan.snapshot, ("exact count", plan, narrowings, dialect.name), make)
    return int(prepared.rows(connection, {**bind_values(principal, prepared.names), **bound, "a_near": near})[0][0])
