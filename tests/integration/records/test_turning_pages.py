"""Pages by keyset: every row once, forwards and backwards, where values are empty or equal."""

import pytest

from runtime.records import create, fetch_list, parse_list_ask, plan_list

PRICES = (None, 2, None, 1, 2, None, 1)


@pytest.fixture
def priced(stage, connection):
    """Erin's plan of all boats, some of which have no price and some the same."""
    for place, price in enumerate(PRICES):
        create(connection, stage.snapshot, stage.system, "boat", {"name": f"n{place}", "price": price})
    return plan_list(stage.snapshot, stage.erin, "boats")


def page(connection, stage, plan, **arguments):
    asked = parse_list_ask(stage.snapshot, stage.erin, ("boats",), arguments, page_size=2)
    return fetch_list(connection, plan, stage.erin, asked)


@pytest.mark.parametrize("sort", ["price", "-price", "name", "-name", "owner", "-owner"])
def test_following_the_keyset_gives_every_row_once_and_back_again(stage, connection, priced, sort):
    whole = fetch_list(
        connection, priced, stage.erin, parse_list_ask(stage.snapshot, stage.erin, ("boats",), {"sort": sort}, page_size=100)
    )
    assert len(whole.ids) == len(PRICES) + 4
    pages = [page(connection, stage, priced, sort=sort)]
    while pages[-1].next_after is not None:
        pages.append(page(connection, stage, priced, sort=sort, after=pages[-1].next_after))
    assert [row for found in pages for row in found.ids] == whole.ids
    back = pages[-1]
    for earlier in reversed(pages[:-1]):
        back = page(connection, stage, priced, sort=sort, before=back.previous_before)
        assert back.ids == earlier.ids
