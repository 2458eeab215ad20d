"""Changes owed to the outside: one typed row each, written in the transaction of the change itself.

Rows are taken by their state, never past a sequence number: who commits late is not skipped.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, RowMapping, func, insert, literal_column, select, update

from connectors import tables, tally
from connectors.batched import batched
from connectors.origin import origin_text
from connectors.values import dump_json, load_json
from connectors.wake import wake

WAITING, DELIVERED, PARKED, DISCARDED = "waiting", "delivered", "parked", "discarded"
OVER = (DELIVERED, DISCARDED)
"""The states in which nothing is owed any more."""
AHEAD = 2
"""So many times as many changes are looked at as are wanted: of some records there are several."""
SUBMIT = "submit"
_TABLE = tables.outbox


@dataclass(frozen=True, slots=True)
class Owed:
    """A change that is owed. `operation` is insert, update, delete or submit (a new record that waits for an answer)."""

    id: int
    map: str
    entity: str
    record_id: int
    operation: str
    idempotency: str
    payload: Mapping[str, Any]
    state: str
    reason: str
    attempts: int
    retry_at: dt.datetime | None
    created_at: dt.datetime
    receipt: str | None = None
    origin: str | None = None

    @property
    def code(self) -> str:
        """Why it is parked, as a stable word: that of the refusal, or fatal, refused or conflict; empty where it is not."""
        return str(load_json(self.receipt).get("code", "")) if self.receipt and self.state == PARKED else ""


@dataclass(frozen=True, slots=True)
class Owing:
    """A change about to be owed. With `refused` it is known not to be one that can be sent, and waits for somebody."""

    map: str
    entity: str
    record_id: int
    operation: str
    payload: Mapping[str, Any]
    refused: str = ""


def owe(connection: Connection, owing: Owing, now: dt.datetime, idempotency: str = "", reason: str = "") -> None:
    """Owe a change. With a key that is owed already nothing is added."""
    key = idempotency or uuid.uuid4().hex
    if idempotency and connection.execute(select(_TABLE.c.id).where(_TABLE.c.idempotency == key)).first():
        return
    values = {"map": owing.map, "entity": owing.entity, "record_id": owing.record_id, "operation": owing.operation}
    state = PARKED if owing.refused else WAITING
    reason = owing.refused or reason
    values |= {"receipt": _receipt("value_map")} if owing.refused else {}
    values |= {"payload": dump_json(owing.payload), "state": state, "idempotency": key, "created_at": now, "reason": reason}
    values["origin"] = origin_text() or None
    connection.execute(insert(_TABLE).values(**values))
    if owing.refused:
        tally.count_errors(connection, owing.map, tally.OUT, ("value_map",), now)
    wake(connection, owing.map)


def due(connection: Connection, maps: Iterable[str], now: dt.datetime, limit: int = 200) -> list[Owed]:
    """What may be sent now, in order; of each record only the oldest change, and none behind one that waits or is parked."""
    earlier = _TABLE.alias("earlier")
    blocked = select(earlier.c.id).where(
        earlier.c.map == _TABLE.c.map,
        earlier.c.record_id == _TABLE.c.record_id,
        earlier.c.entity == _TABLE.c.entity,
        (earlier.c.state == literal_column(f"'{PARKED}'")) | earlier.c.retry_at.is_not(None),
        (earlier.c.state == PARKED) | ((earlier.c.state == WAITING) & (earlier.c.retry_at > now)),
        earlier.c.id < _TABLE.c.id,
    )
    ready = select(_TABLE.c.id, _TABLE.c.map, _TABLE.c.entity, _TABLE.c.record_id).where(
        *_waiting(maps),
        _TABLE.c.retry_at.is_(None) | (_TABLE.c.retry_at <= now),
        ~blocked.exists(),
    )
    # Only the oldest ones are looked at, however many there are: whatever is ready of a record is among them, oldest first.
    some = ready.order_by(_TABLE.c.id).limit(AHEAD * limit).subquery("some")
    first = select(func.min(some.c.id)).group_by(some.c.map, some.c.entity, some.c.record_id)
    chosen = select(_TABLE).where(_TABLE.c.id.in_(first)).order_by(_TABLE.c.id).limit(limit)
    return [_owed(row) for row in connection.execute(chosen).mappings()]


def find_owed(connection: Connection, idempotency: str) -> Owed | None:
    """The change with this key."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.idempotency == idempotency)).mappings().one_or_none()
    return None if row is None else _owed(row)


