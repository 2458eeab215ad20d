"""A change on its way out meets what the outside has by now: a value that is neither the old nor the new one is a conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors import outbox
from connectors.additive import added, adding, fitted, inward_of, mark_of, pile_up, piled
from connectors.conflicts import (
    BOTH,
    CONFLICT,
    OUTSIDE,
    Clash,
    columns_of,
    keep_conflict,
    plain,
    settled_outside,
    store,
    winner,
    without,
)
from connectors.errors import ConnectorError, RecordRejected
from connectors.home import Work
from connectors.mapping import Lookups, take
from connectors.outbox import Owed
from connectors.protocol import Record
from connectors.refused import value_of


@dataclass(frozen=True, slots=True)
class Met:
    """The outside columns that go out, the conflicts met, each with whose value stays, and the outside row, if it was read.

    `sums` are the attributes to which both sides add, with what the outside has of them once the change is there; with a
    `fault` nothing can be sent.
    """

    values: Mapping[str, Any]
    clashes: tuple[tuple[Clash, str], ...] = ()
    row: Record = field(default_factory=dict)
    sums: Mapping[str, Any] = field(default_factory=dict)
    fault: ConnectorError | None = None

    @property
    def waits(self) -> bool:
        """Whether somebody is to decide before anything goes out."""
        return any(not won for _, won in self.clashes)


def meet(work: Work, item: Owed, row: Record | None) -> Met:
    """Compare what the outside has with what our change began from; the row is as the outside gives it."""
    sums = sorted(work.table_map.additive & item.payload.get("was", {}).keys())
    if not sums:
        return Met(item.payload["values"]) if row is None else _meet(work, item, row)
    try:
        return _meet_sums(work, item, row, sums)
    except RecordRejected as fault:
        return Met({}, row=row or {}, fault=fault)


def _meet_sums(work: Work, item: Owed, row: Record | None, names: Sequence[str]) -> Met:
    """The same for a change that adds to numbers: it is there already if the row has its mark, which is written with it.

    Raises RecordRejected where there is nothing to add to.
    """
    table_map = work.table_map
    if row is None:
        raise RecordRejected(f"there is no row {dict(item.payload['key'])} outside", "row")
    mark = mark_of(table_map, row)
    if mark and mark != item.idempotency and item.idempotency.startswith(mark):
        raise RecordRejected(f"{table_map.model.receipt_column} outside cuts off what is written: 32 characters", "length")
    theirs = {name: take(inward_of(table_map, name), row)[0] for name in names}
    if mark == item.idempotency:  # it was sent before its receipt was lost; what else the row has is news, which a pull brings
        return Met({}, row=row, sums=theirs)
    clashes, values = [], {}
    for name, there in theirs.items():
        (column,), was, mine = columns_of(table_map, name), item.payload["was"][name], item.payload["values"]
        values[column] = mine[column]
        if plain(there) != was:
            values[column] = added(was, mine[column], there)
            clash = Clash(name, mine[column], there, (item,), (was, values[column]))
            clashes.append((clash, BOTH if _fits(work, item, name, values[column]) else ""))
    met = _meet(work, item, row)
    others = {name: value for name, value in met.values.items() if name not in values}
    sums = {name: values[column] for name in names for column in columns_of(table_map, name)}
    given = {**others, **values, table_map.model.receipt_column: item.idempotency}
    return Met(given, (*met.clashes, *clashes), row, sums)


def _fits(work: Work, item: Owed, name: str, total: Any) -> bool:
    """Whether ours can be what is there by then, with what is owed after this change on top of it."""
    try:
        later = adding(outbox.behind(work.connection, item), name)
        fitted(work, name, piled(work.table_map, later, name, total)[1])
    except RecordRejected:
        return False
    return True


def _meet(work: Work, item: Owed, row: Record) -> Met:
    table_map = work.table_map
    lookups = Lookups(work.rows)
    ours = {**row, **item.payload["values"]}
    clashes = []
    there: set[str] = set()
    payload: Mapping[str, Any] = item.payload
    for inward in table_map.inward:
        if inward.attribute not in item.payload["was"] or any(column not in row for column in inward.columns):
            continue
        if inward.attribute in table_map.additive:
            continue
        theirs, mine = value_of(inward, row, lookups), value_of(inward, ours, lookups)
        if theirs == mine:
            there.update(columns_of(table_map, inward.attribute))
            continue
        if plain(theirs) == item.payload["was"][inward.attribute]:
            continue
        clash = Clash(inward.attribute, mine, theirs, (item,))
        won = winner(table_map, clash, row.get(table_map.model.change_column))
        clashes.append((clash, won))
        if won == OUTSIDE:
            payload = without(payload, inward.attribute, columns_of(table_map, inward.attribute))
    if there >= payload["values"].keys():
        payload = {"values": {}}  # it was sent before its receipt was lost, or somebody outside has done the same
    return Met(payload["values"], tuple(clashes), row)


def settle_met(work: Work, item: Owed, met: Met) -> None:
    """Write down what was met; theirs is taken here where it wins, and a change that somebody must decide is parked.

    Nothing is written where somebody has decided meanwhile: what was met is over, and what is owed by now meets it anew.
    """
    if met.waits and not _as_it_was(work, item):
        return
    for clash, won in met.clashes:
        if won != BOTH or not met.waits:
            keep_conflict(work, item.record_id, clash, won)
    _take(work, item, {clash.attribute: clash.theirs for clash, won in met.clashes if won == OUTSIDE})
    if met.waits:
        names = ", ".join(clash.attribute for clash, won in met.clashes if not won)
        outbox.park(work.connection, item, f"conflict: {names} was changed on both sides", CONFLICT, work.now)
    elif met.sums:
        _add_up(work, item, met)


def _as_it_was(work: Work, item: Owed) -> bool:
    """Whether a change is still owed as it was when it was taken. Its record is held, so that nobody decides from now on."""
    work.rows.resolve(item.entity, ("id",), {(item.record_id,)}, held=True)
    by_now = outbox.read_owed(work.connection, item.id)
    return by_now is not None and by_now.state == outbox.WAITING and by_now.payload == item.payload


def _add_up(work: Work, item: Owed, met: Met) -> None:
    """The outside has the sum: ours is that, with what was added here since the change was owed."""
    work.rows.resolve(item.entity, ("id",), {(item.record_id,)}, held=True)
    since = outbox.behind(work.connection, item)
    for name, there in met.sums.items():
        pile_up(work, item.record_id, name, there, adding(since, name))
        if item.attempts:
            settled_outside(work, item.record_id, name, ())


def _take(work: Work, item: Owed, theirs: Mapping[str, Any]) -> None:
    """Store what wins, but not over what somebody here has put in its place since: that is owed too, and meets it next."""
    if theirs:
        work.rows.resolve(work.table_map.entity.key, ("id",), {(item.record_id,)}, held=True)
        owed = outbox.pending(work.connection, work.table_map.key, (item.record_id,))
        since = {name for later in owed if later.id > item.id for name in later.payload.get("was", {})}
        store(work, item.record_id, {name: value for name, value in theirs.items() if name not in since})
