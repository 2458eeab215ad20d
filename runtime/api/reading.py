"""Rows out: collections, single rows, and what stands beside them, each level in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote

from metadata.searching import index_of
from runtime.access import access_of
from runtime.api.calls import Caller, tag
from runtime.api.conditions import Conditions
from runtime.api.faults import bad, fault_of, not_enabled, not_offered, told
from runtime.api.model import EntitySet, Navigation, Property
from runtime.api.objects import Entity, WriteRows, rows_writer
from runtime.odata.options import Expanded, Options, Order
from runtime.odata.values import KEY, as_it_is
from runtime.passing import passing
from runtime.records.ask import ListAsk
from runtime.records.beside import Beside, fetch_beside
from runtime.records.clauses import Always, Narrowed, Unranked
from runtime.records.counting import count_exactly
from runtime.records.errors import BadAsk, Denied
from runtime.records.keyset import read_token
from runtime.records.lists import fetch_list, fetch_row
from runtime.records.narrowing import Narrowing
from runtime.records.plan import ListPlan, Near, Selected, SortKey, plan_rows
from runtime.records.prepared import Row
from runtime.records.searching import Found, find_rows
from runtime.records.shapes import kept
from runtime.search.words import words_in

PAGE = 500
NESTED_PAGE = 100
VERSION = Selected("version")
FIRST = 2
"""Where what was selected begins in a row."""
TAG = "@odata.etag"


@dataclass(frozen=True, eq=False)
class Columns:
    """What is read of an entity set's rows: the properties to be written, and what is selected for them and for `expand`."""

    set: EntitySet
    properties: tuple[Property, ...]
    selected: tuple[Selected, ...]

    def place(self, wanted: Selected) -> int:
        """Where something stands in a row."""
        return self.selected.index(wanted) + FIRST

    @cached_property
    def _write(self) -> WriteRows:
        named = [(one.name, self.place(one.selected), one.write) for one in self.properties if one.name != KEY]
        return rows_writer(((TAG, self.place(VERSION), tag), (KEY, 0, as_it_is), *named))

    def entities(self, rows: Iterable[Row]) -> list[Entity]:
        """Rows as objects that orjson writes."""
        return self._write(rows)


@passing
class Beginning:
    """The row that a collection is related to, and how."""

    set: EntitySet
    id: int
    way: Navigation


def columns_for(caller: Caller, entity_set: EntitySet, options: Options) -> Columns:
    """What is read. Raises ApiFault for what is not there, not enabled or not permitted."""
    if options.expand:
        return _columns_for(caller, entity_set, options)
    key = ("api columns", caller.principal.standing, entity_set, options.select)
    return kept(caller.snapshot, key, lambda: _columns_for(caller, entity_set, options))


def _columns_for(caller: Caller, entity_set: EntitySet, options: Options) -> Columns:
    readable = entity_set.readable(caller.snapshot, caller.principal.standing)
    chosen = readable
    if options.select is not None and "*" not in options.select:
        for name in options.select:
            if name in entity_set.navigations:
                raise not_offered(f"selecting {name}; follow it with $expand", "$select")
        standing = caller.principal.standing
        named = [entity_set.property(name, standing, caller.snapshot) for name in options.select]
        chosen = tuple(named)
    selected = [VERSION, *(one.selected for one in chosen if one.name != KEY)]
    for item in _ways(caller, entity_set, options.expand):
        way = entity_set.navigation(item.name)
        if not way.many:
            selected += [Selected(way.attribute, "reached")]
            if entity_set.entity.attributes[way.attribute].polymorphic:
                selected += [Selected(way.attribute, "entity")]
    return Columns(entity_set, chosen, tuple(dict.fromkeys(selected)))


