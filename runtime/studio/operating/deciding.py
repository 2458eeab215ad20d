"""Attributes that both sides have changed: both values, which one stayed, and deciding what waits for somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, flash

from connectors.conflicts import BOTH, OUTSIDE, PORTAL, Conflict, read_conflicts
from connectors.tablemap import CompiledMap
from runtime.errors import BadRequest
from runtime.pages.content import words_of
from runtime.studio.desk import Desk
from runtime.studio.operating.floor import given, home, map_label, map_of, note, open_floor, reading
from runtime.sync.steering import resolve


@dataclass(frozen=True, slots=True)
class Clash:
    """A conflict in words. `winner` is portal, outside or both, and empty while it waits for somebody; `won` says so.

    `summed` tells of a number to which both sides have added what both began from, and of a sum that waits what it would be.
    """

    number: int
    record: str
    attribute: str
    ours: str
    theirs: str
    winner: str
    moment: str
    won: str
    summed: str


def conflicts(key: str) -> Response:
    """The conflicts of a map, those to be decided first."""
    return _page(open_floor(), key)


def decide(key: str) -> Response:
    """One of two values stays."""
    desk = open_floor()
    table_map = map_of(desk, key)
    number, side = given("number"), given("side")
    if side not in (PORTAL, OUTSIDE) or not number.isascii() or not number.isdecimal() or len(number) > 18:
        raise BadRequest
    found = resolve(home(desk), (table_map,), int(number), side)
    if found is None:
        return _page(desk, key, refused=desk.say("studio.sync_decided_already"), status=409)
    note(desk, "resolve", key, conflict=found.id, attribute=found.attribute, winner=side)
    flash(desk.say("studio.sync_decided"), "good")
    return desk.go("sync", "map", key, "conflicts")


def _page(desk: Desk, key: str, *, refused: str = "", status: int = 200) -> Response:
    table_map = map_of(desk, key)
    found = read_conflicts(reading(desk), (key,))
    names = _names(desk, table_map, [item.record_id for item in found])
    clashes = [_clash(desk, item, names.get(item.record_id, "")) for item in found]
    title = desk.say("studio.sync_conflicts_of", map=map_label(desk, key))
    return desk.page(
        "sync_conflicts.html",
        title=title,
        status=status,
        map=table_map,
        name=map_label(desk, key),
        clashes=clashes,
        refused=refused,
    )


def _names(desk: Desk, table_map: CompiledMap, records: list[int]) -> dict[int, str]:
    """What the records are called, of those that are still there."""
    name = table_map.entity.model.primary_name
    if not records or not name:
        return {}
    ours = home(desk)
    with ours.read() as connection:
        found = ours.rows(connection).read(table_map.entity.key, records, (name,))
    return {row["id"]: str(row[name]) for row in found}


def _clash(desk: Desk, item: Conflict, name: str) -> Clash:
    entity = desk.context.snapshot.entities.get(item.entity)
    attribute = entity.attributes.get(item.attribute) if entity is not None else None
    label = words_of(desk.context, attribute.model.label) if attribute is not None else ""
    record = name or f"{item.entity} {item.record_id}"
    values = _shown(desk, item.ours), _shown(desk, item.theirs)
    told = item.winner, desk.formats.moment(item.at), *_sum(desk, item)
    return Clash(item.id, record, label or item.attribute, *values, *told)


def _sum(desk: Desk, item: Conflict) -> tuple[str, str]:
    """Who has won, in words, and where the sum of both comes from."""
    base, total = _shown(desk, item.base), _shown(desk, item.total)
    won = desk.say(f"studio.sync_won.{item.winner}", total=total) if item.winner else ""
    if item.total is None or item.winner not in ("", BOTH):
        return won, ""
    return won, desk.say("studio.sync_summed" if item.winner else "studio.sync_not_summed", base=base, total=total)


def _shown(desk: Desk, value: Any) -> str:
    return desk.say("studio.sync_empty") if value is None else str(value)