def delivered(connection: Connection, owed: Iterable[int], receipt: Mapping[str, Any], now: dt.datetime) -> None:
    """The outside has these."""
    values = {"state": DELIVERED, "delivered_at": now, "receipt": dump_json(dict(receipt)), "reason": "", "retry_at": None}
    numbers = list(owed)
    if numbers:
        connection.execute(update(_TABLE).where(_TABLE.c.id.in_(numbers)).values(**values))


def waits_before(connection: Connection, maps: Iterable[str], owed: Owed) -> bool:
    """Whether something that was owed before this one has been tried, and waits."""
    tried = select(_TABLE.c.id).where(*_waiting(maps), _TABLE.c.attempts > 0, _TABLE.c.id < owed.id)
    return connection.execute(tried.limit(1)).first() is not None


def wait(connection: Connection, owed: Owed, reason: str, retry_at: dt.datetime) -> None:
    """Try again later."""
    _set(connection, owed.id, {"attempts": owed.attempts + 1, "retry_at": retry_at, "reason": reason})


def hurry(connection: Connection, numbers: Iterable[int]) -> None:
    """Try again at once what still waits of these."""
    for part in batched(numbers):
        waiting = update(_TABLE).where(_TABLE.c.id.in_(part), _TABLE.c.state == WAITING)
        connection.execute(waiting.values(retry_at=None))


def park(connection: Connection, owed: Owed, reason: str, code: str, now: dt.datetime) -> None:
    """Wait for somebody to mend it; later changes of the same record wait with it. `code` is the class of the reason."""
    tally.count_errors(connection, owed.map, tally.OUT, (code,), now)
    receipt = _receipt(code)
    _set(connection, owed.id, {"attempts": owed.attempts + 1, "state": PARKED, "reason": reason, "receipt": receipt})


def mended(connection: Connection, idempotency: Iterable[str], now: dt.datetime) -> None:
    """Parked changes with these keys that the outside has taken after all."""
    for key in idempotency:
        owed = find_owed(connection, key)
        if owed is not None and owed.state == PARKED:
            delivered(connection, [owed.id], {"mended": True}, now)


def release(connection: Connection, maps: Iterable[str]) -> int:
    """Send what is parked or waits once more, at once; how many there were."""
    mine = update(_TABLE).where(_TABLE.c.map.in_(list(maps)), _is_open(_TABLE))
    return connection.execute(mine.values(state=WAITING, retry_at=None)).rowcount


def count_owed(connection: Connection) -> dict[str, dict[str, int]]:
    """How many changes wait and are parked, by map."""
    counted = select(_TABLE.c.map, _TABLE.c.state, func.count()).where(_is_open(_TABLE))
    found: dict[str, dict[str, int]] = {}
    for name, state, number in connection.execute(counted.group_by(_TABLE.c.map, _TABLE.c.state)):
        found.setdefault(name, {})[state] = int(number)
    return found


def oldest_owed(connection: Connection) -> dict[str, dt.datetime]:
    """Since when the oldest change of each map is owed."""
    oldest = select(_TABLE.c.map, func.min(_TABLE.c.created_at)).where(_is_open(_TABLE)).group_by(_TABLE.c.map)
    return {row[0]: row[1] for row in connection.execute(oldest)}


def parked(connection: Connection, table_map: str, code: str = "", after: int = 0, limit: int | None = None) -> list[Owed]:
    """The parked changes of a map, oldest first; those of one class where it is given, `limit` of them after a number."""
    chosen = select(_TABLE).where(_TABLE.c.map == table_map, _TABLE.c.state == PARKED, _TABLE.c.id > after)
    if code:
        chosen = chosen.where(_TABLE.c.receipt == _receipt(code))
    return [_owed(row) for row in connection.execute(chosen.order_by(_TABLE.c.id).limit(limit)).mappings()]