def collection(caller: Caller, entity_set: EntitySet, options: Options, start: Beginning | None = None) -> Entity:
    """A page of rows. Raises ApiFault."""
    columns = columns_for(caller, entity_set, options)
    plan = plan_for(caller, entity_set, columns.selected, start)
    ask = ask_for(caller, entity_set, options)
    size = PAGE if options.top is None else min(PAGE, options.top)
    anchor = _anchor(plan, ask.sort, options.skiptoken) if options.skiptoken else ()
    left = None if options.top is None else options.top - size
    ask = replace(ask, page_size=size, anchor=anchor, direction="after" if anchor else "", placed=left != 0)
    near = start.id if start is not None else None
    page = fetch_list(caller.reader, plan, caller.principal, ask, near=near) if size else None
    rows = page.rows if page else []
    found = columns.entities(rows)
    follow(caller, columns, options.expand, rows, found)
    answer: Entity = {"@odata.context": context_of(caller, entity_set, options)}
    if options.count:
        answer["@odata.count"] = count_exactly(caller.reader, plan, caller.principal, ask, near=near)
    answer["value"] = found
    if page and page.next_after and left != 0:
        place = f"{entity_set.name}" if start is None else f"{start.set.name}({start.id})/{start.way.name}"
        answer["@odata.nextLink"] = f"{caller.root}/{place}?{_next(options, page.next_after, left)}"
    return answer


def number_of(caller: Caller, entity_set: EntitySet, options: Options, start: Beginning | None = None) -> int:
    """How many rows there are for which $filter holds. Raises ApiFault."""
    entity_set.readable(caller.snapshot, caller.principal.standing)
    plan = plan_for(caller, entity_set, (VERSION,), start)
    ask = ask_for(caller, entity_set, options)
    return count_exactly(caller.reader, plan, caller.principal, ask, near=start.id if start is not None else None)


def is_among(caller: Caller, start: Beginning, row: int) -> bool:
    """Whether a row that may be read is among those that a way leads to. Raises ApiFault."""
    target = caller.offer.by_entity[start.way.entity]
    plan = plan_for(caller, target, (VERSION,), start)
    return fetch_row(caller.reader, plan, caller.principal, row, near=start.id) is not None


def single(caller: Caller, entity_set: EntitySet, row: int, options: Options) -> tuple[Entity, int, bool] | None:
    """A row, its version, and whether the version tells all about it; None where it is not there or may not be read."""
    columns = columns_for(caller, entity_set, options)
    plan = plan_for(caller, entity_set, columns.selected)
    found = fetch_row(caller.reader, plan, caller.principal, row)
    if found is None:
        return None
    entities = columns.entities([found])
    follow(caller, columns, options.expand, [found], entities)
    lasting = not options.expand and not any(one.attribute.calculated or one.part != "value" for one in columns.properties)
    answer = {"@odata.context": f"{context_of(caller, entity_set, options)}/$entity", **entities[0]}
    return answer, found[columns.place(VERSION)], lasting


def plan_for(caller: Caller, entity_set: EntitySet, selected: tuple[Selected, ...], start: Beginning | None = None) -> ListPlan:
    """The plan of an entity set's rows, all of them or those related to one. Raises ApiFault."""
    near = None
    if start is not None and start.way.relationship is not None:
        near = Near(start.set.entity.key, start.way.relationship.key)
    with told("read", entity_set.name):
        return plan_rows(caller.snapshot, caller.principal, entity_set.entity.key, selected, near)


def ask_for(caller: Caller, entity_set: EntitySet, options: Options, prefix: str = "f") -> ListAsk:
    """The order, the condition and the rows to leave out, as the records room takes them. Raises ApiFault."""
    conditions = Conditions(caller, entity_set, prefix)
    narrowings: tuple[Narrowing, ...] = ()
    if options.filter is not None:
        narrowings = (Narrowed(conditions.clause(options.filter)),)
    bound = tuple(conditions.bound.items())
    if options.search:
        found = searched(caller, entity_set, options.search)
        narrowings = (*narrowings, found.narrowing)
        bound = (*bound, *found.bound)
    sort = sort_for(conditions, options.orderby)
    skip = 0 if options.skiptoken else options.skip
    return ListAsk("", sort=sort, narrowings=narrowings, bound=bound, skip=skip, counted=False)


