"""A new order through the pages of the demo, without scripts."""

from __future__ import annotations

import re
from typing import Any

from support.demo import Demo
from support.visitor import Answer, Visitor

NEW = "/orders/new"
NEXT = ("_action", "next")


def options(page: Answer, name: str) -> list[str]:
    """The rows that a lookup offers, whichever control it has."""
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', page.body, re.S)
    found = re.findall(r'<option value="(\d+)"', select[0]) if select else []
    return found or re.findall(rf'type="radio" name="{name}" value="(\d+)"', page.body)


def begun(visitor: Visitor, path: str = NEW) -> Answer:
    """The first step of a form that nothing was typed in yet."""
    page = visitor.get(f"{path}?restart=1")
    if 'value="restart"' not in page.body:
        return visitor.get(path)
    return visitor.send(page, "block", ("_action", "restart"))


def to_review(visitor: Visitor, *, product: str = "chain", quantity: str = "3", **typed: Any) -> Answer:
    """An order of one line, filled in up to the last look."""
    first = begun(visitor)
    given = {"delivery_address": options(first, "delivery_address")[0], **typed}
    items = visitor.send(first, "_step", NEXT, **given)
    return with_line(visitor, items, product, quantity)


def with_line(visitor: Visitor, items: Answer, product: str, quantity: str) -> Answer:
    """The step of lines, filled in and left."""
    name = "lines-0-product"
    found = visitor.send(items, "_step", ("_find", name), **{f"{name}__q": product, name: ""})
    chosen = options(found, name)
    given = {name: chosen[0]} if chosen else {}
    return visitor.send(found, "_step", NEXT, **given, **{"lines-0-quantity": quantity})


def place(visitor: Visitor, review: Answer) -> Answer:
    """The order is sent; the answer is what the person sees then."""
    assert review.url.endswith("step=review"), review.text
    return visitor.send(review, "_step", NEXT)


def number_of(page: Answer) -> str:
    """The number of the order that a page is about."""
    return page.url.rpartition("/")[2]


def orders_in_erp(demo: Demo) -> int:
    """How many orders of any state the ERP has."""
    return int(demo.erp("SELECT count(*) FROM sales_order")[0][0])


def orders_in_portal(demo: Demo) -> int:
    """How many orders the portal has."""
    return int(demo.portal("SELECT count(*) FROM sales_order")[0][0])
