"""Which views a list has for a person, and where on a page the rows of a view are listed: charts and tiles lead there."""

from __future__ import annotations

from metadata.model import ListComponent, Page
from runtime.context import RequestContext
from runtime.pages.queries import SEPARATOR
from runtime.records.plan import readable_views


def views_of(context: RequestContext, model: ListComponent) -> tuple[str, ...]:
    """The views of a list that there are for this person, in order; never none."""
    return readable_views(context.snapshot, context.principal, model.views)


def list_of(context: RequestContext, page: Page, view: str) -> tuple[ListComponent, str] | None:
    """The first list of a page that has a view, and what its arguments begin with; None where there is none."""
    keys = [block.list for block in page.blocks if block.type == "list"]
    for place, key in enumerate(keys):
        found = context.site.lists[key]
        if view in views_of(context, found):
            return found, f"{place + 1}{SEPARATOR}" if place else ""
    return None
