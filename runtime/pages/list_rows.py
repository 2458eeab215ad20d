"""The rows of a list, dressed: texts of the cells, the address of each record, and what may be done with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from metadata.model import ListComponent, RowAction
from metadata.model.base import Privilege
from metadata.snapshot import PageNode
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.pages.addresses import RecordAddress, is_plain, quoted, record_address
from runtime.pages.content import words_of
from runtime.pages.part import BlockAsk
from runtime.pages.removal import REMOVE
from runtime.pages.row_actions import ACT, RowDeed, list_actions, row_deeds
from runtime.pages.speech import text_of
from runtime.records.lists import ListPage
from runtime.sitemap import readable_pages

NAMING = ("details", "edit")
OFFERS: dict[str, tuple[Privilege, str]] = {"edit": ("write", "pencil"), "delete": ("delete", "trash3")}


@dataclass(frozen=True, slots=True)
class RowOffer:
    """A link at the end of the rows on which the person has a privilege. `icon` is an icon's name, "" for the label itself."""

    privilege: str
    label: str
    icon: str

    @classmethod
    def of(cls, deed: RowDeed) -> RowOffer:
        """The link to an action of a form."""
        return cls(deed.right, deed.label, deed.action.icon)


@dataclass(frozen=True, slots=True)
class RowLinks:
    """Where the rows of a list lead to: by their first column, and by the offers at their end with an address each."""

    details: RecordAddress | None = None
    offers: tuple[RowOffer, ...] = ()
    addresses: tuple[RecordAddress, ...] = ()

    @property
    def ways(self) -> list[tuple[Markup, Markup]]:
        """What stands before and after a row's key: of the page of the record first, then of the offers."""
        found = ((self.details,) if self.details else ()) + self.addresses
        return [(escape(address.before), escape(address.after)) for address in found]


def record_key(context: RequestContext, model: ListComponent) -> str:
    """The attribute whose value stands in the addresses of a list's records; empty for the primary name."""
    nodes = (_page_of(context, action) for action in model.actions if action.type in NAMING)
    owners = (above for node in nodes if node for above in reversed(node.lineage) if above.record_entity)
    return next((owner.record_attribute for owner in owners), "")


def row_links(ask: BlockAsk, model: ListComponent) -> RowLinks:
    """The links of a list's rows: those whose page the person may read, and the deeds that they may do."""
    context = ask.context
    details = next((action for action in model.actions if action.type == "details"), None)
    entity = context.snapshot.views[model.views[0]].entity
    deeds = {deed.action.key: deed for deed in row_deeds(context, list_actions(model))}
    offers = []
    for action in model.actions:
        deed = deeds.get(action.action) if action.type == "action" else None
        if deed is not None:
            offers.append((RowOffer.of(deed), RecordAddress(f"{ask.query.opening(ACT)}{action.action}.", "")))
        address = _offered(ask, action) if _may_be_offered(context, action, entity) else None
        if address is not None:
            offers.append((_offer(context, action), address))
    return RowLinks(
        details=_address(context, details, ask.keys) if details else None,
        offers=tuple(offer for offer, _ in offers),
        addresses=tuple(address for _, address in offers),
    )


def dressed_rows(page: ListPage, cells: Sequence[Sequence[str]], *, marked: bool = False) -> Iterator[tuple[Any, ...]]:
    """The rows for the rows template: the key as part of an address, the key as HTML, the privileges, and the cells.

    Rows that can be marked have their id before that.
    """
    before = (page.ids,) if marked else ()
    names = ["" if key is None else str(key) for key in page.keys]
    # Most keys are plain: looking at all of them at once is much cheaper than at each, and plain ones are HTML as well.
    if is_plain("".join(names)):
        return zip(*before, names, names, page.can, *cells, strict=True)
    quoted_names, escaped = [quoted(name) for name in names], [escape(name) for name in names]
    return zip(*before, quoted_names, escaped, page.can, *cells, strict=True)


def _may_be_offered(context: RequestContext, action: RowAction, entity: str) -> bool:
    """Whether the action could be offered on any row at all."""
    if action.type not in OFFERS:
        return False
    return access_for(context.snapshot, context.principal, entity, OFFERS[action.type][0]).allowed


def _offer(context: RequestContext, action: RowAction) -> RowOffer:
    privilege, icon = OFFERS[action.type]
    return RowOffer(privilege, words_of(context, action.label) or text_of(context)(f"action.{action.type}"), icon)


def _offered(ask: BlockAsk, action: RowAction) -> RecordAddress | None:
    if action.type == "delete":
        return RecordAddress(ask.query.opening(REMOVE), "")
    return _address(ask.context, action, ask.keys)


def _address(context: RequestContext, action: RowAction, keys: tuple[str, ...]) -> RecordAddress | None:
    node = _page_of(context, action)
    readable = readable_pages(context.snapshot, context.site, context.principal.roles)
    if node is None or node.page.key not in readable:
        return None
    return record_address(context, node, keys)


def _page_of(context: RequestContext, action: RowAction) -> PageNode | None:
    return context.site.pages.get(action.page)
