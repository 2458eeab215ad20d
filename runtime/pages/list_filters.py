"""The filters of a list: read from the address, turned into conditions, shown as a panel and as chips.

Their state is in the address alone: `f.<key>=a,b` for values, `f.<key>.from` and `f.<key>.to` for a range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from metadata.model import Block, ListComponent, ListFilter
from metadata.snapshot import Snapshot
from metadata.text import in_words
from runtime.access import Standing
from runtime.context import RequestContext
from runtime.pages.addresses import page_url
from runtime.pages.columns import heading_at
from runtime.pages.content import words_of
from runtime.pages.filter_view import Chip, FilterField, FilterOption, FilterPanel
from runtime.pages.part import BlockAsk
from runtime.pages.queries import FILTER, UnusableArgument
from runtime.pages.speech import formats_of, text_of
from runtime.records.ask import ListAsk
from runtime.records.errors import Denied
from runtime.records.filters import (
    Bound,
    Chosen,
    Field,
    Met,
    choose,
    choose_conditions,
    choose_range,
    conditions_for,
    field_for,
)
from runtime.records.lists import fetch_list, fetch_row
from runtime.records.plan import ListPlan, plan_entity, plan_list
from runtime.records.values import read_value

TEMPLATE = "blocks/list_filters.html"
MOST_ROWS = 50
PAGING = ("page", "after", "before")
LOW, HIGH = ".from", ".to"
INPUTS = {"date": "date", "datetime": "date", "integer": "number", "decimal": "number", "money": "number"}


@dataclass(frozen=True, slots=True)
class Declared:
    """A filter that this person may use: what the list says of it, of which entity, and its field."""

    model: ListFilter
    entity: str
    field: Field

    @property
    def names(self) -> tuple[str, ...]:
        """Its arguments in an address."""
        name = f"{FILTER}{self.model.key}"
        return (name + LOW, name + HIGH) if self.field.kind == "range" else (name,)


def filters_of(context: RequestContext, model: ListComponent) -> tuple[Declared, ...]:
    """The filters of a list that speak of what the person may read."""
    snapshot, standing = context.snapshot, context.principal.standing
    entity = snapshot.views[model.views[0]].entity

    def make() -> tuple[Declared, ...]:
        fields = (_field_of(snapshot, standing, entity, item, f"f{place}") for place, item in enumerate(model.filters))
        return tuple(
            Declared(item, entity, field) for item, field in zip(model.filters, fields, strict=True) if field is not None
        )

    return snapshot.derive(("list filters", context.site.key, model.key, standing), make) if model.filters else ()


def _field_of(snapshot: Snapshot, standing: Standing, entity: str, item: ListFilter, name: str) -> Field | None:
    if item.conditions:
        return conditions_for(snapshot, standing, entity, [(one.key, one.filter) for one in item.conditions], name)
    return field_for(snapshot, standing, entity, item.attribute, name)


def filter_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments that a list's filters take from the address."""
    return frozenset(name for one in filters_of(context, context.site.lists[block.list]) for name in one.names)


def chosen_filters(ask: BlockAsk, model: ListComponent) -> Iterator[tuple[Chosen | Met, Bound]]:
    """The conditions in the address. Raises UnusableArgument, which names the argument."""
    own = ask.query.own
    for one in filters_of(ask.context, model):
        if one.field.kind == "range":
            yield from _range(ask, one, own)
            continue
        values = _values(one, own)
        if values:
            try:
                if one.field.kind == "conditions":
                    yield choose_conditions(one.field, values)
                else:
                    yield choose(ask.context.snapshot, one.field, values)
            except ValueError as wrong:
                raise UnusableArgument(ask.query.name(one.names[0])) from wrong


def filter_panel(ask: BlockAsk, model: ListComponent, region: str) -> FilterPanel | None:
    """The panel of a list's filters with what is chosen; None for a list without any that the person may use.

    `region` begins its ids. Where the address asks for nothing the panel is the same for everybody of a standing, and is
    made once.
    """
    declared = filters_of(ask.context, model)
    if not declared:
        return None
    if not is_idle(ask, model):
        return _panel(ask, declared)
    context = ask.context
    key = ("idle filters", context.site.key, model.key, context.principal.standing, context.language, ask.query.path, region)
    return context.snapshot.derive(key, lambda: _dressed(ask, declared, region))


def is_idle(ask: BlockAsk, model: ListComponent) -> bool:
    """Nothing is asked for, at the page's own address, and no row that the person may read is to choose from."""
    if ask.query.arguments or ask.keys or any(one.field.kind == "rows" for one in filters_of(ask.context, model)):
        return False
    return not ask.context.services.config.debug and ask.query.path == page_url(ask.context, ask.node)


def _dressed(ask: BlockAsk, declared: tuple[Declared, ...], region: str) -> FilterPanel:
    panel = _panel(ask, declared)
    return replace(panel, html=ask.context.renderer.block(ask.context, TEMPLATE, view={"id": region, "filters": panel}))


