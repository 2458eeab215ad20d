"""Both sides change one attribute: the policy says whose value stays, and the other one is kept."""

import datetime as dt
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import failpoints, inbound, outbox
from connectors.conflicts import count_open, decide, read_conflicts
from connectors.home import Work, utc_now
from connectors.outbox import count_owed
from connectors.tablemap import compiled_map, compiled_maps
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.errors import Conflict
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync import steering
from runtime.sync.listener import keep_outbox
from support.harbour import boat_row, boats, eventually, harbour_row, harbours, make_world

ATTRIBUTES = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name", direction="both"),
    AttributeMap(attribute="price", column="price", direction="both"),
    AttributeMap(attribute="harbour", column="harbour", lookup_key=("code",), direction="both"),
)
LISTENERS = Listeners((keep_outbox,))
BEFORE, AFTER = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2999, 1, 1, tzinfo=dt.UTC)


def opened(world_of, conflict="portal", attributes=ATTRIBUTES, **more):
    world = world_of(harbours(), boats(attributes=attributes, conflict=conflict, **more))
    world.put("harbour", harbour_row("GOT"), harbour_row("STO"))
    world.put("boat", boat_row(1, seq=more.get("seq", 1)), boat_row(2))
    world.pull()
    return world


def ours(world, **values):
    row, version = next((row, version) for row, number, version in world.rows("boat", "id", "number", "version") if number == 1)
    with world.now() as connection:
        update(connection, world.snapshot, Principal.system("portal"), "boat", row, version, values, listeners=LISTENERS)


def theirs(world, seq=2, **values):
    with world.outside.lock:
        row = next(row for row in world.outside.tables["boat"] if row["no"] == 1)
        row.update({"seq": seq, **values})


def deliver(world):
    station = world.station()
    while station.deliver():
        pass
    station.close()


def both(world, *names):
    here = next(row[1:] for row in world.rows("boat", "number", *names) if row[0] == 1)
    row = next(row for row in world.outside.tables["boat"] if row["no"] == 1)
    return here, tuple(row[name] for name in names)


def conflicts(world):
    with world.engine.connect() as connection:
        return read_conflicts(connection, ["boats"])


def owed(world):
    with world.engine.connect() as connection:
        return count_owed(connection).get("boats", {})


def settle_both(world):
    for _ in range(2):
        deliver(world)
        world.pull()


@pytest.mark.parametrize("first", ["pull", "push"])
@pytest.mark.parametrize(("policy", "stays", "lost"), [("portal", "Ours", "Theirs"), ("outside", "Theirs", "Ours")])
def test_the_policy_decides_on_both_sides_and_the_other_value_is_kept(world_of, policy, stays, lost, first):
    world = opened(world_of, policy)
    ours(world, name="Ours")
    theirs(world, name="Theirs")
    world.pull() if first == "pull" else deliver(world)
    settle_both(world)
    assert both(world, "name") == ((stays,), (stays,))
    (kept,) = conflicts(world)
    assert (kept.attribute, kept.winner, kept.ours, kept.theirs) == ("name", policy, "Ours", "Theirs")
    assert lost in (kept.ours, kept.theirs)
    assert owed(world) == {}


@pytest.mark.parametrize("first", ["pull", "push"])
def test_attributes_that_only_one_side_changed_are_no_conflict(world_of, first):
    world = opened(world_of, "outside")
    ours(world, name="Ours")
    theirs(world, price="7.00")
    world.pull() if first == "pull" else deliver(world)
    settle_both(world)
    assert [str(value) for value in both(world, "name", "price")[0]] == ["Ours", "7.00"]
    assert conflicts(world) == []


def test_the_same_value_on_both_sides_is_no_conflict(world_of):
    world = opened(world_of, "manual")
    ours(world, name="Same")
    theirs(world, name="Same")
    deliver(world)
    world.pull()
    assert (both(world, "name"), conflicts(world), owed(world)) == ((("Same",), ("Same",)), [], {})


def test_a_policy_may_differ_by_attribute(world_of):
    number, name, price, harbour = ATTRIBUTES
    world = opened(world_of, "portal", (number, name, replace(price, conflict="outside"), harbour))
    ours(world, name="Ours", price=1)
    theirs(world, name="Theirs", price="2.00")
    world.pull()
    settle_both(world)
    assert [str(value) for value in both(world, "name", "price")[0]] == ["Ours", "2.00"]
    assert {item.attribute: item.winner for item in conflicts(world)} == {"name": "portal", "price": "outside"}


@pytest.mark.parametrize(("moment", "stays"), [(BEFORE, "Ours"), (AFTER, "Theirs")])
def test_the_newest_is_told_by_a_change_column_of_moments(world_of, moment, stays):
    world = world_of(harbours(), boats(attributes=ATTRIBUTES, conflict="newest"))
    world.put("boat", boat_row(1, seq=BEFORE - dt.timedelta(days=1), harbour=None))
    world.pull()
    ours(world, name="Ours")
    theirs(world, seq=moment, name="Theirs")
    world.pull()
    settle_both(world)
    assert both(world, "name") == ((stays,), (stays,))


