"""Numbers to which both sides add: what is owed is a difference, which counts once on top of whatever the outside has.

What is owed of such an attribute is kept as the value that ours began from and the one it came to. On top of another value of
the outside both move together, so that their difference stays. An empty value counts as 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from typing import Any

from connectors import outbox
from connectors.errors import RecordRejected
from connectors.home import Work
from connectors.outbox import Owed
from connectors.protocol import Record
from connectors.tablemap import CompiledMap, Inward

_EXACT = Context(prec=100)


def added(base: Any, ours: Any, theirs: Any) -> Any:
    """What both sides have made of a number: the base with both differences."""
    less = _number(base)
    return _sum(_sum(_number(theirs), _number(ours)), less.copy_negate() if isinstance(less, Decimal) else -less)


def mark_of(table_map: CompiledMap, record: Record) -> str:
    """The mark of the change that was the last to reach an outside row."""
    return str(record.get(table_map.model.receipt_column) or "").strip().lower()


def not_there(table_map: CompiledMap, record: Record, owed: Sequence[Owed]) -> list[Owed]:
    """Of the changes of a record, oldest first, those that an outside row does not hold yet: they go one after the other, so
    that what was owed before the one whose mark it has is there too."""
    mark = mark_of(table_map, record)
    last = next((at for at, item in enumerate(owed) if item.idempotency == mark), -1)
    return list(owed[last + 1 :])


def adding(owed: Sequence[Owed], name: str) -> list[Owed]:
    """The changes that add to an attribute."""
    return [item for item in owed if item.operation == "update" and name in item.payload.get("was", {})]


def piled(table_map: CompiledMap, owed: Sequence[Owed], name: str, base: Any) -> tuple[dict[int, Mapping[str, Any]], Any]:
    """Changes that add to an attribute on top of another value of the outside: those payloads that become others by it, and
    what all of them come to."""
    (column,) = inward_of(table_map, name).columns
    payloads: dict[int, Mapping[str, Any]] = {}
    at = base
    for item in owed:
        was, value = item.payload["was"][name], item.payload["values"].get(column)
        then = value if was == at else added(was, value, at)
        if (was, value) != (at, then):
            was_and_value = {"was": {**item.payload["was"], name: at}, "values": {**item.payload["values"], column: then}}
            payloads[item.id] = {**item.payload, **was_and_value}
        at = then
    return payloads, at


def fitted(work: Work, name: str, value: Any) -> Any:
    """A sum as the attribute stores it. Raises RecordRejected where it does not fit."""
    found = inward_of(work.table_map, name).convert(value)
    if work.rows.check(work.table_map.entity.key, {name: found}):
        raise RecordRejected(f"{found} is not a number that fits", "range")
    return found


def pile_up(work: Work, record_id: int, name: str, base: Any, owed: Sequence[Owed]) -> None:
    """Have the changes that are still owed on top of what the outside has, and ours what they come to.

    The row must be held. A sum that does not fit is left to the next look at the outside, which tells of it.
    """
    payloads, total = piled(work.table_map, owed, name, base)
    for number, payload in payloads.items():
        outbox.rewrite(work.connection, number, payload)
    entity = work.table_map.entity.key
    try:
        value = fitted(work, name, total)
    except RecordRejected:
        return
    if work.rows.read(entity, (record_id,), ()):
        work.rows.upsert(entity, ("id",), [{"id": record_id, name: value}])


def withdraw(work: Work, gone: Owed) -> None:
    """A change is owed no more: what it added goes out of ours, and what was changed here after it stays.

    Where the outside has it after all, the next look at that brings it back.
    """
    names = work.table_map.additive & gone.payload.get("was", {}).keys() if gone.operation == "update" else frozenset()
    if names:
        work.rows.resolve(gone.entity, ("id",), {(gone.record_id,)}, held=True)
        owed = [item for item in outbox.pending(work.connection, gone.map, (gone.record_id,)) if item.id > gone.id]
        for name in names:
            pile_up(work, gone.record_id, name, gone.payload["was"][name], adding(owed, name))


def inward_of(table_map: CompiledMap, name: str) -> Inward:
    """How an attribute comes in."""
    return next(item for item in table_map.inward if item.attribute == name)


def _number(value: Any) -> int | Decimal:
    if value is None or value == "":
        return 0
    return value if isinstance(value, (int, Decimal)) else Decimal(str(value))


def _sum(one: int | Decimal, other: int | Decimal) -> int | Decimal:
    """Exactly, however many digits."""
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return _EXACT.add(Decimal(one), Decimal(other))
