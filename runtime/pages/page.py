"""A page: find what its blocks need, let each show itself, and dress them with the page's head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Request, Response, request

from metadata.model import WebTemplate
from metadata.snapshot import PageNode
from runtime.answers import Answer
from runtime.at_hand import the_request
from runtime.context import RequestContext
from runtime.errors import MethodNotAllowed
from runtime.pages.blocks import handler_of
from runtime.pages.heads import page_head
from runtime.pages.in_place import in_place
from runtime.pages.nesting import record_of
from runtime.pages.part import BlockAsk, BlockHandler, Part
from runtime.pages.preview import preview_part
from runtime.pages.queries import Query, prefixes_of, read_arguments, refuse_unknown
from runtime.pages.templating.drawing import TEMPLATE, arguments, bare_page, drawn, page_of
from runtime.security import joined_policies

WHOLE_PAGE = "page.html"
TEMPLATE_PAGE = "pages/web.html"
POLICY = "Content-Security-Policy"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class ReadyPage:
    """What of a page is the same for people with the same rights: who shows its blocks, the arguments that it knows with
    the prefixes of each block's, and the paths of its record that the blocks need."""

    handlers: tuple[BlockHandler, ...]
    prefixes: tuple[str, ...]
    arguments: frozenset[str]
    paths: tuple[str, ...]


def show(context: RequestContext, node: PageNode, record_keys: tuple[str, ...]) -> Response:
    """The answer for a page of the site that the person may read.

    `record_keys` are the record keys of its address in order. Raises PageNotFound for a record that is not there or not
    the person's, BadRequest for arguments that the page does not know, and what its blocks raise.
    """
    template = page_of(context, node)
    if template is not None:
        return _show_template(context, node, record_keys, template)
    asks = _asks(context, node, record_keys)
    preview = preview_part(context, node)
    parts: list[Part] = [] if preview is None else [preview]
    editing = in_place(context, node)
    for ask in asks:
        if editing is not None:
            parts.append(editing.above(ask))
        with context.stages.measure("blocks"):
            part = handler_of(ask.block).show(ask)
        if part.response is not None:
            return part.response
        parts.append(part)
    if editing is not None:
        parts.insert(0, editing.bar())
    record = asks[0].record if asks else record_of(context, node, record_keys)
    head = page_head(context, node, record_keys, record, parts)
    html = context.renderer.site_page(context, template_of(context, node), head, parts)
    response = Answer(html, status=max([part.status for part in parts], default=200), content_type=HTML)
    for name, value in (header for part in parts for header in part.headers):
        both = name == POLICY and name in response.headers
        response.headers[name] = joined_policies(response.headers[name], value) if both else value
    return response


def known_arguments(context: RequestContext, node: PageNode) -> frozenset[str]:
    """The arguments that a page takes from its address."""
    template = page_of(context, node)
    return _ready(context, node).arguments if template is None else arguments(context, template.key)


def template_of(context: RequestContext, node: PageNode) -> str:
    """The theme's template for a page."""
    chosen = context.site.page_templates.get(node.page.template)
    return chosen.template if chosen and chosen.template else WHOLE_PAGE


def _show_template(context: RequestContext, node: PageNode, record_keys: tuple[str, ...], template: WebTemplate) -> Response:
    """The answer for a page that a web template shows in the place of blocks."""
    if request.method == "POST":
        raise MethodNotAllowed
    given = read_arguments(request.args.items(multi=True))
    refuse_unknown(given, arguments(context, template.key))
    record = record_of(context, node, record_keys)
    editing = in_place(context, node)
    with context.stages.measure("blocks"):
        view = drawn(context, node, record_keys, given, (template.key, {}), request.path)
    if template.bare:
        return bare_page(context, template, view)
    preview = preview_part(context, node)
    parts = [*([] if editing is None else [editing.bar()]), *([] if preview is None else [preview]), Part(TEMPLATE, view)]
    head = page_head(context, node, record_keys, record, parts)
    return Response(context.renderer.site_page(context, TEMPLATE_PAGE, head, parts), mimetype="text/html")


def _asks(context: RequestContext, node: PageNode, record_keys: tuple[str, ...]) -> tuple[BlockAsk, ...]:
    asked = the_request()
    ready = context.snapshot.derive(("ready page", node, context.principal.standing), lambda: _ready(context, node))
    arguments = read_arguments(asked.args.items(multi=True)) if asked.query_string else {}
    refuse_unknown(arguments, ready.arguments)
    record = record_of(context, node, record_keys, ready.paths)
    posted = _posted(asked, ready.handlers) if asked.method == "POST" else None
    path = context.url(asked.path)
    return tuple(
        [
            BlockAsk(
                context,
                node,
                block,
                index,
                Query(path, arguments, ready.prefixes[index]),
                record_keys,
                record,
                first=not ready.prefixes[index],
                posted=index == posted,
            )
            for index, block in enumerate(node.page.blocks)
        ]
    )


def _ready(context: RequestContext, node: PageNode) -> ReadyPage:
    blocks = node.page.blocks
    handlers = tuple(handler_of(block) for block in blocks)
    prefixes = prefixes_of(blocks)
    known = [handler.arguments(context, block) for handler, block in zip(handlers, blocks, strict=True)]
    return ReadyPage(
        handlers,
        prefixes,
        frozenset(prefix + name for prefix, names in zip(prefixes, known, strict=True) for name in names),
        tuple(path for handler, block in zip(handlers, blocks, strict=True) for path in handler.paths(context, block)),
    )


def _posted(asked: Request, handlers: Sequence[BlockHandler]) -> int:
    """Which block a post is for: the one that its field `block` names, else the first that takes posts."""
    able = [index for index, handler in enumerate(handlers) if handler.posts]
    named = asked.form.get("block", "")
    if not able or (named and named not in map(str, able)):
        raise MethodNotAllowed
    return int(named) if named else able[0]
