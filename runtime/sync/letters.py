"""Dead letters: rows that one side would not take, to be listed, mended, tried again and given up, singly and by class.

A change of ours that the outside refuses is named by its number, an outside row that cannot be taken here by MAP/KEY. Nothing
of them is ever purged.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from connectors import checkpoint as checkpoints
from connectors import outbox, rejects
from connectors.additive import withdraw
from connectors.conflicts import columns_of
from connectors.drift import DRIFTED
from connectors.held import count_held
from connectors.home import Home, Work
from connectors.inbound import follow_up, retry_records
from connectors.links import link_records, unlink
from connectors.mapping import Lookups
from connectors.outbox import SUBMIT, Owed
from connectors.rejects import IN_USE, Reject
from connectors.tablemap import CompiledMap
from runtime.forms.drafts import new_key

log = logging.getLogger(__name__)
AT_ONCE = 1000
OUT, IN = "out", "in"


@dataclass(frozen=True, slots=True)
class Letter:
    """One row that waits. `way` is out (ours) or in (theirs); `code` the class of the reason.

    `again_at` is when it is tried again by itself, None where somebody must do something; `behind` how many later changes
    wait for it. `columns` are the outside columns that it writes, or that were read.
    """

    name: str
    map: CompiledMap
    way: str
    code: str
    reason: str
    columns: Mapping[str, Any]
    attempts: int
    since: dt.datetime
    again_at: dt.datetime | None
    behind: int
    owed: Owed | None = None
    reject: Reject | None = None

    @property
    def permanent(self) -> bool:
        """Whether trying again as it is cannot help."""
        return self.again_at is None and self.code != IN_USE


@dataclass(frozen=True, slots=True)
class Retried:
    """What a retry in bulk did: outside rows that are in now, those that are still refused, changes that are sent again."""

    taken: int
    left: int
    released: int


class NotMendable(Exception):
    """A letter that cannot be changed where it lies; the message says where it can."""


def read_letters(connection: Connection, maps: Sequence[CompiledMap], codes: Collection[str] = ()) -> list[Letter]:
    """All letters of maps, those of the codes given or all: ours first, each in its order."""
    found: list[Letter] = []
    for table_map in maps:
        found += [_out(connection, table_map, item) for item in outbox.parked(connection, table_map.key)]
    for table_map in maps:
        held = count_held(connection, table_map.key)
        found += [_in(table_map, item, held.get(item.key, 0)) for item in rejects.read_rejects(connection, table_map.key)]
    return [letter for letter in found if not codes or letter.code in codes]


def page_of_letters(
    connection: Connection, table_map: CompiledMap, way: str, code: str = "", after: str = "", limit: int = 50
) -> list[Letter]:
    """Some letters of a map and way, those of one class where it is given: as many as asked for, after the one of a name."""
    if way == OUT:
        number = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else 0
        found = outbox.parked(connection, table_map.key, code, number, limit)
        behind = outbox.count_behind(connection, [item.id for item in found]) if found else {}
        return [_out(connection, table_map, item, behind.get(item.id, 0)) for item in found]
    there = rejects.read_rejects(connection, table_map.key, limit, after.partition("/")[2], code)
    held = count_held(connection, table_map.key) if there else {}
    return [_in(table_map, item, held.get(item.key, 0)) for item in there]


def count_letters(connection: Connection) -> dict[str, dict[tuple[str, str], int]]:
    """How many letters there are, by map, and then by way and class."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for way, counted in ((IN, rejects.count_codes(connection)), (OUT, outbox.parked_codes(connection))):
        for (name, code), number in sorted(counted.items()):
            found.setdefault(name, {})[way, code] = number
    return found


def find_letter(connection: Connection, maps: Sequence[CompiledMap], name: str) -> Letter | None:
    """The letter of a name; a change of ours also while it only waits for its turn."""
    known = {item.key: item for item in maps}
    if name.isascii() and name.isdecimal() and len(name) < 19:
        owed = outbox.read_owed(connection, int(name))
        if owed is not None and owed.state not in outbox.OVER and owed.map in known:
            return _out(connection, known[owed.map], owed)
    table_map, _, key = name.partition("/")
    reject = rejects.find_reject(connection, table_map, key) if table_map in known else None
    if reject is None:
        return None
    return _in(known[table_map], reject, count_held(connection, table_map).get(key, 0))


