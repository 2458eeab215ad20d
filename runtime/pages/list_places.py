"""Where on a page the rows of a view are listed: charts and tiles lead there."""

from __future__ import annotations

from metadata.model import ListComponent, Page
from runtime.context import RequestContext
from runtime.pages.queries import SEPARATOR


def list_of(context: RequestContext, page: Page, view: str) -> tuple[ListComponent, str] | None:
    """The first list of a page that has a view, and what its arguments begin with; None where there is none."""
    keys = [block.list for block in page.blocks if block.type == "list"]
    for place, key in enumerate(keys):
        if view in context.site.lists[key].views:
            return context.site.lists[key], f"{place + 1}{SEPARATOR}" if place else ""
    return None
