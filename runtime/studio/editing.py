"""The pages on which one component is edited: by fields and as YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from textwrap import dedent
from typing import Any

import orjson
from flask import Response, flash, make_response, redirect, request

from metadata.errors import Problem
from metadata.files.contents import content_names
from metadata.files.emit import emit
from metadata.model import KINDS, ComponentId
from metadata.schema.guard import check_shape
from runtime.errors import BadRequest, Unprocessable
from runtime.studio.about import entity_of
from runtime.studio.bench import Item, made
from runtime.studio.called import with_keys
from runtime.studio.connecting import KIND as CONNECTION
from runtime.studio.connecting import with_settings, without_secrets
from runtime.studio.desk import Desk, open_desk
from runtime.studio.entries import Entry, Surroundings, entries_of, id_of, paths_of
from runtime.studio.merging import MISSING, Clash
from runtime.studio.offering import offer
from runtime.studio.places import place_of
from runtime.studio.posted import move, read_form
from runtime.studio.providers import provider_addresses
from runtime.studio.saving import Collision, Draft, data_at, named, save
from runtime.studio.scalars import line_of, read_yaml
from runtime.studio.shapes import shapes_of
from runtime.studio.uploads import said as size_said
from runtime.studio.uploads import with_uploads
from runtime.studio.uses import uses_of
from runtime.studio.viewing.window import window_of

Told = tuple[tuple[int, str], ...]
MOVES = ("add", "drop", "up", "down")
ACTIVE = "active"
NAMERS = 5
"""Of what goes without a component once it is switched off, so many are named beside its editor."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a YAML text: on which line (0 for none), in which place in words, and what it is."""

    line: int
    place: str
    message: str


def edit(kind: str, key: str) -> Response:
    """The editor of a component, filled with its draft where there is one."""
    desk = open_desk()
    item = desk.item(kind, key)
    if item.head.deleted:
        return desk.page("removed.html", title=desk.label(item), opened=item)
    return editor(desk, item, item.data, item.head.number)


def submit(kind: str, key: str) -> Response:
    """What was posted from an editor: saved as a draft, or shown again with a line added, moved or taken away."""
    desk = open_desk()
    item = desk.item(kind, key)
    act, _, path = request.form.get("do", "save").partition(":")
    base = number_of(request.form.get("base", ""))
    model = KINDS[kind].model
    data = with_uploads(desk, kind, read_form(model, request.form.items(multi=True), keep_empty=act in MOVES))
    data = with_keys(desk, model, _bare(desk, item, data), entity_of(desk.bench, item.id, data))
    if act in MOVES:
        focus = move(data, act, path, model)
        return editor(desk, item, named(item.id, data), base, focus=focus, unsaved=True, fresh=act == "add")
    return keep(desk, item, data, base)


def source(kind: str, key: str) -> Response:
    """The component as YAML."""
    desk = open_desk()
    item = desk.item(kind, key)
    if item.head.deleted:
        return desk.page("removed.html", title=desk.label(item), opened=item)
    return source_page(desk, item, emit(dict(item.data)).decode(), item.head.number)


def submit_source(kind: str, key: str) -> Response:
    """YAML that was posted: saved as a draft where it can be read at all, else shown again with the line at fault."""
    desk = open_desk()
    item = desk.item(kind, key)
    text = request.form.get("yaml", "").replace("\r\n", "\n")
    base = number_of(request.form.get("base", ""))
    data, told = read_yaml(text)
    if not told and not isinstance(data, dict):
        told = ((0, desk.say("studio.yaml_no_mapping")),)
    if told:
        return source_page(desk, item, text, base, told=told, status=422)
    data.pop("kind", None)
    return keep(desk, item, _bare(desk, item, data), base, back="source")


def _bare(desk: Desk, item: Item, data: Mapping[str, Any]) -> dict[str, Any]:
    """What was posted without secrets that are written out; which ones are left out is said."""
    kept, left_out = without_secrets(item.id, data)
    for name in left_out:
        flash(desk.say("studio.secret_left_out", what=name), "warn")
    return kept


