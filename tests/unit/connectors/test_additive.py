"""Differences on top of another value: exact, and of the type that they had."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.additive import added, not_there, piled
from connectors.home import utc_now
from connectors.outbox import Owed
from connectors.tablemap import compiled_map
from metadata.model import AttributeMap
from support.harbour import boats, harbours, snapshot_of

PRICE = AttributeMap(attribute="price", column="cost", direction="both", conflict="additive")
MAP = boats(attributes=(AttributeMap(attribute="number", column="no"), PRICE), receipt_column="mark")
AMOUNT = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**15), max_value=10**15)


def owed(number, was, value):
    payload = {"key": {"no": 1}, "values": {"cost": value}, "was": {"price": was}}
    return Owed(number, "boats", "boat", 1, "update", f"k{number}", payload, "waiting", "", 0, None, utc_now())


@pytest.fixture(scope="module")
def table_map():
    return compiled_map(snapshot_of(harbours(), MAP), "boats")


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "total"),
    [
        (100, 105, 107, 112),
        (None, 5, None, 5),
        (None, 5, 3, 8),
        (5, None, 7, 2),
        (Decimal("0.10"), Decimal("0.30"), Decimal("0.20"), Decimal("0.40")),
        (Decimal("1e16"), Decimal("1e16") + 1, Decimal("1e-10"), Decimal("1.0000000001")),
        (2**62, 2**62 + 1, 2**62 + 1, 2**62 + 2),
    ],
)
def test_both_differences_count_exactly(base, ours, theirs, total):
    found = added(base, ours, theirs)
    assert found == total
    assert isinstance(found, type(total))


@given(AMOUNT, st.lists(AMOUNT, min_size=1, max_size=5), AMOUNT)
def test_what_is_owed_keeps_its_differences_on_top_of_any_value(base, values, theirs):
    table_map = compiled_map(snapshot_of(harbours(), MAP), "boats")
    chain = [owed(at, was, value) for at, (was, value) in enumerate(zip([base, *values], values, strict=False))]
    payloads, total = piled(table_map, chain, "price", theirs)
    assert total == theirs + values[-1] - base
    at = theirs
    for item in chain:
        payload = payloads.get(item.id, item.payload)
        assert payload["was"]["price"] == at
        assert payload["values"]["cost"] - at == item.payload["values"]["cost"] - item.payload["was"]["price"]
        at = payload["values"]["cost"]


def test_on_top_of_what_it_began_from_nothing_changes(table_map):
    assert piled(table_map, [owed(1, None, 5), owed(2, 5, None)], "price", None) == ({}, None)


@pytest.mark.parametrize(("mark", "left"), [(None, [1, 2, 3]), ("k9", [1, 2, 3]), ("k1", [2, 3]), ("K2 ", [3]), ("k3", [])])
def test_a_row_with_a_mark_has_that_change_and_those_before(table_map, mark, left):
    chain = [owed(at, at, at + 1) for at in (1, 2, 3)]
    assert [item.id for item in not_there(table_map, {"mark": mark}, chain)] == left
