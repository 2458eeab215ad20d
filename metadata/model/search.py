"""Components that let people find rows and pages by words."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.base import COMPONENT_KEY, prop
from metadata.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedAttribute:
    """An attribute in which words are looked for."""

    attribute: str = prop(help="Attribute of the entity itself that holds text.", attribute="part")
    weight: int = prop(1, "How much a word in it counts against the others, from 1 to 4.", min=1, max=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFacet:
    """An attribute by whose values what was found is counted and narrowed."""

    attribute: str = prop(
        help="Attribute of the entity itself: one or several choices, yes or no, a date, a lookup, or a short text.",
        attribute="part",
    )
    label: Text = prop(Text(), "Heading above its values; the attribute's label where missing.")
    by: str = prop("", "Span of time that makes a value of dates or date-times.", choices=("", "year", "month"))
    shown: int = prop(6, "Values shown at first, those of the most rows; a button opens the others.", min=1, max=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedEntity:
    """An entity whose rows are found."""

    entity: str = prop(help="Entity.", ref="entity")
    label: Text = prop(Text(), "What its rows are called among the others; the entity's plural where missing.")
    page: str = prop("", "Record page that a found row leads to; the site's first one of the entity where missing.", ref="page")
    attributes: tuple[SearchedAttribute, ...] = prop(help="Attributes in which words are looked for, in order.")
    facets: tuple[SearchFacet, ...] = prop((), "Attributes by whose values its found rows are counted and narrowed, in order.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search over rows of several entities and over pages, which a block of type `search` shows. Kind `search`."""

    key: str = prop(help="Name of the search.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(Text(), "Name that people read.")
    placeholder: Text = prop(Text(), "Text in the empty search box.")
    language: str = prop(
        "",
        "Language in which rows are written, such as sv: a word then finds its other forms. The site's default where missing.",
        pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$",
    )
    entities: tuple[SearchedEntity, ...] = prop((), "Entities whose rows are found, in the order in which they are shown.")
    pages: bool = prop(True, "Find pages of the site as well, by their titles and texts.")
    page_size: int = prop(10, "Found rows on a page.", min=1, max=100)
