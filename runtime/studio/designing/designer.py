"""The page of a designer: the component as it will look, the part that is chosen beside it, each step saved as a draft."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from flask import Response, request

from metadata.model import KINDS
from metadata.store import NoSuchComponent
from runtime.errors import BadRequest, PageNotFound
from runtime.studio.bench import Item
from runtime.studio.designing.canvas import canvas_of
from runtime.studio.designing.diagram import diagram
from runtime.studio.designing.steps import ACTS, found_at, model_at, take
from runtime.studio.desk import Desk, open_desk
from runtime.studio.editing import conflict, number_of, offer
from runtime.studio.entries import Entry, Surroundings, entries_of, id_of
from runtime.studio.posted import FIELD, read_form
from runtime.studio.saving import Collision, Draft, data_at, named, save
from runtime.studio.trial import Trial, try_items
from runtime.studio.uses import uses_of
from runtime.studio.viewing.window import window_of

DESIGNED = ("view", "form", "entity", "page", "web_link_set")
ON_CANVAS = "columns sort filter all any tabs sections fields related attributes keys many_to_many blocks links"
APART = frozenset(ON_CANVAS.split())
"""Properties that the canvas shows, and the panel of a part does not."""
KEPT_IN = {"keys": "attributes"}
UNDO = "undo:"


def design(kind: str, key: str) -> Response:
    """The designer of a component, with the part at `at` chosen."""
    desk = open_desk()
    item = _item(desk, kind, key)
    at = request.args.get("at", "")
    if found_at(item.data, at) is None or model_at(KINDS[kind].model, at) is None:
        at = ""
    around, entries = _panel(desk, item, at)
    canvas = canvas_of(desk, item)
    return desk.page(
        "design.html",
        title=desk.label(item),
        opened=item,
        item=item,
        tab="design",
        canvas=canvas,
        at=at,
        entries=entries,
        focus="",
        part=found_at(item.data, at) if at else item.data,
        problems=[(id_of(problem.position.path), problem) for problem in desk.bench.told(item.id)],
        offers=[(name, offer(desk, name)) for name in sorted(around.used)],
        uses=len(uses_of(desk.bench, item.id)),
        window=window_of(desk, item),
        drawing=diagram(desk, key) if kind == "entity" else None,
        trial=_trial(desk, item) if kind == "entity" else None,
    )


def submit_design(kind: str, key: str) -> Response:
    """A step, done to what the person saw and brought together with what others saved meanwhile."""
    desk = open_desk()
    item = _item(desk, kind, key)
    model = KINDS[kind].model
    base = number_of(request.form.get("base", ""))
    act, _, what = request.form.get("do", "set").partition(":")
    if act == "undo":
        return _undo(desk, item)
    if act not in ("set", *ACTS):
        raise BadRequest
    data = copy.deepcopy(dict(item.data if base == item.head.number else data_at(desk.store, item.id, base)))
    at = request.form.get("at", "")
    if any(name.startswith(FIELD) for name in request.form):
        _set(data, at, model)
    what, _, word = what.partition("=")
    chosen = at if act == "set" else take(data, act, what, model, word or request.form.get("word", "").strip())
    return _keep(desk, item, data, base, chosen)


def _item(desk: Desk, kind: str, key: str) -> Item:
    item = desk.item(kind, key)
    if kind not in DESIGNED or item.head.deleted:
        raise PageNotFound
    return item


def _set(data: dict[str, Any], at: str, model: Any) -> None:
    """Put what the panel of a part says into the data; what the panel does not show stays."""
    part, held = model_at(model, at), found_at(data, at)
    if part is None or not isinstance(held, dict):
        return
    start = f"{FIELD}{at}." if at else FIELD
    given = ((name, value) for name, value in request.form.items(multi=True) if name.startswith(start))
    fields = [(f"{FIELD}{name.removeprefix(start)}", value) for name, value in given]
    posted = read_form(part, fields)
    kept = {name: value for name, value in held.items() if _apart(at, name) or (not at and name in ("key", "site"))}
    held.clear()
    held.update({**kept, **{name: value for name, value in posted.items() if not _apart(at, name)}})


def _apart(at: str, name: str) -> bool:
    """Is a property shown on the canvas rather than in the panel of a part?"""
    return name in APART and name != KEPT_IN.get(at.partition(".")[0])


def _keep(desk: Desk, item: Item, data: Mapping[str, Any], base: int, chosen: str, note: str = "") -> Response:
    desk.prove()
    outcome = save(desk.context.services.workshop, Draft(item.id, named(item.id, data), base), desk.author, note)
    if isinstance(outcome, Collision):
        return conflict(desk, item, named(item.id, data), base, outcome)
    if outcome.changed:
        desk.note("draft", item.id.kind, outcome.number, component=str(item.id))
    response = desk.go_to("design", item.id)
    if chosen:
        response.location = f"{response.location}?at={chosen}"
    return response


def _undo(desk: Desk, item: Item) -> Response:
    """The component as it was a step before; again and again, one step further each time."""
    at = item.head.note.removeprefix(UNDO) if item.head.note.startswith(UNDO) else str(item.head.number)
    before = number_of(at) - 1
    try:
        data = data_at(desk.store, item.id, before)
    except NoSuchComponent:
        raise PageNotFound from None
    return _keep(desk, item, data, item.head.number, "", f"{UNDO}{before}") if data else desk.go_to("design", item.id)


def _panel(desk: Desk, item: Item, at: str) -> tuple[Surroundings, tuple[Entry, ...]]:
    """The fields of the chosen part, with what is wrong at each."""
    told: dict[str, list[str]] = {}
    for problem in desk.bench.told(item.id):
        told.setdefault(problem.position.path, []).append(problem.message)
    languages = [found.id.key for found in desk.bench.by_kind["language"]] or ["en-US"]
    entity = item.id.key if item.id.kind == "entity" else str(item.data.get("entity") or "")
    around = Surroundings(told, languages, entity, "")
    part, model = found_at(item.data, at) if at else item.data, model_at(KINDS[item.id.kind].model, at)
    if not isinstance(part, Mapping):
        return around, ()
    entries = entries_of(model, part, around, f"{at}." if at else "")
    return around, tuple(entry for entry in entries if not _apart(at, entry.shape.name))


def _trial(desk: Desk, item: Item) -> Trial | None:
    """What publishing this component alone would change in the database; of a large site that is left to the page Publish."""
    return try_items(desk, [item]) if item.waits and desk.bench.checked else None
