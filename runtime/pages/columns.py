"""The columns of a view as a page shows them: heading, place on a card, alignment, order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from metadata.model import Attribute, Choice, ColumnOverride, ViewColumn
from metadata.snapshot import Snapshot
from metadata.text import Text, in_words


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `place` is the part of the card on a phone, `currency` the code that the heading names.

    `path` addresses the value, `second` the value in small print under it (empty where there is none).
    """

    path: str
    attribute: Attribute
    heading: str
    second: str = ""
    place: str = "line"
    currency: str = ""
    width: str = ""
    wide_only: bool = False
    numeric: bool = False
    sortable: bool = False
    thumbnail: int = 0

    @property
    def classes(self) -> str:
        """The classes of a cell: how it is aligned, its part of the card, where it is left out."""
        parts = ("num" if self.numeric else "", f"c-{self.place}", "wide-only" if self.wide_only else "")
        return " ".join(part for part in parts if part)

    @property
    def label(self) -> str:
        """The heading with the currency where all amounts of the column have the same."""
        return f"{self.heading}, {self.currency}" if self.currency else self.heading

    @property
    def head_classes(self) -> str:
        """The classes of the column's heading."""
        width = f"w-{self.width}" if self.width else ""
        parts = ("num" if self.numeric else "", width, "wide-only" if self.wide_only else "")
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Wording:
    """How texts are put into the language of the request, and the currency of money that names none."""

    say: Callable[[Text], str]
    currency: str = ""


def attribute_at(snapshot: Snapshot, entity: str, path: str) -> Attribute:
    """The attribute at the end of a path. Raises KeyError where there is none."""
    return snapshot.resolve(entity, path)[-1].model


def heading_of(attribute: Attribute, say: Callable[[Text], str]) -> str:
    """The label of an attribute, or its key in words."""
    return say(attribute.label) or in_words(attribute.key)


def heading_at(snapshot: Snapshot, entity: str, path: str, say: Callable[[Text], str]) -> str:
    """The label of what a path leads to. The name of a row that a lookup points at is called as the lookup is: "Name" alone
    would not say whose."""
    *way, last = snapshot.resolve(entity, path)
    if way and snapshot.entities[way[-1].targets[0]].primary_name.key == last.key:
        return heading_of(way[-1].model, say)
    return heading_of(last.model, say)


def fixed_currency(attribute: Attribute, fallback: str = "") -> str:
    """The code of money in one currency; empty where an attribute holds it, or where it is not money.

    `fallback` is the currency of money that names none.
    """
    code = attribute.currency or fallback
    return code if attribute.type == "money" and len(code) == 3 and code.isalpha() and code.isupper() else ""


def currency_path(path: str, attribute: Attribute) -> str:
    """The path of the attribute that holds the currency of money; empty where the currency is fixed or unknown."""
    if attribute.type != "money" or not attribute.currency or fixed_currency(attribute):
        return ""
    above = path.rpartition(".")[0]
    return f"{above}.{attribute.currency}" if above else attribute.currency


def has_tones(attribute: Attribute, choices: Mapping[str, Choice]) -> bool:
    """Whether a choice is a status: one of its options has a tone or a mark."""
    choice = choices.get(attribute.choice) if attribute.type == "choice" else None
    return choice is not None and any(option.tone or option.mark for option in choice.options)


def build_columns(
    snapshot: Snapshot, entity: str, declared: Sequence[ViewColumn], overrides: Sequence[ColumnOverride], wording: Wording
) -> tuple[Column, ...]:
    """The columns in a language, with a place each. `declared` are those that may be read."""
    by_path = {override.attribute: override for override in overrides}
    plain = tuple(_column(snapshot, entity, item, by_path.get(item.attribute), wording) for item in declared)
    return _placed(plain, tuple(item.place for item in declared), snapshot.choices)


def _column(snapshot: Snapshot, entity: str, declared: ViewColumn, override: ColumnOverride | None, wording: Wording) -> Column:
    found = snapshot.resolve(entity, declared.attribute)[-1]
    label = (override and wording.say(override.label)) or wording.say(declared.label)
    return Column(
        path=declared.attribute,
        attribute=found.model,
        heading=label or heading_at(snapshot, entity, declared.attribute, wording.say),
        second=declared.second,
        currency=fixed_currency(found.model, wording.currency),
        width=(override and override.width) or declared.width,
        wide_only=declared.wide_only,
        numeric=found.type.numeric,
        sortable=found.type.ordered,
        thumbnail=declared.thumbnail,
    )


def _placed(columns: tuple[Column, ...], given: tuple[str, ...], choices: Mapping[str, Choice]) -> tuple[Column, ...]:
    # A card has one place for each of these: a second column there would stand on top of the first.
    given = tuple("line" if place in ("title", "figure") and place in given[:i] else place for i, place in enumerate(given))
    places = dict(enumerate(given))
    free = [position for position, place in places.items() if not place]
    if "title" not in given and free:
        places[free.pop(0)] = "title"
    if "status" not in given:
        _give(places, free, "status", [i for i in free if has_tones(columns[i].attribute, choices)][:1])
    if "figure" not in given:
        _give(places, free, "figure", [i for i in free if columns[i].attribute.type == "money"][-1:])
    return tuple(replace(column, place=places[i] or "line") for i, column in enumerate(columns))


def _give(places: dict[int, str], free: list[int], place: str, positions: list[int]) -> None:
    for position in positions:
        places[position] = place
        free.remove(position)
