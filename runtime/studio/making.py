"""Making, copying, renaming and taking away components, as drafts like every other change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, flash, request

from metadata.model import KINDS, ComponentId
from metadata.schema.build import schema_for
from metadata.store import EditedMeanwhile, NoSuchComponent, Sketch
from runtime.adopting import naming
from runtime.errors import AccessDenied, ChangedMeanwhile, PageNotFound
from runtime.studio.bench import Item
from runtime.studio.called import key_of
from runtime.studio.desk import Desk, open_desk
from runtime.studio.offering import offer
from runtime.studio.saving import named
from runtime.studio.shapes import shapes_of
from runtime.studio.uses import PARENT, below, renamed, uses_of

LONGEST_NAME = 200
OF_RECORD = "record_entity"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: a key, or a name that one is made of, and what the new component stands on."""

    key: str = ""
    name: str = ""
    refs: Mapping[str, str] = field(default_factory=dict)


def new(kind: str) -> Response:
    """The page that asks for the key of a new component."""
    desk = open_desk()
    _may(desk, kind)
    refs = {PARENT: _root(desk)} if kind == "page" else {}
    return _ask(desk, "new", kind, None, Wish(request.args.get("key", "")[:200], refs=refs))


def submit_new(kind: str) -> Response:
    """A new component with its key, its name, and what it stands on. Whoever has told all of that goes on to the designer."""
    desk = open_desk()
    _may(desk, kind)
    wish = _wished(desk, kind)
    wrong = _wrong(desk, kind, wish.key)
    if wrong:
        return _ask(desk, "new", kind, None, wish, wrong)
    given = {name: text for name, text in wish.refs.items() if text}
    address = _address(desk, wish) if kind == "page" else {}
    data = {**({"label": wish.name} if wish.name else {}), **given, **address}
    told = bool(wish.name or not _needs_name(kind)) and (bool(address) or len(given) == len(wish.refs))
    to = "design" if told and desk.designs(kind) else "edit"
    return _keep(desk, [_new(desk, kind, wish.key, data)], f"new {kind} {wish.key}", "studio.made", to=to)


def name(act: str, kind: str, key: str) -> Response:
    """The page that asks for the key of a copy, or for another key; where the component is used stands beside it."""
    desk = open_desk()
    return _ask(desk, act, kind, desk.item(kind, key), Wish(key))


def submit_name(act: str, kind: str, key: str) -> Response:
    """A copy under another key, or the same under another key wherever it is named."""
    desk = open_desk()
    item = desk.item(kind, key)
    wanted = request.form.get("key", "").strip()
    wrong = _wrong(desk, kind, wanted)
    if wrong:
        return _ask(desk, act, kind, item, Wish(wanted), wrong)
    if act == "copy":
        return _keep(desk, [_new(desk, kind, wanted, dict(item.data))], f"copy of {item.id}", "studio.copied")
    return _rename(desk, item, wanted)


def delete(kind: str, key: str) -> Response:
    """The question before a component is taken away, with all that names it, and what would hang on nothing below it."""
    desk = open_desk()
    item = desk.item(kind, key)
    return desk.page(
        "delete.html",
        title=desk.say("studio.delete"),
        opened=item,
        item=item,
        uses=uses_of(desk.bench, item.id),
        below=len(below(desk.bench, item.id)),
    )


def submit_delete(kind: str, key: str) -> Response:
    """A draft that takes a component away, where it is wished with all that hangs below it, each a draft that can be left."""
    desk = open_desk()
    item = desk.item(kind, key)
    gone = (item, *(below(desk.bench, item.id) if request.form.get("below") == "yes" else ()))
    if not all(desk.reach.covers(one.id) for one in gone):
        raise AccessDenied
    desk.prove()
    try:
        desk.store.save((), desk.author, f"delete {item.id}", delete=[one.id for one in gone])
    except NoSuchComponent:
        raise PageNotFound from None
    for one in gone:
        desk.note("draft", kind, one.head.number + 1, component=str(one.id), deleted=True)
    flash(desk.say("studio.deleted", name=desk.label(item)), "good")
    return desk.go("kind", kind)


def discard(kind: str, key: str) -> Response:
    """Leave a draft: the component is again as it is served; what was never released is gone. The history keeps it."""
    desk = open_desk()
    item = desk.item(kind, key)
    desk.prove()
    if item.before is None:
        desk.store.save((), desk.author, "discarded", delete=[item.id] if not item.head.deleted else [])
        flash(desk.say("studio.discarded"), "good")
        return desk.go("kind", kind)
    data = desk.store.data([item.before.id])[item.before.id]
    desk.store.save((), desk.author, "discarded", sketches=[Sketch(item.id, data)])
    desk.note("draft", kind, item.head.number + 1, component=str(item.id), discarded=True)
    flash(desk.say("studio.discarded"), "good")
    return desk.go_to("edit", item.id)


def _may(desk: Desk, kind: str) -> None:
    if kind not in KINDS:
        raise PageNotFound
    if kind not in desk.reach.kinds or kind == "site":
        raise AccessDenied


def _is_named(kind: str) -> bool:
    """Whether components of a kind have a name that people read. That of a language names a language, and is its key's."""
    return kind != "language" and "label" in schema_for(KINDS[kind].model).fields


def _needs_name(kind: str) -> bool:
    """Whether such a component is nothing to people without its name; a table map is what it stands on."""
    label = next((one for one in shapes_of(KINDS[kind].model) if one.name == "label"), None)
    return _is_named(kind) and label is not None and not label.rules.get("named", False)