def parked_codes(connection: Connection) -> dict[tuple[str, str], int]:
    """The number of parked changes by map and by the class of the reason."""
    counted = select(_TABLE.c.map, _TABLE.c.receipt, func.count()).where(_TABLE.c.state == PARKED)
    found: dict[tuple[str, str], int] = {}
    for name, receipt, number in connection.execute(counted.group_by(_TABLE.c.map, _TABLE.c.receipt)):
        code = str(load_json(receipt).get("code", "")) if receipt else ""
        found[name, code] = found.get((name, code), 0) + int(number)
    return found


def oldest(connection: Connection, state: str) -> dict[str, dt.datetime]:
    """Since when the oldest change of each map in a state is owed."""
    first = select(_TABLE.c.map, func.min(_TABLE.c.created_at)).where(_TABLE.c.state == state).group_by(_TABLE.c.map)
    return {row[0]: row[1] for row in connection.execute(first)}


def count_behind(connection: Connection, numbers: Iterable[int]) -> dict[int, int]:
    """How many later changes of the same record wait behind each of these changes."""
    later = _TABLE.alias("later")
    same = (later.c.map == _TABLE.c.map) & (later.c.entity == _TABLE.c.entity) & (later.c.record_id == _TABLE.c.record_id)
    waits = (later.c.id > _TABLE.c.id) & _is_open(later)
    counted = select(_TABLE.c.id, func.count()).select_from(_TABLE.join(later, same & waits))
    counted = counted.where(_TABLE.c.id.in_(list(numbers))).group_by(_TABLE.c.id)
    return {row[0]: int(row[1]) for row in connection.execute(counted)}


def read_owed(connection: Connection, number: int) -> Owed | None:
    """The change with this number."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.id == number)).mappings().one_or_none()
    return None if row is None else _owed(row)


def has_pending(connection: Connection, table_map: str) -> bool:
    """Whether anything of a map is owed."""
    chosen = select(_TABLE.c.id).where(_TABLE.c.map == table_map, _is_open(_TABLE)).limit(1)
    return connection.execute(chosen).first() is not None


def pending(connection: Connection, table_map: str, records: Iterable[int] | None = None) -> list[Owed]:
    """The changes of a map that are still owed, oldest first; of some records only, where they are given."""
    chosen = select(_TABLE).where(_TABLE.c.map == table_map, _is_open(_TABLE)).order_by(_TABLE.c.id)
    if records is not None:
        chosen = chosen.where(_TABLE.c.record_id.in_(list(records)))
    return [_owed(row) for row in connection.execute(chosen).mappings()]


def behind(connection: Connection, owed: Owed) -> list[Owed]:
    """The later changes of the same record that wait behind a change."""
    return [item for item in pending(connection, owed.map, (owed.record_id,)) if item.id > owed.id]


def rewrite(connection: Connection, owed: int, payload: Mapping[str, Any]) -> None:
    """Owe something else than was first written down."""
    _set(connection, owed, {"payload": dump_json(payload)})


def replay(connection: Connection, owed: Owed, idempotency: str = "") -> None:
    """Send a change once more, at once; under another key where the outside has refused the first one for good."""
    renewed = {"idempotency": idempotency} if idempotency else {}
    _set(connection, owed.id, {"state": WAITING, "retry_at": None, **renewed})
    wake(connection, owed.map)


def discard(connection: Connection, owed: int, reason: str) -> None:
    """Owe a change no more. It is kept, for whoever wants to know what became of it."""
    _set(connection, owed, {"state": DISCARDED, "reason": reason})


def _is_open(table: FromClause) -> ColumnElement[bool]:
    """Whether a change is still owed, with the states spelled out: else the index of those is not used."""
    return table.c.state.not_in([literal_column(f"'{state}'") for state in OVER])


def _waiting(maps: Iterable[str]) -> tuple[ColumnElement[bool], ...]:
    return _TABLE.c.state == WAITING, _TABLE.c.map.in_(list(maps))


def _receipt(code: str) -> str:
    """What a parked change has in place of a receipt."""
    return dump_json({"code": code})


def _set(connection: Connection, owed: int, values: Mapping[str, Any]) -> None:
    connection.execute(update(_TABLE).where(_TABLE.c.id == owed).values(**values))


def _owed(row: RowMapping) -> Owed:
    names = Owed.__dataclass_fields__
    return Owed(**{**{name: row[name] for name in names}, "payload": load_json(row["payload"])})