def _panel(ask: BlockAsk, declared: tuple[Declared, ...]) -> FilterPanel:
    names = [name for one in declared for name in one.names]
    fields: list[FilterField] = []
    chips: list[Chip] = []
    for one in declared:
        field = _field(ask, one)
        fields.append(field)
        chips += _chips(ask, one, field)
    return FilterPanel(
        url=ask.query.path,
        fields=tuple(fields),
        chips=tuple(chips),
        hidden=ask.query.hidden(*names, *PAGING),
        clear=ask.query.link(**dict.fromkeys((*names, *PAGING))),
    )


def _range(ask: BlockAsk, one: Declared, own: Mapping[str, str]) -> Iterator[tuple[Chosen, Bound]]:
    low, high = (own.get(name, "").strip() for name in one.names)
    for name, low_only, high_only in ((one.names[0], low, ""), (one.names[1], "", high)):
        if low_only or high_only:
            try:
                choose_range(one.field, ask.context.principal, low_only, high_only)
            except ValueError as wrong:
                raise UnusableArgument(ask.query.name(name)) from wrong
    if low or high:
        yield choose_range(one.field, ask.context.principal, low, high)


def _values(one: Declared, own: Mapping[str, str]) -> list[str]:
    raw = own.get(one.names[0], "").strip()
    if one.field.kind == "text":
        return [raw] if raw else []
    return list(dict.fromkeys(part for part in raw.split(",") if part))


def _field(ask: BlockAsk, one: Declared) -> FilterField:
    context, own = ask.context, ask.query.own
    name = ask.query.name(one.names[0])
    attribute = one.field.attribute
    label = words_of(context, one.model.label) or (in_words(one.model.key) if one.model.conditions else "")
    label = label or heading_at(context.snapshot, one.entity, one.model.attribute, lambda said: words_of(context, said))
    match one.field.kind:
        case "range":
            kind = INPUTS[attribute.type.name]
            low, high = (own.get(item, "").strip() for item in one.names)
            return FilterField("range", name.removesuffix(LOW), label, kind, low=low, high=high)
        case "text":
            return FilterField("text", name, label, value=own.get(one.names[0], "").strip())
    options = tuple(_options(ask, one, _values(one, own)))
    return FilterField(one.field.kind, name, label, options=options)


def _options(ask: BlockAsk, one: Declared, chosen: list[str]) -> Iterator[FilterOption]:
    context = ask.context
    if one.field.kind == "switch":
        on = [read_value("boolean", value) for value in chosen]
        yield FilterOption("1", text_of(context)("value.yes"), True in on)
        yield FilterOption("0", text_of(context)("value.no"), False in on)
    elif one.field.kind == "conditions":
        offered = {key for key, _ in one.field.conditions}
        for item in one.model.conditions:
            if item.key in offered:
                yield FilterOption(item.key, words_of(context, item.label) or in_words(item.key), item.key in chosen)
    elif one.field.kind == "set":
        for option in context.snapshot.choices[one.field.attribute.model.choice].options:
            yield FilterOption(option.value, words_of(context, option.label) or in_words(option.value), option.value in chosen)
    else:
        yield from _rows(context, one, chosen)


def _rows(context: RequestContext, one: Declared, chosen: list[str]) -> Iterator[FilterOption]:
    """The first rows that the person may read, and those that are chosen already."""
    try:
        plan = _plan(context, one)
    except Denied:
        return
    ask = ListAsk(one.model.view, page_size=MOST_ROWS, counted=False)
    page = fetch_list(context.connection, plan, context.principal, ask)
    found = {str(row): key for row, key in zip(page.ids, page.keys, strict=True)}
    for value in chosen:
        if value not in found:
            row = fetch_row(context.connection, plan, context.principal, int(value))
            found[value] = text_of(context)("filter.gone") if row is None else row[1]
    for value, label in found.items():
        yield FilterOption(value, "–" if label is None else str(label), value in chosen)


def _plan(context: RequestContext, one: Declared) -> ListPlan:
    if one.model.view:
        return plan_list(context.snapshot, context.principal, one.model.view)
    return plan_entity(context.snapshot, context.principal, one.field.attribute.targets[0])


def _chips(ask: BlockAsk, one: Declared, field: FilterField) -> Iterator[Chip]:
    def without(*names: str, **changes: str | None) -> str:
        return ask.query.link(**dict.fromkeys((*names, *PAGING)), **changes)

    if field.kind == "range":
        if field.low or field.high:
            yield Chip(field.label, _span(ask, one, field), without(*one.names))
        return
    if field.kind == "text":
        if field.value:
            yield Chip(field.label, f"“{field.value}”", without(*one.names))
        return
    chosen = [option for option in field.options if option.chosen]
    for option in chosen:
        rest = ",".join(other.value for other in chosen if other is not option)
        yield Chip(field.label, option.label, without(**{one.names[0]: rest or None}))


def _span(ask: BlockAsk, one: Declared, field: FilterField) -> str:
    text, formats = text_of(ask.context), formats_of(ask.context)

    def write(raw: str) -> str:
        if field.input == "date":
            return formats.day(read_value("date", raw))
        return formats.number(read_value("decimal", raw), one.field.attribute)

    if field.low and field.high:
        return f"{write(field.low)}–{write(field.high)}"
    return text("filter.from", value=write(field.low)) if field.low else text("filter.to", value=write(field.high))
