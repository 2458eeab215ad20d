"""What of a detail block depends on metadata, roles, language and time zone alone: made at its first record, then filled."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial

from jinja2 import Template

from metadata.model import Form, FormField, Section, Tab
from metadata.snapshot import PageNode
from metadata.text import in_words
from runtime.context import RequestContext
from runtime.pages.content import words_of
from runtime.pages.drawing import Drawing, kept, template_of
from runtime.pages.linking import linking_writer
from runtime.pages.part import BlockAsk
from runtime.pages.progress_sheet import progress_sheet
from runtime.pages.related import related_sheet
from runtime.pages.related_offers import related_lists
from runtime.pages.sections import Fact, FactSection, field_label, shown_fields
from runtime.pages.speech import formats_of
from runtime.pages.values import Writer, value_writer
from runtime.records.details import Record
from runtime.render.stencils import Get, Stencils, trusted
from runtime.sitemap import readable_pages

TEMPLATE = "blocks/detail.html"
# No path of an attribute holds a hyphen, and neither does it name a related list.
PROGRESS = "progress-line"
OPTIONAL = "?"


@dataclass(frozen=True, slots=True)
class RelatedPart:
    """A related list among the sections of a tab; `related` is the name of its value."""

    related: str


@dataclass(frozen=True, slots=True)
class TabView:
    """A tab: what stands in its main column and what beside it. Its `key` is its own on the page."""

    key: str
    label: str
    main: tuple[FactSection | RelatedPart, ...]
    side: tuple[FactSection | RelatedPart, ...]


@dataclass(frozen=True, slots=True)
class DetailView:
    """A record to read, as the theme's template shows it, which asks `value(name)` for what is the record's own.

    `strip` are the facts of its summary, `progress` is the name of its line, if it has one.
    """

    strip: tuple[Fact, ...]
    progress: str
    tabs: tuple[TabView, ...]


Fill = Callable[[BlockAsk, Record], str]
"""Writes a value of a record that a block shows, as HTML."""


@dataclass(frozen=True, slots=True, eq=False)
class DetailSheet:
    """A read-only form made ready: its values by name, the pill of the head, and the pages that change the record."""

    view: DetailView
    fills: Mapping[str, Fill]
    status: Writer
    editors: tuple[tuple[str, PageNode], ...]
    template: Template
    stencils: Stencils = field(default_factory=Stencils)

    def show(self, ask: BlockAsk, record: Record) -> str:
        """The record, as HTML."""
        values: dict[Hashable, str] = {name: trusted(fill(ask, record)) for name, fill in self.fills.items()}
        return self.stencils.html("", Drawing(self.template, values, self._names))

    def _names(self, get: Get) -> Mapping[str, object]:
        return {"view": self.view, "value": get}


def detail_sheet(ask: BlockAsk, record: Record) -> DetailSheet:
    """The sheet of a block. What the record has no value for may not be read by anybody of this standing."""
    context = ask.context
    # The form is part of it: a block shows a related row, too, by the form of that row.
    at = (context.site.key, ask.node.page.key, ask.index, ask.block.form)
    key = ("detail", at, context.principal.standing, formats_of(context))
    return kept(context, key, lambda: _make(ask, record))


@dataclass(frozen=True, slots=True)
class _Making:
    """A sheet in the making: for which block, of what may be read, and what has been found to fill it with."""

    ask: BlockAsk
    form: Form
    readable: frozenset[str]
    fills: dict[str, Fill] = field(default_factory=dict)

    @property
    def context(self) -> RequestContext:
        return self.ask.context


def _make(ask: BlockAsk, record: Record) -> DetailSheet:
    making = _Making(ask, ask.context.snapshot.forms[ask.block.form], frozenset(record.values))
    view = DetailView(
        strip=_facts(making, making.form.summary),
        progress=_progress(making),
        tabs=_tabs(making),
    )
    editors = _editors(ask.context, ask.node, record.entity)
    return DetailSheet(view, making.fills, _status(making), editors, template_of(ask.context, TEMPLATE))


def _facts(making: _Making, fields: tuple[FormField, ...]) -> tuple[Fact, ...]:
    label = partial(field_label, making.context.snapshot, making.form.entity, partial(words_of, making.context))
    found = shown_fields(fields, making.readable)
    making.fills.update((_name(field), _fill(making, field)) for field in found)
    return tuple(Fact(label(field), _name(field), field.width == "full", field.hide_empty) for field in found)


def _name(field: FormField) -> str:
    """The name of a field's value: the same attribute may be shown twice, empty in one place and left out in the other."""
    return f"{field.attribute}{OPTIONAL}" if field.hide_empty else field.attribute


def _fill(making: _Making, field: FormField) -> Fill:
    path = field.attribute
    write = linking_writer(making.context, making.form.entity, path, _writer(making, path, field.thumbnail))
    if field.hide_empty:
        return lambda ask, record: "" if record.values.get(path) in (None, "", ()) else write(record)
    return lambda ask, record: write(record)


def _writer(making: _Making, path: str, thumbnail: int = 0) -> Writer:
    return value_writer(making.context.snapshot, formats_of(making.context), making.form.entity, path, thumbnail)


def _progress(making: _Making) -> str:
    progress = making.form.progress
    if progress is None or progress.attribute not in making.readable:
        return ""
    sheet = progress_sheet(making.context, making.form.entity, progress, str(making.ask.index))
    making.fills[PROGRESS] = lambda ask, record: sheet.show(record)
    return PROGRESS


def _tabs(making: _Making) -> tuple[TabView, ...]:
    """The tabs in which there is anything that may be read."""
    found = tuple(_tab(making, tab) for tab in making.form.tabs)
    return tuple(tab for tab in found if tab.main or tab.side) or found[:1]


def _tab(making: _Making, tab: Tab) -> TabView:
    parts = [(section.place, _part(making, section)) for section in tab.sections]
    return TabView(
        tab.key if making.ask.first else f"{making.ask.index}-{tab.key}",
        words_of(making.context, tab.label) or in_words(tab.key),
        main=tuple(part for place, part in parts if place == "main" and part is not None),
        side=tuple(part for place, part in parts if place == "side" and part is not None),
    )


def _part(making: _Making, section: Section) -> FactSection | RelatedPart | None:
    if section.related is None:
        found = _facts(making, section.fields)
        return FactSection(words_of(making.context, section.label), found, section.columns) if found else None
    number = next(number for number, related in related_lists(making.form).items() if related is section.related)
    sheet = related_sheet(making.ask, making.form.entity, section.related, number)
    if sheet is None:
        return None
    making.fills[sheet.view.id] = sheet.show
    return RelatedPart(sheet.view.id)


def _status(making: _Making) -> Writer:
    path = making.form.status
    write = _writer(making, path) if path else None
    return lambda record: "" if write is None or record.values.get(path) is None else write(record)


def _editors(context: RequestContext, node: PageNode, entity: str) -> tuple[tuple[str, PageNode], ...]:
    """The pages below that have a form to change such a record, as far as they may be read."""
    readable = readable_pages(context.snapshot, context.site, context.principal.roles)
    below = [child for child in node.children.values() if child.page.key in readable]
    return tuple((words_of(context, child.page.label), child) for child in below if _edits(context, child, entity))


def _edits(context: RequestContext, node: PageNode, entity: str) -> bool:
    forms = context.snapshot.forms
    return any(
        block.type == "form" and block.mode == "edit" and block.form in forms and forms[block.form].entity == entity
        for block in node.page.blocks
    )
