"""The pages of the site as a tree: each is moved among its siblings, or below another page; every move is a draft."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from metadata.model import ComponentId
from metadata.store import EditedMeanwhile, Sketch
from runtime.errors import AccessDenied, BadRequest, ChangedMeanwhile
from runtime.studio.bench import Item
from runtime.studio.desk import Desk, open_desk
from runtime.studio.saving import named

KIND = "page"
MOVES = ("up", "down", "out", "into")
WHOLE = 300
"""So many pages are shown as a whole tree; of more, a branch at a time."""


@dataclass(frozen=True, slots=True)
class Twig:
    """A page in the tree: how deep it stands, its part of the address, and its neighbours' keys, "" for none.

    `closed` is the number of pages below it that are not shown.
    """

    item: Item
    label: str
    depth: int
    part: str
    before: str = ""
    after: str = ""
    closed: int = 0


def page_tree() -> Response:
    """All pages as a tree."""
    desk = _open()
    below, opened = _below(desk), request.args.get("open", "")
    whole = sum(map(len, below.values())) <= WHOLE
    shown = frozenset(below) if whole else frozenset(_way_to(below, opened)) | {item.id.key for item in below[""]}
    return desk.page(
        "pages.html",
        title=desk.say("studio.page_tree"),
        kind=KIND,
        twigs=tuple(_twigs(desk, below, "", shown | {""})),
        moved=opened,
        did=request.args.get("did", ""),
    )


def move_page() -> Response:
    """One page moved: up or down among its siblings, out to where its parent stands, or into the one before it."""
    desk = _open()
    act, _, key = request.form.get("do", "").partition(":")
    below = _below(desk)
    place = next((parent for parent, items in below.items() if any(item.id.key == key for item in items)), None)
    if act not in MOVES or place is None:
        raise BadRequest
    siblings = [item.id.key for item in below[place]]
    at = siblings.index(key)
    parent, order = place, list(siblings)
    if act in ("up", "down"):
        order.insert(max(0, at + (-1 if act == "up" else 1)), order.pop(at))
    elif act == "out" and place:
        parent = next((above for above, items in below.items() if any(item.id.key == place for item in items)), "")
        order = [item.id.key for item in below[parent]]
        order.insert(order.index(place) + 1, key)
    elif act == "into" and at:
        parent = siblings[at - 1]
        order = [*(item.id.key for item in below.get(parent, ())), key]
    if parent or place == "":
        _keep(desk, key, parent, order)
    response = desk.go("pages")
    # No fragment: with one in its address a browser focuses nothing by itself.
    response.location = f"{response.location}?{urlencode({'open': key, 'did': act})}"
    return response


def _open() -> Desk:
    desk = open_desk()
    if KIND not in desk.reach.kinds:
        raise AccessDenied
    return desk


def _below(desk: Desk) -> Mapping[str, list[Item]]:
    """The pages below each, in order; those whose parent is not there stand at the top."""
    items = {item.id.key: item for item in desk.within(KIND)}
    found: dict[str, list[Item]] = {"": []}
    for key, item in items.items():
        parent = str(item.data.get("parent") or "")
        found.setdefault(parent if parent in items and not _circular(items, key) else "", []).append(item)
    for siblings in found.values():
        siblings.sort(key=lambda item: (_order(item), item.id.key))
    return found


def _circular(items: Mapping[str, Item], key: str) -> bool:
    seen: set[str] = set()
    while key in items and key not in seen:
        seen.add(key)
        key = str(items[key].data.get("parent") or "")
    return key in seen


def _order(item: Item) -> int:
    order: Any = item.data.get("order")
    return order if isinstance(order, int) and not isinstance(order, bool) else 0


def _way_to(below: Mapping[str, list[Item]], key: str) -> Iterator[str]:
    """A page and those above it."""
    above = {item.id.key: parent for parent, items in below.items() for item in items}
    while key in above:
        yield key
        key = above[key]


def _twigs(desk: Desk, below: Mapping[str, list[Item]], parent: str, shown: frozenset[str], depth: int = 0) -> Iterator[Twig]:
    """The pages below one, and below those that are shown open."""
    siblings = below.get(parent, [])
    for place, item in enumerate(siblings):
        data = item.data
        entity = str(data.get("record_entity") or "")
        part = f"{{{entity}}}" if entity else str(data.get("partial_url") or "")
        before = siblings[place - 1].id.key if place else ""
        after = siblings[place + 1].id.key if place + 1 < len(siblings) else ""
        closed = 0 if item.id.key in shown else len(below.get(item.id.key, ()))
        yield Twig(item, desk.label(item), depth, part, before, after, closed)
        if not closed:
            yield from _twigs(desk, below, item.id.key, shown, depth + 1)


def _keep(desk: Desk, moved: str, parent: str, order: list[str]) -> None:
    """Save the parent of the page that was moved, and the places of all of its siblings that change."""
    sketches, expected = [], {}
    for place, key in enumerate(order):
        item = desk.bench.find(KIND, key, desk.reach.site)
        if item is None:
            continue
        data = {**item.data, "order": place}
        if key == moved and parent:
            data["parent"] = parent
        if data != dict(item.data):
            sketches.append(Sketch(item.id, named(item.id, data)))
            expected[item.id] = item.head.number
    if not sketches:
        return
    desk.prove()
    name = ComponentId(KIND, moved, desk.reach.site)
    try:
        desk.store.save((), desk.author, f"{name} moved", expected=expected, sketches=sketches)
    except EditedMeanwhile as error:
        raise ChangedMeanwhile from error
    desk.note("draft", KIND, 0, component=str(name), moved=True)
