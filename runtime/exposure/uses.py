"""What a use of an attribute is: where it is met, on the way from which entity, and what is done with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from metadata.model import Filter
from metadata.model.base import Privilege

Action = Privilege | Literal["open"]
ROWS = "*"


@dataclass(frozen=True, slots=True)
class Use:
    """An attribute met on a surface, whoever may get there.

    `page` must be open to the person, where there is one. `path` starts at `entity`; `*` stands for whole rows. `where` is a
    condition of the maker's on the rows. `needs` are privileges without which the surface is not offered, `permission` the only
    one by which it is, where it takes that very one.
    """

    surface: str
    entity: str
    path: str
    action: Action = "read"
    page: str = ""
    where: str = ""
    needs: tuple[tuple[str, Privilege], ...] = ()
    permission: str = ""


def on_page(uses: Iterator[Use], page: str) -> Iterator[Use]:
    """The uses as parts of a page."""
    for use in uses:
        yield replace(use, page=page, surface=f"page:{page}/{use.surface}")


def within(uses: Iterator[Use], surface: str) -> Iterator[Use]:
    """The uses as parts of a surface."""
    for use in uses:
        yield replace(use, surface=f"{surface}/{use.surface}")


def filter_text(filter: Filter | None) -> str:
    """A condition as one line, the same whatever the order of its parts."""
    if filter is None:
        return ""
    for word, parts in (("and", filter.all), ("or", filter.any)):
        if parts:
            return "(" + f" {word} ".join(sorted(filter_text(part) for part in parts)) + ")"
    value = filter.value
    said = ",".join(sorted(map(str, value))) if isinstance(value, list | tuple) else "" if value is None else str(value)
    return " ".join(f"{filter.attribute} {filter.operator} {said}".split())
