"""The detail block: a record page's form in mode read, with its summary, progress, sections and related lists."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from metadata.model import Block, Form, FormField, Section, Tab
from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.errors import PageNotFound
from runtime.pages.addresses import page_url
from runtime.pages.content import words_of
from runtime.pages.linking import key_paths, linked
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.progress import ProgressLine, Stage, progress_line
from runtime.pages.related import RelatedView, related_view
from runtime.pages.sections import Fact, FactSection, facts, field_label, form_paths
from runtime.pages.speech import formats_of
from runtime.pages.values import value_html
from runtime.records.details import Record
from runtime.render import Action
from runtime.sitemap import readable_pages

TEMPLATE = "blocks/detail.html"


@dataclass(frozen=True, slots=True)
class TabView:
    """A tab: what stands in its main column and what beside it."""

    key: str
    label: str
    main: tuple[FactSection | RelatedView, ...]
    side: tuple[FactSection | RelatedView, ...]


@dataclass(frozen=True, slots=True)
class DetailView:
    """A record to read."""

    key: str
    strip: tuple[Fact, ...]
    progress: ProgressLine | None
    tabs: tuple[TabView, ...]


def detail_paths(context: RequestContext, block: Block) -> tuple[str, ...]:
    """The attributes of the page's record that the block shows, and the keys of rows that it links to."""
    form = context.snapshot.forms[block.form]
    paths = form_paths(context.snapshot, form)
    return (*paths, *key_paths(context, form.entity, paths))


def show_detail(ask: BlockAsk) -> Part:
    """The record of the page. Raises PageNotFound on a page that has none, or one of another entity."""
    form = ask.context.snapshot.forms[ask.block.form]
    record = ask.record
    if record is None or record.entity != form.entity:
        raise PageNotFound
    view = DetailView(
        key=str(ask.index),
        strip=_facts(ask.context, form, form.summary, record),
        progress=_progress(ask.context, form, record),
        tabs=tuple(_tab(ask, form, tab, record) for tab in form.tabs),
    )
    head = Head(
        status=_status(ask.context, form, record), freshness=ask.context.freshness(form.entity), actions=_actions(ask, record)
    )
    return Part(TEMPLATE, view, head)


def _facts(context: RequestContext, form: Form, fields: tuple[FormField, ...], record: Record) -> tuple[Fact, ...]:
    say = partial(words_of, context)
    label = partial(field_label, context.snapshot, form.entity, say)
    formats = formats_of(context)

    def write(path: str) -> Markup:
        return linked(context, record, path, value_html(context.snapshot, formats, record, path))

    return facts(fields, record, label, write)


def _tab(ask: BlockAsk, form: Form, tab: Tab, record: Record) -> TabView:
    def part(position: int, section: Section) -> FactSection | RelatedView | None:
        if section.related is not None:
            return related_view(ask, record, section.related, f"{ask.index}-{tab.key}-{position}")
        found = _facts(ask.context, form, section.fields, record)
        return FactSection(words_of(ask.context, section.label), found, section.columns) if found else None

    parts = [(section.place, part(position, section)) for position, section in enumerate(tab.sections)]
    return TabView(
        tab.key,
        words_of(ask.context, tab.label) or tab.key,
        main=tuple(found for place, found in parts if place == "main" and found is not None),
        side=tuple(found for place, found in parts if place == "side" and found is not None),
    )


def _progress(context: RequestContext, form: Form, record: Record) -> ProgressLine | None:
    if form.progress is None or form.progress.attribute not in record.values:
        return None
    attribute = context.snapshot.resolve(form.entity, form.progress.attribute)[-1]
    formats = formats_of(context)

    def say(path: str, value: object) -> Markup:
        return formats.for_attribute(context.snapshot.resolve(form.entity, path)[-1], context.snapshot)(value)

    options = context.snapshot.choices[attribute.model.choice].options
    stages = {option.value: Stage(words_of(context, option.label) or option.value, option.mark == "part") for option in options}
    return progress_line(form.progress, stages, record.values, say, dt.datetime.now(formats.zone).date())


def _status(context: RequestContext, form: Form, record: Record) -> Markup:
    if not form.status or record.values.get(form.status) is None:
        return Markup()
    return value_html(context.snapshot, formats_of(context), record, form.status)


def _actions(ask: BlockAsk, record: Record) -> tuple[Action, ...]:
    """Edit, where a page below has the form for it and the person may write this record."""
    context = ask.context
    if "write" not in record.can:
        return ()
    readable = readable_pages(context.snapshot, context.site, context.principal.roles)
    return tuple(
        Action(words_of(context, node.page.label), page_url(context, node, ask.keys), "pencil")
        for node in ask.node.children.values()
        if node.page.key in readable and _edits(context, node, record.entity)
    )


def _edits(context: RequestContext, node: PageNode, entity: str) -> bool:
    forms = context.snapshot.forms
    return any(
        block.type == "form" and block.mode == "edit" and block.form in forms and forms[block.form].entity == entity
        for block in node.page.blocks
    )