@pytest.mark.parametrize("first", ["pull", "push"])
@pytest.mark.parametrize(("side", "stays"), [("portal", "Ours"), ("outside", "Theirs")])
def test_a_conflict_that_somebody_decides_waits_with_its_record_until_then(world_of, side, stays, first):
    world = opened(world_of, "manual")
    ours(world, name="Ours")
    theirs(world, name="Theirs")
    world.pull() if first == "pull" else deliver(world)
    settle_both(world)
    assert both(world, "name") == (("Ours",), ("Theirs",))
    assert owed(world) == {"parked": 1}
    (found,) = [item for item in conflicts(world) if not item.winner]
    with world.now() as connection:
        assert count_open(connection) == {"boats": 1}
        work = Work(connection, world.home.rows(connection), compiled_map(world.snapshot, "boats"), world.home.now())
        decide(work, found, side)
    settle_both(world)
    assert (both(world, "name"), owed(world)) == (((stays,), (stays,)), {})


def open_conflict(world):
    (found,) = [item for item in conflicts(world) if not item.winner]
    return found


def decided(world, side):
    return steering.resolve(world.home, compiled_maps(world.snapshot), open_conflict(world).id, side)


@pytest.mark.parametrize("first", ["pull", "push"])
@pytest.mark.parametrize(("side", "stays"), [("portal", "Second"), ("outside", "Theirs")])
def test_what_is_changed_here_after_a_conflict_is_not_decided_with_it(world_of, side, stays, first):
    world = opened(world_of, "manual")
    ours(world, name="First", price=1)
    theirs(world, name="Theirs")
    world.pull() if first == "pull" else deliver(world)
    ours(world, name="Second")
    assert decided(world, "outside").ours == "First"
    assert both(world, "name") == (("Second",), ("Theirs",))
    settle_both(world)
    found = open_conflict(world)
    assert (found.ours, found.theirs) == ("Second", "Theirs")
    decided(world, side)
    settle_both(world)
    assert both(world, "name") == ((stays,), (stays,))
    assert [str(value) for (value,) in both(world, "price")] == ["1.00", "1.00"]
    assert owed(world) == {}


def test_a_change_that_is_given_up_while_it_is_on_its_way_does_not_come_back_as_a_conflict(world_of):
    world = opened(world_of, "manual")
    ours(world, name="Ours")
    theirs(world, name="Theirs")

    def given_up():
        with world.engine.begin() as connection:
            (change,) = outbox.pending(connection, "boats")
            outbox.discard(connection, change.id, "by an operator")

    failpoints.arm("converted", 1, given_up)
    try:
        deliver(world)
    finally:
        failpoints.disarm()
    assert (owed(world), conflicts(world)) == ({}, [])


@pytest.mark.parametrize(("side", "stays"), [("portal", "Ours"), ("outside", "Later")])
def test_what_the_outside_comes_to_while_somebody_decides_is_decided_with_it(world_of, side, stays):
    world = opened(world_of, "manual")
    ours(world, name="Ours")
    theirs(world, name="Theirs")
    world.pull()
    read_before = open_conflict(world)
    theirs(world, seq=3, name="Later")
    world.pull()
    with world.now() as connection:
        work = Work(connection, world.home.rows(connection), compiled_map(world.snapshot, "boats"), world.home.now())
        decide(work, read_before, side)
    settle_both(world)
    assert (both(world, "name"), owed(world)) == (((stays,), (stays,)), {})


@pytest.mark.parametrize("first", ["pull", "push"])
def test_two_values_that_were_decided_once_and_meet_again_are_to_be_decided_again(world_of, first):
    world = opened(world_of, "manual")
    ours(world, name="Ours")
    for number, name in enumerate(("Theirs", "Others", "Theirs"), 2):
        theirs(world, seq=number, name=name)
        world.pull() if first == "pull" else deliver(world)
        assert open_conflict(world).theirs == name
        if number < 4:
            decided(world, "portal")
    decided(world, "portal")
    settle_both(world)
    assert (both(world, "name"), owed(world)) == ((("Ours",), ("Ours",)), {})


@pytest.mark.parametrize(("side", "stays"), [("portal", "Ours"), ("outside", "Later")])
def test_a_conflict_that_waits_is_about_what_the_outside_has_by_now(world_of, side, stays):
    world = opened(world_of, "manual")
    ours(world, name="Ours")
    for number, name in enumerate(("Theirs", "Later"), 2):
        theirs(world, seq=number, name=name)
        world.pull()
    assert open_conflict(world).theirs == "Later"
    decided(world, side)
    settle_both(world)
    assert (both(world, "name"), owed(world)) == (((stays,), (stays,)), {})


