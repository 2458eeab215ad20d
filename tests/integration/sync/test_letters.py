"""Rows that one side would not take: neighbours go on, the key waits, somebody mends it, and nothing is ever lost."""

import datetime as dt

import pytest
import sqlalchemy as sa

from connectors import outbox
from connectors.tablemap import compiled_map
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.housekeeping import tidy
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync.letters import (
    NotMendable,
    Retried,
    discard_letter,
    edit_letter,
    find_letter,
    read_letters,
    replay_letter,
    retry_letters,
)
from runtime.sync.listener import keep_outbox
from support.harbour import boat_row, boats, column, harbour_row, harbours


@pytest.fixture
def blocked(world_of):
    return world_of(harbours(), boats(after_reject="wait"))


def maps(world):
    return [compiled_map(world.snapshot, key) for key in ("harbours", "boats")]


def letters(world, *codes):
    with world.engine.connect() as connection:
        return read_letters(connection, maps(world), codes)


def letter(world, name):
    with world.engine.connect() as connection:
        return find_letter(connection, maps(world), name)


def edit(world, name, **values):
    with world.now() as connection:
        edit_letter(connection, letter(world, name), values)


def delivered(world):
    station = world.station()
    try:
        return station.deliver()
    finally:
        station.close()


def boat(world, number):
    return [row[1:] for row in world.rows("boat", "number", "name", "berth", "version") if row[0] == number]


def test_one_poisoned_row_of_ten_thousand_holds_up_its_own_key_only(blocked):
    blocked.put("harbour", harbour_row("GOT"))
    blocked.outside.tables["boat"] = [boat_row(no, price="dear" if no == 4711 else "1") for no in range(1, 10_001)]
    blocked.pull()
    assert len(blocked.rows("boat", "id")) == 9_999
    for seq, name in ((2, "Second"), (3, "Third")):
        blocked.put("boat", boat_row(4711, seq=seq, name=name), boat_row(4712, seq=seq, name=name))
        blocked.pull()
        blocked.pull()
    assert (boat(blocked, 4711), [row[0] for row in boat(blocked, 4712)]) == ([], ["Third"])
    (found,) = letters(blocked)
    assert (found.name, found.code, found.permanent, found.behind) == ("boats/4711", "type", True, 2)
    assert replay_letter(blocked.home, found) is False
    edit(blocked, "boats/4711", price="12.50")
    assert replay_letter(blocked.home, letter(blocked, "boats/4711")) is True
    assert boat(blocked, 4711) == [("Third", None, 3)]
    assert letters(blocked) == []
    blocked.put("boat", boat_row(4711, seq=4, name="Fourth"))
    blocked.pull()
    assert [row[0] for row in boat(blocked, 4711)] == ["Fourth"]


def test_what_waits_is_taken_up_to_the_next_version_that_is_refused(blocked):
    blocked.put("harbour", harbour_row("GOT"))
    blocked.put("boat", boat_row(1, price="dear"))
    blocked.pull()
    for seq, more in ((2, {"name": "Good"}), (3, {"price": "dearer"}), (4, {"name": "Last"})):
        blocked.put("boat", boat_row(1, seq=seq, **more))
        blocked.pull()
    edit(blocked, "boats/1", price="1")
    assert replay_letter(blocked.home, letter(blocked, "boats/1")) is True
    assert [row[0] for row in boat(blocked, 1)] == ["Good"]
    found = letter(blocked, "boats/1")
    assert ("dearer" in found.reason, found.behind) == (True, 1)
    assert discard_letter(blocked.home, found) == 1
    assert [row[0] for row in boat(blocked, 1)] == ["Last"]
    assert letters(blocked) == []


