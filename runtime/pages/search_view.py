"""What the theme's template shows of a search. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from runtime.pages.filter_view import Chip
from runtime.pages.list_views import Paging, Search, Tab
from runtime.render import Action, State


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a text with the words marked, and what it is a part of; of a page it has no label."""

    text: Markup
    label: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A row or a page that was found; `url` is empty where its key may not be read."""

    title: Markup
    url: str
    excerpts: tuple[Excerpt, ...] = ()


@dataclass(frozen=True, slots=True)
class HitGroup:
    """What was found of one type: `more` leads to all of it, `paging` is there where it is shown alone."""

    id: str
    label: str
    count: str
    hits: tuple[Hit, ...]
    more: Action | None = None
    paging: Paging | None = None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet: `url` chooses it, or lets go of it where it is `chosen`; by its `id` it keeps the focus then."""

    id: str
    label: str
    count: str
    url: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class FacetField:
    """A facet with the values shown at first and the others; `cut` where there are values beyond those."""

    id: str
    label: str
    values: tuple[FacetValue, ...]
    others: tuple[FacetValue, ...] = ()
    more: str = ""
    cut: bool = False


@dataclass(frozen=True, slots=True)
class FacetPanel:
    """The facets of the type that is shown; `clear` is the address without any choice. It stays open
    after a choice in it; `done` is the address that shuts it then."""

    fields: tuple[FacetField, ...]
    chips: tuple[Chip, ...]
    clear: str
    done: str = ""


@dataclass(frozen=True, slots=True)
class SearchView:
    """A search: its box, the types of what was found, and the groups, or the `state` that says why there are none."""

    id: str
    label: str
    search: Search
    heading: str = ""
    tabs: tuple[Tab, ...] = ()
    note: str = ""
    facets: FacetPanel | None = None
    groups: tuple[HitGroup, ...] = ()
    state: State | None = None
