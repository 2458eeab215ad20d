"""Conversions of values: exact, typed, and a bad value says why."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import RecordRejected
from connectors.tablemap import compiled_map
from connectors.transforms import converter
from connectors.values import dump_json, load_json
from metadata.model import Attribute, AttributeMap, ValueMap
from support.harbour import harbours, snapshot_of

ID = uuid.UUID(int=7)


def convert(kind, value, format="", **more):
    return converter(Attribute(key="a", type=kind, **more), format)(value)


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("text", 12, "12"),
        ("text", 12.0, "12"),
        ("integer", "12", 12),
        ("integer", Decimal("12.000"), 12),
        ("decimal", 0.1, Decimal("0.100000")),
        ("money", "12.5", Decimal("12.5000")),
        ("boolean", "0", False),
        ("boolean", 1, True),
        ("boolean", "TRUE", True),
        ("date", "2026-02-03 00:00:00.000", dt.date(2026, 2, 3)),
        ("date", dt.datetime(2026, 2, 3, 4, 5), dt.date(2026, 2, 3)),
        ("datetime", "2026-02-03 04:05:06", dt.datetime(2026, 2, 3, 4, 5, 6, tzinfo=dt.UTC)),
        ("datetime", "2026-02-03T04:05:06+02:00", dt.datetime(2026, 2, 3, 2, 5, 6, tzinfo=dt.UTC)),
        ("unique_id", str(ID), ID),
        ("choices", "a; b", ("a", "b")),
    ],
)
def test_values_become_what_the_attribute_holds(kind, value, wanted):
    found = convert(kind, value)
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("kind", "value", "format", "wanted"),
    [
        ("date", "03.02.2026", "%d.%m.%Y", dt.date(2026, 2, 3)),
        ("decimal", "1.234,5", ",", Decimal("1234.500000")),
        ("money", "1 234,50", ",", Decimal("1234.5000")),
    ],
)
def test_texts_are_read_in_the_format_that_the_map_names(kind, value, format, wanted):
    assert convert(kind, value, format) == wanted


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("integer", "1.5", "scale"),
        ("integer", 2**63, "range"),
        ("money", "NaN", "type"),
        ("money", "1e30", "range"),
        ("money", "0.00001", "scale"),
        ("boolean", "perhaps", "type"),
        ("date", "2026-02-30", "type"),
        ("datetime", "noon", "type"),
        ("unique_id", "x", "type"),
        ("text", "x" * 201, "length"),
        ("text", "a\0b", "type"),
        ("text", b"\xff", "type"),
    ],
)
def test_a_bad_value_is_rejected_with_a_code(kind, value, code):
    with pytest.raises(RecordRejected) as fault:
        convert(kind, value)
    assert fault.value.code == code


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6))
def test_decimals_stay_exact_whatever_their_form(number):
    assert convert("decimal", number) == convert("decimal", str(number)) == number


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.datetimes()
    | st.dates()
    | st.binary()
    | st.uuids(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_outside_values_survive_json_exactly(value):
    assert load_json(dump_json(value)) == value


def inward(**more):
    item = AttributeMap(attribute="name", column="name", **more)
    table_map = harbours(attributes=(AttributeMap(attribute="code", column="code"), item))
    return compiled_map(snapshot_of(table_map), "harbours").inward[1].convert


def test_a_value_map_converts_and_its_missing_policy_decides_about_the_rest():
    pairs = (ValueMap(outside=1, inside="one"), ValueMap(outside="2", inside="two"))
    assert inward(values=pairs)(1) == "one"
    assert inward(values=pairs)(2) == "two"
    with pytest.raises(RecordRejected, match="not in the value map"):
        inward(values=pairs)("3")
    assert inward(values=pairs, missing="empty", default="none")("3") == "none"


def test_a_default_stands_where_the_outside_is_empty():
    assert inward(default="unnamed")("") == "unnamed"
    assert inward(default="unnamed")(None) == "unnamed"
