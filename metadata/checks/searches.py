"""Rules on searches: what is looked through holds text, and what is found can be opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metadata.checks.pages import ancestors, of_sites
from metadata.checks.world import World, repeated, targets_of
from metadata.errors import Problem
from metadata.model import Page, Search, SearchedEntity, SearchFacet, SiteMarker
from metadata.schema.faults import did_you_mean
from metadata.told import Called, one_of, told
from metadata.types import SHORT_TEXT, TYPES

MARKER = "search"
DATED = ("date", "datetime")
FACETS = ("choice", "choices", "boolean", "lookup", "text", *DATED)
LONGEST_FACET = 200
"""Characters of a text that is a value of a facet: it stands in an address."""
MOST_FACETS = 10


def something(world: World) -> Iterator[Problem]:
    """A search finds something, and names each entity once."""
    for search in world.all(Search):
        if not search.entities and not search.pages:
            yield world.problem(
                search, "entities", "search", told("The search finds nothing; name an entity, or let it find pages.")
            )
        for index in repeated([searched.entity for searched in search.entities]):
            message = told("The entity {entity} is there twice; remove one.", entity=search.entities[index].entity)
            yield world.problem(search, f"entities.{index}.entity", "duplicate-key", message)


def searched_attributes(world: World) -> Iterator[Problem]:
    """Words are looked for in attributes of the entity itself that hold text."""
    for search in world.all(Search):
        for place, searched in enumerate(search.entities):
            if searched.entity not in world.entities:
                continue
            if not searched.attributes:
                message = told("Nothing of {entity} is looked through; name an attribute at least.", entity=searched.entity)
                yield world.problem(search, f"entities.{place}.attributes", "search", message)
            for index in repeated([item.attribute for item in searched.attributes]):
                message = told(
                    "The attribute {attribute} is there twice; remove one.", attribute=searched.attributes[index].attribute
                )
                yield world.problem(search, f"entities.{place}.attributes.{index}.attribute", "duplicate-key", message)
            for index, item in enumerate(searched.attributes):
                code, fault = fault_in_attribute(world, searched.entity, item.attribute)
                if fault:
                    yield world.problem(search, f"entities.{place}.attributes.{index}.attribute", code, fault)


def fault_in_attribute(world: World, entity: str, key: str) -> tuple[str, str]:
    """Why words cannot be looked for in an attribute, with its code."""
    known = world.entities[entity].attributes
    if key not in known:
        able = [name for name, item in known.items() if TYPES[item.type].textual] if key else []
        return "unknown-attribute", told(
            "The entity {entity} has no attribute {attribute!r} of its own.{hint}",
            entity=entity,
            attribute=key[:80],
            hint=did_you_mean(key, able),
        )
    if known[key].formula:
        return "search", told(
            "{attribute} is worked out when it is read; look for words in the attributes that it is made of.", attribute=key
        )
    if not (known[key].type in TYPES and TYPES[known[key].type].textual):
        return "search", told(
            "{attribute} is of type {type} and holds no words.", attribute=key, type=Called(known[key].type, "type")
        )
    return "", ""


def facets(world: World) -> Iterator[Problem]:
    """What was found is narrowed by attributes of the entity itself whose values many rows share, of dates by spans of time."""
    for search in world.all(Search):
        for place, searched in enumerate(search.entities):
            if searched.entity not in world.entities:
                continue
            where = f"entities.{place}.facets"
            if len(searched.facets) > MOST_FACETS:
                message = told(
                    "There are {count} facets; {most} of an entity are what a page has room for.",
                    count=len(searched.facets),
                    most=MOST_FACETS,
                )
                yield world.problem(search, where, "search", message)
            for index in repeated([item.attribute for item in searched.facets]):
                name = searched.facets[index].attribute
                message = told("The attribute {attribute} is there twice; remove one.", attribute=name)
                yield world.problem(search, f"{where}.{index}.attribute", "duplicate-key", message)
            for index, item in enumerate(searched.facets):
                name, code, fault = fault_in_facet(world, searched.entity, item)
                if fault:
                    yield world.problem(search, f"{where}.{index}.{name}", code, fault)


def fault_in_facet(world: World, entity: str, facet: SearchFacet) -> tuple[str, str, str]:
    """Why rows cannot be narrowed by an attribute, with the property and the code."""
    known, key = world.entities[entity].attributes, facet.attribute
    if key not in known:
        able = [name for name, item in known.items() if item.type in FACETS] if key else []
        message = told(
            "The entity {entity} has no attribute {attribute!r} of its own.{hint}",
            entity=entity,
            attribute=key[:80],
            hint=did_you_mean(key, able),
        )
        return "attribute", "unknown-attribute", message
    kind = known[key].type
    if kind not in FACETS:
        message = told(
            "{attribute} is of type {type}; a facet is of type {types}.",
            attribute=key,
            type=Called(kind, "type"),
            types=one_of(Called(name, "type") for name in FACETS),
        )
        return "attribute", "search", message
    if kind == "lookup" and len(targets_of(known[key])) != 1:
        message = told("{attribute} leads to rows of several entities; a facet is of a lookup to one.", attribute=key)
        return "attribute", "search", message
    if kind == "text" and (known[key].max_length or SHORT_TEXT) > LONGEST_FACET:
        message = told(
            "{attribute} holds texts of up to {length} characters; a facet is of those with a max_length of {most} or less.",
            attribute=key,
            length=known[key].max_length or SHORT_TEXT,
            most=LONGEST_FACET,
        )
        return "attribute", "search", message
    if bool(facet.by) != (kind in DATED):
        if facet.by:
            return "by", "search", told("by is for dates; remove it.")
        message = told(
            "{attribute} is a date; say by: year or by: month, for each day would be a value of its own.", attribute=key
        )
        return "by", "search", message
    return "", "", ""


def pages_of_hits(world: World) -> Iterator[Problem]:
    """A found row leads to the page of such a row, whose address needs no other row's key."""
    sites = of_sites(world)
    for search in world.all(Search):
        pages = sites.get(search.site, {})
        for place, searched in enumerate(search.entities):
            fault = fault_in_page(pages, searched) if searched.entity in world.entities else ""
            if fault:
                yield world.problem(search, f"entities.{place}.{'page' if searched.page else 'entity'}", "search", fault)


