import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.forms.merge import base_text, merge, read_base

VALUES = st.one_of(
    st.none(),
    st.integers(),
    st.booleans(),
    st.text(max_size=300),
    st.dates(),
    st.decimals(-9999, 9999, places=2),
    st.tuples(st.sampled_from("ab")),
)
RECORDS = st.fixed_dictionaries(dict.fromkeys("xyz", VALUES))


def test_what_only_one_side_changed_is_kept_and_what_both_changed_clashes():
    base = read_base(base_text({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, "abcde"))
    found = merge(base, {"a": 2, "b": 1, "c": 2, "d": 1, "e": 5}, {"a": 1, "b": 3, "c": 3, "d": 1, "e": 5})
    assert (dict(found.mine), dict(found.theirs)) == ({"a": 2}, {"b": 3})
    assert [(clash.key, clash.mine, clash.theirs) for clash in found.clashes] == [("c", 2, 3)]


@given(RECORDS, RECORDS, RECORDS)
def test_every_difference_is_one_sides_alone_or_a_clash(base, mine, theirs):
    found = merge(read_base(base_text(base, base)), mine, theirs)
    told = [*found.mine, *found.theirs, *(clash.key for clash in found.clashes)]
    assert len(told) == len(set(told))
    alone = merge(read_base(base_text(theirs, theirs)), mine, theirs)
    assert (alone.clashes, dict(alone.theirs)) == ((), {})


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"a": 1}', "[" * 5000, "x" * 200_000])
def test_a_tampered_memory_of_the_form_makes_every_difference_a_clash(text):
    found = merge(read_base(text), {"a": 1}, {"a": 2})
    assert [clash.key for clash in found.clashes] == ["a"]


def test_values_of_every_type_compare_as_what_they_are():
    base = {"d": Decimal("1.50"), "t": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "l": "x" * 900, "n": None}
    hour_east = dt.timezone(dt.timedelta(hours=1))
    same = {"d": Decimal("1.5"), "t": dt.datetime(2026, 1, 1, 1, tzinfo=hour_east), "l": "x" * 900, "n": ""}
    found = merge(read_base(base_text(base, base)), same, base)
    assert (found.clashes, dict(found.mine), dict(found.theirs)) == ((), {}, {})


def test_a_moment_that_somebody_saw_by_the_minute_and_left_is_the_other_sides():
    seen, later = (dt.datetime(2026, 1, 1, hour, 59, 15, tzinfo=dt.UTC) for hour in (10, 11))
    base = read_base(base_text({"t": seen}, "t"))
    found = merge(base, {"t": seen.replace(second=0)}, {"t": later})
    assert (found.clashes, dict(found.theirs)) == ((), {"t": later})
    other = merge(base, {"t": seen.replace(minute=58, second=0)}, {"t": later})
    assert [clash.key for clash in other.clashes] == ["t"]
