"""What the theme is given of rows as cards."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Fact:
    """A column of a card: its label, the value, its small print, and the part of a card that the column becomes.

    `currency` is the code of an amount that stands without its label.
    """

    label: str
    first: Markup
    second: Markup
    place: str
    currency: str = ""

    @property
    def value(self) -> Markup:
        """The value with its small print."""
        return Markup(" · ").join(part for part in (self.first, self.second) if part)


@dataclass(frozen=True, slots=True)
class Card:
    """A row: its name with its small print, its address if it has a page, its other columns, and the address of its picture
    or none."""

    name: Markup
    url: str
    facts: tuple[Fact, ...]
    second: Markup = Markup()
    picture: str = ""

    @property
    def status(self) -> Markup:
        """The value of the column that is a state."""
        return next((fact.value for fact in self.facts if fact.place == "status"), Markup())

    @property
    def figure(self) -> Markup:
        """The value of the column that is the row's figure."""
        fact = next((fact for fact in self.facts if fact.place == "figure" and fact.value), None)
        if fact is None:
            return Markup()
        return Markup("{} {}").format(fact.value, fact.currency) if fact.currency else fact.value

    @property
    def lines(self) -> tuple[Fact, ...]:
        """The other columns that have a value."""
        return tuple(fact for fact in self.facts if fact.place in ("line", "title") and fact.value)


@dataclass(frozen=True, slots=True)
class CardsView:
    """Rows as cards beside each other; `pictured` says that they may have pictures."""

    rows: tuple[Card, ...]
    pictured: bool = False
