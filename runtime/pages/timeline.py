"""Related rows as entries in time: who, when, the text, the files, and what else the view shows of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from runtime.context import RequestContext
from runtime.pages.columns import Column
from runtime.pages.list_rows import RowLinks
from runtime.pages.listing import Listing
from runtime.records.lists import ListPage

TEMPLATE = "blocks/timeline.html"
WHEN, WHO, BODY, FILE = "when", "who", "body", "file"
_PARTS = {"datetime": WHEN, "date": WHEN, "long_text": BODY, "file": FILE, "image": FILE}


@dataclass(frozen=True, slots=True)
class EntryAction:
    """A link on an entry."""

    label: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `facts` are headings and values of what has no place of its own; `url` is the page of the row."""

    who: str
    when: str
    title: str
    url: str
    bodies: tuple[str, ...]
    files: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    actions: tuple[EntryAction, ...]


def timeline(context: RequestContext, listing: Listing, page: ListPage, links: RowLinks) -> str:
    """The rows of a page as a list of entries, as HTML."""
    return context.renderer.block(context, TEMPLATE, entries=tuple(_entries(listing, page, links)))


def _entries(listing: Listing, page: ListPage, links: RowLinks) -> Iterator[Entry]:
    places = tuple(_places(listing.columns))
    rows = zip(*listing.cells(page.rows), strict=True)
    for row, key, can in zip(rows, page.keys, page.can, strict=True):
        html = (Markup(cell) for cell in row)  # noqa: S704 - cells are HTML already
        cells = [(part, heading, cell) for (part, heading), cell in zip(places, html, strict=True) if cell]
        yield _entry(cells, str(key), can, links)


def _entry(cells: Sequence[tuple[str, str, Markup]], key: str, can: frozenset[str], links: RowLinks) -> Entry:
    def first(wanted: str) -> str:
        return next((cell for part, _, cell in cells if part == wanted), "")

    def every(wanted: str) -> tuple[str, ...]:
        return tuple(cell for part, _, cell in cells if part == wanted)

    offers = zip(links.offers, links.addresses, strict=True)
    return Entry(
        who=first(WHO),
        when=first(WHEN),
        title=first("title"),
        url=links.details.of(key) if links.details else "",
        bodies=every(BODY),
        files=every(FILE),
        facts=tuple((heading, cell) for part, heading, cell in cells if part == "fact"),
        actions=tuple(
            EntryAction(offer.label, offer.icon, address.of(key))
            for offer, address in offers
            if not offer.privilege or offer.privilege in can
        ),
    )


def _parts(columns: Sequence[Column]) -> dict[str, str]:
    """The part of an entry that each column is: of times and people the first, of the rest by its type."""
    found: dict[str, str] = {}
    for column in columns:
        attribute = column.attribute
        part = WHO if attribute.type == "lookup" and attribute.target == "contact" else _PARTS.get(attribute.type, "")
        if part in (WHEN, WHO) and part in found.values():
            part = ""
        if not part and attribute.type == "text" and "title" not in found.values():
            part = "title"
        found[column.path] = part or "fact"
    return found


def _places(columns: Sequence[Column]) -> Iterator[tuple[str, str]]:
    """Part and heading of each list of cells; small print is a fact without a heading."""
    parts = _parts(columns)
    for column in columns:
        yield parts[column.path], column.label
        if column.second:
            yield "fact", ""
