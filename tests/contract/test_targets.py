"""What every target does alike."""

import pytest

from connectors.errors import Overtaken, RecordRejected, is_silence
from connectors.protocol import Batching, Change, Receipt
from connectors.tablemap import compiled_map
from support.harbour import harbours, snapshot_of

MAP = compiled_map(snapshot_of(harbours()), "harbours")


def change(operation, code, **values):
    return Change(MAP, operation, {"code": code}, values)


def names(outside):
    return {row["code"]: row["name"] for code in ("H1", "H2") for row in outside.adapter.find(MAP, "code", code)}


@pytest.fixture
def batching(writable):
    if not isinstance(writable.adapter, Batching):
        pytest.skip("takes one change at a time")
    return writable


def push_all(outside, *changes):
    """Everything, however much is taken at once; what became of each, in a word."""
    found = []
    while len(found) < len(changes):
        found += outside.adapter.push_many(changes[len(found) :])
        assert not is_silence(found[-1])
    return [("again" if item.repeated else "done") if isinstance(item, Receipt) else type(item) for item in found]


def there(outside, *codes):
    rows = outside.adapter.find_rows(MAP, [{"code": code} for code in codes])
    return {row["code"]: row["name"] for row in rows}


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


def test_many_changes_arrive_and_each_has_its_own_verdict(batching):
    codes = [f"H{at}" for at in range(60)]
    batching.put(
        {"code": "H7", "name": "In the way", "depth": 1, "seq": 1}, {"code": "OLD", "name": "Old", "depth": 1, "seq": 1}
    )
    inserts = [change("insert", code, name=f"New {code}", depth=1, seq=1) for code in codes]
    wanted = ["done"] * 60
    wanted[7] = RecordRejected
    assert push_all(batching, *inserts) == wanted
    assert there(batching, *codes, "OLD") == {code: f"New {code}" for code in codes} | {"H7": "In the way", "OLD": "Old"}
    updates = [change("update", code, name=f"Newer {code}") for code in ("H1", "GONE", "H2")]
    assert push_all(batching, *updates, change("delete", "OLD"), change("delete", "GONE"), change("update", "H3", depth=2)) == [
        "done",
        RecordRejected,
        "done",
        "done",
        "again",
        "done",
    ]
    assert there(batching, "H1", "H2", "H3", "OLD", "GONE") == {"H1": "Newer H1", "H2": "Newer H2", "H3": "New H3"}


def test_changes_of_one_row_keep_their_order(batching):
    batching.put({"code": "H1", "name": "First", "depth": 1, "seq": 1})
    same = change("delete", "H1"), change("insert", "H1", name="Second", depth=1, seq=1), change("update", "H1", name="Third")
    assert push_all(batching, change("insert", "H2", name="B", depth=1, seq=1), *same) == ["done"] * 4
    assert there(batching, "H1", "H2") == {"H1": "Third", "H2": "B"}


def test_a_row_that_was_changed_since_it_was_met_is_not_written_over_and_its_neighbours_are(batching):
    rows = [{"code": code, "name": "Met", "depth": 1, "seq": 1} for code in ("H1", "H2", "H3")]
    batching.put(*rows)
    met = {row["code"]: row for row in batching.adapter.find_rows(MAP, [{"code": row["code"]} for row in rows])}
    batching.put({"code": "H2", "name": "Theirs", "depth": 1, "seq": 2})
    changes = [Change(MAP, "update", {"code": code}, {"name": "Ours"}, met=row) for code, row in sorted(met.items())]
    assert push_all(batching, *changes) == ["done", Overtaken, "done"]
    assert there(batching, "H1", "H2", "H3") == {"H1": "Ours", "H2": "Theirs", "H3": "Ours"}


def test_a_row_that_somebody_is_writing_keeps_no_neighbour_waiting(batching):
    if getattr(batching, "hold", None) is None:
        pytest.skip("locks no single rows")
    batching.put(*({"code": code, "name": "Old", "depth": 1, "seq": 1} for code in ("H1", "H2", "H3")))
    changes = [change("update", "H1", name="Ours"), change("delete", "H2"), change("update", "H3", name="Ours")]
    with batching.hold("H2"):
        assert push_all(batching, *changes) == ["done", Overtaken, "done"]
    assert there(batching, "H1", "H2", "H3") == {"H1": "Ours", "H2": "Theirs", "H3": "Ours"}
    assert push_all(batching, changes[1]) == ["done"]
