"""A batch on its way in: convert, resolve, upsert, keep rejects. All in the caller's transaction, nothing committed here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError

from connectors.adjusted import keep_adjusted
from connectors.batched import batched
from connectors.circles import find_circles
from connectors.dated import is_dated, switch, switch_due
from connectors.drift import DRIFTED, set_aside
from connectors.errors import first_line
from connectors.events.envelope import PLACE
from connectors.events.taking import in_steps, reopen, take_events
from connectors.failpoints import reached
from connectors.guard import guarded
from connectors.held import hold_back, next_held
from connectors.history import Counts
from connectors.home import Work
from connectors.identities import has_identities, keep_identities
from connectors.leaving import bring_back, leave, settle_moves
from connectors.links import in_flight, linked_records, unlink
from connectors.mapping import Lookups, Mapped, Refusal, convert_records, key_text, resolve_lookups
from connectors.outbox import has_pending, mended
from connectors.protocol import Event, Record
from connectors.rejects import Reject, by_keys, drop_rejects, due_rejects, has_rejects, keep_rejects, refused_since
from connectors.seen import changed_records, keep_refused, keep_seen, keeps_seen, known_values
from connectors.setwise import Converted, with_ids
from connectors.sweep import remove_gone
from connectors.tablemap import CompiledMap
from connectors.tables import KEY_LENGTH
from connectors.writethrough import is_accepted, no_message

RETRIED_AT_ONCE = 1000
DATABASE_REFUSES = (IntegrityError, DataError, ValueError, OverflowError)
Store = Callable[[Work, Sequence[Mapped]], Counts]


class _EditedMeanwhile(Exception):
    """Somebody here has changed a row of the map after it was asked what is owed: it may have been written over."""


def apply_records(work: Work, records: Sequence[Record], lookups: Lookups, store: Store | None = None) -> Counts:
    """Take records; the numbers say what became of them. Records that cannot be taken become rejects.

    `store` writes rows that all have the same attributes; by default an upsert by integration key.
    """
    if store is bulk and isinstance(records, Converted) and records.fit(work.table_map) and not _owes(work):
        return _take_columns(work, records, lookups)
    compares = work.table_map.compares and not is_dated(work.table_map)
    fresh = changed_records(work.connection, work.table_map, records) if compares else list(records)
    trusted, aside = set_aside(work, fresh)
    ended = Counts()
    if is_dated(work.table_map):
        switched = switch(work, trusted)
        trusted, aside, ended = switched.records, [*aside, *switched.refused], _end(work, switched.ended)
    free = hold_back(work, trusted)
    counts = _apply(work, free, lookups, store or upsert, aside)[0]
    unchanged, held = len(records) - len(fresh), len(trusted) - len(free)
    return counts + ended + Counts(taken=len(records), unchanged=unchanged, rejected=held)


def _take_columns(work: Work, records: Converted, lookups: Lookups) -> Counts:
    """Store records of a load as columns; what needs a look of its own goes the general way, all where the database refuses."""
    names = tuple(item.attribute for item in work.table_map.inward)
    parts, others = with_ids(work.table_map, records.parts, lookups)
    reached("converted")
    rows = [row for part in parts for row in zip(*(part.columns or ()), strict=True)]
    counts = Counts(taken=len(records))
    try:
        with work.connection.begin_nested():
            done = work.rows.bulk_load(work.table_map.entity.key, work.table_map.model.integration_key, names, rows)
            if _owes(work):
                raise _EditedMeanwhile
    except (*DATABASE_REFUSES, _EditedMeanwhile):
        return counts + _apply(work, list(records), lookups, bulk)[0]
    reached("applying")
    counts += Counts(inserted=done.inserted, updated=done.updated, unchanged=done.unchanged)
    if has_rejects(work.connection, work.table_map.key):
        drop_rejects(work.connection, work.table_map.key, [key for part in parts for key in part.keys])
    return counts + (_apply(work, others, lookups, bulk)[0] if others else Counts())


def _owes(work: Work) -> bool:
    """Whether anything is still to go outside, so that what comes may be older."""
    return bool(work.table_map.outward) and has_pending(work.connection, work.table_map.key)


def switch_on(work: Work, lookups: Lookups) -> Counts:
    """Take what has come into effect since, and let go of what has run out."""
    switched = switch_due(work)
    if not switched.records and not switched.ended:
        return Counts()
    return _apply(work, hold_back(work, switched.records), lookups, upsert)[0] + _end(work, switched.ended)


def _end(work: Work, keys: Sequence[str]) -> Counts:
    """Rows of which nothing is in effect any more leave as those that have left the filter."""
    return leave(work, dict(known_values(work.connection, work.table_map, keys)), work.table_map.left)


def _apply(
    work: Work,
    records: Sequence[Record],
    lookups: Lookups,
    store: Store,
    still: Sequence[Refusal] = (),
    *,
    again: Sequence[str] | None = None,
) -> tuple[Counts, list[str]]:
    """Convert, store and settle; the keys of the rows that were taken. `still` are known to be refused. Records that are
    tried `again` are not as they came; a single one that has such a name is kept under it, if it is refused."""
    mapped, refused = convert_records(work.table_map, records)
    reached("converted")
    counts, taken, more = _take(work, mapped, lookups, store)
    refused += (*more, *still)
    refused = [replace(item, key=again[0]) for item in refused] if again else refused
    reached("applying")
    _settle(work, taken, refused, fresh=again is None)
    return counts + Counts(rejected=len(refused)), [row.key for row in taken]


def apply_events(work: Work, events: Sequence[Event], lookups: Lookups, store: Store) -> Counts:
    """Take what has happened, in its order; what was taken before changes nothing."""
    counts = Counts()
    for part in in_steps(work.table_map, events):
        news = take_events(work, part)
        counts += apply_records(work, list(news.rows.values()), lookups, store)
        counts += remove_gone(work, list(news.gone.values()), frozenset(news.left))
        keep_rejects(work.connection, work.table_map.key, list(news.refused.values()), work.now)
        counts += Counts(taken=len(part) - len(news.rows), rejected=len(news.refused))
    return counts


def retry_due(work: Work, lookups: Lookups) -> Counts:
    """Try again the rejects that waited for another row."""
    due = due_rejects(work.connection, work.table_map.key, work.now, RETRIED_AT_ONCE)
    if not due:
        return Counts()
    return retry_records(work, due, lookups)


def retry_refused(work: Work, since: dt.datetime) -> Counts:
    """Take what was refused since a moment only for rows that have come after it, as in a circle; until nothing more can be."""
    counts, taken = Counts(), True
    while taken:
        taken = False
        for keys in batched(refused_since(work.connection, work.table_map.key, since), RETRIED_AT_ONCE):
            done = retry_keys(work, keys)
            counts, taken = counts + done, taken or done.rejected < 0
    return counts


def retry_keys(work: Work, keys: Sequence[str]) -> Counts:
    """Refused rows once more; those that are taken count as refused no longer."""
    found = by_keys(work.connection, work.table_map.key, keys)
    return retry_records(work, found, Lookups(work.rows)) + Counts(rejected=-len(found))


def retry_records(work: Work, rejects: Sequence[Reject], lookups: Lookups) -> Counts:
    """Take the records of rejects once more, as the map is now; what waited behind those that are taken follows."""
    renamed = [item for item in rejects if _is_renamed(work.table_map, item)]
    records, news = reopen(work, [item.record for item in rejects if item not in renamed])
    remove_gone(work, list(news.gone.values()), frozenset(news.left))
    again = [_complete(work, record) for record in (*records, *news.rows.values())]
    counts, taken = _apply(work, again, lookups, upsert, list(news.refused.values()), again=())
    for item in renamed:  # each keeps its name until it is taken: it may be refused still, and another row have that key
        more, keys = _apply(work, [_complete(work, item.record)], lookups, upsert, again=(item.key,))
        if keys:
            drop_rejects(work.connection, work.table_map.key, [item.key])
            taken += (*keys, item.key)
        counts += more
    return counts + follow_up(work, taken, lookups)


def _is_renamed(table_map: CompiledMap, reject: Reject) -> bool:
    """Whether a reject's record has another key now, because somebody mended a column of it."""
    if PLACE in reject.record or not all(column in reject.record for column in table_map.key_columns):
        return False
    return key_text(table_map, reject.record)[:KEY_LENGTH] != reject.key


