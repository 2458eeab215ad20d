"""A list as places: around a point the visitor names, nearest first, with a map where the site has a tile server."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from metadata.model import ListComponent, ListMap
from runtime.context import RequestContext
from runtime.pages.list_cards import cards_of
from runtime.pages.list_rows import RowLinks
from runtime.pages.listing import Listing
from runtime.pages.part import BlockAsk
from runtime.pages.place_view import Place, PlaceSearch, PlacesView
from runtime.pages.queries import UnusableArgument
from runtime.pages.speech import formats_of, text_of
from runtime.records.lists import ListPage
from runtime.records.nearby import Around, Point, bound_around, distance
from runtime.records.plan import ListPlan
from runtime.records.statement import DEEP_PAGE as DEEP
from runtime.security import content_policy, permissions_policy

NEAR, WITHIN = "near", "within"
TILES, CREDIT = "map/tiles", "map/credit"
_NUMBER = r"([+-]?\d{1,3}(?:\.\d{1,12})?)"
_PLACE = re.compile(rf"\s*{_NUMBER}\s*[,;\s]\s*{_NUMBER}\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where rows are looked for: within so much of a point, which the visitor or the list has named."""

    point: Point
    within: int


def place_paths(model: ListComponent) -> tuple[str, ...]:
    """What a plan must select besides its columns."""
    return (model.map.latitude, model.map.longitude) if model.map else ()


def place_arguments(model: ListComponent) -> frozenset[str]:
    """The arguments that a list of places takes from the address."""
    return frozenset({NEAR, WITHIN}) if model.map else frozenset()


def wanted_place(ask: BlockAsk, declared: ListMap) -> Wanted | None:
    """The place asked for, else the list's own; None where there is neither. Raises UnusableArgument."""
    own = ask.query.own
    within = _within(ask, declared, own.get(WITHIN, ""))
    if own.get(NEAR, "").strip():
        point = read_point(own[NEAR])
        if point is None:
            raise UnusableArgument(ask.query.name(NEAR))
        return Wanted(point, within)
    centre = read_point(declared.centre)
    return None if centre is None else Wanted(centre, within)


def read_point(text: str) -> Point | None:
    """The point that a text such as "59.33, 18.07" names, or None."""
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    try:
        return Point(float(found[1]), float(found[2]))
    except ValueError:
        return None


def around(declared: ListMap, wanted: Wanted) -> tuple[Around, tuple[tuple[str, Any], ...]]:
    """The narrowing of a list to a place, and the values of its binds."""
    narrowing = Around(declared.latitude, declared.longitude)
    return narrowing, bound_around(wanted.point, wanted.within, declared.unit)


def place_search(ask: BlockAsk, declared: ListMap) -> PlaceSearch:
    """The form for a place, as it was filled in."""
    query, text = ask.query, text_of(ask.context)
    chosen = _within(ask, declared, query.own.get(WITHIN, ""))
    leave = {NEAR: None, WITHIN: None, "page": None, "after": None, "before": None}
    return PlaceSearch(
        url=query.path,
        near=query.name(NEAR),
        value=query.own.get(NEAR, ""),
        within=query.name(WITHIN),
        distances=tuple((one, text(f"place.{declared.unit}", distance=one), one == chosen) for one in declared.distances),
        hidden=query.hidden(*leave),
        clear=query.link(**leave) if query.own.get(NEAR) else "",
        mapped=bool(ask.context.site.settings.get(TILES)),
    )


def places_view(
    ask: BlockAsk, declared: ListMap, plan: ListPlan, page: ListPage, listing: Listing, links: RowLinks
) -> PlacesView:
    """The rows of a page as places, with their marks on the map."""
    context, wanted = ask.context, wanted_place(ask, declared)
    points = [_point(plan, declared, row) for row in page.rows]
    far = ["" if wanted is None or point is None else _far(context, declared, wanted.point, point) for point in points]
    rows = tuple(
        Place(card.name, card.url, near, tuple((fact.label, fact.value) for fact in card.facts))
        for card, near in zip(cards_of(page, listing, links), far, strict=True)
    )
    marks = [
        {"at": [point.latitude, point.longitude], "name": str(row.name.striptags()), "url": row.url, "far": row.distance}
        for point, row in zip(points, rows, strict=True)
        if point is not None
    ]
    settings = context.site.settings
    return PlacesView(
        rows,
        tiles=settings.get(TILES, ""),
        credit=settings.get(CREDIT, ""),
        points=json.dumps(marks, ensure_ascii=False),
        centre="" if wanted is None else f"{wanted.point.latitude},{wanted.point.longitude}",
    )


def map_headers(context: RequestContext) -> tuple[tuple[str, str], ...]:
    """What the answer must say so that a browser shows the map's pictures, and may tell where the visitor is."""
    tiles = urlsplit(context.site.settings.get(TILES, "").replace("{s}", "*"))
    hosts = (f"{tiles.scheme}://{tiles.netloc}",) if tiles.netloc else ()
    return ("Content-Security-Policy", content_policy(hosts)), ("Permissions-Policy", permissions_policy("geolocation"))


def countable(page: ListPage) -> ListPage:
    """A page whose neighbours are told by number, since rows by distance have no place in a sorted list to go on from."""
    pages = min(page.pages or DEEP, DEEP)
    return replace(page, pages=pages, next_after=page.next_after if page.page < pages else None)


def _within(ask: BlockAsk, declared: ListMap, raw: str) -> int:
    if not raw:
        return declared.distances[len(declared.distances) // 2]
    found = next((one for one in declared.distances if str(one) == raw), None)
    if found is None:
        raise UnusableArgument(ask.query.name(WITHIN))
    return found


def _point(plan: ListPlan, declared: ListMap, row: Sequence[Any]) -> Point | None:
    columns = plan.column(declared.latitude), plan.column(declared.longitude)
    values = [None if column is None else row[column.index] for column in columns]
    if values[0] is None or values[1] is None:
        return None
    try:
        return Point(float(values[0]), float(values[1]))
    except ValueError:
        return None


def _far(context: RequestContext, declared: ListMap, one: Point, other: Point) -> str:
    length = distance(one, other, declared.unit)
    number = Decimal(str(round(length, 1 if length < 10 else 0)))
    return text_of(context)(f"place.{declared.unit}", distance=formats_of(context).number(number))
