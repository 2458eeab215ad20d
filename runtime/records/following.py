"""All rows of an ask, a page at a time, for what is too long for one answer's memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from runtime.access import Principal
from runtime.records.ask import ListAsk
from runtime.records.keyset import read_token
from runtime.records.lists import fetch_list
from runtime.records.plan import ListPlan
from runtime.records.prepared import Row


def follow(connection: Connection, plan: ListPlan, principal: Principal, ask: ListAsk, size: int) -> Iterator[list[Row]]:
    """The rows that an ask narrows to and orders, whatever page it asks for. Raises Denied.

    Pages follow each other by their last row, so that the last one costs as much as the first; rows that are ranked by what
    narrows them are followed by number.
    """
    asked = replace(ask, page=1, page_size=size, direction="", anchor=())
    ranked = any(part.ranks for part in ask.narrowings)
    while True:
        page = fetch_list(connection, plan, principal, asked)
        yield page.rows
        if page.next_after is None:
            return
        if ranked:
            asked = replace(asked, page=asked.page + 1)
        else:
            asked = replace(asked, direction="after", anchor=read_token(plan, asked.sort or plan.sort, page.next_after))
