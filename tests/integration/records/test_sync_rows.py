"""The rows door for synchronisation, and what look-ups offer."""

import pytest
from sqlalchemy import event

from connectors.port import RowsInUse, RowStore
from runtime.records import Denied, create, offer, resolve_offer
from runtime.records.bulk import SqlRowStore


@pytest.fixture
def store(stage, connection) -> RowStore:
    return SqlRowStore(connection, stage.snapshot, stage.system)


def test_only_the_system_has_this_door(stage, connection):
    with pytest.raises(Denied):
        SqlRowStore(connection, stage.snapshot, stage.alice)


def test_rows_are_matched_by_key_and_unchanged_ones_are_left_alone(store):
    first = store.upsert("account", ("number",), [{"number": "1", "name": "a"}, {"number": "2", "name": "b"}])
    again = store.upsert("account", ("number",), [{"number": "1", "name": "a"}, {"number": "2", "name": "c"}])
    assert (first.inserted, again.inserted, again.updated, again.unchanged, again.ids) == (2, 0, 1, 1, first.ids)
    assert [row["version"] for row in store.read("account", first.ids, ["name"])] == [1, 2]
    assert store.resolve("account", ("number",), {("1",), ("9",)}) == {("1",): first.ids[0]}


def test_values_are_read_by_key_and_of_rows_with_one_key_none_is_meant(store, stage):
    about = ("contact", stage.contacts["bob"])
    rows = [{"name": "x", "about": about, "tags": ("new",)}, {"name": "y", "about": None, "tags": ()}]
    store.upsert("boat", ("name",), rows)
    wanted = {(name,) for name in ("x", "y", "nobody")}
    found = store.values("boat", ("name",), wanted, ("tags", "about", "name"))
    assert found == {
        ("x",): (("new",), about, "x"),
        ("y",): (store.values("boat", ("name",), wanted, ("tags",))["y",][0], None, "y"),
    }
    store.bulk_load("boat", ("number",), ("number", "name"), [("N1", "x"), ("N2", "z")])
    assert store.values("boat", ("name",), wanted | {("z",)}, ()).keys() == {("y",), ("z",)}
    assert store.values("boat", ("name", "number"), {("x", "N1"), ("x", "N2")}, ("number",)) == {("x", "N1"): ("N1",)}


def test_of_rows_with_one_key_the_last_one_counts(store):
    done = store.upsert("account", ("number",), [{"number": "1", "name": "a"}, {"number": "1", "name": "b"}])
    assert (done.inserted, len(set(done.ids))) == (1, 1)
    assert store.read("account", done.ids, ["name"])[0]["name"] == "b"


def test_a_row_without_its_key_is_refused(store):
    with pytest.raises(ValueError, match="number"):
        store.upsert("account", ("number",), [{"number": None, "name": "a"}])


def test_a_load_inserts_updates_and_leaves_alone(store, stage):
    rows = [(f"N{i}", f"name {i}") for i in range(3000)]
    loaded = store.bulk_load("account", ("number",), ("number", "name"), iter(rows))
    assert (loaded.inserted, loaded.updated, loaded.unchanged) == (3000, 0, 0)
    changed = [("N1", "other"), ("N2", "name 2"), ("new", "x"), ("new", "y")]
    loaded = store.bulk_load("account", ("number",), ("number", "name"), changed)
    assert (loaded.inserted, loaded.updated, loaded.unchanged) == (1, 1, 1)
    ids = store.resolve("account", ("number",), {("N1",), ("N2",), ("new",)})
    found = {row["name"]: row["version"] for row in store.read("account", ids.values(), ["name"])}
    assert found == {"other": 2, "name 2": 1, "y": 1}


def test_a_load_of_new_rows_needs_no_stage_and_one_row_that_is_there_is_found_among_many(store, connection):
    said = []
    event.listen(connection, "before_cursor_execute", lambda *call: said.append(call[2]))
    first = store.bulk_load("boat", ("number",), ("number", "name"), [(f"N{i}", f"name {i}") for i in range(500)])
    assert (first.inserted, [text for text in said if "foyer_stage" in text]) == (500, [])
    more = [(f"M{i}", "name") for i in range(500)]
    more[101] = ("N7", "other")  # not among the few that are looked up first
    loaded = store.bulk_load("boat", ("number",), ("number", "name"), more)
    assert (loaded.inserted, loaded.updated, loaded.unchanged) == (499, 1, 0)
    ids = store.resolve("boat", ("number",), {("N7",), ("M499",)})
    found = [
        (row["name"], row["version"], row["created_from"]) for row in store.read("boat", ids.values(), ["name", "created_from"])
    ]
    assert sorted(found) == [("name", 1, "sync"), ("other", 2, "sync")]


