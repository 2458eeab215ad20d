"""Rows in step with a service over OData: by delta links, with deletions, and through whatever goes wrong there."""

import random
from decimal import Decimal

import pytest

from connectors import outbox
from connectors.conflicts import read_conflicts
from connectors.errors import Fatal
from connectors.odata.adapter import ODataAdapter
from connectors.outbox import count_owed
from connectors.protocol import Change
from connectors.sample_erp.odata.batch import Reply
from connectors.tablemap import compiled_map
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import create, update
from runtime.sync.listener import keep_outbox
from support.harbour import STATES, boat_row, boats, column, harbour_row, harbours, snapshot_of
from support.odata import BOAT, HARBOUR, odata_outside
from support.seeds import seed

DELTA = {"change_column": "", "delta": True}
BOTH = (
    AttributeMap(attribute="number", column="no", direction="both"),
    AttributeMap(attribute="name", column="name", direction="both"),
    AttributeMap(attribute="built", column="built", direction="both"),
    AttributeMap(attribute="price", column="price", direction="both"),
    AttributeMap(attribute="state", column="state", values=STATES),
    AttributeMap(attribute="harbour", column="harbour", lookup_key=("code",), direction="both"),
    AttributeMap(attribute="tender_of", column="tender_of", lookup_key=("number",)),
)
LISTENERS = Listeners((keep_outbox,))


class Beaten(ODataAdapter):
    """Somebody outside is quicker, once: he changes the row between our look at it and our write."""

    meanwhile = staticmethod(lambda: None)

    def push_many(self, changes):
        first, self.meanwhile = self.meanwhile, lambda: None
        first()
        return super().push_many(changes)


@pytest.fixture
def outside(tmp_path):
    with odata_outside(tmp_path / "outside.db", largest=7) as found:
        yield found


@pytest.fixture
def world(world_of, outside):
    adapter = Beaten("outside", outside.settings(timeout="2"))
    maps = harbours(**DELTA, delete="delete", interval=0), boats(**DELTA, attributes=BOTH, interval=0)
    found = world_of(*maps, adapter=adapter)
    outside.put(HARBOUR, *(harbour_row(code, depth=4.5) for code in ("GOT", "STO", "OLD")))
    outside.put(BOAT, *(boat_row(number, tender_of=number + 1 if number < 20 else None) for number in range(1, 21)))
    found.pull()
    yield found
    adapter.close()


def change(world, number, **values):
    row, version = next((row, version) for row, no, version in world.rows("boat", "id", "number", "version") if no == number)
    with world.now() as connection:
        update(connection, world.snapshot, Principal.system("portal"), "boat", row, version, values, listeners=LISTENERS)


def deliver(world):
    """Everything that can be delivered now, however long the pauses are; what was."""
    done = 0
    with world.now() as connection:
        outbox.release(connection, ["boats"])
    station = world.station()
    try:
        while found := station.deliver():
            done += found
    finally:
        station.close()
    return done


def owed(world):
    with world.engine.connect() as connection:
        return count_owed(connection).get("boats", {})


def ours(world):
    return world.rows("boat", "number", "name", "price")


def theirs(outside):
    return [(row["no"], row["name"], row["price"]) for row in outside.rows(BOAT)]


def test_rows_come_with_their_types_and_go_as_soon_as_they_are_deleted_outside(world, outside):
    assert len(ours(world)) == 20
    first = world.rows("boat", "built", "price", "state", "tender_of")[0]
    assert first == (boat_row(1)["built"], Decimal("1250.50"), "afloat", world.rows("boat", "id")[1][0])
    before = dict(world.rows("boat", "number", "version"))
    station = world.station()
    station.turn()  # looks at every key, which is not done again for half a minute
    outside.put(BOAT, boat_row(3, name="Renamed"))
    outside.remove(HARBOUR, "OLD")
    outside.remove(HARBOUR, "GOT")
    station.turn()
    station.close()
    assert column(world.rows("harbour", "code")) == ["GOT", "STO"]
    assert [reject.code for reject in world.rejects("harbours")] == ["in_use"]
    changed = {no for no, version in world.rows("boat", "number", "version") if version != before[no]}
    assert changed == {3}
    assert world.pull()["boats"].counts.taken == 0


def test_a_service_that_asks_to_be_left_alone_is_left_alone_by_all_maps_for_as_long(world, outside):
    outside.fault("throttle", seconds=300, times=1)
    before = world.home.now()
    runs = world.pull()
    assert {run.outcome for run in runs.values()} == {"waiting"}
    assert all((world.checkpoint(name).retry_at - before).total_seconds() > 290 for name in ("harbours", "boats"))
    assert outside.service.faults.listed() == []


