"""The demo, as the people in it: who sees what, a new order's way to the ERP and back, and changes by an administrator."""

import re

import pytest

from support.visitor import Visitor

MATRIX = {
    "SO-100001": {"admin", "rita", "jane"},
    "SO-100002": {"admin", "rita", "sam"},
    "SO-100003": {"admin"},
}
PEOPLE = ("admin", "rita", "jane", "sam", "may")
NOBODYS = "SO-999999"
VIEWS = ("orders-open", "orders-delivered", "orders-all")
CELLS = [(order, person) for order in MATRIX for person in PEOPLE]


def shown(page) -> set[str]:
    """The orders that a page leads to."""
    return {link.rpartition("/")[2] for link in page.links() if re.search(r"/orders/SO-\d+$", link)}


def all_pages(visitor: Visitor, path: str) -> set[str]:
    """The orders of every page of a list."""
    found: set[str] = set()
    page = visitor.get(path)
    for _ in range(60):
        found |= shown(page)
        following = re.search(r'<a\b[^>]*href="([^"]+)"[^>]*rel="next"|<a\b[^>]*rel="next"[^>]*href="([^"]+)"', page.body)
        if not following:
            return found
        page = visitor.get((following[1] or following[2]).replace("&amp;", "&"))
    raise AssertionError("the list does not end")


def without_error_id(body: str) -> str:
    return re.sub(r'content="[^"]*"|value="[^"]*"|\b[0-9a-f]{8,32}\b|SO-\d{6}', "", body)


@pytest.mark.parametrize(("order", "person"), CELLS, ids=[f"{order} by {person}" for order, person in CELLS])
def test_an_order_is_there_for_those_of_the_matrix_and_for_nobody_else(demo, order, person):
    visitor = demo.known(person)
    listed = shown(visitor.get(f"/orders?view=orders-all&q={order}"))
    page = visitor.get(f"/orders/{order}")
    if person in MATRIX[order]:
        assert listed == {order}
        assert page.status == 200
        assert order in page.text
    else:
        assert listed == set()
        assert page.status == (403 if person == "may" else 404)
        assert order not in page.text
