"""Web templates on pages: as a part of one, as a whole one, as its header and footer."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Response, g
from jinja2 import TemplateError
from markupsafe import Markup

from metadata.model import Block, WebTemplate
from metadata.snapshot import CompiledSite, PageNode, Snapshot
from metadata.templates import QuerySpec, read
from runtime.context import RequestContext
from runtime.loading import Later
from runtime.pages.content import words_of
from runtime.pages.part import BlockAsk, BlockHandler, Part
from runtime.pages.queries import Query
from runtime.pages.speech import formats_of, text_of
from runtime.pages.templating.asking import Asking
from runtime.pages.templating.budget import Budget
from runtime.pages.templating.environment import RUN, WebEnvironment
from runtime.pages.templating.objects import objects_of

ALLOWANCE = "template_budget"
TEMPLATE = "blocks/component.html"
FAILURES = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError, MemoryError)
CHARTS = 1000
"""Where the numbers of charts in templates begin, apart from those of a page's blocks."""
NO_QUERY = Query("", {})
_LOG = logging.getLogger("foyer.web_templates")
_show_charts = Later("runtime.pages.charts:show_charts")


@dataclass(frozen=True, slots=True)
class ComponentView:
    """What a template made, or that it could not, with the reason for those who see queries; and the queries themselves."""

    html: Markup
    heading: str = ""
    failed: bool = False
    reason: str = ""
    queries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendering:
    """One rendering, as the environment knows it."""

    context: RequestContext
    budget: Budget
    objects: Mapping[str, Any]
    asking: Asking
    node: PageNode | None
    keys: tuple[str, ...]

    def chart(self, key: str) -> Markup:
        """A chart of the site with the person's rights; the time of the database is not the template's."""
        if self.node is None:
            return Markup()
        begun = time.monotonic()
        block = Block(type="charts", charts=(key,))
        ask = BlockAsk(self.context, self.node, block, CHARTS + self.budget.queries, NO_QUERY, self.keys)
        part: Part = _show_charts(ask)
        self.budget.waited(time.monotonic() - begun)
        return Markup(self.context.renderer.block(self.context, part.template, view=part.view))  # noqa: S704 - the theme escapes

    def rows(self, spec: QuerySpec, given: tuple[Any, ...]) -> Any:
        """The rows of a query."""
        return self.asking.rows(spec, given)

    def number(self, value: Any) -> str:
        """A number as the page's language writes it."""
        return formats_of(self.context).number(value)


def show_component(ask: BlockAsk) -> Part:
    """A block that shows a web template with its parameters."""
    block = ask.block
    view = drawn(ask.context, ask.node, ask.keys, ask.query.own, (block.web_template, dict(block.parameters)))
    heading = words_of(ask.context, block.label)
    return Part(TEMPLATE, ComponentView(view.html, heading, view.failed, view.reason, view.queries))


def drawn(
    context: RequestContext,
    node: PageNode | None,
    keys: tuple[str, ...],
    query: Mapping[str, str],
    used: tuple[str, Mapping[str, Any]],
    path: str = "",
) -> ComponentView:
    """A template, by its key, with values for its parameters. What goes wrong in it is noted and costs this part alone."""
    key, values = used
    budget, explains = g.setdefault(ALLOWANCE, Budget()), sees_queries(context)
    asking = Asking(context, budget, explains)
    objects = objects_of(context, node, keys, path or (node.path if node else "/"), query, asking)
    try:
        with running(Rendering(context, budget, objects, asking, node or context.site.root, keys)):
            html = environment(context.snapshot, context.site).draw(key, values)
    except FAILURES as error:
        _LOG.warning("The web template %s of the site %s failed: %s", key, context.site.key, error)
        reason = str(error) if explains else ""
        return ComponentView(Markup(), failed=True, reason=reason, queries=tuple(asking.texts))
    return ComponentView(Markup(html), queries=tuple(asking.texts))  # noqa: S704 - the template escapes


@contextmanager
def running(run: Rendering) -> Iterator[None]:
    """Makes a rendering the one that the environment works for."""
    token = RUN.set(run)
    try:
        with run.budget.spent():
            yield
    finally:
        RUN.reset(token)


def environment(snapshot: Snapshot, site: CompiledSite) -> WebEnvironment:
    """The compiled templates of a site."""
    return snapshot.derive(("web templates", site.key), lambda: WebEnvironment(site.web_templates))


def sees_queries(context: RequestContext) -> bool:
    """Whether the person has a role that sees effective queries."""
    site = context.site
    return any(site.roles[role].queries for role in context.principal.roles & site.roles.keys())


def arguments(context: RequestContext, key: str) -> frozenset[str]:
    """The arguments of the address that a template reads, with those that it uses."""
    templates = context.site.web_templates

    def collect() -> frozenset[str]:
        found: set[str] = set()
        waiting, seen = [key], set()
        while waiting:
            template = templates.get(waiting.pop())
            if template is not None and template.key not in seen:
                seen.add(template.key)
                text = read(template.source)
                found |= text.arguments
                waiting += [item.key for item in text.includes] + [above for _, above in text.extends]
        return frozenset(found)

    return context.snapshot.derive(("template arguments", context.site.key, key), collect)


def component_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments that a component takes from the query string."""
    return arguments(context, block.web_template)


def page_of(context: RequestContext, node: PageNode) -> WebTemplate | None:
    """The web template that shows a page in the place of blocks, if one does."""
    chosen = context.site.page_templates.get(node.page.template)
    return context.site.web_templates.get(chosen.web_template) if chosen else None


def bare_page(context: RequestContext, template: WebTemplate, view: ComponentView) -> Response:
    """The answer of a template that stands alone."""
    text = text_of(context)("component.failed") if view.failed else view.html
    mimetype = "text/plain" if view.failed else template.media_type
    return Response(str(text), status=500 if view.failed else 200, mimetype=mimetype)


def around(context: RequestContext, key: str, path: str) -> Markup:
    """A header or footer; empty where there is none, and where it failed, so that the theme's own is shown."""
    if not key:
        return Markup()
    return drawn(context, None, (), {}, (key, {}), path).html


COMPONENT_BLOCK = BlockHandler(show_component, arguments=component_arguments)