def settle(kind: str, key: str) -> Response:
    """What was chosen where two had changed the same."""
    desk = open_desk()
    item = desk.item(kind, key)
    try:
        data = orjson.loads(request.form.get("mine", ""))
    except orjson.JSONDecodeError:
        raise BadRequest from None
    if not isinstance(data, dict):
        raise BadRequest
    if request.form.get("do") == "drop":
        flash(desk.say("studio.dropped"), "info")
        return desk.go_to("edit", item.id)
    paths = request.form.getlist("path")
    choices = {path: request.form.get(f"choice.{place}", "") for place, path in enumerate(paths)}
    seen = number_of(request.form.get("theirs", ""))
    if item.head.number != seen:
        choices = {}
    return keep(desk, item, data, number_of(request.form.get("base", "")), choices=choices)


def keep(
    desk: Desk,
    item: Item,
    data: Mapping[str, Any],
    base: int,
    *,
    choices: Mapping[str, str] | None = None,
    back: str = "edit",
    to: str = "",
) -> Response:
    """Save data as a draft, tell what became of it, and show the component again, or the local address `to`."""
    if check_shape(data):  # nested without end: no editor could show it again
        raise Unprocessable
    desk.prove()
    try:
        outcome = save(desk.context.services.workshop, Draft(item.id, named(item.id, data), base, choices or {}), desk.author)
    except TypeError as error:  # a number or text that no store can hold
        raise Unprocessable from error
    if isinstance(outcome, Collision):
        return conflict(desk, item, named(item.id, data), base, outcome)
    if outcome.changed:
        desk.note("draft", item.id.kind, outcome.number, component=str(item.id))
    if outcome.merged_with:
        flash(desk.say("studio.merged", who=outcome.merged_with), "info")
    flash(desk.say("studio.saved" if outcome.changed else "studio.nothing_changed"), "good")
    return make_response(redirect(to, 303)) if to else desk.go_to(back, item.id)


def conflict(desk: Desk, item: Item, mine: Mapping[str, Any], base: int, collision: Collision) -> Response:
    """Both versions side by side, to choose from; all else is kept already."""
    return desk.page(
        "conflict.html",
        title=desk.say("studio.conflict_title", who=collision.theirs.author),
        status=409,
        opened=item,
        item=item,
        clashes=[
            ClashLine(clash, place_of(KINDS[item.id.kind].model, mine, clash.path, desk.property))
            for clash in collision.clashes
        ],
        mine=orjson.dumps(mine).decode(),
        base=base,
        theirs=collision.theirs,
    )


class ClashLine:
    """A clash as it is shown, with its place in words: values as YAML, nothing for what is not there."""

    def __init__(self, clash: Clash, place: str) -> None:
        self.path, self.place = clash.path, place
        self.before, self.mine, self.theirs = map(shown, (clash.before, clash.mine, clash.theirs))


def shown(value: Any) -> str:
    """A value for people to read."""
    if value is MISSING or value is None:
        return ""
    if isinstance(value, str):
        return value
    text = emit({"": value}).decode()
    return dedent(text.partition(":")[2]).strip()


def editor(
    desk: Desk, item: Item, data: Mapping[str, Any], base: int, *, focus: str = "", unsaved: bool = False, fresh: bool = False
) -> Response:
    """The page with the fields of a component. `unsaved` data are checked by themselves, a `fresh` part at `focus` not yet."""
    problems = made(item.id, data)[1] if unsaved else desk.bench.told(item.id)
    if fresh:  # nobody has had the time to fill it in
        problems = tuple(problem for problem in problems if not f"{problem.position.path}.".startswith(f"{focus}."))
    around, entries = laid_out(desk, item.id, data, problems, focus)
    found = uses_of(desk.bench, item.id)
    can_rest = any(entry.shape.name == ACTIVE for entry in entries)
    return desk.page(
        "edit.html",
        title=desk.label(item),
        addresses=provider_addresses(desk, item.id, data),
        opened=item,
        item=item,
        tab="edit",
        entries=entries,
        base=base,
        focus=id_of(focus) if focus else "",
        unsaved=unsaved,
        problems=[(id_of(nearest(problem.position.path, entries)), problem) for problem in problems],
        offers=[(name, offer(desk, name)) for name in sorted(around.used)],
        uses=len(found),
        namers=found[:NAMERS] if can_rest and data.get(ACTIVE, True) is not False else (),
        about=desk.speech.about(item.id.kind),
        takes_files=bool(content_names(item.id.kind)),
        size_said=partial(size_said, desk),
        place=lambda path: place_of(KINDS[item.id.kind].model, data, path, desk.property),
        window=window_of(desk, item),
    )


