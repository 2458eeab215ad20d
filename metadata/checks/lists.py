"""Rules on views and lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metadata.checks.row_actions import fault_in_deed
from metadata.checks.world import PathError, World, repeated, targets_of
from metadata.errors import Problem
from metadata.model import Filter, ListComponent, ListFilter, Page, RowAction, View
from metadata.schema.faults import did_you_mean, shown
from metadata.told import Called, told

NO_FILTER = ("unique_id", "file", "image")
FARTHEST = 20_000
POINT = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*", re.ASCII)


def columns(world: World) -> Iterator[Problem]:
    """A view has columns, each once."""
    for view in world.all(View):
        paths = [column.attribute for column in view.columns]
        if not paths:
            yield world.problem(view, "columns", "no-columns", told("The view has no columns; add one at least."))
        for index in repeated(paths):
            message = told("The column {column} is there twice; remove one.", column=paths[index])
            yield world.problem(view, f"columns.{index}.attribute", "duplicate-key", message)


def views_of(world: World, item: ListComponent) -> list[View]:
    """The views of a list that there are."""
    found = (world.find("view", key) for key in item.views)
    return [view for view in found if isinstance(view, View)]


def entity_of(world: World, item: ListComponent) -> str:
    """The entity of a list: that of its first view, "" where it is not known."""
    views = views_of(world, item)
    return views[0].entity if views and views[0].entity in world.entities else ""


def list_views(world: World) -> Iterator[Problem]:
    """A list has views, all of one entity."""
    for item in world.all(ListComponent):
        if not item.views:
            yield world.problem(item, "views", "no-views", told("The list has no views; name one at least."))
        views = views_of(world, item)
        for view in views:
            if view.entity != views[0].entity:
                index = item.views.index(view.key)
                message = told(
                    "{view} shows {entity}, but {first_view} shows {first_entity}; make it two lists.",
                    view=view.key,
                    entity=view.entity,
                    first_view=views[0].key,
                    first_entity=views[0].entity,
                )
                yield world.problem(item, f"views.{index}", "mixed-views", message)
        for index in repeated(list(item.views)):
            message = told("The view {view} is there twice; remove one.", view=item.views[index])
            yield world.problem(item, f"views.{index}", "duplicate-key", message)


def owners(world: World) -> Iterator[Problem]:
    """The switch between mine and my company's goes by lookups to contact and account."""
    for item in world.all(ListComponent):
        entity = entity_of(world, item)
        for name, target in (("contact_attribute", "contact"), ("account_attribute", "account")):
            path = getattr(item, name)
            attribute = world.attribute(entity, path) if path and entity else None
            if path and entity and (attribute is None or target not in targets_of(attribute)):
                lookups = [key for key, found in world.entities[entity].attributes.items() if target in targets_of(found)]
                message = told(
                    "{attribute} is no lookup of {entity} to {target}.{hint}",
                    attribute=path,
                    entity=entity,
                    target=target,
                    hint=did_you_mean(path, lookups),
                )
                yield world.problem(item, name, "owner-attribute", message)


def overrides(world: World) -> Iterator[Problem]:
    """What a list says of columns is of columns that one of its views has."""
    for item in world.all(ListComponent):
        views = views_of(world, item)
        known = {column.attribute for view in views for column in view.columns}
        for index, override in enumerate(item.columns):
            if views and override.attribute not in known:
                hint = did_you_mean(override.attribute, known)
                message = told("No view of the list has a column {column!r}.{hint}", column=override.attribute[:80], hint=hint)
                yield world.problem(item, f"columns.{index}.attribute", "unknown-column", message)


def row_actions(world: World) -> Iterator[Problem]:
    """What is done with a row on a page is done on a page of such rows, and by an action that its form has."""
    for item in world.all(ListComponent):
        entity = entity_of(world, item)
        for index in repeated([action.action or str(place) for place, action in enumerate(item.actions)]):
            message = told("The action {action} is there twice; remove one.", action=item.actions[index].action)
            yield world.problem(item, f"actions.{index}.action", "duplicate-key", message)
        for index, action in enumerate(item.actions):
            fault = fault_in_action(world, item, entity, action)
            if fault:
                yield world.problem(item, f"actions.{index}", "row-action", fault)


def fault_in_action(world: World, item: ListComponent, entity: str, action: RowAction) -> str:
    """What is wrong with one row action."""
    if action.type == "action":
        return fault_in_deed(world, entity, action.form, action.action)
    if action.type == "delete":
        return ""
    if not action.page:
        return told("The action {type} needs page: with the page of one record.", type=action.type)
    page = world.find("page", action.page, item.site)
    above = page
    steps = 0
    while isinstance(above, Page) and not above.record_entity and steps < len(world.components):
        above = world.find("page", above.parent, item.site)
        steps += 1
    if not isinstance(page, Page) or not entity or (isinstance(above, Page) and above.record_entity == entity):
        return ""
    shows = told("shows {entity}", entity=above.record_entity) if isinstance(above, Page) else told("shows no record")
    return told("The page {page} {shows}, but the rows are of {entity}.", page=action.page, shows=shows, entity=entity)


