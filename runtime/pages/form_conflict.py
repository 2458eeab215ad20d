"""Somebody else saved first: both values side by side, everything typed kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from metadata.model import Form
from runtime.context import RequestContext
from runtime.forms.attached import Attached
from runtime.forms.bound import attribute_of, inputs, posted_values
from runtime.forms.builder import FormAsk
from runtime.forms.fields import BaseForm
from runtime.forms.merge import base_text, merge, read_base
from runtime.forms.parse import parse_value
from runtime.pages.form_setting import displayer, record_by_id, say_of
from runtime.pages.form_view import BASE, KEEP, VERSION
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.speech import formats_of
from runtime.records.details import Record

CONFLICT = "forms/conflict.html"
THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Edit:
    """A change on its way: the form with what was typed (`posted`), the record as it is stored now, and the files that become
    rows of it."""

    form: Form
    wanted: FormAsk
    bound: BaseForm
    record: Record
    posted: MultiDict[str, str]
    attached: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class ClashView:
    """A value that both changed."""

    name: str
    label: str
    mine: str | Markup
    theirs: str | Markup
    was: str | Markup = ""


@dataclass(frozen=True, slots=True)
class KeptView:
    """A change of one side that is kept."""

    label: str
    value: str | Markup


@dataclass(frozen=True, slots=True)
class ConflictPart:
    """The page that lets choose. `hidden` holds all that was typed."""

    url: str
    back: str
    block: int
    clashes: tuple[ClashView, ...]
    mine: tuple[KeptView, ...]
    theirs: tuple[KeptView, ...]
    hidden: tuple[tuple[str, str], ...]
    said: str = ""


def chosen_only(posted: MultiDict[str, str]) -> MultiDict[str, str]:
    """What was posted, less the values for which the other side's was chosen."""
    given_up = {name.removeprefix(KEEP) for name, value in posted.items() if name.startswith(KEEP) and value == THEIRS}
    return MultiDict((name, value) for name, value in posted.items(multi=True) if _key(name) not in given_up)


def unclashing(edited: Edit, version: int) -> Mapping[str, Any] | None:
    """What is to be saved by somebody who saw this version: all that was typed or, where others saved since then, less what
    they alone changed. None where both changed a value, each to something else, or where there never was such a version."""
    mine = posted_values(edited.bound)
    if version == edited.record.version:
        return mine
    found = merge(read_base(request.form.get(BASE, "")), mine, edited.record.values)
    if found.clashes or not 0 < version < edited.record.version:
        return None
    return {key: value for key, value in mine.items() if key not in found.theirs}


def conflict_part(ask: BlockAsk, edited: Edit) -> Part:
    """The block that shows a conflict, with status 409."""
    context, record = ask.context, edited.record
    say = say_of(context)
    mine = posted_values(edited.bound)
    base = read_base(request.form.get(BASE, ""))
    found = merge(base, mine, record.values)
    shown = _Shown(context, edited, base)
    clashes = tuple(
        ClashView(
            f"{KEEP}{clash.key}", shown.label(clash.key), shown.mine(clash.key), shown.theirs(clash.key), shown.was(clash.key)
        )
        for clash in found.clashes
    )
    kept = {*found.mine, *(clash.key for clash in found.clashes), *(one.place.name for one in edited.attached)}
    part = ConflictPart(
        url=ask.query.link(),
        back=ask.query.link(),
        block=ask.index,
        clashes=clashes,
        mine=tuple(KeptView(shown.label(key), shown.mine(key)) for key in found.mine),
        theirs=tuple(KeptView(shown.label(key), shown.theirs(key)) for key in found.theirs),
        said=_who(context, record),
        hidden=(*_typed(edited.posted, kept), (VERSION, str(record.version)), (BASE, base_text(record.values, mine))),
    )
    return Part(CONFLICT, part, Head(title=say("conflict.title")), status=409)


def _who(context: RequestContext, record: Record) -> str:
    """Who saved last and when, as far as the person may read it."""
    last = record_by_id(context, record.entity, record.id, ("changed_by", "changed_at"))
    name = last.labels.get("changed_by") if last is not None else None
    if last is None or not name or last.values.get("changed_at") is None:
        return ""
    return say_of(context)("conflict.by", name=name, time=formats_of(context).moment(last.values["changed_at"], full=True))


class _Shown:
    """Writes the values of both sides."""

    def __init__(self, context: RequestContext, edited: Edit, base: Mapping[str, str]) -> None:
        self._base = base
        self._attributes = context.snapshot.entities[edited.form.entity].attributes
        self._display = displayer(context)
        self._fields = dict(inputs(edited.bound))
        self._record = edited.record

    def label(self, key: str) -> str:
        """What the field is called on the form."""
        return self._fields[key].rules.label

    def mine(self, key: str) -> str | Markup:
        """What the person typed."""
        field = self._fields[key]
        return self._write(key, field.data, field.named)

    def theirs(self, key: str) -> str | Markup:
        """What is stored now."""
        return self._write(key, self._record.values.get(key), self._record.labels.get(key) or "")

    def was(self, key: str) -> str | Markup:
        """What both saw when they began; nothing for what is too long to carry, or known by its id only."""
        attribute, text = self._attributes[key], self._base.get(key, "")
        if not text or text.startswith("#") or attribute.type.labelled:
            return ""
        with suppress(ValueError):
            return self._write(key, parse_value(text, attribute.model), "")
        return ""

    def _write(self, key: str, value: Any, label: str) -> str | Markup:
        return self._display(self._attributes[key], value, label)


def _typed(posted: Mapping[str, Any], kept: Iterable[str]) -> tuple[tuple[str, str], ...]:
    wanted = frozenset(kept)
    items = posted.items(multi=True) if isinstance(posted, MultiDict) else posted.items()
    return tuple((name, value) for name, value in items if _key(name) in wanted)


def _key(name: str) -> str:
    return name if name.startswith("_") else attribute_of(name)