def searched(caller: Caller, entity_set: EntitySet, words: str) -> Found:
    """The narrowing to rows with some words, by the first search of the site that looks at nothing else than is offered.

    Raises ApiFault where there is none. Which attributes count is for the records room to say, row by row.
    """
    entity = entity_set.entity
    offered = {one.attribute.key for one in entity_set.properties.values()}
    for search in caller.site.searches.values():
        for item in search.entities:
            if item.entity == entity.key and {one.attribute for one in item.attributes} <= offered:
                index = index_of(caller.site.model, search, item, entity.model)
                found = find_rows(caller.reader, caller.snapshot, caller.principal, index, words_in(words))
                return (
                    Found(Narrowed(Always(False)), ()) if found is None else replace(found, narrowing=Unranked(found.narrowing))
                )
    raise not_offered(
        f"$search, as no search of the site looks at {entity_set.name} and at nothing that is not offered", "$search"
    )


def sort_for(conditions: Conditions, orderby: Sequence[Order]) -> tuple[SortKey, ...]:
    """The order of rows. Raises ApiFault."""
    keys: dict[str, bool] = {}
    for order in orderby:
        found, path, _ = conditions.path(order.path)
        if found.part != "value" or not found.attribute.type.ordered:
            raise not_offered(f"ordering by {found.name}", "$orderby")
        if path in keys:
            raise bad(f"{found.name} is there twice.", "$orderby")
        keys[path] = order.descending
    return tuple(keys.items())


def follow(caller: Caller, columns: Columns, expand: Sequence[Expanded], rows: Sequence[Row], found: Sequence[Entity]) -> None:
    """Put beside each object what its navigation properties lead to: one statement for each of them, whatever the rows.

    Raises ApiFault, also where the caller may not read what is led to: nobody takes that for empty.
    """
    for item in _ways(caller, columns.set, expand):
        way = columns.set.navigation(item.name)
        if not way.many and way.attribute not in _readable(caller, columns.set):
            raise not_enabled(way.name, columns.set.name)
        if way.many:
            _follow_many(caller, columns, way, item.options, rows, found)
        else:
            _follow_one(caller, columns, way, item.options, rows, found)


def _follow_one(
    caller: Caller, columns: Columns, way: Navigation, options: Options, rows: Sequence[Row], found: Sequence[Entity]
) -> None:
    if {name for name, _ in options.texts} - {"$select", "$expand"}:
        raise not_offered(f"options of {way.name} other than $select and $expand, as it leads to one row", "$expand")
    target = caller.offer.by_entity[way.entity]
    inner = columns_for(caller, target, options)
    place = columns.place(Selected(way.attribute, "reached"))
    several = columns.set.entity.attributes[way.attribute].polymorphic
    kind = columns.place(Selected(way.attribute, "entity")) if several else None
    ids = [row[place] if kind is None or row[kind] == way.entity else None for row in rows]
    wanted = [row for row in ids if row is not None]
    beside = _fetched(caller, target, inner, ListAsk("", page_size=1, counted=False), None, wanted)
    all_rows = [beside[row].rows[0] for row in beside]
    entities = inner.entities(all_rows)
    follow(caller, inner, options.expand, all_rows, entities)
    by_id = {row[0]: entity for row, entity in zip(all_rows, entities, strict=True)}
    for row, entity in zip(ids, found, strict=True):
        entity[way.name] = by_id.get(row) if row is not None else None


