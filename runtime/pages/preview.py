"""What previewers are told of a page that visitors do not see yet, or no longer."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.schedule import appears, disappears
from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.pages.content import words_of
from runtime.pages.part import Part
from runtime.pages.speech import formats_of, text_of
from runtime.sitemap import is_published

TEMPLATE = "blocks/preview.html"


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What a page is to visitors, and why."""

    state: str
    reason: str


def preview_part(context: RequestContext, node: PageNode) -> Part | None:
    """A line above the page; None for one that visitors see."""
    if _is_shown(context, node):
        return None
    say, zone, now = text_of(context), context.site.model.time_zone, context.snapshot.at
    above = next(one for one in node.lineage if not _is_shown(context, one))
    page, name = above.page, words_of(context, above.page.label)
    at_fault = "" if above is node else say("preview.above", page=name)
    if page.state == "draft":
        return Part(TEMPLATE, PreviewView(say("preview.draft"), at_fault))
    first, last = appears(page, zone), disappears(page, zone)
    early = first is not None and now < first
    moment = first if early else last
    said = say(
        "preview.early" if early else "preview.late", time=formats_of(context).moment(moment, full=True) if moment else ""
    )
    return Part(TEMPLATE, PreviewView(said, at_fault))


def _is_shown(context: RequestContext, node: PageNode) -> bool:
    """Whether visitors who may read a page see it."""
    return context.snapshot.derive(("shown", node), lambda: is_published(context.snapshot, context.site, node))
