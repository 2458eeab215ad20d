"""Components that make a site: pages, menus, texts, settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metadata.model.actions import Onwards
from metadata.model.base import COMPONENT_KEY, OPTIONAL_KEY, WIDEST, prop
from metadata.text import Text

# A date, or a date with the time of day, as a clock in the site's zone shows it.
DATE = r"^(\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?)?$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What people must accept before anything else is served to them, anew after each publication."""

    snippet: str = prop("", "Snippet with the terms, shown where they are accepted.", ref="snippet")
    page: str = prop("", "Page with the terms, which is linked there and may be read before.", ref="page")
    published: str = prop(
        help="The version: from this day or moment on people must have accepted it, in the site's time zone.",
        pattern=DATE.replace("?$", "$"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """What people are asked and given who register themselves, or ask for access."""

    attributes: tuple[str, ...] = prop(("full_name",), "Attributes of the contact that they fill in besides the e-mail: texts.")
    roles: tuple[str, ...] = prop((), "Web roles that they get.", ref="web_role")
    account: str = prop(
        "none",
        "The account that they belong to: none, the one whose attribute is the domain of their e-mail, or the one whose "
        "attribute is a code that they enter.",
        choices=("none", "domain", "code"),
    )
    account_attribute: str = prop("", "Text attribute of the account with the domain or the code.", pattern=OPTIONAL_KEY)
    approvers: tuple[str, ...] = prop((), "Web roles that approve and refuse, where access is asked for.", ref="web_role")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutBlock:
    """A block of the theme's layout that a web template fills; the rest of the layout stays the theme's."""

    block: str = prop(help="Block of layout.html, such as header_end.", pattern=r"^[a-z][a-z0-9_]{0,40}$")
    web_template: str = prop(help="Web template that fills it; the theme's own is shown where it fails.", ref="web_template")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One portal: its hosts, languages, theme and the way people join."""

    key: str = prop(help="Name of the site.", pattern=COMPONENT_KEY)
    label: Text = prop(Text(), "Name that people read.")
    hosts: tuple[str, ...] = prop((), "Host names that it answers to; a site without hosts answers to all others.")
    default_language: str = prop("en-US", "Language of addresses without a language part.", ref="language")
    languages: tuple[str, ...] = prop(("en-US",), "Languages offered.", ref="language")
    theme: str = prop("base", "Folder of the theme.")
    tokens: tuple[tuple[str, str], ...] = prop((), "Design values that differ from the theme's.")
    logo: str = prop("", "Web file with a picture in the place of the theme's mark, for those who may read it.", ref="web_file")
    blocks: tuple[LayoutBlock, ...] = prop((), "Blocks of the theme's layout that web templates fill.")
    time_zone: str = prop("UTC", "Zone for people who have set none, such as Europe/Stockholm.")
    currency: str = prop("", "Currency of money that names none.")
    menu: str = prop("", "Web link set of the main menu.", ref="web_link_set")
    footer_menu: str = prop("", "Web link set of the footer.", ref="web_link_set")
    header: str = prop("", "Web template in the place of the theme's header, on all pages.", ref="web_template")
    footer: str = prop("", "Web template in the place of the theme's footer, on all pages.", ref="web_template")
    robots: str = prop("", "Lines of robots.txt; where missing, search engines may read what everybody may.")
    registration: str = prop("invitation", "How people get a sign-in.", choices=("closed", "invitation", "request", "open"))
    joining: Joining | None = prop(None, "What registration asks and gives, where it is `request` or `open`.")
    terms: Terms | None = prop(None, "Terms that signed-in people accept before they go on.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A link with a figure on a page."""

    label: Text = prop(help="Heading.")
    text: Text = prop(Text(), "One sentence.")
    icon: str = prop("", "Name of an icon.")
    picture: str = prop("", "Web file with a picture, left out for those who may not read it.", ref="web_file")
    thumbnail: int = prop(0, "Width in pixels at which it is shown, made small once; as it is where 0.", min=0, max=WIDEST)
    page: str = prop("", "Page that it opens; the tile is left out for those who may not.", ref="page")
    url: str = prop("", "Address outside the site.")
    view: str = prop("", "View whose number of readable rows is shown.", ref="view")
    primary: bool = prop(False, "The page's main action.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSource:
    """Where the record of a form comes from, when it is not the page's own."""

    source: str = prop(
        help="An argument of the address, the person's own contact or account, or the end of a path of lookups.",
        choices=("query", "contact", "account", "related"),
    )
    argument: str = prop("id", "Name of the argument that holds the record's id (query).", pattern=r"^[a-z][a-z0-9_]{0,40}$")
    path: str = prop("", "Lookups to follow from the page's record, or from the person's contact behind @contact. (related).")
    create: bool = prop(False, "Where the last lookup is empty, save a new record and set the lookup to it (related, edit).")


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A button on a form that deletes its record, after a question."""

    label: Text = prop(Text(), "Text of the button.")
    confirm: Text = prop(Text(), "Question to be answered first.")
    page: str = prop("", "Page shown afterwards; the one above the record's where missing.", ref="page")
    onwards: Onwards | None = prop(None, "An address outside instead of that page, and what goes into the address.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One part of a page."""

    type: str = prop(
        help="What it shows.",
        choices=("text", "list", "form", "multistep_form", "tiles", "snippet", "profile", "component", "search", "charts"),
    )
    text: Text = prop(Text(), "Markdown of a text block.", long=True)
    list: str = prop("", "List to show.", ref="list")
    form: str = prop("", "Form to show.", ref="form")
    mode: str = prop("read", "Mode of the form.", choices=("read", "edit", "insert"))
    record: RecordSource | None = prop(None, "Where the form's record comes from; the page's record where missing.")
    removal: Removal | None = prop(None, "Button that deletes the record, for those who may (form in mode edit).")
    multistep_form: str = prop("", "Multistep form to show.", ref="multistep_form")
    snippet: str = prop("", "Snippet to show.", ref="snippet")
    search: str = prop("", "Search to show.", ref="search")
    web_template: str = prop("", "Web template to show (component).", ref="web_template")
    parameters: tuple[tuple[str, Any], ...] = prop((), "Values of the web template's parameters, by their names.")
    view: str = prop("", "For a list on a record page: nothing yet.")
    label: Text = prop(Text(), "Heading of the block.")
    tiles: tuple[Tile, ...] = prop((), "Tiles.")
    charts: tuple[str, ...] = prop((), "Charts beside each other, in order.", ref="chart")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One address of a site. Pages form a tree; the root has no parent and the partial address `/`.

    A page with `record_entity` is the page of one record: its part of the address is the value of `record_key`.
    """

    key: str = prop(help="Name of the page.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(help="Name of the page, used in menus.")
    title: Text = prop(Text(), "Heading; the name where missing.")
    summary: Text = prop(Text(), "Sentence under the heading.")
    description: Text = prop(Text(), "Sentence that search engines show; the summary where missing.")
    indexed: bool = prop(True, "Search engines may list it where everybody may read it.")
    parent: str = prop("", "Page above.", ref="page")
    partial_url: str = prop(
        "", "Its part of the address; / for the root; empty for a record page.", pattern=r"^(/|[^/?#!%\s]*)$"
    )
    record_entity: str = prop("", "Entity whose records the page shows, one at a time.", ref="entity")
    record_key: str = prop("", "Attribute whose value stands in the address; the primary name where missing.")
    template: str = prop("", "Page template; the theme's page where missing.", ref="page_template")
    blocks: tuple[Block, ...] = prop((), "Parts, in order.")
    hidden: bool = prop(False, "Left out of menus that list pages.")
    order: int = prop(0, "Place among its siblings.")
    state: str = prop(
        "published",
        "Publishing state: `published`, `draft`, which previewers alone see, or one of the site's.",
        pattern=COMPONENT_KEY,
    )
    visible_from: str = prop(
        "", "When it appears with all below, in the site's time zone: 2027-03-01T08:00, or a day.", pattern=DATE
    )
    visible_until: str = prop("", "When it disappears with all below; a day alone counts to its end.", pattern=DATE)
    icon: str = prop("", "Name of an icon.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingState:
    """A state of pages besides `draft` and `published`, which every site has. Kind `publishing_state`."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(help="Name that people read.")
    visible: bool = prop(False, "Visitors see pages in this state; else previewers alone do.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRule:
    """Who may bring a page from one publishing state to another, with a button on the page itself. Kind `transition_rule`."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(help="Text of the button.")
    before: str = prop(help="State that the page is in.", pattern=COMPONENT_KEY)
    after: str = prop(help="State that it gets.", pattern=COMPONENT_KEY)
    roles: tuple[str, ...] = prop((), "Web roles that may.", ref="web_role")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTemplate:
    """What renders a page: a template of the theme, or a web template in the place of its blocks. Kind `page_template`."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(Text(), "Name that people read.")
    template: str = prop("", "File of the theme, such as pages/wide.html.", pattern=r"^([a-z0-9_/.-]+\.html)?$")
    web_template: str = prop("", "Web template.", ref="web_template")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A small text used by pages and by the theme; a snippet named `text.<key>` replaces the engine's own text <key>."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    value: Text = prop(Text(), "The text, per language.", long=True)
    format: str = prop("text", "How it is written.", choices=("text", "markdown"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMarker:
    """A stable name for a page: home, signin, profile, search, not_found, access_denied and any of the maker's.

    Kind `site_marker`.
    """

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    page: str = prop(help="The page.", ref="page")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLink:
    """An entry of a menu. An entry for a page is left out for those who may not read the page."""

    label: Text = prop(Text(), "Text; the page's name where missing.")
    page: str = prop("", "Page that it opens.", ref="page")
    url: str = prop("", "Address outside the site.")
    icon: str = prop("", "Name of an icon.")
    always: bool = prop(False, "Shown also to those who may not read the page.")
    new_window: bool = prop(False, "Opens in a new window.")
    links: tuple[WebLink, ...] = prop((), "Second level.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLinkSet:
    """A menu. Kind `web_link_set`."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(Text(), "Heading.")
    links: tuple[WebLink, ...] = prop((), "Entries, in order.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """An old address that leads to a new one."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    source: str = prop(help="Path on this site, such as /old.", pattern=r"^/")
    page: str = prop("", "Page.", ref="page")
    marker: str = prop("", "Site marker.", ref="site_marker")
    url: str = prop("", "Address outside the site.")
    code: int = prop(302, "HTTP status.", choices=(301, 302))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSetting:
    """A named value that changes how the site behaves; only known names are accepted. Kind `site_setting`."""

    key: str = prop(help="Name.", pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,118}$")
    site: str = prop("", "Site that owns it.", ref="site")
    value: str = prop(help="Value, as text.")
    description: str = prop("", "Why it is set.")
