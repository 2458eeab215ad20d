"""The page of a designer: the component as it will look, the part that is chosen beside it, each step saved as a draft."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, request

from metadata.checks.attributes import OPTIONS
from metadata.model import KINDS, Attribute, Block
from metadata.store import NoSuchComponent
from metadata.types import TYPES
from runtime.errors import BadRequest, PageNotFound
from runtime.studio.about import entity_of
from runtime.studio.bench import Item
from runtime.studio.called import with_keys
from runtime.studio.designing.canvas import Canvas, canvas_of, layouts_of
from runtime.studio.designing.designers import DESIGNERS, Designer
from runtime.studio.designing.form_rules import rules_beside
from runtime.studio.designing.outside import ask_again
from runtime.studio.designing.steps import ACTS, found_at, model_at, pair_all, take
from runtime.studio.desk import Desk, open_desk
from runtime.studio.editing import conflict, kinds_of, number_of, values_of
from runtime.studio.entries import Entry, Surroundings, entries_of, id_of
from runtime.studio.offering import offer
from runtime.studio.posted import FIELD, read_form
from runtime.studio.saving import Collision, Draft, data_at, named, save
from runtime.studio.shapes import shapes_of
from runtime.studio.uses import uses_of
from runtime.studio.viewing.window import window_of

UNDO = "undo:"
PAIR = "pair."
"""Before the name of a field that holds the value of one pair."""
TURNS = ("toggle", "value", "pair")
"""Acts that add nothing to be looked at next: what was chosen stays chosen."""
LAYOUTS = "layouts"
NEEDS_MORE = ("calendar", "board")
"""Layouts of a list that are nothing until it is said of which attributes: that is asked at once."""
KEPT_IN_ADDRESS = ("sample",)
FEW_TYPES = 2
AUTO_NUMBER = "auto_number"
NUMBERED = "-{number:06}"
"""The format of an auto-number of which nothing is said, after the first letter of its entity."""
OF_BLOCKS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("text", "list", "multistep_form", "snippet", "search", "tiles", "charts")},
    "form": ("form", "profile"),
    **dict.fromkeys(("mode", "record", "removal"), ("form",)),
    **dict.fromkeys(("web_template", "parameters"), ("component",)),
    "view": (),
}
"""The types of the blocks of a page that have a property; what is not named here is one of all."""


def design(kind: str, key: str) -> Response:
    """The designer of a component, with the part at `at` chosen."""
    desk = open_desk()
    item = _item(desk, kind, key)
    asked = request.args.get("at", "")
    at = _part_at(item.data, KINDS[kind].model, asked)
    canvas = canvas_of(desk, item)
    designer = DESIGNERS[kind]
    more = designer.more(canvas)
    around, entries = _panel(canvas, at, designer)
    words = designer.words(more)
    return desk.page(
        "design.html",
        title=desk.label(item),
        opened=item,
        item=item,
        tab="design",
        canvas=canvas,
        designer=designer.template,
        on_enter=designer.on_enter,
        undoes=_step_before(item) > 0,
        at=at,
        entries=entries,
        focus=id_of(asked) if at != asked else "",
        part=found_at(item.data, at) if at else item.data,
        problems=[(id_of(problem.position.path), problem) for problem in desk.bench.told(item.id)],
        offers=[(name, words[name] if name in words else offer(desk, name)) for name in sorted({*around.used, *words})],
        uses=len(uses_of(desk.bench, item.id)),
        window=window_of(desk, item),
        kept=_kept(request.args),
        **{"trial": None, **more, **rules_beside(canvas, at)},
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
    if act == "again":
        ask_again(desk, item)
    elif act not in ("set", "pairs", *ACTS):
        raise BadRequest
    data = copy.deepcopy(dict(item.data if base == item.head.number else data_at(desk.store, item.id, base)))
    at = request.form.get("at", "")
    if any(name.startswith(FIELD) for name in request.form):
        _set(data, at, model, DESIGNERS[kind])
        with_keys(desk, model, data, entity_of(desk.bench, item.id, data))
    if act == "pairs":
        given = {name.removeprefix(PAIR): value for name, value in request.form.items() if name.startswith(PAIR)}
        pair_all(data, what, given, model)
    what, _, word = what.partition("=")
    if act == "add" and what == "attributes" and "word" in request.form and not (word or _typed()):
        flash(desk.say("studio.attribute_unnamed"), "bad")
        return _shown_again(desk, item, request.form.get("chosen", ""))
    if act == "toggle" and what == LAYOUTS and not data.get(LAYOUTS):
        data[LAYOUTS] = list(layouts_of(data))  # what is shown where none is said: another one comes beside it
    if act in ACTS:
        chosen = take(data, act, what, model, word or _typed())
        if act == "add":
            _give_type(found_at(data, chosen), model_at(model, chosen))
    if act not in ACTS or act in TURNS:
        chosen = at or request.form.get("chosen", "")
    if act == "toggle" and what == LAYOUTS and word in NEEDS_MORE and word in (data.get(LAYOUTS) or ()):
        chosen = take(data, "put", word, model)
    _give_format(data, model, chosen if act == "add" else at)
    return _keep(desk, item, data, base, chosen)


def _part_at(data: Mapping[str, Any], model: Any, path: str) -> str:
    """The part that a path names, or that holds what it names, such as a line that was just added; "" for the whole."""
    if found_at(data, path) is None:
        return ""
    while path and (model_at(model, path) is None or not isinstance(found_at(data, path), Mapping)):
        path = path.rpartition(".")[0]
    return path


def _give_type(part: Any, model: Any) -> None:
    """A new attribute has the type that was chosen with its name."""
    given = request.form.get("type", "")
    if model is Attribute and isinstance(part, dict) and given in TYPES:
        part["type"] = given


def _give_format(data: Mapping[str, Any], model: Any, at: str) -> None:
    """An auto-number has a format from the beginning, which can then be changed: without one nothing can be published."""
    part = found_at(data, at)
    if at and model_at(model, at) is Attribute and isinstance(part, dict) and part.get("type") == AUTO_NUMBER:
        part["format"] = part.get("format") or f"{str(data.get('key') or 'N')[:1].upper()}{NUMBERED}"


def _typed() -> str:
    """What was typed or chosen to be added: a word, in a table map with a column of the other side."""
    word, column = (request.form.get(name, "").strip() for name in ("word", "column"))
    return f"{word}/{column}" if column else word


def _kept(given: Mapping[str, str]) -> Mapping[str, str]:
    """What an address holds besides the part that is chosen, and goes along with every step."""
    return {name: given[name] for name in KEPT_IN_ADDRESS if name in given}


def _item(desk: Desk, kind: str, key: str) -> Item:
    item = desk.item(kind, key)
    if kind not in DESIGNERS or item.head.deleted:
        raise PageNotFound
    return item


def _set(data: dict[str, Any], at: str, model: Any, designer: Designer) -> None:
    """Put what the panel of a part says into the data; what the panel does not show stays."""
    part, held = model_at(model, at), found_at(data, at)
    if part is None or not isinstance(held, dict):
        return
    start = f"{at}." if at else ""
    first = f"{FIELD}{start}"
    given = ((name, value) for name, value in request.form.items(multi=True) if name.startswith(first))
    posted = read_form(part, [(f"{FIELD}{name.removeprefix(first)}", value) for name, value in given])
    apart = {shape.name for shape in shapes_of(part) if designer.apart(model, f"{start}{shape.name}")}
    kept = {name: value for name, value in held.items() if name in apart or (not at and name in ("key", "site"))}
    held.clear()
    held.update({**kept, **{name: value for name, value in posted.items() if name not in apart}})


def _keep(desk: Desk, item: Item, data: Mapping[str, Any], base: int, chosen: str, note: str = "") -> Response:
    desk.prove()
    outcome = save(desk.context.services.workshop, Draft(item.id, named(item.id, data), base), desk.author, note)
    if isinstance(outcome, Collision):
        return conflict(desk, item, named(item.id, data), base, outcome)
    if outcome.changed:
        desk.note("draft", item.id.kind, outcome.number, component=str(item.id))
    return _shown_again(desk, item, chosen)


def _shown_again(desk: Desk, item: Item, chosen: str) -> Response:
    """Lead back to the designer with a part of it chosen."""
    response = desk.go_to("design", item.id)
    query = {**({"at": chosen} if chosen else {}), **_kept(request.form)}
    if query:
        response.location = f"{response.location}?{urlencode(query, safe='.:/@')}"
    return response


def _step_before(item: Item) -> int:
    """The number of the revision that *Undo* goes back to; 0 where no step is left to be taken back.

    What is published is the ground on which steps are taken: below it the history leads back, with a release of its own.
    """
    at = item.head.note.removeprefix(UNDO) if item.head.note.startswith(UNDO) else str(item.head.number)
    ground = item.before.number if item.before else 1
    before = number_of(at) - 1
    return before if item.waits and before >= ground else 0


def _undo(desk: Desk, item: Item) -> Response:
    """The component as it was a step before; again and again, one step further each time."""
    before = _step_before(item)
    try:
        data = data_at(desk.store, item.id, before) if before else {}
    except NoSuchComponent:
        raise PageNotFound from None
    return _keep(desk, item, data, item.head.number, "", f"{UNDO}{before}") if data else desk.go_to("design", item.id)


def _panel(canvas: Canvas, at: str, designer: Designer) -> tuple[Surroundings, tuple[Entry, ...]]:
    """The fields of the chosen part, with what is wrong at each."""
    desk, item, model = canvas.desk, canvas.item, KINDS[canvas.item.id.kind].model
    told: dict[str, list[str]] = {}
    for problem in desk.bench.told(item.id):
        told.setdefault(problem.position.path, []).append(desk.finding(problem.message))
    languages = [found.id.key for found in desk.bench.by_kind["language"]] or ["en-US"]
    around = Surroundings(
        told,
        languages,
        canvas.entity,
        "",
        kinds_of(desk, canvas.entity),
        sources=designer.sources,
        values=partial(values_of, desk, canvas.entity),
        speech=desk.speech,
    )
    part, part_model = found_at(item.data, at) if at else item.data, model_at(model, at)
    if not isinstance(part, Mapping):
        return around, ()
    entries = entries_of(part_model, part, around, f"{at}." if at else "")
    shown = (entry for entry in entries if not designer.apart(model, entry.path))
    given = str(part.get("type") or "")
    if part_model is Attribute and given in TYPES:
        fitting = (entry for entry in shown if _of_attribute(entry, given))
        return around, tuple(sorted(fitting, key=_what_a_type_needs_first))
    return around, tuple(entry for entry in shown if part_model is not Block or _of_block(entry, given))


def _of_attribute(entry: Entry, type_name: str) -> bool:
    """Is a property one of attributes of this type, or is something set there?"""
    return entry.there or bool(entry.errors) or type_name in OPTIONS.get(entry.shape.name, TYPES)


def _what_a_type_needs_first(entry: Entry) -> int:
    """Key and type, then what one or two types have alone, such as the target of a lookup; then the rest in its order."""
    name = entry.shape.name
    return 0 if name in ("key", "type") else 1 if len(OPTIONS.get(name, TYPES)) <= FEW_TYPES else 2


def _of_block(entry: Entry, type_name: str) -> bool:
    """Is a property one of blocks of this type, or is something set there?"""
    types = OF_BLOCKS.get(entry.shape.name)
    return types is None or type_name in types or entry.there or bool(entry.errors)