def edit_letter(connection: Connection, letter: Letter, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Change outside columns of a letter; all of its columns afterwards. Raises NotMendable, and KeyError for no column."""
    if letter.owed is not None and letter.owed.operation == SUBMIT:
        raise NotMendable("A new record is sent as it is in the portal: change it there, then replay.")
    for column in values:
        if column not in letter.columns:
            raise KeyError(column)
    if found := sorted(summed_columns(letter) & values.keys()):
        what = ", ".join(found)
        raise NotMendable(f"To {what} both sides add: discard the change, and make another one in the portal.")
    columns = {**letter.columns, **values}
    if letter.owed is not None:
        outbox.rewrite(connection, letter.owed.id, {**letter.owed.payload, "values": columns})
    elif letter.reject is not None:
        rejects.rewrite(connection, letter.reject, columns)
    log.info("edited", extra={"action": "letter_edited", "map": letter.map.key, "letter": letter.name, "columns": list(values)})
    return columns


def summed_columns(letter: Letter) -> frozenset[str]:
    """The columns of a change that hold what both sides come to, which nobody can change: it may be there by now."""
    if letter.owed is None:
        return frozenset()
    names = letter.map.additive & letter.owed.payload.get("was", {}).keys()
    return frozenset(column for name in names for column in columns_of(letter.map, name))


def replay_letter(home: Home, letter: Letter) -> bool | None:
    """Try one letter again, now, and what waits behind it; whether it is in, None where the worker is to send it."""
    with home.begin() as connection:
        if letter.owed is not None:
            _send_again(connection, letter.owed)
            return None
        if letter.reject is None or letter.code == IN_USE:
            return False
        work = Work(connection, home.rows(connection), letter.map, home.now())
        retry_records(work, [letter.reject], Lookups(work.rows))
        left = rejects.find_reject(connection, letter.reject.map, letter.reject.key)
        return left is None or left.record != letter.reject.record


def discard_letter(home: Home, letter: Letter) -> int:
    """Give a letter up; how many changes are. What waits behind it goes on, save behind a new record, which goes whole."""
    with home.begin() as connection:
        log.info("discarded", extra={"action": "letter_discarded", "map": letter.map.key, "letter": letter.name})
        if letter.reject is not None:
            rejects.drop_rejects(connection, letter.map.key, (letter.reject.key,))
            work = Work(connection, home.rows(connection), letter.map, home.now())
            follow_up(work, (letter.reject.key,), Lookups(work.rows))
        if letter.owed is None:
            return 1
        whole = letter.owed.operation in ("insert", SUBMIT)
        lost = [letter.owed, *(outbox.behind(connection, letter.owed) if whole else ())]
        if not whole:
            withdraw(Work(connection, home.rows(connection), letter.map, home.now()), letter.owed)
        for item in lost:
            outbox.discard(connection, item.id, f"discarded: {letter.owed.reason}")
        return len(lost)


def discard_letters(home: Home, table_map: CompiledMap, way: str, code: str) -> int:
    """Give up every letter of a map, way and class; how many changes were. What comes to be refused meanwhile stays."""
    lost, after = 0, ""
    while True:
        with home.read() as connection:
            part = page_of_letters(connection, table_map, way, code, after, AT_ONCE)
        if not part:
            return lost
        after = part[-1].name
        if way == OUT:
            lost += sum(discard_letter(home, letter) for letter in part)
            continue
        keys = [letter.reject.key for letter in part if letter.reject is not None]
        with home.begin() as connection:
            rejects.drop_rejects(connection, table_map.key, keys)
            work = Work(connection, home.rows(connection), table_map, home.now())
            follow_up(work, keys, Lookups(work.rows))
        log.info("discarded", extra={"action": "letters_discarded", "map": table_map.key, "code": code, "count": len(keys)})
        lost += len(keys)


def retry_letters(home: Home, maps: Sequence[CompiledMap], codes: Collection[str] = (), way: str = "") -> Retried:
    """Try again, now, every letter of maps, or those of some classes or of one way only; nothing else is touched."""
    taken = sum(_retry(home, table_map, codes) for table_map in maps) if way != OUT else 0
    with home.begin() as connection:
        released = _release(connection, maps, codes) if way != IN else 0
        for item in maps:
            checkpoints.retry_now(connection, item.key)
        left = sum(letter.way == IN for letter in read_letters(connection, maps, codes))
    return Retried(taken, left, released)


def _retry(home: Home, table_map: CompiledMap, codes: Collection[str]) -> int:
    """Retry the rejects of a map, part by part; how many were taken."""
    after, taken = "", 0
    while True:
        with home.begin() as connection:
            part = rejects.read_rejects(connection, table_map.key, AT_ONCE, after)
            if not part:
                return taken
            after = part[-1].key
            chosen = [item for item in part if _may_retry(table_map, item) and (not codes or item.code in codes)]
            if chosen:
                work = Work(connection, home.rows(connection), table_map, home.now())
                retry_records(work, chosen, Lookups(work.rows))
                left = {item.key for item in rejects.by_keys(connection, table_map.key, [item.key for item in chosen])}
                taken += sum(item.key not in left for item in chosen)


def _may_retry(table_map: CompiledMap, reject: Reject) -> bool:
    """Not what is to be deleted, nor a row that was read while a column was missing: it would empty what is stored."""
    whole = reject.code != DRIFTED or all(name in reject.record for name in table_map.columns)
    return whole and reject.code != IN_USE


def _release(connection: Connection, maps: Sequence[CompiledMap], codes: Collection[str]) -> int:
    if not codes:
        return outbox.release(connection, [item.key for item in maps])
    chosen = [item for each in maps for item in outbox.parked(connection, each.key) if item.code in codes]
    for item in chosen:
        _send_again(connection, item)
    return len(chosen)


def _send_again(connection: Connection, owed: Owed) -> None:
    """A submission that was refused goes out as a new one: its key stands for the refusal outside."""
    if owed.operation != SUBMIT or owed.state != outbox.PARKED:
        outbox.replay(connection, owed)
        return
    key = new_key()
    unlink(connection, owed.map, (owed.idempotency,))
    link_records(connection, owed.map, {key: owed.record_id})
    outbox.replay(connection, owed, key)


def _out(connection: Connection, table_map: CompiledMap, owed: Owed, behind: int | None = None) -> Letter:
    columns = dict(owed.payload.get("values", {}))
    behind = len(outbox.behind(connection, owed)) if behind is None else behind
    times = owed.attempts, owed.created_at, owed.retry_at if owed.state == outbox.WAITING else None
    return Letter(str(owed.id), table_map, OUT, owed.code, owed.reason, columns, *times, behind, owed=owed)


def _in(table_map: CompiledMap, reject: Reject, behind: int) -> Letter:
    times = reject.attempts, reject.first_at, reject.retry_at
    name = f"{reject.map}/{reject.key}"
    return Letter(name, table_map, IN, reject.code, reject.reason, reject.record, *times, behind, reject=reject)