def laid_out(
    desk: Desk, name: ComponentId, data: Mapping[str, Any], problems: Sequence[Problem], focus: str
) -> tuple[Surroundings, tuple[Entry, ...]]:
    """The entries with what is wrong at each, at the nearest place that has one."""
    entity = entity_of(desk.bench, name, data)
    languages = [item.id.key for item in desk.bench.by_kind["language"]] or ["en-US"]
    kinds = kinds_of(desk, entity)
    values = partial(values_of, desk, entity)
    around = Surroundings({}, languages, entity, focus, kinds, values=values, speech=desk.speech)
    entries = _entries(name.kind, data, around)
    if problems:
        told: dict[str, list[str]] = {}
        for problem in problems:
            told.setdefault(nearest(problem.position.path, entries), []).append(desk.finding(problem.message))
        around = Surroundings(told, languages, entity, focus, kinds, values=values, speech=desk.speech)
        entries = _entries(name.kind, data, around)
    return around, entries


def _entries(kind: str, data: Mapping[str, Any], around: Surroundings) -> tuple[Entry, ...]:
    entries = entries_of(KINDS[kind].model, data, around)
    return with_settings(entries, data, around) if kind == CONNECTION else entries


def kinds_of(desk: Desk, entity: str) -> Mapping[str, str]:
    """The types of an entity's attributes."""
    facts = desk.bench.entities.get(entity)
    return {key: attribute.type for key, attribute in facts.attributes.items()} if facts else {}


def values_of(desk: Desk, entity: str, part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The codes and labels that a value may be: of an attribute itself, or of the one that a condition names."""
    choice, entities = part.get("choice"), desk.bench.entities
    facts = entities.get(entity)
    for step in str(part.get("attribute") or "").split("."):
        attribute = facts.attributes.get(step) if facts else None
        facts = entities.get(attribute.target) if attribute and attribute.target else None
        choice = choice or (attribute.choice if attribute else "")
    item = desk.bench.find("choice", str(choice or ""), "")
    options = item.data.get("options") if item else ()
    for option in options if isinstance(options, list) else ():
        if isinstance(option, Mapping) and option.get("value"):
            yield str(option["value"]), desk.text(option.get("label")) or str(option["value"])


def nearest(path: str, entries: Sequence[Entry]) -> str:
    """The path of the entry or part at which a problem is shown; "" for the component as a whole."""
    known = set(paths_of(entries))
    while path and path not in known:
        path = path.rpartition(".")[0]
    return path


def source_page(desk: Desk, item: Item, text: str, base: int, *, told: Told = (), status: int = 200) -> Response:
    """The page with the YAML of a component. `told` is what is wrong with a text that cannot be read, else the checks tell."""
    faults = [Fault(line, "", desk.finding(message)) for line, message in told] or [
        Fault(
            line_of(text, problem.position.path),
            desk.place(item, problem.position.path) or desk.kind_label(item.id.kind),
            desk.finding(problem.message),
        )
        for problem in desk.bench.told(item.id)
    ]
    return desk.page(
        "source.html",
        title=desk.label(item),
        status=status,
        opened=item,
        item=item,
        tab="source",
        text=text,
        base=base,
        unread=bool(told),
        faults=faults,
        marks=orjson.dumps([{"line": fault.line, "message": fault.message} for fault in faults]).decode(),
        uses=len(uses_of(desk.bench, item.id)),
        about=desk.speech.about(item.id.kind),
    )


def number_of(text: str) -> int:
    """A whole number from a form. Raises BadRequest."""
    if not text.isdecimal() or len(text) > 12:
        raise BadRequest
    return int(text)


__all__ = ["data_at", "edit", "settle", "shapes_of", "source", "submit", "submit_source"]
