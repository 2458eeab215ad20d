"""Texts that are edited in their place: what stands on a page for somebody who writes its content, once they turn it on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import has_request_context, request, session
from markupsafe import Markup

from metadata.snapshot import PageNode
from runtime.at_hand import the_request
from runtime.context import RequestContext
from runtime.pages.content import snippet_html, words_of
from runtime.pages.part import BlockAsk, Part
from runtime.pages.speech import text_of

CHOSEN = "in_place"
"""In the session of whoever has turned it on."""
ROOM = "foyer.in_place"
"""In the environment of a request that looks at the drafts: what stands before the studio's addresses for who looks."""
RIGHTS = "foyer.in_place_rights"
"""The rights in the studio of who looks at the drafts, likewise."""
NOTED, EDITED = "foyer.snippets", "foyer.in_place_page"
SWITCH, TEXTS, EDIT = "/studio/in-place", "/studio/texts", "/studio/edit"
RIGHT, DESIGN, SETTINGS = "content", "design", "settings"
LOW_BLOCKS = frozenset({"footer", "footer_start", "thumb"})
"""The blocks of the layout that stand below the page; all others stand above it."""
BAR, PENCILS = "blocks/in_place_bar.html", "blocks/in_place.html"


@dataclass(frozen=True, slots=True)
class Pencil:
    """A link to the editor of a text: what it is called, and where it leads."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class PencilsView:
    """The texts of a place of the page that can be edited; `off` is where it is turned off again, on the bar alone."""

    pencils: tuple[Pencil, ...]
    off: str = ""
    back: str = ""


@dataclass(frozen=True, slots=True)
class InPlace:
    """One page that is being edited in place. `room` is what stands before the studio's addresses, `rights` are those that its
    editor has in the studio."""

    context: RequestContext
    node: PageNode
    room: str
    rights: frozenset[str]
    noted: list[str] = field(default_factory=list)

    def bar(self) -> Part:
        """What stands above the page: the texts of its head, and the snippets that web templates have shown on it."""
        say = text_of(self.context)
        head = Pencil(say("in_place.head"), self._url("page", self.node.page.key))
        more = (self._snippet(key) for key in dict.fromkeys(self.noted))
        return Part(BAR, PencilsView((head, *more), f"{self.room}{SWITCH}", self._back()))

    def above(self, ask: BlockAsk) -> Part:
        """What stands above a block: the snippet that it shows, and its own texts."""
        block, key = ask.block, self.node.page.key
        own = Pencil(self._named(ask), self._url("page", key, f"blocks.{ask.index}"))
        shown = (self._snippet(block.snippet),) if block.snippet in self.context.site.snippets else ()
        return Part(PENCILS, PencilsView((*shown, own)))

    def header(self, shown: Iterable[str]) -> PencilsView:
        """What stands below the header and the menu: the snippets shown there, and what both are made of."""
        model = self.context.site.model
        made = [self._made("template", "web_template", model.header)] if model.header else [self._made("site", "site", "")]
        above = (block.web_template for block in model.blocks if block.block not in LOW_BLOCKS)
        made += [self._made("template", "web_template", key) for key in above]
        return self._around(shown, [*made, self._made("menu", "web_link_set", model.menu)])

    def footer(self, shown: Iterable[str]) -> PencilsView:
        """What stands above the footer, likewise."""
        model = self.context.site.model
        below = (block.web_template for block in model.blocks if block.block in LOW_BLOCKS)
        made = [self._made("template", "web_template", key) for key in (model.footer, *below)]
        return self._around(shown, [*made, self._made("menu", "web_link_set", model.footer_menu)])

    def _around(self, shown: Iterable[str], made: Iterable[Pencil | None]) -> PencilsView:
        texts = (self._snippet(key) for key in dict.fromkeys(shown))
        return PencilsView((*texts, *dict.fromkeys(one for one in made if one is not None)))

    def _made(self, name: str, kind: str, key: str) -> Pencil | None:
        """A link to the studio's editor of a component; None where there is none, or its kind is not the editor's to change."""
        say, site = text_of(self.context), self.context.site
        if kind == "site":
            if SETTINGS not in self.rights:
                return None
            return Pencil(say("in_place.site"), f"{self.room}{EDIT}/site/{site.key}")
        held: Mapping[str, Any] = site.web_templates if kind == "web_template" else site.menus
        if key not in held or (DESIGN if kind == "web_template" else RIGHT) not in self.rights:
            return None
        label = words_of(self.context, held[key].label) if kind == "web_link_set" else ""
        return Pencil(say(f"in_place.{name}", name=label or key), f"{self.room}{EDIT}/{kind}/{key}")

    def _named(self, ask: BlockAsk) -> str:
        """What people call a block: by its heading, else by what it shows, with its place since there may be several."""
        say, type_name = text_of(self.context), ask.block.type
        known = next((key for key in (f"studio.block.{type_name}", f"studio.kind.{type_name}") if key in say), "")
        what = say(known) if known else type_name
        return words_of(self.context, ask.block.label) or say("in_place.part", what=what, number=ask.index + 1)

    def _snippet(self, key: str) -> Pencil:
        return Pencil(text_of(self.context)("in_place.snippet", name=key), self._url("snippet", key))

    def _url(self, kind: str, key: str, part: str = "") -> str:
        given = {"back": self._back(), **({"part": part} if part else {})}
        return f"{self.room}{TEXTS}/{kind}/{key}?{urlencode(given)}"

    def _back(self) -> str:
        """Where the page is, for who looks at it: with its query, and below the address of a look at the drafts."""
        query = request.query_string.decode("latin-1") if request.method == "GET" else ""
        return f"{self.context.url(request.path)}{f'?{query}' if query else ''}"


def may_edit(context: RequestContext) -> bool:
    """Whether the person's own roles let them write the content of the site. Asks nothing of the database."""
    principal = context.principal
    if context.site.base or principal.share is not None or not context.signed_in:  # others' eyes have no rights of their own
        return False
    roles = principal.roles
    return context.snapshot.derive(
        ("edits in place", context.site.key, roles), lambda: any(RIGHT in context.site.roles[key].studio for key in roles)
    )


