"""What the theme is given of what people keep of a list: the menu of saved views, and the pages where views and columns are
kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SavedLink:
    """A view to open. `shared` says that it is another person's, `first` that the list opens with it."""

    label: str
    url: str
    current: bool = False
    shared: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True)
class SavedMenu:
    """The views of a list that a person may open, `keep` to keep the present state, and the name of the present one."""

    links: tuple[SavedLink, ...]
    keep: str
    current: str = ""


@dataclass(frozen=True, slots=True)
class SavedRow:
    """A view on the page where views are kept. Only one's own can be renamed and deleted."""

    id: str
    name: str
    own: bool
    shared: bool
    first: bool


@dataclass(frozen=True, slots=True)
class SavedPage:
    """The page where the present state gets a name, with the views that there are. `shares` offers to share them."""

    url: str
    back: str
    block: int
    rows: tuple[SavedRow, ...]
    shares: bool
    longest: int
    name: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceColumn:
    """A column to choose. `first` and `last` cannot be moved further; `moved` was moved just now, `up` or `down`."""

    path: str
    label: str
    chosen: bool
    first: bool
    last: bool
    moved: str = ""
    width: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceDensity:
    """How close the rows may stand."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ColumnsPage:
    """The page where columns are chosen and put in order."""

    url: str
    back: str
    block: int
    columns: tuple[ChoiceColumn, ...]
    widths: tuple[tuple[str, str], ...]
    densities: tuple[ChoiceDensity, ...]
    error: str = ""