def follow_up(work: Work, keys: Iterable[str], lookups: Lookups) -> Counts:
    """Take what waited behind these keys, which are free now, in order; up to the next one that is refused."""
    counts, free = Counts(), list(keys)
    while waiting := next_held(work.connection, work.table_map, free):
        more, free = _apply(work, [_complete(work, record) for record in waiting], lookups, upsert, again=())
        counts += more
    return counts


def _complete(work: Work, record: Record) -> Record:
    """A stored record with the columns that the map has come to read since."""
    return {**dict.fromkeys(work.table_map.columns), **record}


def _take(work: Work, mapped: Sequence[Mapped], lookups: Lookups, store: Store) -> tuple[Counts, list[Mapped], list[Refusal]]:
    """Rounds over the rows: those that point at rows of this very batch come after them."""
    counts, taken = Counts(), list[Mapped]()
    mapped, refused = _hold_back(work, list(mapped))
    waiting = mapped
    in_rounds = _refers_to_itself(work)
    while waiting:
        ready, missing = resolve_lookups(work.table_map, _copies(waiting) if in_rounds else waiting, lookups)
        ready, rowless = _existing(work, ready)
        counts += settle_moves(work, ready)
        stored, kept, failed = _store_all(work, ready, store)
        counts, taken = counts + stored, taken + kept
        refused += rowless + failed
        again = {item.key for item in missing}
        waiting = [row for row in waiting if row.key in again] if in_rounds else []
        if waiting and not kept:
            begun = _begin_circles(work, waiting, lookups)
            counts += Counts(inserted=begun, updated=-begun)  # the next round gives them what they lack
            waiting = waiting if begun else []
        if not waiting:
            refused += missing
    return counts, taken, refused