@pytest.mark.parametrize("first", [1, 20_001, 39_001])
def test_a_load_of_rows_that_are_there_reads_those_and_not_the_whole_table(store, connection, first):
    if connection.dialect.name == "sqlite":
        pytest.skip("SQLite always goes through the key")
    rows = [(f"K{no:06}", f"name {no}") for no in range(1, 40_001)]
    store.bulk_load("boat", ("number",), ("number", "name"), rows)
    connection.exec_driver_sql("ANALYZE boat")
    told = "SELECT coalesce(seq_tup_read, 0) FROM pg_stat_xact_user_tables WHERE relname = 'boat'"
    before = connection.exec_driver_sql(told).scalar_one()
    again = [(number, "other") for number, _ in rows[first - 1 : first + 999]]
    done = store.bulk_load("boat", ("number",), ("number", "name"), iter(again))
    assert (done.inserted, done.updated, done.unchanged) == (0, 1000, 0)
    assert connection.exec_driver_sql(told).scalar_one() - before < 40_000


def test_loaded_rows_take_defaults_numbers_and_polymorphic_lookups(store, stage):
    row = ("z", ("contact", stage.contacts["bob"]), ("new", "done"))
    store.bulk_load("boat", ("name",), ("name", "about", "tags"), [row])
    ids = store.resolve("boat", ("name",), {("z",)})
    found = store.read("boat", ids.values(), ["about", "tags", "state", "number", "changed_from"])[0]
    told = (found["about"], found["tags"], found["state"], found["number"], found["changed_from"])
    assert told == (("contact", stage.contacts["bob"]), ("new", "done"), "new", "B-005", "sync")


def test_rows_in_use_are_not_deleted_and_others_take_their_children_along(store, stage):
    with pytest.raises(RowsInUse):
        store.delete("account", [stage.accounts["acme"]])
    assert store.delete("boat", [1, 999]) == 1
    assert store.read("trip", [1], ["name"]) == []


def test_values_can_be_checked_before_they_are_stored(store):
    assert store.check("boat", {"name": "x" * 99, "state": "lost"}) == {"name": "too_long", "state": "option"}
    assert store.check("boat", {"name": "x"}) == {}


def test_a_lookup_offers_rows_within_reach_of_read_and_append_to(stage, connection):
    offered = offer(connection, stage.snapshot, stage.alice, "contact", q="o")
    assert [(found.id, found.label) for found in offered] == [(stage.contacts["bob"], "bob")]
    assert resolve_offer(connection, stage.snapshot, stage.alice, "contact", stage.contacts["carol"]) is None
    with pytest.raises(Denied):
        offer(connection, stage.snapshot, stage.person("alice", "reader"), "contact")


@pytest.mark.parametrize("way", ["upsert", "straight", "staged"])
def test_a_number_that_came_from_outside_is_not_given_out_again(store, stage, connection, way):
    """As after a backup was restored: what the outside was told since comes back with numbers that are still to come here."""
    brought = [("B-017", "told since"), ("B-9999999999999999999", "not ours"), ("X-500", "not ours"), ("B-012", "before it")]
    if way == "upsert":
        store.upsert("boat", ("number",), [{"number": number, "name": name[:10]} for number, name in brought])
    else:
        rows = [(number, name[:10]) for number, name in brought]
        store.bulk_load("boat", ("number",), ("number", "name"), rows if way == "straight" else iter([*rows, rows[0]]))
    store.upsert("boat", ("number",), [{"number": "B-003", "name": "old"}])
    ids = [create(connection, stage.snapshot, stage.system, "boat", {"name": f"new {i}"}).id for i in range(2)]
    assert [row["number"] for row in store.read("boat", ids, ["number"])] == ["B-018", "B-019"]
