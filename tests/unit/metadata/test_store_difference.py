"""Differences name what differs so that a person can read them."""

import pytest
from hypothesis import given

from metadata.model import ComponentId, component_id
from metadata.store import compare
from metadata.store.bodies import body_of, component_of
from support.generated_metadata import component_sets

THING = ComponentId("entity", "thing")


def said(before, after):
    return [str(change) for item in compare({THING: before}, {THING: after}) for change in item.changes]


def test_added_and_removed_components_are_named_in_the_order_of_their_addresses():
    other = ComponentId("choice", "colour")
    assert [str(item) for item in compare({THING: {}}, {other: {}})] == ["added choice colour", "removed entity thing"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"key": "x"}, {"key": "x"}, []),
        ({"label": "A"}, {"label": "B"}, ['label: "A" -> "B"']),
        ({}, {"label": "B"}, ['label: nothing -> "B"']),
        ({"label": {"en": "A"}}, {"label": {"en": "A", "sv": "B"}}, ['label.sv: nothing -> "B"']),
        ({"n": 1}, {"n": True}, ["n: 1 -> true"]),
        (
            {"attributes": [{"key": "a", "type": "text"}, {"key": "b", "type": "text"}]},
            {"attributes": [{"key": "a", "type": "date"}, {"key": "b", "type": "text"}]},
            ['attributes[a].type: "text" -> "date"'],
        ),
        (
            {"attributes": [{"key": "a"}, {"key": "b"}]},
            {"attributes": [{"key": "b"}, {"key": "a"}]},
            ['attributes (order): ["a","b"] -> ["b","a"]'],
        ),
        ({"attributes": [{"key": "a"}]}, {"attributes": []}, ['attributes: [{"key":"a"}] -> []']),
        ({"hosts": ["a"]}, {"hosts": ["a", "b"]}, ['hosts: ["a"] -> ["a","b"]']),
        (
            {"columns": [{"attribute": "a"}, {"attribute": "b"}]},
            {"columns": [{"attribute": "a"}, {}, {"attribute": "b", "wide": True}]},
            ['columns[1].attribute: "b" -> nothing', 'columns[2]: nothing -> {"attribute":"b","wide":true}'],
        ),
        ({"rows": [{"n": 1}, {"n": 2}, {"n": 2}]}, {"rows": [{"n": 2}, {"n": 2}]}, ['rows[0]: {"n":1} -> nothing']),
    ],
)
def test_a_property_is_named_by_its_path(before, after, expected):
    assert said(before, after) == expected


def test_long_values_are_cut():
    assert len(said({"value": "x" * 5000}, {"value": "y" * 5000})[0]) < 300


@given(component_sets(max_size=3))
def test_stored_components_read_back_equal_and_equal_components_have_equal_digests(components):
    for component in components:
        body = body_of(component)
        again = component_of(component_id(component), body.text)
        assert again == component
        assert body_of(again) == body
