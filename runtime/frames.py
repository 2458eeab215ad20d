"""What is around a page and differs from one request to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from flask import get_flashed_messages, request

from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.render.view import Frame, Message, Tone
from runtime.sitemap import readable_pages

SCHEMES = ("light", "dark")
DENSITIES = ("compact", "cosy", "roomy")
TONES = ("neutral", "info", "good", "warn", "bad")


def frame_of(context: RequestContext) -> Frame:
    """The frame of the request being answered. Messages that were flashed (`flask.flash(text, tone)`) are taken out."""
    cookies = request.cookies
    return Frame(
        path=request.path,
        query=request.query_string.decode("latin-1"),
        account=context.account_name,
        account_number=context.account_number,
        scheme=cast(Literal["", "light", "dark"], _one_of(cookies, "foyer_scheme", SCHEMES)),
        density=cast(Literal["", "compact", "cosy", "roomy"], _one_of(cookies, "foyer_density", DENSITIES)),
        messages=_messages(),
    )


def may_open(context: RequestContext, node: PageNode) -> bool:
    """May people with the roles of the context's principal read this page?"""
    return node.page.key in readable_pages(context.snapshot, context.site, context.principal.roles)


def _messages() -> tuple[Message, ...]:
    flashed = cast(list[tuple[str, str]], get_flashed_messages(with_categories=True))
    return tuple(Message(text, _tone(tone)) for tone, text in flashed)


def _one_of(cookies: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = cookies[name] if name in cookies else ""  # noqa: SIM401 - to get what is not there makes an exception
    return value if value in allowed else ""


def _tone(category: str) -> Tone:
    return cast(Tone, category if category in TONES else "info")
