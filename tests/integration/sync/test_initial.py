"""The initial load: parents first, circles by a second pass, from the last chunk after a crash."""

from contextlib import contextmanager, nullcontext, suppress
from decimal import Decimal

import pytest

from connectors import called, runner, sweep
from connectors.errors import Retriable
from connectors.history import loads_since, read_runs
from connectors.initial import plan_load
from connectors.tablemap import compiled_map, compiled_maps
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync import steering
from runtime.sync.listener import keep_outbox
from support.harbour import boat_row, boats, harbour_row, harbours, snapshot_of

LISTENERS = Listeners((keep_outbox,))


def test_maps_are_loaded_parents_first_whatever_their_order():
    steps = plan_load(compiled_maps(snapshot_of(boats(), harbours())))
    assert [step.table_map.key for step in steps] == ["harbours", "boats"]
    assert [step.later for step in steps] == [(), ("tender_of",)]


def test_a_map_that_only_adds_is_loaded_after_the_one_that_makes_the_rows():
    key = AttributeMap(attribute="number", column="no")
    berths = boats(key="berths", attributes=(key, AttributeMap(attribute="berth", column="berth")))
    steps = plan_load(compiled_maps(snapshot_of(berths, boats(), harbours())))
    assert [step.table_map.key for step in steps] == ["harbours", "boats", "berths"]


@pytest.mark.parametrize("change_column", ["seq", ""])
@pytest.mark.parametrize("batch_size", [1, 7, 5000])
def test_references_to_the_own_table_and_in_a_circle_are_all_set(world_of, batch_size, change_column):
    world = world_of(harbours(), boats(batch_size=batch_size, change_column=change_column))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no, tender_of=no % 20 + 1) for no in range(1, 21)))
    world.pull()
    numbers = dict(world.rows("boat", "id", "number"))
    found = {number: numbers[tender] for number, tender in world.rows("boat", "number", "tender_of")}
    assert found == {no: no % 20 + 1 for no in range(1, 21)}
    assert world.rejects() == []


@pytest.mark.parametrize("change_column", ["seq", ""])
def test_a_map_that_is_told_to_begin_anew_while_it_runs_does_so(world_of, change_column):
    world = world_of(harbours(), boats(batch_size=3, change_column=change_column))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no, tender_of=no % 20 + 1) for no in range(1, 121)))
    world.pull()
    boat_map = compiled_map(world.snapshot, "boats")
    real, told = world.adapter.pull, []

    def somebody_wants_it_anew(table_map, cursor, limit):
        batch = real(table_map, cursor, limit)
        if table_map.key == "boats" and not told:
            told.append(steering.load_again(world.home, [boat_map]))
        return batch

    world.adapter.pull = somebody_wants_it_anew
    world.put("boat", boat_row(5, seq=2, name="Changed"))
    world.pull()
    state = world.checkpoint()
    assert (state.loaded, state.cursor, state.rows_done) == (False, None, 0)
    world.put("boat", *(boat_row(no, tender_of=120) for no in range(121, 131)))
    assert world.pull()["boats"].mode == "second"
    assert (world.checkpoint().loaded, world.checkpoint().rows_done) == (True, 130)
    numbers = dict(world.rows("boat", "id", "number"))
    found = {number: numbers[tender] for number, tender in world.rows("boat", "number", "tender_of") if number > 120}
    assert found == dict.fromkeys(range(121, 131), 120)


def test_a_map_that_is_told_to_load_before_its_turn_is_not_loaded_by_a_pull(world_of):
    """A pull knows no passes, tells no load, and keeps the other maps waiting."""
    world = world_of(harbours(interval=0.0), boats(interval=0.0))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no, tender_of=no % 20 + 1) for no in range(1, 21)))
    station = world.station()
    station.turn()
    boat_map, before = compiled_map(world.snapshot, "boats"), len(told(world))
    real, wanted = world.adapter.pull, []

    def somebody_wants_boats_anew(table_map, cursor, limit):
        if table_map.key == "harbours" and not wanted:
            wanted.append(steering.load_again(world.home, [boat_map]))
        return real(table_map, cursor, limit)

    world.adapter.pull = somebody_wants_boats_anew
    station.turn()
    assert (len(wanted), world.checkpoint().loaded) == (1, False)
    station.turn()
    station.close()
    assert [(run.mode, run.counts.taken) for run in told(world)[before:]] == [("load", 20), ("second", 20)]