def _refs(kind: str) -> dict[str, str]:
    """The properties that a component of a kind cannot do without and that name one other component, with the kind of that."""
    shapes = shapes_of(KINDS[kind].model)
    needed = {one.name: str(one.rules["ref"]) for one in shapes if one.required and one.form == "word" and one.rules.get("ref")}
    return {**needed, PARENT: "page", OF_RECORD: "entity"} if kind == "page" else needed


def _root(desk: Desk) -> str:
    """The page of the site that has none above; "" where there is none yet."""
    pages = (item for item in desk.bench.by_kind["page"] if item.id.site in ("", desk.reach.site))
    return next((item.id.key for item in pages if not item.data.get(PARENT)), "")


def _address(desk: Desk, wish: Wish) -> dict[str, Any]:
    """A new page has an address made of its key, that of one record that record's; the first one of a site is the root."""
    if not _root(desk):
        return {"partial_url": "/"}
    named = wish.name and wish.refs.get(PARENT) and not wish.refs.get(OF_RECORD)
    return {"partial_url": wish.key.rpartition("/")[2].replace("_", "-")} if named else {}


def _wished(desk: Desk, kind: str) -> Wish:
    """What was typed; without a key, one that nothing has, made of the name or of the last of what it stands on."""
    posted = request.form
    key, name = posted.get("key", "").strip(), posted.get("name", "").strip()[:LONGEST_NAME] if _is_named(kind) else ""
    refs = {ref: key_of(desk, of, posted.get(f"ref.{ref}", "").strip()) for ref, of in _refs(kind).items()}
    about = name or ("" if _needs_name(kind) else next(reversed(refs.values()), ""))
    if not key and about:
        dash = "-" if _fits(kind, "a-b") else "_"
        taken = {item.id.key for item in desk.bench.by_kind[kind] if item.id.site in ("", desk.reach.site)}
        key = naming.free(naming.plain(about).replace("_", dash), taken, dash)
    return Wish(key, name, refs)


def _rule(kind: str) -> str:
    return str(schema_for(KINDS[kind].model).fields["key"].metadata.get("pattern", ""))


def _fits(kind: str, key: str) -> bool:
    return re.fullmatch(_rule(kind).removeprefix("^").removesuffix("$"), key) is not None


def _wrong(desk: Desk, kind: str, key: str) -> str:
    """Why a new component may not have this key; nothing where it may."""
    if not _fits(kind, key):
        return desk.say("studio.key_wrong", rule=_rule(kind))
    found = desk.bench.find(kind, key, desk.reach.site)
    return desk.say("studio.key_taken", name=key) if found and not found.head.deleted else ""


def _ask(desk: Desk, act: str, kind: str, item: Item | None, wish: Wish, wrong: str = "") -> Response:
    refs = (
        []
        if item
        else [
            (name, ref, wish.refs.get(name, ""), tuple(offer(desk, f"kind-{ref}")), name not in (PARENT, OF_RECORD))
            for name, ref in _refs(kind).items()
            if name not in (PARENT, OF_RECORD) or _root(desk)
        ]
    )
    return desk.page(
        "name.html",
        title=desk.say(f"studio.{act}") if item else desk.say("studio.new_of", kind=desk.kind_label(kind)),
        status=422 if wrong else 200,
        opened=item,
        kind=kind,
        item=item,
        act=act,
        wish=wish,
        named=item is None and _is_named(kind),
        by_name=item is None and _needs_name(kind),
        refs=refs,
        wrong=wrong,
        uses=uses_of(desk.bench, item.id) if item and act == "rename" else (),
        about=desk.speech.about(kind),
    )


def _new(desk: Desk, kind: str, key: str, data: dict[str, Any]) -> Sketch:
    name = ComponentId(kind, key, desk.reach.site if KINDS[kind].of_site else "")
    return Sketch(name, named(name, data))


def _rename(desk: Desk, item: Item, key: str) -> Response:
    """All that names the component is changed with it; what of that is out of the person's reach forbids it."""
    sketches = [_new(desk, item.id.kind, key, renamed(item.data, item.id.kind, item.id, key))]
    expected = {item.id: item.head.number}
    for other in dict.fromkeys(use.item.id for use in uses_of(desk.bench, item.id)):
        if not desk.reach.covers(other):
            raise AccessDenied
        found = desk.bench.items[other]
        sketches.append(Sketch(other, renamed(found.data, other.kind, item.id, key)))
        expected[other] = found.head.number
    return _keep(desk, sketches, f"{item.id} renamed to {key}", "studio.renamed", item, expected)


def _keep(
    desk: Desk,
    sketches: list[Sketch],
    note: str,
    said: str,
    gone: Item | None = None,
    expected: dict[ComponentId, int] | None = None,
    to: str = "edit",
) -> Response:
    first = sketches[0].component
    desk.prove()
    try:
        desk.store.save(
            (),
            desk.author,
            note,
            delete=[gone.id] if gone else [],
            expected={first: 0, **(expected or {})},
            sketches=sketches,
        )
    except EditedMeanwhile as error:
        raise ChangedMeanwhile from error
    desk.note("draft", first.kind, 1, component=str(first), note=note)
    fresh = desk.fresh()
    flash(desk.say(said, name=fresh.label(fresh.bench.items[first])), "good")
    return desk.go_to(to, first)