def _begin_circles(work: Work, waiting: Sequence[Mapped], lookups: Lookups) -> int:
    """Make the rows that lack nothing but each other, without the look-ups that lead there; how many. It is tried first."""
    rows = list(waiting) if work.table_map.creates else []
    while circle := find_circles(work.table_map, rows, lookups):
        ready, _ = resolve_lookups(work.table_map, _copies(circle), lookups)
        key = work.table_map.model.integration_key
        there = work.rows.resolve(work.table_map.entity.key, key, {_key_of(row, key) for row in ready})
        new = [row for row in ready if _key_of(row, key) not in there]
        names = {row.key for row in circle}
        rows = [row for row in rows if row.key in names]
        with work.connection.begin_nested() as trial:
            failed = [refusal for group in _by_attributes(new) for refusal in _store_group(work, group, _try)[2]]
            _, missing = resolve_lookups(work.table_map, _copies(rows), Lookups(work.rows))
            trial.rollback()
        at_fault = {refusal.key for refusal in (*failed, *missing)}
        if not at_fault:
            return len(_store_all(work, new, upsert)[1])
        rows = [row for row in rows if row.key not in at_fault]
    return 0


def _try(work: Work, rows: Sequence[Mapped]) -> Counts:
    """Store rows that are taken back at once, and of which nothing is noted."""
    key = work.table_map.model.integration_key
    work.rows.upsert(work.table_map.entity.key, key, [row.values for row in rows], images=[])
    return Counts()


def _copies(rows: Sequence[Mapped]) -> list[Mapped]:
    """Rows whose values may be changed while the natural keys of the originals stay."""
    return [row._replace(values=dict(row.values)) for row in rows]


def _refers_to_itself(work: Work) -> bool:
    entity = work.table_map.entity.key
    return any(item.lookup is not None and entity in item.lookup.targets for item in work.table_map.inward)


def _hold_back(work: Work, mapped: list[Mapped]) -> tuple[list[Mapped], list[Refusal]]:
    """Rows that a submission is sending right now wait until it has ended."""
    through = work.table_map.model.write_through
    if through is None or not mapped:
        return mapped, []
    keys = {row.key: str(row.record.get(through.key_column) or "") for row in mapped}
    flying = in_flight(work.connection, {key for key in keys.values() if key})
    refused = [
        Refusal(row.key, row.record, "in_flight", "it is being submitted from here right now")
        for row in mapped
        if keys[row.key] in flying
    ]
    return [row for row in mapped if keys[row.key] not in flying], refused


def _existing(work: Work, rows: list[Mapped]) -> tuple[list[Mapped], list[Refusal]]:
    """For a map that only adds to rows of others: the rows that are there."""
    if work.table_map.creates or not rows:
        return rows, []
    key = work.table_map.model.integration_key
    wanted = {_key_of(row, key) for row in rows}
    there = work.rows.resolve(work.table_map.entity.key, key, wanted)
    reason = f"there is no {work.table_map.entity.key} with this {', '.join(key)} yet"
    missing = [Refusal(row.key, row.record, "row", reason) for row in rows if _key_of(row, key) not in there]
    if work.table_map.skips:
        missing = []  # they were rejected in the first pass, with a better reason
    return [row for row in rows if _key_of(row, key) in there], missing