def test_a_row_that_waits_for_another_lets_its_later_versions_follow_by_itself(blocked):
    blocked.put("harbour", harbour_row("GOT"))
    blocked.put("boat", boat_row(1, harbour="STO"))
    blocked.pull()
    blocked.put("boat", boat_row(1, seq=2, harbour="STO", name="Later"))
    blocked.pull()
    assert [item.permanent for item in letters(blocked)] == [False]
    blocked.put("harbour", harbour_row("STO", seq=2))
    with blocked.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_reject SET retry_at = last_at"))
    blocked.pull()
    assert ([row[0] for row in boat(blocked, 1)], letters(blocked)) == (["Later"], [])


@pytest.mark.parametrize("again", ["by itself", "by class", "by name"])
def test_a_row_whose_key_was_mended_is_listed_no_more_once_it_is_taken(blocked, again):
    blocked.put("harbour", harbour_row("GOT"))
    blocked.put("boat", boat_row(1, harbour="STO"), boat_row(2, price="dear"))
    blocked.pull()
    blocked.put("boat", boat_row(1, seq=2, name="Behind"))
    blocked.pull()
    edit(blocked, "boats/1", no=2)
    assert retry(blocked, again) is False, "its harbour is not there yet"
    assert [(item.name, item.columns["no"], item.behind) for item in letters(blocked)] == [
        ("boats/1", 2, 1),
        ("boats/2", 2, 0),
    ], "it keeps its name, and takes no other row's"
    edit(blocked, "boats/1", no=3)
    with blocked.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_reject SET retry_at = NULL"))  # not before it is told to
    blocked.put("harbour", harbour_row("STO", seq=2))
    blocked.pull()
    assert retry(blocked, again) is True
    assert [item.name for item in letters(blocked)] == ["boats/2"]
    assert [boat(blocked, no)[0][0] for no in (1, 3)] == ["Behind", "Boat 1"]


def retry(world, how):
    if how == "by name":
        return replay_letter(world.home, letter(world, "boats/1"))
    if how == "by class":
        return retry_letters(world.home, maps(world), ["lookup"]).taken > 0
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_reject SET retry_at = last_at WHERE code = 'lookup'"))
    before = len(letters(world))
    world.pull()
    return len(letters(world)) < before


def test_where_the_map_says_nothing_a_good_later_version_solves_the_key(world):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1, price="dear"))
    world.pull()
    world.put("boat", boat_row(1, seq=2))
    world.pull()
    assert (len(boat(world, 1)), letters(world)) == (1, [])


def test_a_row_that_is_gone_outside_takes_what_waited_with_it(world_of):
    world = world_of(harbours(), boats(after_reject="wait", delete="delete"))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1, price="dear"))
    world.pull()
    world.put("boat", boat_row(1, seq=2))
    world.pull()
    world.outside.tables["boat"].clear()
    world.pull()
    assert letters(world) == []
    world.put("boat", boat_row(1, seq=3, name="Again"))
    world.pull()
    assert [row[0] for row in boat(world, 1)] == ["Again"]


def test_rows_are_tried_again_by_class_and_no_other_is_touched(world_of):
    name = AttributeMap(attribute="name", column="name", direction="both")
    attributes = tuple(name if item.attribute == "name" else item for item in boats().attributes)
    world = world_of(harbours(), boats(attributes=attributes))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no) for no in (1, 2)), boat_row(3, price="dear"), boat_row(4, harbour="STO"))
    world.put("boat", boat_row(5, name="A name of thirty characters, all in"))
    world.pull()
    world.outside.tables["boat"][:] = [row for row in world.outside.tables["boat"] if row["no"] != 1]
    ((record, version), *_) = world.rows("boat", "id", "version")
    with world.now() as connection:
        listeners, person = Listeners((keep_outbox,)), Principal.system("portal")
        update(connection, world.snapshot, person, "boat", record, version, {"name": "Renamed"}, listeners=listeners)
    assert delivered(world) == 0
    assert sorted((item.way, item.code, item.permanent) for item in letters(world)) == [
        ("in", "length", True),
        ("in", "lookup", False),
        ("in", "type", True),
        ("out", "row", True),
    ]
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_reject SET retry_at = '2100-01-01 00:00:00' WHERE retry_at IS NOT NULL"))
    world.put("harbour", harbour_row("STO", seq=2))
    world.pull()
    attempts = {item.name: item.attempts for item in letters(world)}
    assert retry_letters(world.home, maps(world), ("length",)) == Retried(0, 1, 0)
    assert retry_letters(world.home, maps(world), ("lookup",)) == Retried(1, 0, 0)
    after = {item.name: item.attempts for item in letters(world)}
    assert after.pop("boats/5") == attempts.pop("boats/5") + 1
    assert after == {key: value for key, value in attempts.items() if key != "boats/4"}
    world.put("boat", boat_row(1))
    assert retry_letters(world.home, maps(world), ("row",)).released == 1
    assert delivered(world) == 1
    assert next(row for row in world.outside.tables["boat"] if row["no"] == 1)["name"] == "Renamed"


