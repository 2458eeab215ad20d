"""What templates are given: frozen values with every text already in the person's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup

from runtime.passing import passing

ActionKind = Literal["primary", "secondary", "quiet", "danger"]
Tone = Literal["neutral", "info", "good", "warn", "bad"]
StateKind = Literal["empty", "filtered", "denied", "not_synced", "not_found", "failed", "done"]


@passing
class Crumb:
    """A step of the way to a page. The last one, the page itself, has no address."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A link that does or opens something. `url` is complete, `icon` the name of an icon."""

    label: str
    url: str
    icon: str = ""
    kind: ActionKind = "secondary"


@dataclass(frozen=True, slots=True)
class SearchHead:
    """What a page says to search engines; `alternates` are its addresses by language, all addresses with scheme and host."""

    description: str = ""
    canonical: str = ""
    alternates: tuple[tuple[str, str], ...] = ()
    indexed: bool = True


@passing
class PageHead:
    """The top of a page. `status` and `facts` may be markup made by a formatter; `failed` puts "Error:" before the title.

    `search` is for search engines, None where they do not come.
    """

    title: str
    crumbs: tuple[Crumb, ...] = ()
    status: str | Markup = ""
    facts: tuple[str | Markup, ...] = ()
    actions: tuple[Action, ...] = ()
    summary: str = ""
    failed: bool = False
    search: SearchHead | None = None

    @property
    def primary_actions(self) -> tuple[Action, ...]:
        """The filled button; more than one is a mistake of the page."""
        return tuple(action for action in self.actions if action.kind == "primary")

    @property
    def secondary_actions(self) -> tuple[Action, ...]:
        """All others, in order."""
        return tuple(action for action in self.actions if action.kind != "primary")


@dataclass(frozen=True, slots=True)
class State:
    """A box that has nothing to show: what is so and the next step. `ref` is a number to quote, such as an error id."""

    kind: StateKind
    heading: str
    text: str = ""
    primary: Action | None = None
    secondary: Action | None = None
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One line said after something was done. Good ones leave after six seconds, others stay until closed."""

    text: str
    tone: Tone = "good"
    detail: str = ""
    undo: Action | None = None


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of a menu. `path` is the page's address without its language part; "" for an address outside."""

    label: str
    url: str
    path: str = ""
    icon: str = ""
    new_window: bool = False
    items: tuple[MenuItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu, already trimmed to what the person may open. `paths` are those of its pages."""

    label: str = ""
    items: tuple[MenuItem, ...] = ()
    paths: frozenset[str] = frozenset()


@passing
class Frame:
    """What is around the page and differs from one request to the next.

    `path`: address without language part, marks the menu and gives the language links. `query`: the raw query string.
    `account`, `account_number`: for whom the person acts; `switches`: whether there are others.
    `scheme`: light, dark, or "" for the system's choice.
    `density`: compact, cosy, roomy, or "". `messages`: said once, at this page.
    `header`, `footer`: what stands in the place of the theme's; `blocks`: the same by block of the layout.
    `logo`: the address of the site's picture. `edits`: the person may turn on that texts of this page are edited in place.
    `header_pencils`, `footer_pencils`: while they are, the links to the editors of what is around the page.
    """

    path: str = "/"
    query: str = ""
    account: str = ""
    account_number: str = ""
    switches: bool = False
    scheme: Literal["", "light", "dark"] = ""
    density: Literal["", "compact", "cosy", "roomy"] = ""
    messages: tuple[Message, ...] = ()
    header: str | Markup = ""
    footer: str | Markup = ""
    logo: str = ""
    blocks: Mapping[str, str | Markup] = field(default_factory=dict, hash=False)
    edits: bool = False
    header_pencils: str | Markup = ""
    footer_pencils: str | Markup = ""


@dataclass(frozen=True, slots=True)
class SiteLanguage:
    """A language of the site: its own name, and what stands before its addresses ("" for the default)."""

    label: str
    prefix: str
