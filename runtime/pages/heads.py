"""The head of a page: its crumbs, its title, the facts under it, what can be done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from itertools import accumulate

from markupsafe import Markup

from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.pages.addresses import page_url
from runtime.pages.content import words_of
from runtime.pages.freshness import Freshness, oldest
from runtime.pages.part import Part
from runtime.pages.speech import formats_of, text_of
from runtime.records.details import Record
from runtime.records.sharing import may_share
from runtime.render import Action, Crumb, Formats, PageHead
from runtime.robots import search_head
from runtime.sitemap import readable_pages


def page_head(
    context: RequestContext, node: PageNode, keys: tuple[str, ...], record: Record | None, parts: Sequence[Part]
) -> PageHead:
    """The head of a page with what its blocks add to it."""
    bare = _bare_head(context, node, keys, record)
    heads = [part.head for part in parts]
    freshness = oldest(head.freshness for head in heads)
    facts = tuple([fact for head in heads for fact in head.facts])
    return PageHead(
        title=next((head.title for head in heads if head.title), bare.title),
        crumbs=bare.crumbs,
        status=next((head.status for head in heads if head.status), ""),
        facts=(*facts, age(context, freshness)) if freshness else facts,
        actions=(*[action for head in heads for action in head.actions], *_sharing(context, node, record)),
        summary=bare.summary,
        failed=any(part.failed for part in parts),
        search=bare.search,
    )


def _sharing(context: RequestContext, node: PageNode, record: Record | None) -> tuple[Action, ...]:
    """Share, on the page of a record of which the person may share something, whatever form shows it there."""
    if record is None or record.entity != node.record_entity:
        return ()
    if not may_share(context.snapshot, context.site, context.principal, record.entity):
        return ()
    address = context.url(f"/shares/new?entity={record.entity}&row={record.id}")
    return (Action(text_of(context)("share.button"), address, "link-45deg"),)


def _bare_head(context: RequestContext, node: PageNode, keys: tuple[str, ...], record: Record | None) -> PageHead:
    """The head of a page without what its blocks add; of a page whose address names no record it is kept."""

    def make() -> PageHead:
        name = record_name(context, record)
        title, summary, description = _words(context, node)
        return PageHead(
            title=name if node.record_entity and name else title,
            crumbs=crumbs(context, node, keys, name),
            summary=summary,
            search=search_head(context, node, description or summary),
        )

    if keys or record is not None:
        return make()
    return context.snapshot.derive(("bare head", node, context.principal.kind, context.principal.roles, context.language), make)


def _words(context: RequestContext, node: PageNode) -> tuple[str, str, str]:
    """Title, summary and description of a page."""

    def find() -> tuple[str, str, str]:
        page = node.page
        return page_title(context, node), words_of(context, page.summary), words_of(context, page.description)

    return context.snapshot.derive(("page words", node, context.language), find)


def page_title(context: RequestContext, node: PageNode) -> str:
    """The heading of a page: its title, or its name."""
    return words_of(context, node.page.title) or words_of(context, node.page.label)


def record_name(context: RequestContext, record: Record | None) -> str:
    """What people call a record: the value of its entity's primary name, or its key."""
    if record is None:
        return ""
    value = record.values.get(context.snapshot.entities[record.entity].primary_name.key)
    return str(record.key if value is None else value)


def crumbs(context: RequestContext, node: PageNode, keys: tuple[str, ...], name: str) -> tuple[Crumb, ...]:
    """The way from the root to a page, the page itself last and without address; none for the root.

    Pages that the person may not read are left out. A record page is called by its record: `name` is that of the last.
    """
    way = context.snapshot.derive(("way", node, context.principal.roles, context.language), lambda: _way(context, node))
    return tuple([step if isinstance(step, Crumb) else step(context, keys, name) for step in way])


_Step = Crumb | Callable[[RequestContext, tuple[str, ...], str], Crumb]


def _way(context: RequestContext, node: PageNode) -> tuple[_Step, ...]:
    """The crumbs of a page, made already where they are the same for all its records."""
    if node.parent is None:
        return ()
    readable = readable_pages(context.snapshot, context.site, context.principal.roles)
    passed = accumulate(1 if above.record_entity else 0 for above in node.lineage)
    return tuple(
        _step(context, above, above is node, place if above.record_entity else 0)
        for above, place in zip(node.lineage, passed, strict=True)
        if above is node or above.page.key in readable
    )


def _step(context: RequestContext, above: PageNode, last: bool, place: int) -> _Step:
    """The crumb of a page that is called by the record of this place in the address, 0 for one called by its label."""
    label = page_title(context, above) if last else words_of(context, above.page.label)
    if not place and (last or "{" not in above.path):
        return Crumb(label, "" if last else page_url(context, above))

    def step(context: RequestContext, keys: tuple[str, ...], name: str) -> Crumb:
        called = label if not place else name if place == len(keys) else keys[place - 1]
        return Crumb(called, "" if last else page_url(context, above, keys))

    return step


def age(context: RequestContext, freshness: Freshness) -> Markup:
    """How old the data is: since when, how often it is renewed, and that it is late."""
    text = text_of(context)
    time = since(formats_of(context), freshness.as_of, dt.datetime.now(dt.UTC)) if freshness.as_of else ""
    if freshness.late:
        said = text("list.late", time=time)
    elif freshness.minutes:
        said = text("list.updated_every", time=time, count=freshness.minutes)
    else:
        said = text("list.updated", time=time)
    return Markup('<span class="age{}">{}</span>').format(" age-late" if freshness.late else "", said)


def since(formats: Formats, moment: dt.datetime, now: dt.datetime) -> str:
    """A moment on the person's clock: of today the time alone."""
    today = moment.astimezone(formats.zone).date() == now.astimezone(formats.zone).date()
    return formats.time(moment) if today else formats.moment(moment)