def fault_in_page(pages: Mapping[str, Page], searched: SearchedEntity) -> str:
    """Why rows of an entity have no page to lead to."""
    entity = searched.entity
    if not searched.page:
        able = any(page.record_entity == entity and is_alone(pages, page) for page in pages.values())
        return (
            "" if able else told("The site has no page of one {entity}; add one with record_entity: {entity}.", entity=entity)
        )
    page = pages.get(searched.page)
    if page is None:
        return ""
    if page.record_entity != entity:
        return told(
            "The page {page} shows {entity}, but the rows are of {rows_entity}.",
            page=page.key,
            entity=page.record_entity or told("no record"),
            rows_entity=entity,
        )
    return (
        ""
        if is_alone(pages, page)
        else told("The address of the page {page} needs the key of another record as well.", page=page.key)
    )


def is_alone(pages: Mapping[str, Page], page: Page) -> bool:
    """Whether no record page stands above."""
    return not any(above.record_entity for above in ancestors(pages, page) if above is not page)


def marked_pages(world: World) -> Iterator[Problem]:
    """The page to which the search box of all pages leads has a search."""
    for marker in world.all(SiteMarker):
        page = world.find("page", marker.page, marker.site) if marker.key == MARKER else None
        if isinstance(page, Page) and not any(block.type == "search" for block in page.blocks):
            message = told(
                "The page {page} has no block of type search, so that the search box of the site leads nowhere.", page=page.key
            )
            yield world.problem(marker, "page", "search", message)


RULES = (something, searched_attributes, facets, pages_of_hits, marked_pages)
