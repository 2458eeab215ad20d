"""A record that an outside system numbered after its maker had been shown it: the address of before leads its maker to it."""

from __future__ import annotations

from werkzeug.routing import RequestRedirect

from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.forms import drafts
from runtime.forms.drafts import PLAIN, Owner
from runtime.pages.addresses import page_url
from runtime.pages.form_setting import record_by_id


class Elsewhere(RequestRedirect):
    """The record has another address by now. Nothing says that the old one will not be another record's."""

    code = 307


def note_key(context: RequestContext, entity: str, record: int, key: str) -> None:
    """The person is shown a record under a key that may not be its last."""
    contact = context.principal.contact
    if contact is not None:
        with context.lease.transaction() as connection:
            drafts.shown_as(connection, Owner(contact, context.site.key, ""), _forms(context, entity), record, key)


def lead_on(context: RequestContext, node: PageNode, keys: tuple[str, ...], position: int, wanted: tuple[str, str]) -> None:
    """Where the key at a position of the address is one of before: raises Elsewhere with where the record is now.

    `wanted` are the entity and the attribute of the record page there. A record that the person made and may not read any more
    is not found, like any other.
    """
    contact, (entity, attribute) = context.principal.contact, wanted
    if contact is None or not context.services.submission.concerns(context.snapshot, entity):
        return
    mine = Owner(contact, context.site.key, "")
    record = drafts.shown_before(context.connection, mine, _forms(context, entity), keys[position])
    found = record_by_id(context, entity, record, (attribute,)) if record is not None else None
    key = str(found.values.get(attribute) or "") if found is not None else ""
    if key and key != keys[position]:
        raise Elsewhere(page_url(context, node, (*keys[:position], key, *keys[position + 1 :])))


def _forms(context: RequestContext, entity: str) -> tuple[str, ...]:
    """What drafts of forms that make records of an entity are kept as."""
    several = (key for key, form in context.site.multistep_forms.items() if form.entity == entity)
    return (*several, *(f"{PLAIN}{key}" for key, form in context.snapshot.forms.items() if form.entity == entity))
