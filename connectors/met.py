"""A change on its way out meets what the outside has by now: a value that is neither the old nor the new one is a conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors import outbox
from connectors.conflicts import CONFLICT, OUTSIDE, PORTAL, Clash, columns_of, keep_conflict, plain, store, winner, without
from connectors.home import Work
from connectors.mapping import Lookups
from connectors.outbox import Owed
from connectors.protocol import Record
from connectors.refused import value_of


@dataclass(frozen=True, slots=True)
class Met:
    """The outside columns that go out, the conflicts met, each with whose value stays, and the outside row, if it was read."""

    values: Mapping[str, Any]
    clashes: tuple[tuple[Clash, str], ...] = ()
    row: Record = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """Whether somebody is to decide before anything goes out."""
        return any(not won for _, won in self.clashes)


def meet(work: Work, item: Owed, row: Record) -> Met:
    """Compare what the outside has with what our change began from; the row is as the outside gives it."""
    table_map = work.table_map
    lookups = Lookups(work.rows)
    ours = {**row, **item.payload["values"]}
    clashes = []
    there: set[str] = set()
    payload: Mapping[str, Any] = item.payload
    for inward in table_map.inward:
        if inward.attribute not in item.payload["was"] or any(column not in row for column in inward.columns):
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
    """Write down what was met; theirs is taken here where it wins, and a change that somebody must decide is parked."""
    for clash, won in met.clashes:
        keep_conflict(work, item.record_id, clash, won)
    _take(work, item, {clash.attribute: clash.theirs for clash, won in met.clashes if won == OUTSIDE})
    if met.waits:
        names = ", ".join(clash.attribute for clash, won in met.clashes if won not in (PORTAL, OUTSIDE))
        outbox.park(work.connection, item, f"conflict: {names} was changed on both sides", CONFLICT, work.now)


def _take(work: Work, item: Owed, theirs: Mapping[str, Any]) -> None:
    """Store what wins, but not over what somebody here has put in its place since: that is owed too, and meets it next."""
    if theirs:
        work.rows.resolve(work.table_map.entity.key, ("id",), {(item.record_id,)}, held=True)
        owed = outbox.pending(work.connection, work.table_map.key, (item.record_id,))
        since = {name for later in owed if later.id > item.id for name in later.payload.get("was", {})}
        store(work, item.record_id, {name: value for name, value in theirs.items() if name not in since})
