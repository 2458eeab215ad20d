"""What every source does alike."""

import json

import pytest

from connectors.errors import Fatal
from connectors.tablemap import compiled_map
from connectors.values import dump_json, load_json
from metadata.model import AttributeMap
from support.harbour import harbours, snapshot_of


def row(code, seq=1, name="A"):
    return {"code": code, "name": name, "depth": 4.5, "seq": seq}


def the_map(outside, **more):
    return compiled_map(snapshot_of(harbours(**{**outside.of_map, **more})), "harbours")


def codes(records):
    return sorted(record["code"] for record in records)


def test_the_first_pulls_bring_every_row_once_in_pages(outside, drain):
    outside.put(*(row(f"H{at}", seq=at) for at in range(8)))
    records, _ = drain(outside, the_map(outside))
    assert codes(records) == [f"H{at}" for at in range(8)]


def test_an_empty_table_is_no_fault(outside, drain):
    records, cursor = drain(outside, the_map(outside))
    assert records == []
    outside.put(row("H1"))
    assert codes(drain(outside, the_map(outside), cursor)[0]) == ["H1"]


def test_a_cursor_survives_being_written_as_json(outside, drain):
    outside.put(row("H1"), row("H2", seq=2))
    _, cursor = drain(outside, the_map(outside))
    again = load_json(json.loads(json.dumps(dump_json(dict(cursor)))))
    outside.put(row("H3", seq=3))
    assert "H3" in codes(drain(outside, the_map(outside), again)[0])


def test_a_cursor_of_a_connector_of_another_kind_begins_anew(outside, drain):
    outside.put(row("H1"), row("H2", seq=2))
    assert codes(drain(outside, the_map(outside), {"by": "another", "phase": "delta", "next": "x"})[0]) == ["H1", "H2"]


def test_nothing_new_brings_nothing(outside, drain):
    outside.put(row("H1"), row("H2"))
    _, cursor = drain(outside, the_map(outside))
    _, cursor = drain(outside, the_map(outside), cursor)
    assert drain(outside, the_map(outside), cursor)[0] == []


def test_a_change_comes_and_so_does_a_new_row(outside, drain):
    outside.put(row("H1", seq=1), row("H2", seq=2))
    _, cursor = drain(outside, the_map(outside))
    outside.put(row("H1", seq=3, name="B"), row("H3", seq=4))
    records, _ = drain(outside, the_map(outside), cursor)
    assert {"H1", "H3"} <= set(codes(records))
    assert [record["name"] for record in records if record["code"] == "H1"] == ["B"]


def test_rows_that_share_a_change_value_are_all_seen(outside, drain):
    outside.put(*(row(f"H{at}", seq=1) for at in range(7)))
    _, cursor = drain(outside, the_map(outside))
    outside.put(row("A0", seq=1), row("H3", seq=1, name="B"))
    records, cursor = drain(outside, the_map(outside), cursor)
    assert {"A0", "H3"} <= set(codes(records))
    records, cursor = drain(outside, the_map(outside), cursor)
    outside.put(row("A1", seq=1))
    assert "A1" in codes(drain(outside, the_map(outside), cursor)[0])


@pytest.mark.parametrize("wanted", ["B", ["B", "C"], "@set"])
def test_the_filter_lets_through_what_it_names(outside, drain, wanted):
    outside.put(row("H1", name="A"), row("H2", name="B"), row("H3", name=None))
    found = codes(drain(outside, the_map(outside, filter=(("name", wanted),)))[0])
    assert found == (["H1", "H2"] if wanted == "@set" else ["H2"])


def test_keys_are_those_of_the_rows_there_are_now(outside):
    outside.put(row("H1"), row("H2"))
    outside.remove("H1")
    assert list(outside.adapter.keys(the_map(outside))) == [("H2",)]


def test_a_column_that_is_not_there_is_fatal_and_names_it(outside):
    outside.put(row("H1"))
    wrong = (AttributeMap(attribute="code", column="code"), AttributeMap(attribute="name", column="nme"))
    with pytest.raises(Fatal, match="nme"):
        outside.adapter.pull(the_map(outside, attributes=wrong), None, 10)