@pytest.mark.parametrize("asked_at", range(2, 15))
def test_the_runs_of_a_load_that_was_asked_for_are_told_from_those_of_the_one_before(world_of, asked_at):
    world = world_of(harbours(), boats(change_column="", batch_size=3))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no, tender_of=no % 20 + 1) for no in range(1, 21)))
    world.pull()
    steering.load_again(world.home, compiled_maps(world.snapshot))
    boat_map = compiled_map(world.snapshot, "boats")
    real, asked, batches = world.adapter.pull, {}, []

    def somebody_asks_in_the_midst(table_map, cursor, limit):
        batch = real(table_map, cursor, limit)
        batches.append(table_map.key)
        if batches.count("boats") == asked_at and not asked:
            asked.update(steering.load_again(world.home, [boat_map]))
        return batch

    world.adapter.pull = somebody_asks_in_the_midst
    for _ in range(3):
        world.pull()
    assert asked, "there were fewer batches"
    with world.engine.connect() as connection:
        runs = loads_since(connection, "boats", asked["boats"])
    taken = {mode: sum(run.counts.taken for run in runs if run.mode == mode) for mode in ("load", "second")}
    assert taken == {"load": 20, "second": 20}


@pytest.mark.parametrize("change_column", ["seq", ""])
@pytest.mark.parametrize("cut", ["load", "second"])
def test_a_pass_that_is_cut_short_before_it_did_anything_has_no_line_in_the_history(world_of, cut, change_column):
    """It would be told as a run of the load that was asked for meanwhile."""
    world = world_of(harbours(), boats(change_column=change_column))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no, tender_of=no % 20 + 1) for no in range(1, 21)))
    world.pull()
    boat_map = compiled_map(world.snapshot, "boats")
    steering.load_again(world.home, [boat_map])
    real, asked, batches = world.adapter.pull, {}, []

    def somebody_asks_during_the_first_batch(table_map, cursor, limit):
        batch = real(table_map, cursor, limit)
        batches.append(table_map.key)
        if batches.count("boats") == ("load", "second").index(cut) + 1 and not asked:
            asked.update(steering.load_again(world.home, [boat_map]))
        return batch

    world.adapter.pull = somebody_asks_during_the_first_batch
    world.pull()
    world.pull()
    with world.engine.connect() as connection:
        runs = loads_since(connection, "boats", asked["boats"])
    assert [(run.mode, run.outcome, run.counts.taken) for run in runs] == [("load", "done", 20), ("second", "done", 20)]


def test_a_load_without_rows_is_over_and_told_however_soon_it_follows_another(world_of):
    world = world_of(harbours(), boats())
    world.pull()
    before = len(told(world))
    steering.load_again(world.home, compiled_maps(world.snapshot))
    world.pull()
    assert [(run.mode, run.outcome, run.counts.taken) for run in told(world)[before:]] == [
        ("load", "done", 0),
        ("second", "done", 0),
    ]
    assert world.checkpoint().loaded


@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
def test_what_a_pass_did_is_in_the_history_however_its_worker_ends(world_of, again):
    world = world_of(harbours(), boats(change_column="", batch_size=3))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no, tender_of=no % 40 + 1) for no in range(1, 41)))
    if again:
        world.pull()
        steering.load_again(world.home, compiled_maps(world.snapshot))
    before = len(told(world))
    for _ in range(60):
        with ending(runner):
            world.pull()
    runs = told(world)[before:]
    taken = {mode: sum(run.counts.taken for run in runs if run.mode == mode) for mode in ("load", "second")}
    assert taken == {"load": 40, "second": 40}
    assert sum(run.counts.inserted for run in runs) == (0 if again else 40)


@contextmanager
def ending(where):
    """What a worker does meanwhile ends it with each transaction that this module commits, as soon as it has."""
    real = where.reached

    def ends(place):
        real(place)
        if place == "committed":
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as broken, suppress(KeyboardInterrupt):
        broken.setattr(where, "reached", ends)
        yield


def test_what_left_stands_in_the_history_however_its_worker_ends(world_of):
    world = world_of(harbours(delete="delete", change_column=""))
    world.put("harbour", *(harbour_row(f"H{no}") for no in range(1, 6)))
    world.pull()
    world.outside.tables["harbour"] = world.outside.tables["harbour"][:2]
    with ending(sweep):
        world.pull()
    assert len(world.rows("harbour", "code")) == 2
    assert told(world, "harbours")[-1].counts.deleted == 3
    before = len(told(world, "harbours"))
    world.pull()
    assert len(told(world, "harbours")) == before


