"""Rules on the layouts of lists: what a calendar, a board or cards are made of is there, and of a type that will do."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.lists import entity_of
from metadata.checks.world import PathError, World, repeated
from metadata.checks.zones import is_time_zone, no_time_zone
from metadata.errors import Problem
from metadata.model import ListCards, ListComponent
from metadata.schema.faults import did_you_mean, shown
from metadata.told import Called, one_of, told

LAYOUTS = ("table", "calendar", "board", "cards")
DATES = ("date", "datetime")


def layouts(world: World) -> Iterator[Problem]:
    """A list has the layouts that it names, each once; places are a layout of their own."""
    for item in world.all(ListComponent):
        declared = [name for name in ("calendar", "board", "cards") if getattr(item, name) is not None]
        for index, name in enumerate(item.layouts):
            if name not in LAYOUTS:
                message = told("There is no layout {layout}.{hint}", layout=shown(name), hint=did_you_mean(name, LAYOUTS))
                yield world.problem(item, f"layouts.{index}", "layout", message)
            elif name not in ("table", "cards", *declared):
                message = told(
                    "The list says nothing of a {layout}; add {layout}: to it, or leave the layout out.", layout=name
                )
                yield world.problem(item, f"layouts.{index}", "layout", message)
        for index in repeated(list(item.layouts)):
            message = told("The layout {layout} is there twice; remove one.", layout=item.layouts[index])
            yield world.problem(item, f"layouts.{index}", "duplicate-key", message)
        for name in declared:
            if item.layouts and name not in item.layouts:
                message = told(
                    "The list says what its {layout} is, but {layout} is not among its layouts; add it there or remove it.",
                    layout=name,
                )
                yield world.problem(item, name, "layout", message)
        if item.map is not None and (item.layouts or declared):
            message = told("A list with map: is a map and nothing else; make it two lists.")
            yield world.problem(item, "layouts" if item.layouts else declared[0], "layout", message)


def calendars(world: World) -> Iterator[Problem]:
    """A calendar places rows by a date or a date-time, and its end is of the same type."""
    for item in world.all(ListComponent):
        calendar, entity = item.calendar, entity_of(world, item)
        if calendar is None or entity not in world.entities:
            continue
        fault = misfit(world, entity, calendar.start, DATES)
        if fault:
            yield world.problem(item, "calendar.start", "calendar", fault)
        start = world.attribute(entity, calendar.start)
        fault = misfit(world, entity, calendar.end, (start.type,)) if calendar.end and start and start.type in DATES else ""
        if fault:
            yield world.problem(item, "calendar.end", "calendar", fault)
        fault = misfit(world, entity, calendar.all_day, ("boolean",)) if calendar.all_day else ""
        if fault:
            yield world.problem(item, "calendar.all_day", "calendar", fault)
        if calendar.time_zone and not is_time_zone(calendar.time_zone):
            yield world.problem(item, "calendar.time_zone", "time-zone", no_time_zone(calendar.time_zone))


def boards(world: World) -> Iterator[Problem]:
    """A board has the options of a choice of its entity as columns; a calculated choice cannot be changed by moving."""
    for item in world.all(ListComponent):
        board, entity = item.board, entity_of(world, item)
        if board is None or entity not in world.entities:
            continue
        attribute = world.entities[entity].attributes.get(board.attribute)
        if attribute is None or attribute.type != "choice":
            choices = [key for key, found in world.entities[entity].attributes.items() if found.type == "choice"]
            message = told(
                "{attribute} is no choice attribute of {entity}.{hint}",
                attribute=shown(board.attribute),
                entity=entity,
                hint=did_you_mean(board.attribute, choices),
            )
            yield world.problem(item, "board.attribute", "board", message)
            continue
        if attribute.formula and not board.fixed:
            message = told(
                "{attribute} is calculated, so that nobody can move a card; say fixed: true.", attribute=board.attribute
            )
            yield world.problem(item, "board.fixed", "board", message)
        options = world.options(attribute)
        for index, option in enumerate(board.columns):
            if options is not None and option not in options:
                message = told(
                    "{attribute} has no option {option}.{hint}",
                    attribute=board.attribute,
                    option=shown(option),
                    hint=did_you_mean(option, options),
                )
                yield world.problem(item, f"board.columns.{index}", "board", message)
        for index in repeated(list(board.columns)):
            message = told("The column {option} is there twice; remove one.", option=board.columns[index])
            yield world.problem(item, f"board.columns.{index}", "duplicate-key", message)


def pictures(world: World) -> Iterator[Problem]:
    """The picture of a card is an image."""
    for item in world.all(ListComponent):
        entity = entity_of(world, item)
        if item.cards == ListCards():
            message = told("Name the picture of the cards, or leave cards out: layouts says that there are some.")
            yield world.problem(item, "cards", "cards", message)
        if item.cards is None or not item.cards.picture or entity not in world.entities:
            continue
        fault = misfit(world, entity, item.cards.picture, ("image",))
        if fault:
            yield world.problem(item, "cards.picture", "cards", fault)


def misfit(world: World, entity: str, path: str, types: tuple[str, ...]) -> str:
    """Why the attribute at the end of a path is not of one of these types; "" where it is."""
    try:
        found = world.resolve(entity, path)
    except PathError as wrong:
        return wrong.message
    return (
        ""
        if found.type in types
        else told(
            "{attribute} is of type {type}; {types} is needed here.",
            attribute=shown(path),
            type=Called(found.type, "type"),
            types=one_of(Called(kind, "type") for kind in types),
        )
    )


RULES = (layouts, calendars, boards, pictures)