def _key_of(row: Mapped, key: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row.values[name] for name in key)


def _store_all(work: Work, rows: Sequence[Mapped], store: Store) -> tuple[Counts, list[Mapped], list[Refusal]]:
    rows = guarded(work, rows)
    taken = _adopt(work, rows)
    adopted = {row.key for row in taken}
    counts, failed = Counts(updated=len(taken)), list[Refusal]()
    for group in _by_attributes(row for row in rows if row.key not in adopted):
        more, kept, bad = _store_group(work, group, store)
        counts, taken, failed = counts + more, taken + kept, failed + bad
    return counts, taken, failed


def _adopt(work: Work, rows: Sequence[Mapped]) -> list[Mapped]:
    """Rows that were sent from here are already ours: they are found by their external key, once, and brought up to date."""
    through = work.table_map.model.write_through
    if through is None:
        return []
    outside = {str(row.record.get(through.key_column) or ""): row for row in rows}
    linked = linked_records(work.connection, work.table_map.key, outside)
    there = {row["id"] for row in work.rows.read(work.table_map.entity.key, linked.values(), ())}
    ours = {key: record_id for key, record_id in linked.items() if record_id in there}
    accepted = {key for key in ours if is_accepted(through, outside[key].record)}
    for key, record_id in ours.items():
        cleared = no_message(work.table_map) if key in accepted else {}
        work.rows.upsert(work.table_map.entity.key, ("id",), [{"id": record_id, **outside[key].values, **cleared}])
    unlink(work.connection, work.table_map.key, linked.keys() - (ours.keys() - accepted))
    mended(work.connection, accepted, work.now)
    return [outside[key] for key in ours]


def _by_attributes(rows: Iterable[Mapped]) -> list[list[Mapped]]:
    groups: dict[tuple[str, ...], list[Mapped]] = {}
    for row in rows:
        groups.setdefault(tuple(row.values), []).append(row)
    return list(groups.values())


def _store_group(work: Work, rows: Sequence[Mapped], store: Store) -> tuple[Counts, list[Mapped], list[Refusal]]:
    """Store rows; where the database refuses, halve until the rows at fault stand alone."""
    if not rows:
        return Counts(), [], []
    try:
        with work.connection.begin_nested():
            return store(work, rows), list(rows), []
    except DATABASE_REFUSES as fault:
        if len(rows) == 1:
            return Counts(), [], [Refusal(rows[0].key, rows[0].record, "database", first_line(fault))]
    half, again = len(rows) // 2, upsert if store is bulk else store
    one = _store_group(work, rows[:half], again)
    two = _store_group(work, rows[half:], again)
    return one[0] + two[0], one[1] + two[1], one[2] + two[2]


def upsert(work: Work, rows: Sequence[Mapped]) -> Counts:
    """Store rows by integration key, row by row where they changed."""
    values: list[Mapping[str, Any]] = [row.values for row in rows]
    done = work.rows.upsert(work.table_map.entity.key, work.table_map.model.integration_key, values)
    return Counts(inserted=done.inserted, updated=done.updated, unchanged=done.unchanged)


def bulk(work: Work, rows: Sequence[Mapped]) -> Counts:
    """Store rows by integration key in the way that is fastest for many."""
    columns = tuple(rows[0].values)
    values = [tuple(row.values.values()) for row in rows]
    done = work.rows.bulk_load(work.table_map.entity.key, work.table_map.model.integration_key, columns, values)
    return Counts(inserted=done.inserted, updated=done.updated, unchanged=done.unchanged)


def _settle(work: Work, taken: Sequence[Mapped], refused: Sequence[Refusal], *, fresh: bool) -> None:
    """Rejects after a batch: those of taken keys go, refused ones come, in place of older ones."""
    table_map = work.table_map
    if taken and has_rejects(work.connection, table_map.key):
        drop_rejects(work.connection, table_map.key, [row.key for row in taken])
    keep_rejects(work.connection, table_map.key, refused, work.now)
    if fresh:
        came = {item.key[:KEY_LENGTH]: item.record for item in refused if item.code != DRIFTED}
        keep_refused(work.connection, table_map, came, [row.key for row in taken])
    bring_back(work, taken)
    keep_adjusted(work, taken)
    if keeps_seen(table_map):
        key = table_map.model.integration_key
        records = {row.key: (row.record, _key_of(row, key)) for row in taken}
        keep_seen(work.connection, table_map, records)
        if has_identities(table_map):
            keep_identities(work.connection, table_map, records)
