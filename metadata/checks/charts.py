"""Rules on charts: rows can be grouped and worked out as they say, and their links lead to the same rows."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.lists import views_of
from metadata.checks.world import PathError, World, repeated, targets_of
from metadata.errors import Problem
from metadata.model import Attribute, Chart, ListComponent, ListFilter, Page, View
from metadata.schema.faults import did_you_mean, shown
from metadata.told import Called, told

DATES = ("date", "datetime")
GROUPS = ("choice", "lookup", "boolean", "text", "email", "integer", *DATES)
FIGURES = ("integer", "decimal", "money")
LINKED = ("choice", "lookup", "boolean", *DATES)
CODE = 3


def groups(world: World) -> Iterator[Problem]:
    """A chart has groups by values that rows share, of dates by spans of time; a number has none."""
    for chart in world.all(Chart):
        entity = entity_of(world, chart)
        if (chart.type == "number") == bool(chart.group):
            message = (
                told("A number has no groups; remove group.")
                if chart.group
                else told("A {type} chart needs group: with its groups.", type=chart.type)
            )
            yield world.problem(chart, "group", "chart", message)
        elif chart.group and entity:
            name, fault = fault_in_group(world, entity, chart)
            if fault:
                yield world.problem(chart, name, "chart", fault)
        elif chart.by:
            yield world.problem(chart, "by", "chart", told("by is for groups of dates; remove it."))


def entity_of(world: World, chart: Chart) -> str:
    """The entity whose rows a chart shows, "" where it is not known."""
    view = world.find("view", chart.view)
    return view.entity if isinstance(view, View) and view.entity in world.entities else ""


def fault_in_group(world: World, entity: str, chart: Chart) -> tuple[str, str]:
    """What is wrong with the groups of a chart, and where."""
    try:
        attribute = world.resolve(entity, chart.group)
    except PathError as wrong:
        return "group", wrong.message
    if attribute.type not in GROUPS or (attribute.type == "lookup" and len(targets_of(attribute)) != 1):
        return "group", told(
            "{attribute} is of type {type}, of which there are no groups.",
            attribute=shown(chart.group),
            type=Called(attribute.type, "type"),
        )
    if attribute.type in DATES and not chart.by:
        return "by", told("Dates make groups by a span of time; give by: such as month.")
    if chart.by and attribute.type not in DATES:
        return "by", told(
            "by is for groups of dates, and {group} is of type {type}; remove it.",
            group=chart.group,
            type=Called(attribute.type, "type"),
        )
    if chart.type == "pie" and chart.aggregate not in ("count", "sum"):
        return "type", told(
            "The parts of a pie add up, and what {aggregate} gives does not; make it a bar.", aggregate=chart.aggregate
        )
    if chart.type == "line" and attribute.type not in (*DATES, "integer"):
        return "type", told(
            "A line goes along time or numbers, and {group} is of type {type}; make it a bar.",
            group=chart.group,
            type=Called(attribute.type, "type"),
        )
    return "", ""


def figures(world: World) -> Iterator[Problem]:
    """A figure is the number of rows, or made of numbers; amounts in several currencies are not added."""
    for chart in world.all(Chart):
        entity = entity_of(world, chart)
        fault = fault_in_figure(world, entity, chart) if entity else ""
        if fault:
            yield world.problem(chart, "attribute", "chart", fault)


def fault_in_figure(world: World, entity: str, chart: Chart) -> str:
    """What is wrong with the figure of a chart."""
    if chart.aggregate == "count":
        return told("Rows are counted without attribute; remove it, or say another aggregate.") if chart.attribute else ""
    if not chart.attribute:
        return told("The aggregate {aggregate} needs attribute: with the number that it is made of.", aggregate=chart.aggregate)
    try:
        attribute = world.resolve(entity, chart.attribute)
    except PathError as wrong:
        return wrong.message
    if attribute.type not in FIGURES:
        return told(
            "{attribute} is of type {type}; a number is needed.",
            attribute=shown(chart.attribute),
            type=Called(attribute.type, "type"),
        )
    if has_currencies(attribute) and chart.group != beside(chart.attribute, attribute.currency):
        return told(
            "{attribute} may be in several currencies, which cannot be put together; group by {currency}.",
            attribute=chart.attribute,
            currency=attribute.currency,
        )
    return ""


def has_currencies(attribute: Attribute) -> bool:
    """Whether an amount is in the currency that another attribute holds."""
    code = attribute.currency
    return attribute.type == "money" and bool(code) and not (len(code) == CODE and code.isalpha() and code.isupper())


def beside(path: str, key: str) -> str:
    """The path of another attribute of the same row."""
    above = path.rpartition(".")[0]
    return f"{above}.{key}" if above else key


def links(world: World) -> Iterator[Problem]:
    """The page to which figures lead has a list of the same view, with a filter by the attribute of the groups."""
    for chart in world.all(Chart):
        page = world.find("page", chart.page, chart.site) if chart.page else None
        if chart.filter and not chart.page:
            yield world.problem(
                chart, "filter", "chart-link", told("A filter needs page: with the page of the list that has it.")
            )
        if not isinstance(page, Page):
            continue
        lists = [item for item in lists_of(world, page) if chart.view in [view.key for view in views_of(world, item)]]
        if not lists:
            message = told(
                "The page {page} has no list of the view {view}; name another page, or add the view to its list.",
                page=page.key,
                view=chart.view,
            )
            yield world.problem(chart, "page", "chart-link", message)
        elif chart.filter:
            fault = fault_in_filter(world, chart, lists[0])
            if fault:
                yield world.problem(chart, "filter", "chart-link", fault)


def lists_of(world: World, page: Page) -> Iterator[ListComponent]:
    """The lists on a page."""
    for block in page.blocks:
        found = world.find("list", block.list, page.site) if block.type == "list" else None
        if isinstance(found, ListComponent):
            yield found


def fault_in_filter(world: World, chart: Chart, item: ListComponent) -> str:
    """Why a filter of a list does not lead to the rows of a group."""
    found: ListFilter | None = next((one for one in item.filters if one.key == chart.filter), None)
    if found is None:
        hint = did_you_mean(chart.filter, [one.key for one in item.filters])
        return told("The list {list} has no filter {filter}.{hint}", list=item.key, filter=shown(chart.filter), hint=hint)
    if found.attribute != chart.group:
        return told(
            "The filter {filter} is by {attribute}, but the groups are by {group}.",
            filter=found.key,
            attribute=found.attribute,
            group=chart.group or told("nothing"),
        )
    entity = entity_of(world, chart)
    attribute = world.attribute(entity, chart.group) if entity else None
    if attribute is not None and attribute.type not in LINKED:
        return told(
            "A filter by {group}, of type {type}, finds more than one group; remove filter.",
            group=chart.group,
            type=Called(attribute.type, "type"),
        )
    return ""


def charts_on_pages(world: World) -> Iterator[Problem]:
    """A chart stands in a block once."""
    for page in world.all(Page):
        for number, block in enumerate(page.blocks):
            for index in repeated(list(block.charts)):
                message = told("The chart {chart} is there twice; remove one.", chart=block.charts[index])
                yield world.problem(page, f"blocks.{number}.charts.{index}", "duplicate-key", message)


RULES = (groups, figures, links, charts_on_pages)
