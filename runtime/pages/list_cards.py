"""The rows of a list as cards: a name that may lead to the record, and the other columns as label and value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, Protocol

from markupsafe import Markup, escape

from runtime.pages.card_view import Card, Fact
from runtime.pages.list_rows import RowLinks
from runtime.pages.listing import Listing
from runtime.records.prepared import Row


class Rows(Protocol):
    """Rows with their human keys."""

    @property
    def rows(self) -> list[Row]:
        """What the plan selects."""
        ...

    @property
    def keys(self) -> list[Any]:
        """The key of each, None where it has none."""
        ...


def cards_of(page: Rows, listing: Listing, links: RowLinks, without: frozenset[str] = frozenset()) -> tuple[Card, ...]:
    """The rows of a page as cards, without the columns of some paths. The first of the other columns is the name."""
    columns = listing.cells(page.rows)
    # Of a view of which the person may read no column there is still the key of each row.
    across: Iterable[Sequence[str]] = zip(*columns, strict=True) if columns else repeat((), len(page.keys))
    cards = []
    for key, cells in zip(page.keys, across, strict=True):
        facts = [fact for path, fact in _facts(listing, cells) if path not in without]
        named = facts.pop(0) if facts else None
        url = "" if links.details is None or key is None else links.details.of(key)
        name = named.first if named else Markup()
        if url and "<a " in name:  # an address, say: it will stand in the link to the record
            name = escape(name.striptags())
        cards.append(Card(name or escape("–" if key is None else key), url, tuple(facts), named.second if named else Markup()))
    return tuple(cards)


def _facts(listing: Listing, cells: Sequence[str]) -> Iterator[tuple[str, Fact]]:
    left = iter(cells)
    for column in listing.columns:
        first, second = Markup(next(left)), Markup(next(left) if column.second else "")  # noqa: S704 - cells are HTML
        yield column.path, Fact(column.label, first, second, column.place, column.currency)
