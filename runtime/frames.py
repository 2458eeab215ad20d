"""What is around a page and differs from one request to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, cast

from flask import get_flashed_messages
from markupsafe import Markup

from metadata.snapshot import PageNode
from runtime.access import access_for
from runtime.at_hand import the_request, the_session
from runtime.context import RequestContext
from runtime.pages.in_place import LOW_BLOCKS, PENCILS, PencilsView, edited, may_edit, noted_snippets
from runtime.pages.list_ready import entity_of
from runtime.pages.templating.drawing import around
from runtime.render.view import Frame, Message, Tone
from runtime.sitemap import Verdict, file_verdicts, readable_pages
from runtime.web_files import file_address

SCHEMES: dict[str, Literal["light", "dark"]] = {"light": "light", "dark": "dark"}
DENSITIES: dict[str, Literal["compact", "cosy", "roomy"]] = {"compact": "compact", "cosy": "cosy", "roomy": "roomy"}
FLASHED = "_flashes"
OF_PAGES = ("root", "page")
TONES = ("neutral", "info", "good", "warn", "bad")


def frame_of(context: RequestContext) -> Frame:
    """The frame of the request being answered. Messages that were flashed (`flask.flash(text, tone)`) are taken out."""
    asked = the_request()
    cookies, model, editing = asked.cookies, context.site.model, edited()
    noting: Callable[[], AbstractContextManager[list[str]]] = noted_snippets if editing is not None else _unnoted
    with noting() as above:
        header = around(context, model.header, asked.path)
    with noting() as below:
        footer = around(context, model.footer, asked.path)
    blocks = {}
    for one in model.blocks:
        with noting() as shown:
            blocks[one.block] = around(context, one.web_template, asked.path)
        (below if one.block in LOW_BLOCKS else above).extend(shown)
    return Frame(
        path=asked.path,
        query=asked.query_string.decode("latin-1"),
        account=context.account_name,
        account_number=context.account_number,
        switches=context.several_accounts,
        scheme=SCHEMES.get(_cookie(cookies, "foyer_scheme"), ""),
        density=DENSITIES.get(_cookie(cookies, "foyer_density"), ""),
        messages=_messages(),
        header=header,
        footer=footer,
        logo=_logo(context),
        blocks=blocks,
        edits=asked.endpoint in OF_PAGES and may_edit(context),
        header_pencils=_pencils(context, editing.header(above)) if editing is not None else "",
        footer_pencils=_pencils(context, editing.footer(below)) if editing is not None else "",
    )


def _unnoted() -> AbstractContextManager[list[str]]:
    return nullcontext([])


def _pencils(context: RequestContext, view: PencilsView) -> str | Markup:
    """The links to editors, drawn; "" where there are none."""
    return context.renderer.block(context, PENCILS, view=view) if view.pencils else ""


def plain_frame(context: RequestContext) -> Frame:
    """The frame of a page that is not the site's own: the person's scheme and what was said, nothing that a maker draws."""
    asked = the_request()
    return Frame(
        path=asked.path,
        query=asked.query_string.decode("latin-1"),
        scheme=SCHEMES.get(_cookie(asked.cookies, "foyer_scheme"), ""),
        messages=_messages(),
    )


def _logo(context: RequestContext) -> str:
    """The address of the site's picture; "" where it has none that the person may see."""
    file = context.site.web_files.get(context.site.model.logo) if context.site.model.logo else None
    if file is None:
        return ""
    verdict = file_verdicts(context.snapshot, context.site, context.principal.roles)[file.key]
    return file_address(context, file) if verdict is Verdict.OPEN else ""


def may_open(context: RequestContext, node: PageNode) -> bool:
    """Does a menu offer people with the roles of the context's principal this page?

    They may read it, and where it shows lists alone, the rows of one of them. Strangers are led by it to where one signs in.
    """
    if node.page.key not in readable_pages(context.snapshot, context.site, context.principal.roles):
        return False
    blocks = node.page.blocks
    if not context.signed_in or not blocks or any(block.type != "list" for block in blocks):
        return True
    return any(_may_list(context, block.list) for block in blocks)


def _may_list(context: RequestContext, key: str) -> bool:
    model = context.site.lists.get(key)
    return model is None or access_for(context.snapshot, context.principal, entity_of(context, model), "read").allowed


def _messages() -> tuple[Message, ...]:
    held = the_session()
    if not held.modified and FLASHED not in held:  # taken out once, they are still there for a page that tells of a failure
        return ()
    flashed = cast("list[tuple[str, str]]", get_flashed_messages(with_categories=True))
    return tuple(Message(text, _tone(tone)) for tone, text in flashed)


def _cookie(cookies: Mapping[str, str], name: str) -> str:
    return cookies[name] if name in cookies else ""  # noqa: SIM401 - to get what is not there makes an exception


def _tone(category: str) -> Tone:
    return cast(Tone, category if category in TONES else "info")