def test_a_lookup_is_a_row_pointed_at_on_both_sides(world_of, outside):
    by_path = AttributeMap(attribute="harbour", column="home/code", lookup_key=("code",), direction="both")
    adapter = outside.adapter()
    world = world_of(harbours(**DELTA), boats(**DELTA, attributes=(*BOTH[:2], by_path)), adapter=adapter)
    outside.put(HARBOUR, harbour_row("GOT", depth=4.5), harbour_row("STO", depth=4.5))
    outside.put(BOAT, {"no": 1, "name": "One", "home_code": "GOT"}, {"no": 2, "name": "Two"})
    world.pull()
    gothenburg, stockholm = column(world.rows("harbour", "id"))
    assert world.rows("boat", "number", "harbour") == [(1, gothenburg), (2, None)]
    change(world, 1, harbour=stockholm)
    change(world, 2, harbour=gothenburg)
    assert deliver(world) == 2
    assert [boat["home_code"] for boat in outside.rows(BOAT)] == ["STO", "GOT"]
    world.pull()
    assert column(world.rows("boat", "harbour")) == [stockholm, gothenburg]
    adapter.close()


def test_a_change_goes_out_whole_and_meets_a_newer_version_before_it_writes_over_it(world, outside):
    change(world, 1, name="Ours", price=Decimal("19.90"))
    world.adapter.meanwhile = lambda: outside.put(BOAT, boat_row(1, name="Theirs", state="L"))
    assert deliver(world) == 0
    assert (outside.rows(BOAT)[0]["name"], owed(world)) == ("Theirs", {"waiting": 1})
    assert deliver(world) == 1
    row = outside.rows(BOAT)[0]
    assert (row["name"], row["price"], row["state"], owed(world)) == ("Ours", Decimal("19.90"), "L", {})
    with world.engine.connect() as connection:
        (lost,) = read_conflicts(connection, ["boats"])
    assert (lost.attribute, lost.ours, lost.theirs, lost.winner) == ("name", "Ours", "Theirs", "portal")
    world.pull()
    assert world.rows("boat", "name", "state")[0] == ("Ours", "ashore")


def test_whatever_goes_wrong_both_sides_agree_in_the_end_and_nothing_is_there_twice(world, outside):
    dice = random.Random(seed())
    faults = ("down", "lost", "throttle", "nonsense", "revoke", "forget")
    for step in range(18):
        for _ in range(dice.randint(0, 2)):
            outside.fault(dice.choice(faults), times=1, seconds=0, asks=dice.choice(("all", "read", "write")))
        match step % 3:
            case 0:
                change(world, dice.randint(1, 20), name=f"Ours {step}", price=Decimal(step) / 4)
            case 1:
                outside.put(BOAT, boat_row(100 + step, name=f"Theirs {step}"))
            case _:
                with world.now() as connection:
                    values = {"number": 500 + step, "name": f"New {step}", "price": Decimal("0.1")}
                    create(connection, world.snapshot, Principal.system("portal"), "boat", values, listeners=LISTENERS)
        deliver(world)
        world.pull()
        assert "parked" not in owed(world), "nothing of this is for somebody to mend"
    outside.service.faults.clear()
    while owed(world):
        assert deliver(world), owed(world)
    world.pull()
    assert world.rejects() == []
    assert sorted(ours(world)) == theirs(outside)
    assert len(ours(world)) == 20 + 6 + 6


@pytest.mark.parametrize("filters", [(), (("code", ["H1", "H3", "H4"]),)])
def test_what_waits_is_counted_where_a_change_column_tells_it(outside, filters):
    told = compiled_map(snapshot_of(harbours(filter=filters)), "harbours")
    by_delta = compiled_map(snapshot_of(harbours(**DELTA)), "harbours")
    adapter = outside.adapter()
    outside.put(HARBOUR, *(harbour_row(f"H{at}", seq=at, depth=4.5) for at in (1, 2)))
    cursors = {}
    for table_map in (told, by_delta):
        cursors[table_map], more = None, True
        while more:
            batch = adapter.pull(table_map, cursors[table_map], 10)
            cursors[table_map], more = batch.cursor, batch.more
    assert adapter.waiting(told, cursors[told]) == 0
    outside.put(HARBOUR, *(harbour_row(f"H{at}", seq=at, depth=4.5) for at in (3, 4, 5)))
    assert adapter.waiting(told, cursors[told]) == (2 if filters else 3)
    assert adapter.waiting(by_delta, cursors[by_delta]) is None
    adapter.close()


