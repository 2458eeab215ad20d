"""What previewers are told of a page that visitors do not see yet, or no longer."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from metadata.model import TransitionRule
from metadata.schedule import appears, disappears
from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.pages.content import words_of
from runtime.pages.part import Part
from runtime.pages.speech import formats_of, text_of
from runtime.sitemap import is_published, is_visible

TEMPLATE = "blocks/preview.html"
ADDRESS = "/_pages"


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What a page is to visitors, and why; `moves` are the states that the person may bring it to from `before`, by key."""

    state: str
    reason: str
    tone: str
    url: str
    before: str
    moves: tuple[tuple[str, str], ...]
    back: str


def preview_part(context: RequestContext, node: PageNode) -> Part | None:
    """A line above the page; None for one that visitors see, and that this person cannot bring to another state."""
    shown, moves = _is_shown(context, node), moves_from(context, node)
    if shown and not moves:
        return None
    state, reason = _why_shown(context, node) if shown else _why_not(context, node)
    labels = tuple((move.after, words_of(context, move.label)) for move in moves)
    url = context.url(f"{ADDRESS}/{node.page.key}/state")
    view = PreviewView(state, reason, "info" if shown else "warn", url, node.page.state, labels, context.url(request.path))
    return Part(TEMPLATE, view)


def moves_from(context: RequestContext, node: PageNode) -> tuple[TransitionRule, ...]:
    """The transitions of a page that the person may take."""
    roles = context.principal.roles
    return context.snapshot.derive(
        ("moves", node, roles),
        lambda: tuple(
            rule for rule in context.site.transitions if rule.before == node.page.state and roles.intersection(rule.roles)
        ),
    )


def _why_shown(context: RequestContext, node: PageNode) -> tuple[str, str]:
    declared = context.site.states.get(node.page.state)
    say = text_of(context)
    return say("preview.shown"), say("preview.state", state=words_of(context, declared.label)) if declared else ""


def _why_not(context: RequestContext, node: PageNode) -> tuple[str, str]:
    """What keeps a page from visitors: the first on the way from the root in a hidden state or outside of its dates."""
    say, site, now = text_of(context), context.site, context.snapshot.at
    page = next(one for one in node.lineage if not _is_shown(context, one)).page
    why = "" if page is node.page else say("preview.above", page=words_of(context, page.label))
    if not is_visible(site, page.state):
        declared = site.states.get(page.state)
        return say("preview.hidden", state=words_of(context, declared.label)) if declared else say("preview.draft"), why
    first, last = appears(page, site.model.time_zone), disappears(page, site.model.time_zone)
    early = first is not None and now < first
    moment = first if early else last
    time = formats_of(context).moment(moment, full=True) if moment else ""
    return say("preview.early" if early else "preview.late", time=time), why


def _is_shown(context: RequestContext, node: PageNode) -> bool:
    """Whether visitors who may read a page see it."""
    return context.snapshot.derive(("shown", node), lambda: is_published(context.snapshot, context.site, node))
