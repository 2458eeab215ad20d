"""The rows of a list, dressed: texts of the cells, the address of each record, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from metadata.model import ListComponent, RowAction
from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.pages.addresses import RecordAddress, record_address
from runtime.pages.content import words_of
from runtime.pages.part import BlockAsk
from runtime.pages.queries import Query
from runtime.pages.removal import REMOVE
from runtime.pages.speech import text_of
from runtime.records.lists import ListPage
from runtime.render.icons import icon
from runtime.sitemap import readable_pages

PRIVILEGES = {"edit": "write", "delete": "delete"}
ICONS = {"edit": "pencil", "delete": "trash3"}


@dataclass(frozen=True, slots=True)
class RowAct:
    """A link at the end of a row."""

    label: str
    url: str
    icon: Markup


@dataclass(frozen=True, slots=True)
class RowOffer:
    """A row action that the person may be offered: on rows with the privilege, at the address made from the row's key."""

    privilege: str
    label: str
    icon: Markup
    address: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class RowLinks:
    """Where the rows of a list lead to."""

    details: RecordAddress | None = None
    offers: tuple[RowOffer, ...] = ()

    @property
    def linked(self) -> bool:
        """Whether the first column is a link."""
        return self.details is not None

    @property
    def actions(self) -> bool:
        """Whether rows end in actions."""
        return bool(self.offers)


def record_key(context: RequestContext, model: ListComponent) -> str:
    """The attribute whose value stands in the addresses of a list's records; empty for the primary name."""
    nodes = (_page_of(context, action) for action in model.actions)
    owners = (above for node in nodes if node for above in reversed(node.lineage) if above.record_entity)
    return next((owner.record_attribute for owner in owners), "")


def row_links(ask: BlockAsk, model: ListComponent) -> RowLinks:
    """The links of a list's rows: those whose page the person may read."""
    context = ask.context
    details = next((action for action in model.actions if action.type == "details"), None)
    offers = (_offer(ask, action) for action in model.actions if action.type in PRIVILEGES)
    return RowLinks(
        details=_address(context, details, ask.keys) if details else None,
        offers=tuple(offer for offer in offers if offer is not None),
    )


def dressed_rows(
    page: ListPage, cells: Sequence[Sequence[str]], links: RowLinks
) -> Iterator[tuple[Any, ...]]:
    """The rows for the rows template: link, name, acts, and then the cells column by column."""
    keys = page.keys
    details = links.details
    addresses = [details.of(key) if key is not None else "" for key in keys] if details else [""] * len(keys)
    names = ["" if key is None else str(key) for key in keys]
    acts = [_acts(links.offers, can, key) for can, key in zip(page.can, keys, strict=True)] if links.offers else names
    return zip(addresses, names, acts, *cells, strict=True)


def _acts(offers: tuple[RowOffer, ...], can: frozenset[str], key: Any) -> tuple[RowAct, ...]:
    if key is None:
        return ()
    return tuple(RowAct(offer.label, offer.address(key), offer.icon) for offer in offers if offer.privilege in can)


def _offer(ask: BlockAsk, action: RowAction) -> RowOffer | None:
    context = ask.context
    label = words_of(context, action.label) or text_of(context)(f"action.{action.type}")
    if action.type == "delete":
        return RowOffer("delete", label, icon(ICONS["delete"]), _deleting(ask.query))
    address = _address(context, action, ask.keys)
    return None if address is None else RowOffer("write", label, icon(ICONS["edit"]), address.of)


def _deleting(query: Query) -> Callable[[Any], str]:
    return lambda key: query.link(**{REMOVE: str(key)})


def _address(context: RequestContext, action: RowAction, keys: tuple[str, ...]) -> RecordAddress | None:
    node = _page_of(context, action)
    readable = readable_pages(context.snapshot, context.site, context.principal.roles)
    if node is None or node.page.key not in readable:
        return None
    return record_address(context, node, keys)


def _page_of(context: RequestContext, action: RowAction) -> PageNode | None:
    return context.site.pages.get(action.page)
