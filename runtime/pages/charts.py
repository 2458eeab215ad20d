"""Charts: the figures of a view's rows, drawn on the server, each with its table. A chart costs one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import cycle

from metadata.model import Chart
from metadata.snapshot import CompiledAttribute
from metadata.text import in_words
from runtime.pages.chart_drawing import bars, line, pie
from runtime.pages.chart_groups import Way, group_name, way_of, without_gaps
from runtime.pages.chart_view import ChartRow, ChartsView, ChartView, Drawing
from runtime.pages.columns import heading_at
from runtime.pages.content import words_of
from runtime.pages.freshness import oldest
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.speech import formats_of, text_of
from runtime.records.errors import Denied
from runtime.records.figures import Group, Grouping, Groups, attribute_of, fetch_figures
from runtime.records.plan import ListPlan, plan_list
from runtime.refused import keep_denied_part

TEMPLATE = "blocks/charts.html"
SERIES = 8
"""Colours that a pie has; one group more would look like another one."""
TONES = {"warn": 2, "good": 3, "bad": 4, "info": 5, "neutral": 9}
"""The colours of an option's tone among them; the first of several options with one tone has it."""
NONE = "–"
DRAWN: dict[str, Callable[[Sequence[tuple[ChartRow, Decimal | None]]], Drawing]] = {"bar": bars, "line": line, "pie": pie}


@dataclass(frozen=True, slots=True)
class Figures:
    """The groups of a chart that the person may read, and the attributes that they are made of."""

    model: Chart
    plan: ListPlan
    groups: Groups
    by: CompiledAttribute | None
    of: CompiledAttribute | None


def show_charts(ask: BlockAsk) -> Part:
    """A block of charts. One whose rows or figures the person may not read says so."""
    context = ask.context
    charts = tuple(_chart(ask, context.site.charts[key], number) for number, key in enumerate(ask.block.charts))
    drawn = [context.site.charts[key].view for key, chart in zip(ask.block.charts, charts, strict=True) if not chart.say]
    age = oldest(context.freshness(context.snapshot.views[view].entity) for view in drawn)
    return Part(TEMPLATE, ChartsView(f"charts-{ask.index}", charts, words_of(context, ask.block.label)), Head(freshness=age))


def _chart(ask: BlockAsk, model: Chart, number: int) -> ChartView:
    context, text = ask.context, text_of(ask.context)
    label = words_of(context, model.label) or words_of(context, context.snapshot.views[model.view].label) or in_words(model.key)
    shown = ChartView(f"chart-{ask.index}-{number}", label, model.type, words_of(context, model.text))
    try:
        figures = _fetched(ask, model)
    except Denied as refused:
        keep_denied_part(context, refused.detail)
        return replace(shown, say=text("state.denied" if context.signed_in else "state.sign_in"))
    counts = figures.by is None and model.aggregate == "count"  # of which none is a figure too
    if not counts and not any(group.rows for group in figures.groups.found):
        return replace(shown, say=words_of(context, model.empty) or text("state.empty"))
    way = way_of(ask, model)
    shown = replace(shown, url=way.url if way else "")
    if figures.by is None:
        return replace(shown, figure=_written(ask, figures, figures.groups.found[0]))
    return _drawn(ask, figures, figures.by, shown, way)


def _fetched(ask: BlockAsk, model: Chart) -> Figures:
    """The figures of a chart. Raises Denied."""
    context = ask.context
    plan = plan_list(context.snapshot, context.principal, model.view)
    most = min(model.groups, SERIES) if model.type == "pie" else model.groups
    grouping = Grouping(model.group, model.by, model.aggregate, model.attribute, most)
    with context.stages.measure("fetch"):
        groups = fetch_figures(context.reader, plan, context.principal, grouping, formats_of(context).zone.key)
    by, of = (attribute_of(plan, path) if path else None for path in (model.group, model.attribute))
    return Figures(model, plan, groups, by, of)


def _drawn(ask: BlockAsk, figures: Figures, by: CompiledAttribute, shown: ChartView, way: Way | None) -> ChartView:
    context, text, model = ask.context, text_of(ask.context), figures.model
    rows: list[tuple[ChartRow, Decimal | None]] = []
    groups = _in_order(ask, figures, by)
    for group, series in zip(groups, _series(ask, by, groups), strict=True):
        url = way.to(group, model.by) if way else ""
        row = ChartRow(group_name(context, by, group, model.by), _written(ask, figures, group), url, series)
        rows.append((row, group.figure))
    rest = figures.groups.rest
    if rest is not None and not _several_currencies(ask, figures):
        rows.append((ChartRow(text("chart.rest"), _written(ask, figures, rest), series=0), rest.figure))
    # Rows without a key are nowhere along a line; the table has them.
    drawn = [pair for pair in rows if pair[0].series] if model.type == "line" else rows
    entity = context.snapshot.views[model.view].entity
    grouped, value = (
        heading_at(context.snapshot, entity, path, lambda said: words_of(context, said)) if path else ""
        for path in (model.group, model.attribute)
    )
    return replace(
        shown,
        group=grouped,
        value=text(f"chart.{model.aggregate}", name=value) if value else text("chart.count"),
        described=text(f"chart.is_{model.type}", name=shown.label),
        rows=tuple(row for row, _ in rows),
        drawing=DRAWN[model.type](drawn),
    )


def _series(ask: BlockAsk, by: CompiledAttribute, groups: Sequence[Group]) -> list[int]:
    """The number of each group's colour: its option's tone, else the next that no tone has taken; none without a key."""
    options = ask.context.snapshot.choices[by.model.choice].options if by.type.name == "choice" else ()
    tones = {option.value: TONES[option.tone] for option in options if option.tone}
    toned: dict[int, object] = {}
    for group in groups:
        if group.key in tones:
            toned.setdefault(tones[group.key], group.key)
    own = {key: number for number, key in toned.items()}
    free = cycle([number for number in range(1, SERIES + 1) if number not in toned])
    return [0 if group.key is None else own[group.key] if group.key in own else next(free) for group in groups]


def _in_order(ask: BlockAsk, figures: Figures, by: CompiledAttribute) -> list[Group]:
    """Spans of time one after the other, options as their choice has them, numbers rising; else the largest first."""
    found, model = figures.groups.found, figures.model
    if model.by:
        gapless = model.aggregate in ("count", "sum")
        return without_gaps(found, model.by, model.groups) if gapless else found
    keyed, without = [group for group in found if group.key is not None], [group for group in found if group.key is None]
    if by.type.name == "choice":
        places = {option.value: n for n, option in enumerate(ask.context.snapshot.choices[by.model.choice].options)}
        keyed.sort(key=lambda group: places.get(group.key, len(places)))
    elif by.type.name in ("integer", "boolean"):
        keyed.sort(key=lambda group: group.key)
    return [*keyed, *without]


def _written(ask: BlockAsk, figures: Figures, group: Group) -> str:
    """A figure as a text."""
    formats = formats_of(ask.context)
    if group.figure is None:
        return NONE
    if figures.of is None or figures.of.type.name != "money":
        smallest_or_largest = figures.model.aggregate in ("min", "max")
        return formats.number(round(group.figure, 2), figures.of if smallest_or_largest else None)
    rule = formats.money_rule(figures.of)
    return formats.money(group.figure, rule.code or (str(group.key or "") if rule.attribute else ""))


def _several_currencies(ask: BlockAsk, figures: Figures) -> bool:
    """Whether each group has a currency of its own, so that what is left out cannot be put together."""
    return figures.of is not None and bool(formats_of(ask.context).money_rule(figures.of).attribute)
