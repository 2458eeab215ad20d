"""What the theme is given of a list of places."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class PlaceSearch:
    """The form that asks for a place; `distances` are value, text and whether it is the one chosen.

    `clear` is the address without a place; `mapped` tells that a map may be drawn.
    """

    url: str
    near: str
    value: str
    within: str
    distances: tuple[tuple[int, str, bool], ...]
    hidden: tuple[tuple[str, str], ...] = ()
    clear: str = ""
    mapped: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A row: its name, its address if it has a page, how far it is, and its other columns as label and value."""

    name: Markup
    url: str
    distance: str
    facts: tuple[tuple[str, Markup], ...]


@dataclass(frozen=True, slots=True)
class PlacesView:
    """Rows as places. `tiles` is the address of the map's pictures, empty where there is no map; `points` are its marks."""

    rows: tuple[Place, ...]
    tiles: str = ""
    credit: str = ""
    points: str = "[]"
    centre: str = ""