def list_filters(world: World) -> Iterator[Problem]:
    """A list is filtered by attributes whose values can be chosen, each filter under a name of its own."""
    for item in world.all(ListComponent):
        entity = entity_of(world, item)
        for index in repeated([one.key for one in item.filters]):
            message = told("The filter {filter} is there twice; give one another key.", filter=item.filters[index].key)
            yield world.problem(item, f"filters.{index}.key", "duplicate-key", message)
        for index, one in enumerate(item.filters):
            name, fault = fault_in_filter(world, entity, one) if entity in world.entities else ("", "")
            if fault:
                yield world.problem(item, f"filters.{index}.{name}", "list-filter", fault)


def fault_in_filter(world: World, entity: str, one: ListFilter) -> tuple[str, str]:
    """What is wrong with a filter of a list of an entity, and where."""
    if bool(one.attribute) == bool(one.conditions):
        return "attribute", told("A filter has either an attribute or conditions.")
    if one.conditions:
        twice = next(repeated([item.key for item in one.conditions]), None)
        if twice is not None:
            return f"conditions.{twice}.key", told(
                "The condition {condition} is there twice; give one another key.", condition=one.conditions[twice].key
            )
        return (
            ("view", told("A view is for a lookup, and conditions have none."))
            if one.view
            else fault_in_paths(world, entity, one)
        )
    try:
        attribute = world.resolve(entity, one.attribute)
    except PathError as wrong:
        return "attribute", wrong.message
    targets = targets_of(attribute)
    if attribute.type in NO_FILTER or (attribute.type == "lookup" and len(targets) != 1):
        return "attribute", told(
            "Nobody can choose a value of {attribute}, which is of type {type}.",
            attribute=one.attribute,
            type=Called(attribute.type, "type"),
        )
    view = world.find("view", one.view) if one.view else None
    if one.view and attribute.type != "lookup":
        return "view", told(
            "A view is for a lookup, and {attribute} is of type {type}.",
            attribute=one.attribute,
            type=Called(attribute.type, "type"),
        )
    if isinstance(view, View) and view.entity not in targets:
        return "view", told(
            "The view {view} shows {entity}, which {attribute} does not point at.",
            view=view.key,
            entity=view.entity,
            attribute=one.attribute,
        )
    return "", ""


def fault_in_paths(world: World, entity: str, one: ListFilter) -> tuple[str, str]:
    """An attribute in a condition of a filter that the entity does not have, and where."""
    for index, item in enumerate(one.conditions):
        for place, path in paths_in(item.filter):
            try:
                world.resolve(entity, path)
            except PathError as wrong:
                return f"conditions.{index}.filter{place}.attribute", wrong.message
    return "", ""


def paths_in(condition: Filter, place: str = "") -> Iterator[tuple[str, str]]:
    """The attributes that a condition names, each with its place."""
    if condition.attribute:
        yield place, condition.attribute
    for name in ("all", "any"):
        for index, part in enumerate(getattr(condition, name)):
            yield from paths_in(part, f"{place}.{name}.{index}")


def maps(world: World) -> Iterator[Problem]:
    """A list shown as places has degrees to place its rows by, and distances to choose from."""
    for item in world.all(ListComponent):
        if item.map is None:
            continue
        entity = entity_of(world, item)
        for name in ("latitude", "longitude"):
            path = getattr(item.map, name)
            attribute = world.attribute(entity, path)
            if entity in world.entities and (attribute is None or attribute.type != "decimal"):
                message = told(
                    "{attribute!r} is no decimal attribute of {entity}, which degrees need.", attribute=path[:80], entity=entity
                )
                yield world.problem(item, f"map.{name}", "map", message)
        if not item.map.distances or min(item.map.distances) < 1 or max(item.map.distances) > FARTHEST:
            message = told("Give one distance at least, each from 1 to {most}.", most=FARTHEST)
            yield world.problem(item, "map.distances", "map", message)
        if item.map.centre and not is_point(item.map.centre):
            message = told(
                "{value} is no point; write degrees north, degrees east, such as 59.33, 18.07.", value=shown(item.map.centre)
            )
            yield world.problem(item, "map.centre", "map", message)


def is_point(text: str) -> bool:
    """Whether a text is a latitude and a longitude."""
    found = POINT.fullmatch(text)
    return found is not None and abs(float(found[1])) <= 90 and abs(float(found[2])) <= 180


RULES = (columns, list_views, owners, overrides, row_actions, list_filters, maps)
