"""The head of a page taken apart, so that a stencil can hold its texts: which there are, and all that is no text."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from runtime.render.view import Action, Crumb, PageHead


def head_texts(head: PageHead) -> list[str]:
    """The texts of a head, empty ones too, in a fixed order."""
    texts = [head.title, head.summary, head.status, *head.facts]
    for crumb in head.crumbs:
        texts += (crumb.label, crumb.url)
    for action in head.actions:
        texts += (action.label, action.url)
    return texts


def head_shape(head: PageHead) -> Hashable:
    """Everything of a head but its texts."""
    actions = tuple([(action.icon, action.kind) for action in head.actions])
    return head.failed, len(head.facts), len(head.crumbs), actions, head.search


def with_texts(head: PageHead, texts: Iterator[Any]) -> PageHead:
    """A head of the same shape with other texts, in the order of `head_texts`."""
    return PageHead(
        title=next(texts),
        summary=next(texts),
        status=next(texts),
        facts=tuple([next(texts) for _ in head.facts]),
        crumbs=tuple([Crumb(next(texts), next(texts)) for _ in head.crumbs]),
        actions=tuple([Action(next(texts), next(texts), action.icon, action.kind) for action in head.actions]),
        failed=head.failed,
        search=head.search,
    )
