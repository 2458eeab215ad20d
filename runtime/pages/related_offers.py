"""What a related list offers to do with its rows, as links: on the rows, and above them."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model import Form, RelatedList
from metadata.model.base import Privilege
from metadata.snapshot import Relationship
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.pages.addresses import RecordAddress
from runtime.pages.content import words_of
from runtime.pages.list_rows import RowOffer
from runtime.pages.part import BlockAsk
from runtime.pages.row_actions import row_deeds
from runtime.pages.speech import text_of

ROW, SEARCH = "row", "find"
NEW, EDIT, REMOVE, LINK, UNLINK, DO = "new", "edit", "delete", "link", "unlink", "do"


@dataclass(frozen=True, slots=True)
class Offers:
    """What this person may do: `rows`, with the `ways` that stand before a row's key in their addresses, and the names and ways
    of what stands `above` the rows."""

    rows: tuple[RowOffer, ...] = ()
    ways: tuple[str, ...] = ()
    above: tuple[tuple[str, str], ...] = ()

    def addresses(self, ask: BlockAsk) -> tuple[RecordAddress, ...]:
        """What stands around the key of a row, for each offer on rows."""
        opening = ask.query.opening(ROW)
        return tuple(RecordAddress(f"{opening}{way}.", "") for way in self.ways)


def related_lists(form: Form) -> dict[str, RelatedList]:
    """The related lists of a form by their numbers, as addresses have them."""
    found = (section.related for tab in form.tabs for section in tab.sections if section.related is not None)
    return {str(number): related for number, related in enumerate(found)}


def related_id(ask: BlockAsk, number: str) -> str:
    """The id of a related list on its page, by its number on the form."""
    return f"related-{ask.index}-{number}"


def offers_anything(form: Form) -> bool:
    """Whether something can be done with rows on the form at all."""
    return any(
        item.create_form or item.edit_form or item.delete or item.link_view or item.unlink or item.actions
        for item in related_lists(form).values()
    )


def row_attribute(ask: BlockAsk, related: RelatedList) -> str:
    """The attribute whose value names a related row in addresses: that of the page of such a row, else the id."""
    node = ask.context.site.pages.get(related.details_page)
    return node.record_attribute if node is not None and node.record_attribute else "id"


def offers_of(context: RequestContext, entity: str, related: RelatedList, number: str, relationship: Relationship) -> Offers:
    """What the person may do with the related rows of some record of an entity."""
    far = relationship.entity
    linking = _may(context, entity, "append") and _may(context, far, "append_to")
    if relationship.attribute:
        linking = _may(context, far, "append") and _may(context, entity, "append_to")
    say = text_of(context)
    rows: list[tuple[RowOffer, str]] = []
    above: list[tuple[str, str]] = []
    if related.edit_form and _may(context, far, "write"):
        rows.append((RowOffer("write", say("action.edit"), "pencil"), EDIT))
    rows += [(RowOffer.of(deed), f"{DO}.{deed.action.key}") for deed in row_deeds(context, related.actions)]
    if related.unlink and linking and (not relationship.attribute or _may(context, far, "write")):
        rows.append((RowOffer("write" if relationship.attribute else "", say("related.unlink"), "x-lg"), UNLINK))
    if related.delete and _may(context, far, "delete"):
        rows.append((RowOffer("delete", say("action.delete"), "trash3"), REMOVE))
    if related.create_form and linking and _may(context, far, "create"):
        form = context.snapshot.forms[related.create_form]
        above.append((words_of(context, form.label) or say("related.new"), NEW))
    if related.link_view and linking and (not relationship.attribute or _may(context, far, "write")):
        above.append((say("related.link"), LINK))
    return Offers(
        tuple(offer for offer, _ in rows),
        tuple(f"{number}.{action}" for _, action in rows),
        tuple((label, f"{number}.{action}") for label, action in above),
    )


def _may(context: RequestContext, entity: str, privilege: Privilege) -> bool:
    return access_for(context.snapshot, context.principal, entity, privilege).allowed
