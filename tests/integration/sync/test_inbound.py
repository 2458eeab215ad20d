"""Rows that come: converted, matched, rejected with a reason, retried, never twice."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from connectors.errors import Retriable
from metadata.model import AttributeMap
from support.harbour import boat_row, boats, column, harbour_row, harbours


def test_rows_arrive_with_types_and_lookups(world):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(7, built="2021-03-04", price="99.90"))
    world.pull()
    (harbour,) = column(world.rows("harbour", "id"))
    wanted = (7, "Boat 7", dt.date(2021, 3, 4), Decimal("99.90"), "afloat", harbour, True, "sync")
    names = ("number", "name", "built", "price", "state", "harbour", "active", "created_from")
    assert world.rows("boat", *names) == [wanted]


def test_a_second_pull_without_changes_touches_nothing(world):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1), boat_row(2))
    world.pull()
    before = world.rows("boat", "id", "version", "changed_at")
    run = world.pull()["boats"]
    assert (run.counts.inserted, run.counts.updated) == (0, 0)
    assert world.rows("boat", "id", "version", "changed_at") == before


def test_a_changed_row_changes_exactly_that_row(world):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1), boat_row(2))
    world.pull()
    world.put("boat", boat_row(2, seq=5, name="Renamed"))
    world.pull()
    assert world.rows("boat", "name", "version") == [("Boat 1", 1), ("Renamed", 2)]


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ({"name": "x" * 21}, "length", "name: "),
        ({"price": "12.345"}, "scale", "more than 2 decimals"),
        ({"price": "cheap"}, "type", "'cheap' is not a number"),
        ({"built": "yesterday"}, "type", "not a date"),
        ({"state": "Z"}, "value_map", "not in the value map"),
        ({"name": None}, "required", "name must have a value"),
        ({"harbour": "XXX"}, "lookup", "there is no harbour XXX"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason_and_its_neighbours_go_on(world, fault, code, words):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1), boat_row(2, **fault), boat_row(3))
    world.pull()
    assert column(world.rows("boat", "number")) == [1, 3]
    (reject,) = world.rejects()
    assert (reject.key, reject.code) == ("2", code)
    assert words in reject.reason


def test_a_reject_is_taken_once_its_lookup_has_appeared(world):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1, harbour="STO"))
    world.pull()
    assert world.rows("boat", "id") == []
    world.put("harbour", harbour_row("STO", seq=2))
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_reject SET retry_at = last_at"))
    world.pull()
    assert column(world.rows("boat", "number")) == [1]
    assert world.rejects() == []


def test_a_newer_change_of_the_same_key_replaces_the_reject(world):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1, price="cheap"))
    world.pull()
    world.put("boat", boat_row(1, seq=2, price="10"))
    world.pull()
    assert world.rows("boat", "price") == [(Decimal("10.00"),)]
    assert world.rejects() == []


def test_rows_that_point_at_rows_of_the_same_batch_come_after_them(world):
    world.put("harbour", harbour_row("GOT"))
    world.pull()
    world.put("boat", boat_row(1, seq=9, tender_of=2), boat_row(2, seq=9, tender_of=3), boat_row(3, seq=9))
    world.pull()
    numbers = dict(world.rows("boat", "id", "number"))
    assert {number: numbers.get(tender) for number, tender in world.rows("boat", "number", "tender_of")} == {
        1: 2,
        2: 3,
        3: None,
    }


def tenders(world):
    numbers = dict(world.rows("boat", "id", "number"))
    return {number: numbers.get(tender) for number, tender in world.rows("boat", "number", "tender_of")}


@pytest.fixture
def afloat(world):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(99))
    world.pull()
    return world


def test_a_row_that_points_at_itself_and_rows_in_a_circle_are_taken_by_one_pull(afloat):
    circle = (boat_row(2, seq=9, tender_of=3), boat_row(3, seq=9, tender_of=4), boat_row(4, seq=9, tender_of=2))
    afloat.put(
        "boat", boat_row(1, seq=9, tender_of=1), *circle, boat_row(5, seq=9, tender_of=2), boat_row(6, seq=9, tender_of=5)
    )
    counts = afloat.pull()["boats"].counts
    assert tenders(afloat) == {99: None, 1: 1, 2: 3, 3: 4, 4: 2, 5: 2, 6: 5}
    assert afloat.rejects() == []
    assert (counts.inserted, counts.updated, counts.rejected) == (6, 0, 0)


@pytest.mark.parametrize("change_column", ["seq", ""])
def test_a_circle_that_is_spread_over_several_batches_is_taken_by_one_pull(world_of, change_column):
    world = world_of(harbours(), boats(batch_size=2, change_column=change_column))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(99))
    world.pull()
    circle = {no: no % 9 + 1 for no in range(1, 10)}
    broken = (boat_row(20, seq=9, tender_of=25), boat_row(25, seq=9, tender_of=20, harbour="NIX"))
    world.put("boat", *(boat_row(no, seq=9, tender_of=tender) for no, tender in circle.items()), *broken)
    counts = world.pull()["boats"].counts
    assert tenders(world) == {99: None, **circle}
    assert [reject.key for reject in world.rejects()] == ["20", "25"]
    assert (counts.inserted, counts.updated, counts.rejected) == (9, 0, 2)


def test_rows_that_are_there_come_to_point_in_a_circle_with_a_new_one(afloat):
    afloat.put("boat", boat_row(99, seq=9, tender_of=1), boat_row(1, seq=9, tender_of=99))
    counts = afloat.pull()["boats"].counts
    assert tenders(afloat) == {99: 1, 1: 99}
    assert (counts.inserted, counts.updated, counts.rejected) == (1, 1, 0)


def test_a_circle_that_lacks_another_row_waits_whole_and_leaves_nothing_behind(afloat):
    broken = (boat_row(2, seq=9, tender_of=3), boat_row(3, seq=9, tender_of=2, harbour="NIX"))
    afloat.put("boat", boat_row(1, seq=9, tender_of=1), *broken, boat_row(4, seq=9, tender_of=50))
    afloat.pull()
    assert tenders(afloat) == {99: None, 1: 1}
    assert sorted((reject.key, reject.code) for reject in afloat.rejects()) == [
        ("2", "lookup"),
        ("3", "lookup"),
        ("4", "lookup"),
    ]


def test_a_circle_that_the_database_refuses_leaves_nothing_behind_and_others_are_taken(afloat):
    with afloat.engine.begin() as connection:
        connection.execute(sa.text("CREATE UNIQUE INDEX one_name ON boat (name)"))
    refused = (boat_row(2, seq=9, name="Twice", tender_of=3), boat_row(3, seq=9, name="Twice", tender_of=2))
    afloat.put("boat", boat_row(1, seq=9, name="Alone", tender_of=1), *refused)
    afloat.pull()
    assert tenders(afloat) == {99: None, 1: 1}
    assert sorted(reject.key for reject in afloat.rejects()) == ["2", "3"]


def test_a_map_that_only_adds_waits_for_the_row_of_the_other_map(world_of):
    key = AttributeMap(attribute="number", column="no")
    berths = boats(key="berths", table="berth", attributes=(key, AttributeMap(attribute="berth", column="berth")))
    world = world_of(harbours(), boats(), berths)
    world.put("harbour", harbour_row("GOT"))
    world.put("berth", {"no": 1, "berth": "B12", "seq": 1})
    world.pull()
    assert world.rows("boat", "id") == []
    assert [reject.code for reject in world.rejects("berths")] == ["row"]
    world.put("boat", boat_row(1))
    world.pull()
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_reject SET retry_at = last_at"))
    world.pull()
    assert world.rows("boat", "name", "berth") == [("Boat 1", "B12")]


def test_a_row_that_the_database_refuses_is_found_among_its_neighbours(world_of):
    by_name = boats(integration_key=("name",), key="boats")
    world = world_of(harbours(), by_name)
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no) for no in range(1, 10)))
    world.pull()
    world.outside.tables["boat"].append(boat_row(5, seq=3, name="Second five"))
    world.put("harbour", harbour_row("STO"))
    world.outside.tables["boat"] += [boat_row(no, seq=4) for no in (20, 21)]
    world.pull()
    assert [reject.code for reject in world.rejects()] == ["database"]
    assert sorted(column(world.rows("boat", "number"))) == [*range(1, 10), 20, 21]


def test_a_map_that_deletes_deletes_rows_that_are_gone(world_of):
    world = world_of(harbours(), boats(delete="delete"))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1), boat_row(2))
    world.pull()
    world.outside.tables["boat"].pop(0)
    assert world.pull()["boats"].counts.deleted == 1
    assert column(world.rows("boat", "number")) == [2]


def test_a_row_that_leaves_the_filter_is_deleted_where_the_map_says_so(world_of):
    world = world_of(harbours(), boats(delete="delete", filter=(("state", ["A"]),)))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1), boat_row(2))
    world.pull()
    world.put("boat", boat_row(2, seq=2, state="L"))
    world.pull()
    assert column(world.rows("boat", "number")) == [1]


def test_without_a_change_column_every_pull_compares_and_only_changes_are_written(world_of):
    world = world_of(harbours(change_column=""), boats(change_column=""))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no) for no in range(1, 6)))
    world.pull()
    world.put("boat", boat_row(3, name="Renamed"))
    run = world.pull()["boats"]
    assert (run.counts.taken, run.counts.updated, run.counts.unchanged) == (5, 1, 4)


def test_an_outside_that_is_down_is_kept_as_the_maps_problem_and_tried_again(world):
    world.put("harbour", harbour_row("GOT"))
    world.pull()
    world.outside.down = True
    run = world.pull()["boats"]
    assert (run.outcome, world.checkpoint().problem) == ("waiting", "outside is down")
    world.outside.down = False
    world.pull()
    assert world.checkpoint().problem is None


def test_a_crash_before_the_commit_repeats_the_batch_with_no_effect(world, monkeypatch):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no) for no in range(1, 30)))

    def fail(*_args, **_more):
        raise Retriable("power is gone")

    with monkeypatch.context() as broken:
        broken.setattr("connectors.checkpoint.advance", fail)
        world.pull()
    assert world.rows("boat", "id") == []
    world.pull()
    assert column(world.rows("boat", "version")) == [1] * 29
