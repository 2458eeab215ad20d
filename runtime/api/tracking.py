"""Delta links: a program is told what is different from what it was told before, and nothing else.

What it was told is compared with what it would be told now. So a row is new, changed or removed for it by whatever cause: a
write, a permission, an account that moved, a condition that holds no longer, a value that is worked out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from runtime.api.calls import Answer, Call, Caller
from runtime.api.faults import ApiFault, bad, not_offered, told
from runtime.api.model import EntitySet
from runtime.api.objects import Entity
from runtime.api.reading import (
    Columns,
    ask_for,
    collection,
    columns_for,
    context_of,
    number_of,
    plan_for,
)
from runtime.api.told import KEPT, Asker, Told, Written, find, follow, hash_of, keep, prolong
from runtime.identity.sessions import utc_now
from runtime.identity.tokens import new_token
from runtime.odata.options import Options, read_options
from runtime.odata.values import KEY
from runtime.records.gone import gone_among
from runtime.records.keyset import read_token
from runtime.records.lists import fetch_list
from runtime.records.prepared import Row

TRACK = "odata.track-changes"
NAMES = (TRACK, "track-changes")
TRACKED = frozenset({"$select", "$filter", "$orderby", "$count", "$format", "$skiptoken", "$deltatoken"})
"""The options of a question whose answers can be compared."""
MOST_ROWS = 100_000
"""How many rows an answer may have that is kept."""
AT_ONCE = 2_000
CHANGES = 5_000
"""How many rows are told of in one answer."""
GONE = "Gone"


@dataclass(frozen=True, slots=True)
class Place:
    """What a $deltatoken says: a token, and which page of the first answer is asked for (0 for what is different)."""

    token: str
    page: int = 0

    @classmethod
    def read(cls, text: str) -> Place:
        """The place in a text. Raises ApiFault."""
        token, _, page = text.partition(".")
        if page and not (page.isascii() and page.isdecimal() and len(page) < 6):
            raise bad("This $deltatoken is none of ours.", "$deltatoken")
        return cls(token, int(page or 0))


def tracked(caller: Caller, call: Call, entity_set: EntitySet, options: Options, *, related: bool) -> Answer | None:
    """The answer to who follows a delta link, or prefers to be given one; None to all others. Raises ApiFault."""
    if options.deltatoken:
        if related or options.apply:
            raise not_offered("$deltatoken here", "$deltatoken")
        return _later(caller, entity_set, options)
    if not related and not options.skiptoken and _tracks(caller, call, options):
        return _first_page(caller, entity_set, options)
    return None


def _tracks(caller: Caller, call: Call, options: Options) -> bool:
    """Whether the caller prefers to be told of changes later, and can be: a person, with a question that can be asked again."""
    principal = caller.principal
    if principal.contact is None or principal.read_only or principal.share is not None:
        return False
    return any(call.prefers(name) for name in NAMES) and _names(options) <= TRACKED


def _first_page(caller: Caller, entity_set: EntitySet, options: Options) -> Answer:
    """The first page of an answer that is kept; not kept where there are too many rows, as a preference need not be met."""
    if number_of(caller, entity_set, Options(filter=options.filter)) > MOST_ROWS:
        return Answer(body=collection(caller, entity_set, options))
    return _page(caller, entity_set, options, Place(new_token()))


def _later(caller: Caller, entity_set: EntitySet, options: Options) -> Answer:
    """What a $deltatoken asks for: a further page of the first answer, or what is different. Raises ApiFault."""
    place = Place.read(options.deltatoken)
    known = find(caller.context.connection, _asker(caller), entity_set.name, place.token)
    if known is None:
        raise ApiFault(410, GONE, "This link is over; ask for all rows anew, with Prefer: odata.track-changes.")
    if options.skiptoken:
        if _question(options) != known.question or not place.page:
            raise bad("A link is followed as it was given.", "$deltatoken")
        return _page(caller, entity_set, options, place, known)
    if _names(options) != {"$deltatoken"} or place.page:
        raise bad("A link is followed as it was given.", "$deltatoken")
    return Answer(body=_different(caller, entity_set, place.token, known))


def _page(caller: Caller, entity_set: EntitySet, options: Options, place: Place, known: Told | None = None) -> Answer:
    """A page of the first answer, kept before it is sent."""
    texts = tuple(pair for pair in options.texts if pair[0] != "$deltatoken")
    following = replace(options, texts=(*texts, ("$deltatoken", f"{place.token}.{place.page + 1}")))
    page = collection(caller, entity_set, following)
    rows = {row[KEY]: hash_of(row) for row in page["value"]}
    if known is not None and len(known.rows.keys() | rows) > MOST_ROWS:
        raise ApiFault(410, GONE, "There are too many rows by now; ask for them without odata.track-changes.")
    with caller.context.lease.transaction() as connection:
        keep(connection, place.token, Told(_asker(caller), entity_set.name, _question(options), rows), place.page)
    if "@odata.nextLink" not in page:
        page["@odata.deltaLink"] = _link(caller, entity_set, place.token)
    return Answer(body=page, headers={"Preference-Applied": TRACK})


def _different(caller: Caller, entity_set: EntitySet, token: str, known: Told) -> Entity:
    """The rows that are written otherwise by now, and those that are not among the answer any more."""
    options = read_options(known.question)
    columns = columns_for(caller, entity_set, options)
    now: Written = dict(known.rows)
    value: list[Entity] = []
    seen: set[int] = set()
    whole = True
    for row in _all_rows(caller, columns, options):
        (entity,) = columns.entities([row])
        mark = hash_of(entity)
        seen.add(row[0])
        if now.get(row[0]) != mark:
            if len(value) == CHANGES:
                whole = False
                break
            now[row[0]] = mark
            value.append(entity)
    if whole:
        lost = sorted(now.keys() - seen)
        gone = gone_among(caller.reader, caller.snapshot, caller.principal, entity_set.entity.key, lost)
        value += [_removed(caller, entity_set, row, "deleted" if row in gone else "changed") for row in lost]
        now = {row: mark for row, mark in now.items() if row in seen}
    if len(now) > MOST_ROWS:
        raise ApiFault(410, GONE, "There are too many rows by now; ask for them without odata.track-changes.")
    answer: Entity = {"@odata.context": f"{context_of(caller, entity_set, options)}/$delta", "value": value}
    following = _kept(caller, token, known, now)
    answer["@odata.deltaLink" if whole else "@odata.nextLink"] = _link(caller, entity_set, following)
    return answer


def _kept(caller: Caller, token: str, known: Told, now: Written) -> str:
    """The token of what is told by now: the one before where nothing is different, kept for longer once in a while."""
    same = now == known.rows
    due = known.expires_at is not None and known.expires_at - utc_now() < KEPT / 2
    if same and not due:
        return token
    with caller.context.lease.transaction() as connection:
        follow(connection, token)
        if same:
            prolong(connection, token)
            return token
        following = new_token()
        keep(connection, following, replace(known, rows=now, before=token))
    return following


def _all_rows(caller: Caller, columns: Columns, options: Options) -> Iterator[Row]:
    """All rows of an answer, in the order of their ids, which no write changes between two statements."""
    plan = plan_for(caller, columns.set, columns.selected)
    ask = replace(ask_for(caller, columns.set, replace(options, orderby=())), page_size=AT_ONCE)
    with told("read", columns.set.name):
        page = fetch_list(caller.reader, plan, caller.principal, ask)
        yield from page.rows
        while page.next_after:
            anchor = read_token(plan, plan.sort, page.next_after)
            page = fetch_list(caller.reader, plan, caller.principal, replace(ask, anchor=anchor, direction="after"))
            yield from page.rows


def _removed(caller: Caller, entity_set: EntitySet, row: int, reason: str) -> dict[str, Any]:
    return {"@removed": {"reason": reason}, "@odata.id": f"{caller.root}/{entity_set.name}({row})", KEY: row}


def _link(caller: Caller, entity_set: EntitySet, token: str) -> str:
    return f"{caller.root}/{entity_set.name}?$deltatoken={token}"


def _asker(caller: Caller) -> Asker:
    return Asker(caller.principal.contact or 0, caller.site.key, caller.program)


def _names(options: Options) -> set[str]:
    return {name for name, _ in options.texts if not name.startswith("@")}


def _question(options: Options) -> tuple[tuple[str, str], ...]:
    """What was asked, without where in the answer."""
    return tuple(pair for pair in options.texts if pair[0] not in ("$skiptoken", "$deltatoken", "$format"))