def test_pulls_that_are_told_as_one_run_stand_in_the_history_however_their_worker_ends(world_of, monkeypatch):
    monkeypatch.setattr(called, "TOLD_AFTER", 600.0)
    world = world_of(harbours(interval=600.0))
    world.put("harbour", harbour_row("H0"))
    station = world.station()
    station.turn()
    world.put("harbour", harbour_row("H1", seq=2))
    assert station.turn()  # one that finds nothing would have the map rest
    before = len(told(world, "harbours"))
    for no in range(2, 6):
        world.put("harbour", harbour_row(f"H{no}", seq=1 + no))
        station.call("harbours")
        with ending(runner) if no == 5 else nullcontext():
            assert station.turn() == []
    assert len(world.rows("harbour", "code")) == 6
    assert [run.counts.inserted for run in told(world, "harbours")[before:]] == [4]
    station.close()


def test_a_load_that_a_fault_has_ended_tells_how_far_it_got(world_of, monkeypatch):
    world = world_of(harbours(), boats(change_column="", batch_size=3))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no) for no in range(1, 41)))
    real, pulled = world.adapter.pull, []

    def falls_silent(table_map, cursor, limit):
        pulled.append(table_map.key)
        if pulled.count("boats") == 3:
            raise Retriable("no answer")
        return real(table_map, cursor, limit)

    monkeypatch.setattr(world.adapter, "pull", falls_silent)
    world.pull()
    world.pull()
    runs = [(run.mode, run.outcome, run.counts.inserted) for run in told(world)]
    assert runs[:3] == [("load", "waiting", 24), ("load", "done", 16), ("second", "done", 0)]


def told(world, table_map="boats"):
    """The history of a map, the oldest first."""
    with world.engine.connect() as connection:
        return read_runs(connection, table_map, 1000)[::-1]


def test_a_load_goes_on_at_the_last_chunk(world_of, monkeypatch):
    world = world_of(harbours(), boats(batch_size=3, change_column=""))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no) for no in range(1, 121)))
    real, pulled = world.adapter.pull, []

    def stops_after_eight(table_map, cursor, limit):
        pulled.append(cursor)
        if table_map.key == "boats" and len(pulled) > 9:
            raise KeyboardInterrupt
        return real(table_map, cursor, limit)

    with monkeypatch.context() as broken:
        broken.setattr(world.adapter, "pull", stops_after_eight)
        with pytest.raises(KeyboardInterrupt):
            world.pull()
    done = len(world.rows("boat", "id"))
    assert 60 <= done < 120
    run = world.pull()["boats"]
    assert len(world.rows("boat", "id")) == 120
    assert run.counts.taken <= 120
    assert world.checkpoint().rows_done == 120


def test_a_load_that_takes_long_keeps_neither_the_other_maps_nor_what_is_owed_waiting(world_of, monkeypatch):
    both = AttributeMap(attribute="depth", column="depth", direction="both")
    harbour = harbours(attributes=(*harbours().attributes[:2], both), interval=0.001)
    world = world_of(harbour, boats(batch_size=1, change_column=""))
    world.put("harbour", harbour_row("GOT"), harbour_row("OSL"))
    world.put("boat", *(boat_row(no) for no in range(1, 41)))
    monkeypatch.setattr(runner, "GIVES_WAY_SECONDS", 0.0)
    real, seen = world.adapter.pull, []

    def noting(table_map, cursor, limit):
        """Once boats come, somebody changes a harbour outside and somebody else one of ours."""
        done = len(world.rows("boat", "id"))
        if table_map.key == "boats" and done >= 8 and not seen:
            world.put("harbour", harbour_row("GOT", seq=2, name="Gothenburg"))
            deepen(world, "OSL", Decimal("7.25"))
            seen.append((done, None, None))
        elif table_map.key == "boats" and seen and done < 40:
            outside = {row["code"]: row["depth"] for row in world.outside.tables["harbour"]}
            seen.append((done, dict(world.rows("harbour", "code", "name"))["GOT"], outside["OSL"]))
        return real(table_map, cursor, limit)

    monkeypatch.setattr(world.adapter, "pull", noting)
    station = world.station()
    runs = station.turn()
    station.close()
    assert len(world.rows("boat", "id")) == 40
    assert seen[-1][1:] == ("Gothenburg", Decimal("7.25"))
    assert [run.outcome for run in runs] == ["done"] * len(runs)
    assert [run.mode for run in runs if run.map == "boats"] == ["load", "second"]


def deepen(world, code, depth):
    """Somebody changes the depth of a harbour here."""
    row = next(row for row in world.rows("harbour", "id", "version", "code") if row[2] == code)
    with world.now() as connection:
        system = Principal.system("portal")
        update(connection, world.snapshot, system, "harbour", row[0], row[1], {"depth": depth}, listeners=LISTENERS)