def in_place(context: RequestContext, node: PageNode) -> InPlace | None:
    """The page as it is edited in place; None for everybody who has not turned that on, or may not."""
    room = request.environ.get(ROOM) if context.site.base else None
    if room is None:
        if not may_edit(context) or not session.get(CHOSEN):
            return None
        room, rights = context.prefix, _rights(context)
    else:
        rights = request.environ.get(RIGHTS, frozenset())
    made = InPlace(context, node, room, rights)
    request.environ[NOTED], request.environ[EDITED] = made.noted, made
    return made


def edited() -> InPlace | None:
    """The page of this request as it is edited in place; None for all others."""
    found: InPlace | None = the_request().environ.get(EDITED)
    return found


def _rights(context: RequestContext) -> frozenset[str]:
    return frozenset(right for key in context.principal.roles for right in context.site.roles[key].studio)


def noted_snippet(context: RequestContext, key: str) -> Markup:
    """The HTML of a snippet for a web template; a page that is edited in place is told that it stands there."""
    noted: list[str] | None = request.environ.get(NOTED) if has_request_context() else None
    if noted is not None:
        noted.append(key)
    return snippet_html(context, key)


@contextmanager
def noted_snippets() -> Iterator[list[str]]:
    """The snippets that web templates show inside, where the page is edited in place; they are not those of the page then."""
    noted: list[str] | None = request.environ.get(NOTED)
    found: list[str] = []
    if noted is not None:
        request.environ[NOTED] = found
    try:
        yield found
    finally:
        if noted is not None:
            request.environ[NOTED] = noted