def add(world, *numbers):
    with world.now() as connection:
        for number in numbers:
            values = {"number": number, "name": f"New {number}", "price": Decimal("1.00")}
            create(connection, world.snapshot, Principal.system("portal"), "boat", values, listeners=LISTENERS)


@pytest.fixture
def asked(outside, monkeypatch):
    """What the service is asked for, by method and address."""
    found, answer = [], outside.service.answer

    def note(ask):
        found.append((ask.method, ask.path.rpartition("/")[2]))
        return answer(ask)

    monkeypatch.setattr(outside.service, "answer", note)
    return found


def test_what_is_owed_goes_in_one_change_set_without_what_is_gone_there(world, outside, asked):
    add(world, *range(30, 40))
    asked.clear()
    assert deliver(world) == 10
    assert [ask for ask in asked if ask[0] == "POST"] == [("POST", "$batch")]
    add(world, 40, 41, 42)
    change(world, 33, name="Changed")
    change(world, 2, name="Of one that is gone")
    outside.remove(BOAT, 2)
    asked.clear()
    assert deliver(world) == 4
    assert [ask for ask in asked if ask[0] == "POST"] == [("POST", "$batch")]
    assert owed(world) == {"parked": 1}
    assert {no: name for no, name, _ in theirs(outside) if no > 29} == {
        **{number: f"New {number}" for number in range(30, 43)},
        33: "Changed",
    }


def test_a_batch_whose_answer_is_lost_is_there_once(world, outside):
    add(world, *range(30, 40))
    for number in range(3, 8):
        change(world, number, name=f"Changed {number}")
    outside.fault("lost", asks="write", times=1)
    assert sum(deliver(world) for _ in range(3)) == 15  # what was written already has another version now, and is met again
    assert owed(world) == {}
    rows = {no: name for no, name, _ in theirs(outside)}
    assert rows == {no: f"Changed {no}" if 3 <= no < 8 else f"New {no}" if no > 29 else f"Boat {no}" for no in rows}
    assert len(rows) == len(theirs(outside)) == 30


def test_a_service_that_knows_no_batches_gets_one_change_after_the_other(world, outside, monkeypatch):
    answer = outside.service.answer
    monkeypatch.setattr(outside.service, "answer", lambda ask: Reply(501) if ask.path.endswith("$batch") else answer(ask))
    add(world, *range(30, 40))
    assert deliver(world) == 10
    assert len(theirs(outside)) == 30


def adding_world(world_of, outside):
    price = AttributeMap(attribute="price", column="price", direction="both", conflict="additive")
    attributes = (*(item for item in BOTH if item.attribute in ("number", "name")), price)
    adapter = Beaten("outside", outside.settings(timeout="2"))
    found = world_of(
        harbours(), boats(**DELTA, attributes=attributes, receipt_column="external_id", interval=0), adapter=adapter
    )
    outside.put(BOAT, *(boat_row(number, price=10) for number in range(1, 7)))
    found.pull()
    return found


def price_of(outside, number):
    return next(price for no, _, price in theirs(outside) if no == number)


def test_what_both_sides_add_is_the_sum_whatever_answers_are_lost(world_of, outside):
    world = adding_world(world_of, outside)
    dice, sums = random.Random(seed()), dict.fromkeys(range(1, 7), Decimal(10))
    try:
        for _ in range(24):
            fault = dice.choice(("down", "lost", "lost", "nonsense", ""))
            if fault:
                outside.fault(fault, times=1, seconds=0, asks=dice.choice(("write", "write", "all")))
            number, more = dice.randint(1, 6), dice.choice((1, 1, -1, 2))
            here = next(price for no, _, price in ours(world) if no == number)
            change(world, number, price=here + more)
            sums[number] += more
            number, more = dice.randint(1, 6), dice.choice((1, 1, -1, 3))
            row = next(row for row in outside.rows(BOAT) if row["no"] == number)
            outside.put(BOAT, {**row, "price": row["price"] + more})
            sums[number] += more
            deliver(world)
            if dice.random() < 0.5:
                world.pull()
        outside.service.faults.clear()
        while owed(world):
            deliver(world)
        world.pull()
        assert {no: price for no, _, price in theirs(outside)} == sums
        assert {no: price for no, _, price in ours(world)} == sums
    finally:
        world.adapter.close()


def test_a_service_without_versions_is_not_added_to(world_of, outside):
    world = adding_world(world_of, outside)
    table_map = compiled_map(world.snapshot, "boats")
    try:
        (verdict,) = world.adapter.push_many([Change(table_map, "update", {"no": 1}, {"price": Decimal(12)}, exact=True)])
        assert isinstance(verdict, Fatal)
        assert "ETag" in str(verdict)
        assert price_of(outside, 1) == 10
    finally:
        world.adapter.close()