def _follow_many(
    caller: Caller, columns: Columns, way: Navigation, options: Options, rows: Sequence[Row], found: Sequence[Entity]
) -> None:
    target = caller.offer.by_entity[way.entity]
    inner = columns_for(caller, target, options)
    size = NESTED_PAGE if options.top is None else min(NESTED_PAGE, options.top)
    ask = replace(ask_for(caller, target, options), page_size=size)
    near = Near(columns.set.entity.key, way.relationship.key if way.relationship is not None else "")
    beside = _fetched(caller, target, inner, ask, near, [row[0] for row in rows])
    pages = [beside.get(row[0], Beside()) for row in rows]
    flat = [row for page in pages for row in page.rows[:size]]
    entities = inner.entities(flat)
    follow(caller, inner, options.expand, flat, entities)
    place = 0
    for row, entity, page in zip(rows, found, pages, strict=True):
        number = len(page.rows[:size])
        if options.count:
            if options.skip and not page.rows:
                raise not_offered("$count together with $skip in $expand", "$expand")
            entity[f"{way.name}@odata.count"] = page.total
        entity[way.name] = entities[place : place + number]
        place += number
        if len(page.rows) > size and (options.top is None or options.top > size):
            entity[f"{way.name}@odata.nextLink"] = _rest(caller, columns.set, row[0], way, options, size)


def _fetched(
    caller: Caller, target: EntitySet, inner: Columns, ask: ListAsk, near: Near | None, ids: Sequence[int]
) -> Mapping[int, Beside]:
    try:
        plan = plan_rows(caller.snapshot, caller.principal, target.entity.key, inner.selected)
        return fetch_beside(caller.reader, plan, caller.principal, ask, near, ids)
    except (Denied, BadAsk) as error:
        raise fault_of(error, "read", target.name) from error


def _ways(caller: Caller, entity_set: EntitySet, expand: Sequence[Expanded]) -> list[Expanded]:
    """What is followed; `*` are all ways that the caller may go."""
    found: dict[str, Expanded] = {}
    for item in expand:
        names = [item.name]
        if item.name == "*":
            names = [way.name for way in entity_set.navigations.values() if _may_go(caller, entity_set, way)]
        found |= {name: Expanded(name, item.options) for name in names if item.name != "*" or name not in found}
    return list(found.values())


def _may_go(caller: Caller, entity_set: EntitySet, way: Navigation) -> bool:
    readable = way.many or way.attribute in _readable(caller, entity_set)
    return readable and access_of(caller.snapshot, caller.principal.standing, way.entity, "read").allowed


def _readable(caller: Caller, entity_set: EntitySet) -> frozenset[str]:
    return access_of(caller.snapshot, caller.principal.standing, entity_set.entity.key, "read").attributes


def context_of(caller: Caller, entity_set: EntitySet, options: Options) -> str:
    """The address that says of what shape an answer is."""
    names = [*(options.select or ()), *(f"{item.name}()" for item in options.expand if item.name != "*")]
    shape = f"({','.join(names)})" if names else ""
    return f"{caller.root}/$metadata#{entity_set.name}{shape}"


def _anchor(plan: ListPlan, sort: tuple[SortKey, ...], token: str) -> tuple[Any, ...]:
    try:
        return read_token(plan, sort or plan.sort, token)
    except ValueError:
        raise bad("This $skiptoken is none of ours.", "$skiptoken") from None


def _next(options: Options, token: str, left: int | None) -> str:
    changed = {**dict(options.texts), "$skiptoken": token, **({} if left is None else {"$top": str(left)})}
    changed.pop("$skip", None)
    return _query(changed)


def _rest(caller: Caller, entity_set: EntitySet, row: int, way: Navigation, options: Options, size: int) -> str:
    changed = {**dict(options.texts), "$skip": str(options.skip + size)}
    if options.top is not None:
        changed["$top"] = str(options.top - size)
    return f"{caller.root}/{entity_set.name}({row})/{way.name}?{_query(changed)}"


def _query(arguments: Mapping[str, str]) -> str:
    """Arguments of an address; those of OData keep their dollar sign, as clients look for it."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in arguments.items())
