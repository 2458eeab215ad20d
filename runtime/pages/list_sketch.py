"""A list as a stencil knows it: of a list in its plain state only the rows, their number, the ways to other pages and
the token differ."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

from markupsafe import Markup

from runtime.pages.list_ready import ReadyList
from runtime.pages.list_views import ListView, PageLink, Paging
from runtime.render.stencils import Get, Pieces, Values


@dataclass(frozen=True, slots=True)
class ListSketch:
    """What differs of a list whose chrome is that of its ready list. `csrf` is there where the list has a form to be sent."""

    ready: ReadyList
    table: Markup | Pieces
    count: str
    paging: Paging
    csrf: str = ""

    @property
    def key(self) -> Hashable:
        """Everything else."""
        return self.ready, *[link.current for link in self.paging.links]

    @property
    def values(self) -> Values:
        """The table, the count of the current tab, and the paging: of its links number and address by their place."""
        paging = self.paging
        values: dict[Hashable, str | Pieces] = {
            "table": self.table,
            "count": self.count,
            "summary": paging.summary,
            "previous": paging.previous,
            "next": paging.next,
            "csrf": self.csrf,
        }
        values.update(enumerate([text for link in paging.links for text in (link.number, link.url)]))
        return values

    def view(self, get: Get) -> ListView:
        """The list with what stands in the place of the values."""
        links = tuple(
            PageLink(get(2 * place), get(2 * place + 1), link.current) for place, link in enumerate(self.paging.links)
        )
        paging = Paging(get("summary"), get("previous"), get("next"), links)
        return replace(self.ready.chrome.counted(get("count")).signed(get("csrf")), table=get("table"), paging=paging)
