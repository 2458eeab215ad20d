"""What the theme is given of a list's filters."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class FilterOption:
    """One value to choose."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class FilterField:
    """A filter: its kind says which inputs it has. A range has `low` and `high`, others `value` or `options`."""

    kind: str
    name: str
    label: str
    input: str = "text"
    value: str = ""
    low: str = ""
    high: str = ""
    options: tuple[FilterOption, ...] = ()


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition that is in force, and the address without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class FilterPanel:
    """The filters of a list; `hidden` are the other arguments that its form must keep, `clear` the address without any.

    `html` is there where the panel was dressed before.
    """

    url: str
    fields: tuple[FilterField, ...]
    chips: tuple[Chip, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    clear: str = ""
    html: Markup | None = None
