"""The same attribute changed on both sides: which value stays, and a log in which the other one is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from connectors import outbox, tables
from connectors.additive import adding, pile_up
from connectors.home import Work
from connectors.outbox import Owed
from connectors.tablemap import CompiledMap
from connectors.values import dump_json, load_json

PORTAL, OUTSIDE, NEWEST, MANUAL = "portal", "outside", "newest", "manual"
BOTH = "both"
"""The winner where both sides have added to a number, and both count."""
CONFLICT = "conflict"
"""The code of a change that waits for somebody to decide."""
_TABLE = tables.conflict


@dataclass(frozen=True, slots=True)
class Conflict:
    """An attribute of a record with both values. `winner` is portal or outside, and empty while nobody has decided.

    Of a number to which both sides add the winner is both: then `base` is what both began from, and `total` what it has come
    to, or would.
    """

    id: int
    map: str
    entity: str
    record_id: int
    attribute: str
    ours: Any
    theirs: Any
    winner: str
    owed: int
    at: dt.datetime
    last_owed: int | None = None
    base: Any = None
    total: Any = None

    @property
    def about(self) -> int:
        """The last of the changes that it is about: what is owed after that one has met nothing yet."""
        return self.owed if self.last_owed is None else self.last_owed


@dataclass(frozen=True, slots=True)
class Clash:
    """Two values for one attribute: ours is owed in the changes given, theirs has come, or is found, outside.

    Where both sides add to it, `sums` are the value that both began from and what both come to.
    """

    attribute: str
    ours: Any
    theirs: Any
    owed: tuple[Owed, ...]
    sums: tuple[Any, Any] | None = None


def winner(table_map: CompiledMap, clash: Clash, changed_at: Any) -> str:
    """Whose value stays by the policy of the attribute, or of its map; empty where somebody is to decide.

    The newest is told by the outside's change column where that holds moments; else by what is met last, theirs.
    """
    model = next(item for item in table_map.model.attributes if item.attribute == clash.attribute)
    policy = model.conflict or table_map.model.conflict
    if policy == NEWEST:
        ours = clash.owed[-1].created_at
        return PORTAL if isinstance(changed_at, dt.datetime) and _aware(changed_at) < ours else OUTSIDE
    return "" if policy == MANUAL else policy


def keep_conflict(work: Work, record_id: int, clash: Clash, won: str) -> None:
    """Write down what lost, or what is to be decided, and what is open as it is by now.

    What lost is told once for the same two values. What is to be decided is told anew, also where the same two were decided
    before: the change waits for it.
    """
    first = clash.owed[0]
    both: dict[str, Any] = {"ours": dump_json(clash.ours), "theirs": dump_json(clash.theirs)}
    base, total = (None, None) if clash.sums is None else (dump_json(value) for value in clash.sums)
    both |= {"base": base, "total": total}
    about: dict[str, Any] = {"owed": first.id, "last_owed": clash.owed[-1].id}
    waiting = _open(work, record_id, clash.attribute)
    if waiting is not None:
        mine = update(_TABLE).where(_TABLE.c.id == waiting.id)
        work.connection.execute(mine.values(**both, **about, winner=won))
        if won == BOTH:
            _close(work, waiting, BOTH)
        return
    same = [_TABLE.c[name] == value for name, value in both.items()]
    known = select(_TABLE.c.id).where(_TABLE.c.owed == first.id, _TABLE.c.attribute == clash.attribute, *same)
    if not won or work.connection.execute(known).first() is None:
        values = about | both | {"map": work.table_map.key, "entity": work.table_map.entity.key, "winner": won}
        values |= {"record_id": record_id, "attribute": clash.attribute, "at": work.now}
        work.connection.execute(insert(_TABLE).values(**values))


def read_conflicts(connection: Connection, maps: Iterable[str], limit: int = 100) -> list[Conflict]:
    """The conflicts of maps: those to be decided first, then the newest."""
    chosen = select(_TABLE).where(_TABLE.c.map.in_(list(maps))).order_by(_TABLE.c.winner != "", _TABLE.c.id.desc())
    return [_conflict(row) for row in connection.execute(chosen.limit(limit)).mappings()]


def find_conflict(connection: Connection, number: int) -> Conflict | None:
    """The conflict with this number."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.id == number)).mappings().one_or_none()
    return None if row is None else _conflict(row)


def count_open(connection: Connection) -> dict[str, int]:
    """How many conflicts are to be decided, by map."""
    counted = select(_TABLE.c.map, func.count()).where(_TABLE.c.winner == "").group_by(_TABLE.c.map)
    return {name: int(number) for name, number in connection.execute(counted)}


