"""Where people are led once something is done: to a page, or to an address outside, with what its address is given.

A browser that keeps to the policy of our pages does not let a form be led to another site. So what leads outside is a page of
its own from which the browser goes on by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from metadata.expressions.entities import expression
from metadata.expressions.evaluate import Row, Value, evaluate
from metadata.model import Onwards
from metadata.snapshot import PageNode
from runtime.answers import Answer, see_other
from runtime.context import RequestContext
from runtime.loading import Later
from runtime.pages.action_deeds import plain_json
from runtime.pages.addresses import page_url, record_address
from runtime.pages.form_setting import record_by_id, say_of
from runtime.pages.heads import page_head
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.stored_row import Asking, asked_paths

TEMPLATE, WHOLE_PAGE = "blocks/onwards.html", "page.html"
HTML = "text/html; charset=utf-8"
LONGEST_VALUE = 1000
"""Of a value that an address is given; a longer one is left out, since not every server takes such addresses."""

OF_DEEDS = frozenset({"do", "act", "row", "find", "delete", "step", "restart", "continue"})
"""Arguments that say what is being done; they are of no use where that is over."""

_known_arguments = Later("runtime.pages.page:known_arguments")


@dataclass(frozen=True, slots=True)
class OnwardsView:
    """The page that leads outside: the host, and the address."""

    host: str
    url: str


@dataclass(frozen=True, slots=True)
class Doing:
    """What has been done: with which record (None where nothing is known of one), and where the metadata leads from there.

    `given` is what the address gets, where it had to be read before the record was gone; `back` is the address to stay at.
    """

    entity: str
    record: int | None
    page: str
    onwards: Onwards | None = None
    given: Mapping[str, str] | None = None
    back: str = ""


def lead_on(ask: BlockAsk, done: Doing) -> Part:
    """The answer that leads on: to the page named, with this record where it is a record page, or outside; else it stays."""
    onwards = done.onwards
    if onwards is not None and onwards.url:
        return _outside(ask, onwards.url, _given(ask, done, None))
    node, url = _place(ask, done)
    return Part(response=see_other(_with(url, _given(ask, done, node) if onwards is not None else {})))


def given_of(ask: BlockAsk, entity: str, record: int | None, onwards: Onwards | None) -> dict[str, str]:
    """What the next address is given of a stored record, as far as the person may read it."""
    texts = [item.value for item in onwards.query] if onwards is not None else []
    if onwards is None or not texts or record is None:
        return {}
    context = ask.context
    found = record_by_id(context, entity, record, asked_paths(context.snapshot, entity, texts))
    if found is None:
        return {}
    asking = Asking(context, entity, texts)
    return _texts({item.name: asking.answer(item.value, found.values) for item in onwards.query})


def given_of_row(context: RequestContext, entity: str, row: Row, onwards: Onwards | None) -> dict[str, str]:
    """The same of a record that is still being entered."""
    query = onwards.query if onwards is not None else ()
    return _texts({item.name: evaluate(expression(context.snapshot, entity, item.value), row) for item in query})


def key_on_page(context: RequestContext, node: PageNode, record: int) -> object | None:
    """What names a record in the address of its page, as far as the person may read it; None where that is nothing."""
    found = record_by_id(context, node.record_entity, record, (node.record_attribute,))
    return None if found is None else found.values.get(node.record_attribute)


def _given(ask: BlockAsk, done: Doing, node: PageNode | None) -> dict[str, str]:
    """All that the address gets; a page of the site only what it knows, for it refuses all else."""
    onwards = done.onwards
    if onwards is None:
        return {}
    came = ask.query.arguments if onwards.keep_query else {}
    kept = {name: value for name, value in came.items() if name not in OF_DEEDS}
    told = done.given if done.given is not None else given_of(ask, done.entity, done.record, onwards)
    given = {**kept, **told}
    if node is None:
        return given
    known: frozenset[str] = _known_arguments(ask.context, node)
    return {name: value for name, value in given.items() if name in known}


def _place(ask: BlockAsk, done: Doing) -> tuple[PageNode, str]:
    context = ask.context
    node = context.site.pages.get(done.page)
    if node is None:
        return ask.node, done.back or ask.query.path
    if node.record_entity != done.entity or done.record is None:
        return node, page_url(context, node, ask.keys)
    key = key_on_page(context, node, done.record)
    address = record_address(context, node, ask.keys)
    if key is None or address is None:
        return node.parent or node, page_url(context, node.parent or node, ask.keys)
    return node, address.of(key)


def _outside(ask: BlockAsk, url: str, given: Mapping[str, str]) -> Part:
    address = _with(url, given)
    if address.startswith("/"):
        return Part(response=see_other(address))
    context, host = ask.context, urlsplit(address).netloc
    part = Part(TEMPLATE, OnwardsView(host, address), Head(title=say_of(context)("onwards.title")))
    head = page_head(context, ask.node, ask.keys, ask.record, [part])
    answer = Answer(context.renderer.site_page(context, WHOLE_PAGE, head, [part]), content_type=HTML)
    answer.headers["Refresh"] = f"0; url={address}"
    return Part(response=answer)


def _with(url: str, given: Mapping[str, str]) -> str:
    """An address with more arguments, before what it says of a place on the page."""
    if not given:
        return url
    bare, mark, place = url.partition("#")
    joint = "&" if "?" in bare else "?"
    return f"{bare}{joint}{urlencode(given)}{mark}{place}"


def _texts(values: Mapping[str, Value]) -> dict[str, str]:
    """Values as addresses have them; what is empty or far too long is left out."""
    texts = {name: _text(plain_json(value)) for name, value in values.items() if value is not None}
    return {name: text for name, text in texts.items() if 0 < len(text) <= LONGEST_VALUE}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
