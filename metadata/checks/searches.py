"""Rules on searches: what is looked through holds text, and what is found can be opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metadata.checks.pages import ancestors, of_sites
from metadata.checks.world import World, repeated
from metadata.errors import Problem
from metadata.model import Page, Search, SearchedEntity, SiteMarker
from metadata.schema.faults import did_you_mean
from metadata.types import TYPES

MARKER = "search"


def something(world: World) -> Iterator[Problem]:
    """A search finds something, and names each entity once."""
    for search in world.all(Search):
        if not search.entities and not search.pages:
            yield world.problem(search, "entities", "search", "The search finds nothing; name an entity, or let it find pages.")
        for index in repeated([searched.entity for searched in search.entities]):
            message = f"The entity {search.entities[index].entity} is there twice; remove one."
            yield world.problem(search, f"entities.{index}.entity", "duplicate-key", message)


def searched_attributes(world: World) -> Iterator[Problem]:
    """Words are looked for in attributes of the entity itself that hold text."""
    for search in world.all(Search):
        for place, searched in enumerate(search.entities):
            if searched.entity not in world.entities:
                continue
            if not searched.attributes:
                message = f"Nothing of {searched.entity} is looked through; name an attribute at least."
                yield world.problem(search, f"entities.{place}.attributes", "search", message)
            for index in repeated([item.attribute for item in searched.attributes]):
                message = f"The attribute {searched.attributes[index].attribute} is there twice; remove one."
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
        return "unknown-attribute", f"The entity {entity} has no attribute {key[:80]!r} of its own.{did_you_mean(key, able)}"
    if known[key].formula:
        return "search", f"{key} is worked out when it is read; look for words in the attributes that it is made of."
    if not (known[key].type in TYPES and TYPES[known[key].type].textual):
        return "search", f"{key} is of type {known[key].type} and holds no words."
    return "", ""


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
        return "" if able else f"The site has no page of one {entity}; add one with record_entity: {entity}."
    page = pages.get(searched.page)
    if page is None:
        return ""
    if page.record_entity != entity:
        return f"The page {page.key} shows {page.record_entity or 'no record'}, but the rows are of {entity}."
    return "" if is_alone(pages, page) else f"The address of the page {page.key} needs the key of another record as well."


def is_alone(pages: Mapping[str, Page], page: Page) -> bool:
    """Whether no record page stands above."""
    return not any(above.record_entity for above in ancestors(pages, page) if above is not page)


def marked_pages(world: World) -> Iterator[Problem]:
    """The page to which the search box of all pages leads has a search."""
    for marker in world.all(SiteMarker):
        page = world.find("page", marker.page, marker.site) if marker.key == MARKER else None
        if isinstance(page, Page) and not any(block.type == "search" for block in page.blocks):
            message = f"The page {page.key} has no block of type search, so that the search box of the site leads nowhere."
            yield world.problem(marker, "page", "search", message)


RULES = (something, searched_attributes, pages_of_hits, marked_pages)