def decide(work: Work, conflict: Conflict, won: str) -> None:
    """Somebody has decided: ours goes out, or theirs is taken here and ours is not sent.

    What was changed here after the conflict was written down is none of its business: it stays, is owed as before, and may
    meet a conflict of its own. What the outside has come to since the conflict was read counts as theirs.
    """
    work.rows.resolve(conflict.entity, ("id",), {(conflict.record_id,)}, held=True)
    by_now = find_conflict(work.connection, conflict.id)
    if by_now is None or by_now.winner:
        return
    conflict = by_now
    owed = outbox.pending(work.connection, conflict.map, (conflict.record_id,))
    if conflict.attribute in work.table_map.additive:
        _decide_sum(work, conflict, won, [item for item in adding(owed, conflict.attribute) if item.id >= conflict.owed])
    elif won == PORTAL:
        rebase(work, owed, conflict.attribute, conflict.theirs)
    else:
        mine = [item for item in owed if conflict.attribute in item.payload.get("was", {})]
        give_up(work, [item for item in mine if item.id <= conflict.about], conflict.attribute)
        if all(item.id <= conflict.about for item in mine):
            store(work, conflict.record_id, {conflict.attribute: conflict.theirs})
    _close(work, conflict, won)


def _decide_sum(work: Work, conflict: Conflict, won: str, owed: Sequence[Owed]) -> None:
    """One of two values counts instead of their sum, and what was added here since counts on top of it."""
    if won == PORTAL:
        rebase(work, owed, conflict.attribute, conflict.theirs)
        return
    give_up(work, [item for item in owed if item.id <= conflict.about], conflict.attribute)
    since = [item for item in owed if item.id > conflict.about]
    pile_up(work, conflict.record_id, conflict.attribute, conflict.theirs, since)


def settled_outside(work: Work, record_id: int, attribute: str, there: Iterable[Owed]) -> None:
    """The outside has by now what we have, or again what our change began from: nobody has to decide any more.

    `there` are changes whose end the outside has already, so that they need not go out.
    """
    conflict = _open(work, record_id, attribute)
    if conflict is not None:
        give_up(work, there, attribute)
        _close(work, conflict, PORTAL)


def _open(work: Work, record_id: int, attribute: str) -> Conflict | None:
    """The conflict of an attribute of a record that waits for somebody."""
    mine = _TABLE.c.map == work.table_map.key, _TABLE.c.record_id == record_id, _TABLE.c.attribute == attribute
    row = work.connection.execute(select(_TABLE).where(*mine, _TABLE.c.winner == "")).mappings().first()
    return None if row is None else _conflict(row)


def _close(work: Work, conflict: Conflict, won: str) -> None:
    """A conflict is over: the change that waited goes on, unless something else of it is open."""
    work.connection.execute(update(_TABLE).where(_TABLE.c.id == conflict.id).values(winner=won))
    others = select(_TABLE.c.id).where(_TABLE.c.owed == conflict.owed, _TABLE.c.winner == "")
    first = outbox.read_owed(work.connection, conflict.owed)
    if first is not None and first.state == outbox.PARKED and work.connection.execute(others).first() is None:
        outbox.replay(work.connection, first)


def rebase(work: Work, owed: Iterable[Owed], attribute: str, theirs: Any) -> None:
    """Ours stays although theirs is known: it is no conflict any more when the first of the changes goes out."""
    first = next((item for item in owed if attribute in item.payload.get("was", {})), None)
    if first is not None:
        was = {**first.payload["was"], attribute: theirs}
        outbox.rewrite(work.connection, first.id, {**first.payload, "was": was})


def give_up(work: Work, owed: Iterable[Owed], attribute: str) -> None:
    """Theirs stays: the attribute is taken out of what is owed, and a change of which nothing is left is owed no more."""
    columns = columns_of(work.table_map, attribute)
    for item in owed:
        payload = without(item.payload, attribute, columns)
        if payload["values"]:
            outbox.rewrite(work.connection, item.id, payload)
        elif item.operation == "update":
            outbox.discard(work.connection, item.id, f"{attribute} was changed outside, which wins")


def without(payload: Mapping[str, Any], attribute: str, columns: Iterable[str]) -> dict[str, Any]:
    """What is owed, without one attribute."""
    gone = frozenset(columns)
    values = {name: value for name, value in payload["values"].items() if name not in gone}
    was = {name: value for name, value in payload.get("was", {}).items() if name != attribute}
    return {**payload, "values": values, "was": was}


def columns_of(table_map: CompiledMap, attribute: str) -> tuple[str, ...]:
    """The outside columns of an attribute that goes out."""
    return next((item.columns for item in table_map.outward if item.attribute == attribute), ())


def store(work: Work, record_id: int, values: Mapping[str, Any]) -> None:
    """Put values into a record that is still there."""
    entity = work.table_map.entity.key
    if values and work.rows.read(entity, (record_id,), ()):
        work.rows.upsert(entity, ("id",), [{"id": record_id, **values}])


def plain(value: Any) -> Any:
    """A value as it is read back from a JSON text."""
    return load_json(dump_json(value))


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


def _conflict(row: RowMapping) -> Conflict:
    told = {name: load_json(row[name]) for name in ("ours", "theirs", "base", "total") if row[name] is not None}
    return Conflict(**{**row, **told})
