"""What every target does alike."""

import pytest

from connectors.errors import RecordRejected
from connectors.protocol import Change
from connectors.tablemap import compiled_map
from support.harbour import harbours, snapshot_of

MAP = compiled_map(snapshot_of(harbours()), "harbours")


def change(operation, code, **values):
    return Change(MAP, operation, {"code": code}, values)


def names(outside):
    return {row["code"]: row["name"] for code in ("H1", "H2") for row in outside.adapter.find(MAP, "code", code)}


def test_an_insert_an_update_and_a_delete_arrive(writable):
    writable.adapter.push(change("insert", "H1", name="A", depth=1, seq=1), "k1")
    writable.adapter.push(change("update", "H1", name="B"), "k2")
    assert names(writable) == {"H1": "B"}
    writable.adapter.push(change("delete", "H1"), "k3")
    assert names(writable) == {}


def test_an_update_of_a_row_that_is_not_there_is_rejected(writable):
    with pytest.raises(RecordRejected):
        writable.adapter.push(change("update", "H1", name="B"), "k1")


def test_deleting_what_is_gone_already_is_a_repetition(writable):
    assert writable.adapter.push(change("delete", "H1"), "k1").repeated


def test_a_record_and_its_children_arrive_together_or_not_at_all(writable):
    child = change("insert", "H2", name="Child", depth=1, seq=1)
    parent = Change(MAP, "insert", {"code": "H1"}, {"name": "Parent", "depth": 1, "seq": 1}, (child,))
    writable.adapter.push(change("insert", "H1", name="In the way", depth=1, seq=1), "k0")
    with pytest.raises(RecordRejected):
        writable.adapter.push(parent, "k1")
    assert names(writable) == {"H1": "In the way"}
    writable.adapter.push(change("delete", "H1"), "k2")
    writable.adapter.push(parent, "k3")
    assert names(writable) == {"H1": "Parent", "H2": "Child"}
