"""Texts of a page or a snippet, edited from the place where they stand, and the switch that shows where that can be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from flask import Response, flash, make_response, redirect, request, session

from metadata.errors import Problem
from metadata.model import KINDS
from runtime.errors import AccessDenied, PageNotFound
from runtime.pages.in_place import CHOSEN, RIGHT
from runtime.security import local_path
from runtime.studio.bench import Item, made
from runtime.studio.desk import Desk, open_desk
from runtime.studio.editing import data_at, keep, laid_out, number_of
from runtime.studio.entries import Entry, id_of
from runtime.studio.places import place_of
from runtime.studio.posted import read_texts
from runtime.studio.saving import named
from runtime.studio.viewing.guise import DRAFT, Guise, split_guise

EDITED = ("page", "snippet")
BLOCKS = "blocks"
"""Of a page as a whole the texts of its blocks are left out: each is edited where it stands."""


def submit_in_place() -> Response:
    """Turn editing in place on or off, and go back to the page: to its drafts, for who may look at those."""
    desk = open_desk()
    if not desk.reach.has(RIGHT):
        raise AccessDenied
    path = local_path(request.form.get("back", "")) or desk.context.url("/")
    found = split_guise(path)
    if request.form.get("do") == "off":
        session.pop(CHOSEN, None)
        path = found[1] if found else path
    else:
        session[CHOSEN] = True
        path = _with_drafts(desk, path) if found is None else path
    return make_response(redirect(path, 303))


def _with_drafts(desk: Desk, path: str) -> str:
    """The same address as the person would see it with the drafts, where they may look through anybody's eyes."""
    principal = desk.context.principal
    if not desk.reach.views_as:
        return path
    return f"{Guise(DRAFT, 'contact', str(principal.contact), principal.acting).base}{path}"


def texts(kind: str, key: str) -> Response:
    """The texts of a part of a page, or of a snippet, as they are in its draft."""
    desk = open_desk()
    item = _item(desk, kind, key)
    part, back = request.args.get("part", ""), local_path(request.args.get("back", ""))
    return _editor(desk, item, item.data, item.head.number, part, back)


def submit_texts(kind: str, key: str) -> Response:
    """Keep what was posted as a draft, and go back to the page. Two who changed the same are asked as in the editor."""
    desk = open_desk()
    item = _item(desk, kind, key)
    part, back = request.form.get("part", ""), local_path(request.form.get("back", ""))
    base = number_of(request.form.get("base", ""))
    held = data_at(desk.store, item.id, base) or item.data
    known = [entry.path for entry in _shown(desk, item, held, (), part)]
    data = named(item.id, with_texts(held, read_texts(request.form.items(multi=True), known)))
    told = made(item.id, data)[1]
    if told:
        return _editor(desk, item, data, base, part, back, told=told)
    return keep(desk, item, data, base, to=back)


def with_texts(held: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Plain data with other texts at some paths; None takes the text away. A path that leads nowhere changes nothing."""
    data = deepcopy(dict(held))
    for path, value in given.items():
        *above, last = path.split(".")
        place: Any = data
        for step in above:
            inside = step.isdecimal() and isinstance(place, list) and int(step) < len(place)
            place = place[int(step)] if inside else place.get(step) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.pop(last, None) if value is None else place.__setitem__(last, value)
    return data


def _item(desk: Desk, kind: str, key: str) -> Item:
    if kind not in EDITED:
        raise PageNotFound
    item = desk.item(kind, key)
    if item.head.deleted:
        raise PageNotFound
    return item


def _editor(
    desk: Desk,
    item: Item,
    data: Mapping[str, Any],
    base: int,
    part: str,
    back: str,
    *,
    told: Sequence[Problem] | None = None,
) -> Response:
    problems = desk.bench.told(item.id) if told is None else told
    entries = tuple(_shown(desk, item, data, problems, part))
    if not entries:  # the draft has no such part any more
        flash(desk.say("in_place.gone"), "warn")
        entries = tuple(_shown(desk, item, data, problems, ""))
    return desk.page(
        "texts.html",
        title=desk.say("in_place.title", what=desk.label(item)),
        status=200 if told is None else 422,
        opened=item,
        item=item,
        entries=entries,
        names=[(entry, place_of(KINDS[item.id.kind].model, data, entry.path, desk.property)) for entry in entries],
        base=base,
        part=part,
        back=back or desk.address("edit", item.id),
        unsaved=told is not None,
        focus=id_of(entries[0].path),
    )


def _shown(desk: Desk, item: Item, data: Mapping[str, Any], problems: Sequence[Problem], part: str) -> Iterator[Entry]:
    """The texts of a part, in their order; of blocks other than texts without the words that they do not show."""
    _, entries = laid_out(desk, item.id, data, problems, "")
    found = _texts(entries)
    if part:
        shown: Iterable[Entry] = (entry for entry in found if entry.path.startswith(f"{part}."))
    else:
        shown = (entry for entry in found if not entry.path.startswith(f"{BLOCKS}."))
    for entry in shown:
        block = _block(data, entry.path)
        if block is None or block.get("type") == "text":
            yield entry


def _block(data: Mapping[str, Any], path: str) -> Mapping[str, Any] | None:
    """The block whose own words stand at a path, which those of type `text` alone show."""
    above, _, last = path.partition(".")
    place, _, name = last.partition(".")
    blocks = data.get(BLOCKS)
    if above != BLOCKS or name != "text" or not isinstance(blocks, list):
        return None
    block = blocks[int(place)] if place.isdecimal() and int(place) < len(blocks) else None
    return block if isinstance(block, Mapping) else None


def _texts(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry.shape.form == "text" and entry.form in ("text", "areas"):
            yield entry
        for part in entry.parts:
            yield from _texts(part.entries)