def test_nothing_is_purged_however_long_it_waits(blocked):
    blocked.put("harbour", harbour_row("GOT"))
    blocked.put("boat", boat_row(1, price="dear"))
    blocked.pull()
    blocked.put("boat", boat_row(1, seq=2))
    blocked.pull()
    with blocked.now() as connection:
        payload = {"key": {"no": 9}, "values": {"name": "Nobody"}}
        outbox.owe(connection, outbox.Owing("boats", "boat", 9, "update", payload, "refused"), dt.datetime.now(dt.UTC))
    before = letters(blocked)
    assert len(before) == 2
    for days in (31, 400):
        tidy(blocked.engine, dt.datetime.now(dt.UTC) + dt.timedelta(days=days))
    assert letters(blocked) == before


def test_a_new_record_is_mended_in_the_portal_and_an_unknown_column_is_none(blocked):
    blocked.put("harbour", harbour_row("GOT"))
    blocked.put("boat", boat_row(1, price="dear"))
    blocked.pull()
    with blocked.now() as connection:
        outbox.owe(connection, outbox.Owing("boats", "boat", 1, "submit", {"values": {}}, "no"), dt.datetime.now(dt.UTC))
    out, into = letters(blocked)
    with blocked.now() as connection:
        with pytest.raises(NotMendable):
            edit_letter(connection, out, {"name": "x"})
        with pytest.raises(KeyError):
            edit_letter(connection, into, {"colour": "red"})
    assert column(blocked.rows("boat", "number")) == []


@pytest.mark.parametrize("mended", ["saved", "taken", "under another key", "given up"])
def test_what_is_mended_or_given_up_stays_so_where_every_pull_goes_over_all_rows(world_of, mended):
    world = world_of(harbours(), boats(change_column=""))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1), boat_row(2, price="dear"))
    world.pull()
    tried = letter(world, "boats/2").attempts
    if mended == "given up":
        discard_letter(world.home, letter(world, "boats/2"))
    else:
        edit(world, "boats/2", price="12.50", **({"no": 3} if mended == "under another key" else {}))
    if mended in ("taken", "under another key"):
        assert replay_letter(world.home, letter(world, "boats/2")) is True
    for _ in range(3):
        assert world.pull()["boats"].counts.rejected == 0
    there = {"saved": [1], "given up": [1], "taken": [1, 2], "under another key": [1, 3]}[mended]
    assert sorted(column(world.rows("boat", "number"))) == there
    waiting = [(item.columns["price"], item.attempts) for item in letters(world)]
    assert waiting == ([("12.50", tried)] if mended == "saved" else [])
    world.put("boat", boat_row(2, price="dearer"))
    world.pull()
    assert [item.columns["price"] for item in letters(world)] == ["dearer"], "another state of the row is news"
    world.put("boat", boat_row(2, price="13"))
    world.pull()
    assert (letters(world), len(boat(world, 2))) == ([], 1)


def test_a_row_that_comes_back_to_what_was_taken_is_refused_no_more(world_of):
    world = world_of(harbours(), boats(change_column=""))
    world.put("harbour", harbour_row("GOT"))
    for price in ("1", "dear", "1"):
        world.put("boat", boat_row(1, price=price))
        world.pull()
    assert letters(world) == []