@pytest.mark.parametrize(("theirs_at_last", "stays"), [("Ours too", "Ours too"), ("Boat 1", "Ours too")])
def test_a_conflict_is_over_where_the_outside_comes_to_our_value_or_goes_back(world_of, theirs_at_last, stays):
    world = opened(world_of, "manual")
    ours(world, name="Ours")
    ours(world, name="Ours too")
    for number, name in enumerate(("Theirs", theirs_at_last), 2):
        theirs(world, seq=number, name=name)
        world.pull()
    settle_both(world)
    assert (both(world, "name"), owed(world)) == (((stays,), (stays,)), {})
    assert [item.winner for item in conflicts(world)] == ["portal"]


def test_a_pull_does_not_undo_what_waits_to_go_out(world_of):
    world = opened(world_of, "outside")
    ours(world, name="Ours")
    theirs(world, berth="B7")
    world.pull()
    assert both(world, "name")[0] == ("Ours",)


def test_what_was_parked_is_not_overwritten_either(world_of):
    world = opened(world_of)
    ours(world, name="Ours")
    with world.now() as connection:
        (item,) = outbox.pending(connection, "boats")
        outbox.park(connection, item, "full", "database", utc_now())
    theirs(world, price="3.00")
    world.pull()
    assert both(world, "name")[0] == ("Ours",)


STEPS = st.lists(st.sampled_from(["ours", "theirs", "pull", "push"]), max_size=12)


@pytest.mark.parametrize("policy", ["portal", "outside"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_both_sides_end_alike_after_edits_in_any_order(tmp_path_factory, policy, steps):
    url = f"sqlite:///{tmp_path_factory.mktemp('edits') / 'ours.db'}"
    maps = (harbours(), boats(attributes=ATTRIBUTES, conflict=policy))
    world = make_world(url, maps)
    try:
        world.put("boat", boat_row(1, harbour=None))
        world.pull()
        for number, step in enumerate(steps):
            if step == "ours":
                ours(world, name=f"Ours {number}")
            elif step == "theirs":
                theirs(world, seq=number + 2, name=f"Theirs {number}")
            elif step == "pull":
                world.pull()
            else:
                deliver(world)
        settle_both(world)
        here, there = both(world, "name")
        assert here == there
        assert owed(world) == {}
        before = world.rows("boat", "version")
        settle_both(world)
        assert world.rows("boat", "version") == before
    finally:
        world.engine.dispose()


def test_conflicts_are_told_once(world_of):
    world = opened(world_of, "manual")
    ours(world, name="Ours")
    theirs(world, name="Theirs")
    for _ in range(3):
        world.pull()
        deliver(world)
        theirs(world, seq=9, name="Theirs")
    with world.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM foyer_sync_conflict")).scalar_one() == 1


def test_each_of_several_values_that_lost_to_the_outside_is_kept(world_of):
    world = opened(world_of, "outside")
    ours(world, name="First")
    ours(world, name="Second")
    theirs(world, name="Theirs")
    station = world.station()
    station.deliver()  # the first alone
    station.close()
    assert both(world, "name")[0] == ("Second",)
    theirs(world, seq=3, name="Theirs too")
    world.pull()
    settle_both(world)
    assert both(world, "name") == (("Theirs too",), ("Theirs too",))
    assert sorted((item.ours, item.theirs) for item in conflicts(world)) == [("First", "Theirs"), ("Second", "Theirs too")]
    assert owed(world) == {}


@pytest.fixture
def waits_for_a_lock(pg_url):
    """Whether some session of our database does."""
    engine = sa.create_engine(pg_url, isolation_level="AUTOCOMMIT")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    def asked():
        with engine.connect() as connection:
            return bool(connection.execute(sa.text(waiting)).scalar_one())

    yield asked
    engine.dispose()


@pytest.mark.parametrize("again", [False, True], ids=["what has changed", "everything again"])
def test_what_is_saved_between_the_look_and_the_writing_of_a_pull_is_not_written_over(
    pg_url, monkeypatch, waits_for_a_lock, again
):
    world = opened(lambda *maps: make_world(pg_url, maps), revert_days=0)
    theirs(world, price="7.00")
    if again:
        steering.load_again(world.home, compiled_maps(world.snapshot))
    real, savers = outbox.has_pending, []

    def looked(*args):
        found = real(*args)
        if not savers:
            savers.append(threading.Thread(target=save))
            savers[0].start()
            assert eventually(lambda: not savers[0].is_alive() or waits_for_a_lock())
        return found

    def save():
        try:
            ours(world, name="Ours")
        except Conflict:  # the person is told that the row has changed, and saves once more
            ours(world, name="Ours")

    monkeypatch.setattr(outbox, "has_pending", looked)
    monkeypatch.setattr(inbound, "has_pending", looked)
    world.pull()
    savers[0].join()
    assert both(world, "name")[0] == ("Ours",)
    settle_both(world)
    assert [str(value) for value in both(world, "name", "price")[0]] == ["Ours", "7.00"]
    assert both(world, "name") == (("Ours",), ("Ours",))
    assert conflicts(world) == []
    world.engine.dispose()
