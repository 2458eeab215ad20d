"""What the theme is given of a list as a board."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from runtime.pages.card_view import Card


@dataclass(frozen=True, slots=True)
class BoardCard:
    """A row in its column. `movable` says that the person may change it."""

    card: Card
    id: int
    version: int
    movable: bool = False


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """The rows with one option, empty for those without any. `count` is how many there are, `more` how many are not shown,
    and `url` where all of them are, if there is such a place."""

    value: str
    label: Markup
    name: str
    count: str
    cards: tuple[BoardCard, ...] = ()
    more: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class BoardView:
    """The columns, and where a form that moves a card is sent: an address and the number of the block."""

    columns: tuple[BoardColumn, ...]
    url: str
    block: int
