"""What is still owed to the outside is not overwritten by a pull: an older value is no news, a newer one is a conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors import outbox
from connectors.additive import adding, fitted, not_there, piled
from connectors.batched import batched
from connectors.conflicts import (
    BOTH,
    CONFLICT,
    MANUAL,
    OUTSIDE,
    PORTAL,
    Clash,
    give_up,
    keep_conflict,
    plain,
    rebase,
    settled_outside,
    winner,
)
from connectors.converting import KEEP
from connectors.errors import RecordRejected
from connectors.home import Work
from connectors.mapping import Mapped
from connectors.outbox import Owed


def guarded(work: Work, rows: Sequence[Mapped]) -> list[Mapped]:
    """The rows without the attributes in which ours stays. Costs two small statements where nothing is owed.

    Our rows are held before it is asked what is owed of them: who changes one after the question would be written over.
    """
    if not rows or not work.table_map.outward:
        return list(rows)
    records = _records(work, rows)
    if not records or not outbox.has_pending(work.connection, work.table_map.key):
        return list(rows)
    owed = _owed(work, list(records.values()))
    if not owed:
        return list(rows)
    return [_guarded(work, row, records.get(row.key), owed.get(records.get(row.key, 0), [])) for row in rows]


def _owed(work: Work, records: Sequence[int]) -> dict[int, list[Owed]]:
    """The changes of these records that are owed and know what they began from, oldest first."""
    owed: dict[int, list[Owed]] = {}
    for part in batched(records):
        for item in outbox.pending(work.connection, work.table_map.key, part):
            if item.operation == "update" and item.payload.get("was"):
                owed.setdefault(item.record_id, []).append(item)
    return owed


def _records(work: Work, rows: Sequence[Mapped]) -> dict[str, int]:
    key = work.table_map.model.integration_key
    wanted = {row.key: tuple(row.values.get(name) for name in key) for row in rows}
    found = work.rows.resolve(
        work.table_map.entity.key, key, {value for value in wanted.values() if None not in value}, held=True
    )
    return {name: found[value] for name, value in wanted.items() if value in found}


def _guarded(work: Work, row: Mapped, record_id: int | None, owed: Sequence[Owed]) -> Mapped:
    if record_id is None or not owed:
        return row
    was: dict[str, Any] = {}
    for item in reversed(owed):
        was |= item.payload["was"]
    touched = [name for name in was if name in row.values]
    (stored,) = work.rows.read(work.table_map.entity.key, (record_id,), touched)
    return row._replace(values=_values(work, row, record_id, (was, stored, owed)))


def _values(
    work: Work, row: Mapped, record_id: int, ours: tuple[Mapping[str, Any], Mapping[str, Any], Sequence[Owed]]
) -> dict[str, Any]:
    was, stored, owed = ours
    values = dict(row.values)
    waits = any(item.code == CONFLICT for item in owed)
    for name in was.keys() & row.values.keys():
        theirs = values[name]
        if name in work.table_map.additive:
            values[name] = _summed(work, row, record_id, name, owed)
            continue
        same = theirs == stored[name]
        if waits and (same or plain(theirs) == was[name]):
            settled_outside(work, record_id, name, owed if same else ())
        if same:
            continue
        if plain(theirs) != was[name]:
            mine = tuple(item for item in owed if name in item.payload["was"])
            clash = Clash(name, stored[name], theirs, mine)
            if _decided(work, record_id, clash, row.record.get(work.table_map.model.change_column)) == OUTSIDE:
                continue
        values[name] = KEEP
    return {name: value for name, value in values.items() if value is not KEEP}


def _summed(work: Work, row: Mapped, record_id: int, name: str, owed: Sequence[Owed]) -> Any:
    """What the outside has with what is still owed added to it, or KEEP, where that does not fit and somebody is to decide."""
    table_map, theirs = work.table_map, row.values[name]
    mine = adding(not_there(table_map, row.record, owed), name)
    if not mine:
        settled_outside(work, record_id, name, ())
        return theirs
    base = mine[0].payload["was"][name]
    payloads, total = piled(table_map, mine, name, theirs)
    clash = Clash(name, piled(table_map, mine, name, base)[1], theirs, tuple(mine), (base, total))
    try:
        value = fitted(work, name, total)
    except RecordRejected as fault:
        keep_conflict(work, record_id, clash, "")
        outbox.park(work.connection, mine[0], f"conflict: both sides have added to {name}: {fault}", CONFLICT, work.now)
        return KEEP
    if plain(theirs) == base:
        settled_outside(work, record_id, name, ())
        return value
    for number, payload in payloads.items():
        outbox.rewrite(work.connection, number, payload)
    keep_conflict(work, record_id, clash, BOTH)
    return value


def _decided(work: Work, record_id: int, clash: Clash, changed_at: Any) -> str:
    """Whose value stays, written down and put into effect; what is to be decided waits."""
    won = winner(work.table_map, clash, changed_at)
    keep_conflict(work, record_id, clash, won)
    owed = [item for item in (outbox.read_owed(work.connection, each.id) for each in clash.owed) if item is not None]
    if won == OUTSIDE:
        give_up(work, owed, clash.attribute)
    elif won == PORTAL:
        rebase(work, owed, clash.attribute, clash.theirs)
    else:
        outbox.park(work.connection, owed[0], f"conflict: {clash.attribute} was changed on both sides", CONFLICT, work.now)
    return won or MANUAL
