"""Texts that are edited in their place: what stands on a page for somebody who writes its content, once they turn it on."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import has_request_context, request, session
from markupsafe import Markup

from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.pages.content import snippet_html, words_of
from runtime.pages.part import BlockAsk, Part
from runtime.pages.speech import text_of

CHOSEN = "in_place"
"""In the session of whoever has turned it on."""
ROOM = "foyer.in_place"
"""In the environment of a request that looks at the drafts: what stands before the studio's addresses for who looks."""
NOTED = "foyer.snippets"
SWITCH, TEXTS = "/studio/in-place", "/studio/texts"
RIGHT = "content"
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
    """One page that is being edited in place. `room` is what stands before the studio's addresses."""

    context: RequestContext
    node: PageNode
    room: str
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
        named = words_of(self.context, block.label) or text_of(self.context)("in_place.part", number=ask.index + 1)
        own = Pencil(named, self._url("page", key, f"blocks.{ask.index}"))
        shown = (self._snippet(block.snippet),) if block.snippet in self.context.site.snippets else ()
        return Part(PENCILS, PencilsView((*shown, own)))

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
        room = context.prefix
    made = InPlace(context, node, room)
    request.environ[NOTED] = made.noted
    return made


def noted_snippet(context: RequestContext, key: str) -> Markup:
    """The HTML of a snippet for a web template; a page that is edited in place is told that it stands there."""
    noted: list[str] | None = request.environ.get(NOTED) if has_request_context() else None
    if noted is not None:
        noted.append(key)
    return snippet_html(context, key)
