"""What is around a page and differs from one request to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from flask import Request, get_flashed_messages, request, session

from metadata.snapshot import PageNode
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.pages.in_place import may_edit
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
    asked = cast(Request, request._get_current_object())  # type: ignore[attr-defined]
    cookies = asked.cookies
    return Frame(
        path=asked.path,
        query=asked.query_string.decode("latin-1"),
        account=context.account_name,
        account_number=context.account_number,
        switches=context.several_accounts,
        scheme=SCHEMES.get(_cookie(cookies, "foyer_scheme"), ""),
        density=DENSITIES.get(_cookie(cookies, "foyer_density"), ""),
        messages=_messages(),
        header=around(context, context.site.model.header, asked.path),
        footer=around(context, context.site.model.footer, asked.path),
        logo=_logo(context),
        blocks={one.block: around(context, one.web_template, asked.path) for one in context.site.model.blocks},
        edits=asked.endpoint in OF_PAGES and may_edit(context),
    )


def plain_frame(context: RequestContext) -> Frame:
    """The frame of a page that is not the site's own: the person's scheme and what was said, nothing that a maker draws."""
    asked = cast(Request, request._get_current_object())  # type: ignore[attr-defined]
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
    held = session._get_current_object()  # type: ignore[attr-defined]
    if not held.modified and FLASHED not in held:  # taken out once, they are still there for a page that tells of a failure
        return ()
    flashed = cast("list[tuple[str, str]]", get_flashed_messages(with_categories=True))
    return tuple(Message(text, _tone(tone)) for tone, text in flashed)


def _cookie(cookies: Mapping[str, str], name: str) -> str:
    return cookies[name] if name in cookies else ""  # noqa: SIM401 - to get what is not there makes an exception


def _tone(category: str) -> Tone:
    return cast(Tone, category if category in TONES else "info")
