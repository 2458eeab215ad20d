"""Rows that go: owed with the change, in order per record, never echoed, parked when nobody can take them."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from connectors import outbox
from connectors.errors import Retriable
from connectors.home import utc_now
from connectors.memory.adapter import MemoryAdapter
from connectors.origin import begin_origin, end_origin
from connectors.outbox import count_owed, find_owed
from connectors.tables import outbox as outbox_table
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.database import make_engine, writing
from runtime.records.hooks import Listeners
from runtime.records.remove import delete
from runtime.records.write import create, update
from runtime.sync.listener import keep_outbox
from runtime.sync.worker import prepare
from support.collector import told
from support.harbour import boat_row, boats, harbour_row, harbours
from support.logged import noted

BOTH = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name", direction="both"),
    AttributeMap(attribute="price", column="price", direction="both"),
    AttributeMap(attribute="harbour", column="harbour", lookup_key=("code",), direction="both"),
)
LISTENERS = Listeners((keep_outbox,))


@pytest.fixture
def world(world_of):
    world = world_of(harbours(), boats(attributes=BOTH))
    world.put("harbour", harbour_row("GOT"), harbour_row("STO"))
    world.put("boat", boat_row(1), boat_row(2))
    world.pull()
    return world


def change(world, number, origin="portal", **values):
    row, version = next((r, v) for r, n, v in world.rows("boat", "id", "number", "version") if n == number)
    with world.now() as connection:
        update(connection, world.snapshot, Principal.system(origin), "boat", row, version, values, listeners=LISTENERS)


def outside(world, number):
    return next(row for row in world.outside.tables["boat"] if row["no"] == number)


def owed(world):
    with world.engine.connect() as connection:
        return count_owed(connection).get("boats", {})


def deliver(world):
    station = world.station()
    try:
        return station.deliver()
    finally:
        station.close()


def test_a_change_goes_out_with_lookups_as_natural_keys(world):
    stockholm = next(row for row, code in world.rows("harbour", "id", "code") if code == "STO")
    change(world, 1, name="Ours", harbour=stockholm)
    assert deliver(world) == 1
    assert (outside(world, 1)["name"], outside(world, 1)["harbour"]) == ("Ours", "STO")
    assert owed(world) == {}


def test_the_log_tells_of_what_goes_out_for_which_request(world):
    made = begin_origin("request-of-ada")
    change(world, 1, name="Ours")
    end_origin()
    change(world, 2, name="Nobody's")
    with noted("connectors.outbound") as said:
        assert deliver(world) == 2
    told = {(line.get("request"), line.get("trace_id"), line["map"], line["outcome"], line["changes"]) for line in said}
    assert told == {("request-of-ada", made.trace, "boats", "delivered", 1), (None, None, "boats", "delivered", 1)}


def test_a_collector_is_told_of_a_delivery_in_the_trace_of_each_request_that_owes_it(world):
    requests = []
    with told() as collector:
        for number in (1, 2):
            requests.append(begin_origin(f"request-{number}", f"00-{number:032x}-{number:016x}-01"))
            change(world, number, name=f"Secret {number}")
            end_origin()
        assert deliver(world) == 2
        spans = collector.named("deliver")
    assert {(span.trace, span.above) for span in spans} == {(one.trace, one.span) for one in requests}
    assert {(span.kind, span.failed, span.facts["foyer.maps"]) for span in spans} == {("consumer", False, ("boats",))}
    assert {span.facts["foyer.changes"] for span in spans} <= {1, 2}
    assert "Secret" not in str(collector.seen)


def test_a_collector_is_told_of_a_batch_that_is_pulled(world):
    world.put("boat", boat_row(3, seq=3, name="Theirs"))
    with told() as collector:
        world.pull()
        (span,) = [one for one in collector.named("pull") if one.facts["foyer.maps"] == ("boats",)]
    assert (span.above, span.kind, span.failed, span.facts["foyer.rows"]) == ("", "internal", False, 1)
    assert span.facts["db.statements"] > 0
    assert "Theirs" not in str(collector.seen)


def test_what_came_from_outside_does_not_go_back(world):
    world.put("boat", boat_row(1, seq=2, name="Theirs"))
    world.pull()
    change(world, 2, origin="sync", name="Also theirs")
    assert owed(world) == {}


def test_an_attribute_that_only_comes_in_is_not_sent(world):
    change(world, 1, berth="B1")
    assert owed(world) == {}


def test_a_new_row_goes_out_once_even_if_the_receipt_is_lost(world):
    with world.now() as connection:
        values = {"number": 9, "name": "New", "price": Decimal("1.00")}
        create(connection, world.snapshot, Principal.system("portal"), "boat", values, listeners=LISTENERS)
    world.outside.tables["boat"].append({"no": 9, "name": "New", "price": Decimal("1.00"), "harbour": None})
    assert deliver(world) == 1
    assert [row["no"] for row in world.outside.tables["boat"]].count(9) == 1


def test_nothing_is_owed_when_the_change_is_rolled_back(world):
    row, version = world.rows("boat", "id", "version")[0]
    principal = Principal.system("portal")
    with world.engine.connect() as connection:
        update(connection, world.snapshot, principal, "boat", row, version, {"name": "Gone"}, listeners=LISTENERS)
        connection.rollback()
    assert owed(world) == {}


def test_while_the_outside_is_down_changes_wait_and_then_arrive_in_order(world):
    world.outside.down = True
    for name in ("One", "Two", "Three"):
        change(world, 1, name=name)
    assert deliver(world) == 0
    assert owed(world) == {"waiting": 3}
    world.outside.down = False
    with world.now() as connection:
        outbox.release(connection, ["boats"])
    assert [deliver(world) for _ in range(4)] == [1, 1, 1, 0]
    assert outside(world, 1)["name"] == "Three"


def test_a_change_that_cannot_be_taken_parks_its_record_and_nobody_elses(world):
    world.outside.tables["boat"] = [row for row in world.outside.tables["boat"] if row["no"] != 1]
    change(world, 1, name="Lost")
    change(world, 1, name="Lost again")
    change(world, 2, name="Fine")
    deliver(world)
    assert outside(world, 2)["name"] == "Fine"
    assert owed(world) == {"parked": 1, "waiting": 1}
    world.put("boat", boat_row(1))
    with world.now() as connection:
        outbox.release(connection, ["boats"])
    deliver(world)
    deliver(world)
    assert outside(world, 1)["name"] == "Lost again"


def new(world, number):
    with world.now() as connection:
        values = {"number": number, "name": f"New {number}", "price": Decimal("1.00")}
        create(connection, world.snapshot, Principal.system("portal"), "boat", values, listeners=LISTENERS)


def states(world):
    """What is owed, in order: how often each was tried, and whether it waits for a time."""
    table = outbox_table
    chosen = sa.select(table.c.attempts, table.c.retry_at.is_not(None)).where(table.c.state == "waiting").order_by(table.c.id)
    with world.engine.connect() as connection:
        return [(attempts, bool(waits)) for attempts, waits in connection.execute(chosen)]


class Choosy(MemoryAdapter):
    """Takes a few at a time, and does not answer for some rows."""

    silent_for: frozenset[int] = frozenset()
    asked = 0

    def push_many(self, changes):
        self.asked += 1
        found = []
        for change in changes[:3]:
            silent = change.key["no"] in self.silent_for
            found.append(Retriable("no answer", after=60) if silent else super().push_many([change])[0])
        return found


@pytest.fixture
def choosy(world):
    world.adapter = Choosy("outside", {"name": world.adapter._name})
    world.adapter.world = world.outside
    return world


def test_what_is_owed_goes_together_and_what_is_not_taken_at_once_goes_with_the_next(choosy):
    for number in range(3, 13):
        new(choosy, number)
    assert deliver(choosy) == 10
    assert choosy.adapter.asked == 4
    assert [row["no"] for row in choosy.outside.tables["boat"]] == list(range(1, 13))


def test_one_change_without_an_answer_waits_and_its_neighbours_go(choosy):
    choosy.adapter.silent_for = frozenset({4})
    for number in range(3, 8):
        new(choosy, number)
    assert deliver(choosy) == 4
    assert states(choosy) == [(1, True)]


def test_an_outside_that_is_down_is_left_alone_and_gets_everything_in_order_when_it_is_back(choosy, monkeypatch):
    monkeypatch.setattr("connectors.outbound.REST_SECONDS", 60)
    choosy.adapter.silent_for = frozenset(range(100))
    for number in range(3, 9):
        new(choosy, number)
    station = choosy.station()
    try:
        assert [station.deliver() for _ in range(3)] == [0, 0, 0]
        assert (choosy.adapter.asked, states(choosy)) == (1, [(1, True)] * 3 + [(0, False)] * 3)
        choosy.adapter.silent_for = frozenset()
        station._rest.until = 0
        assert station.deliver() == 3  # which tells that what was tried before need not wait any longer
        assert station.deliver() == 3
    finally:
        station.close()
    assert states(choosy) == []


def test_what_is_refused_while_an_earlier_change_waits_is_tried_again_and_not_parked(choosy):
    choosy.adapter.silent_for = frozenset({3})
    choosy.outside.unique.add(("boat", "name"))
    new(choosy, 3)
    with choosy.now() as connection:
        values = {"number": 4, "name": boat_row(1)["name"], "price": Decimal("1.00")}  # which is taken, until then
        create(connection, choosy.snapshot, Principal.system("portal"), "boat", values, listeners=LISTENERS)
    assert deliver(choosy) == 0
    assert owed(choosy) == {"waiting": 2}
    choosy.adapter.silent_for = frozenset()
    choosy.put("boat", boat_row(1, name="Gone"))
    with choosy.now() as connection:
        outbox.release(connection, ["boats"])
    assert deliver(choosy) == 2
    assert owed(choosy) == {}


def test_a_deleted_row_stays_outside_unless_the_map_deletes(world):
    row, version = world.rows("boat", "id", "version")[0]
    with world.now() as connection:
        delete(connection, world.snapshot, Principal.system("portal"), "boat", row, version, listeners=LISTENERS)
    assert owed(world) == {}


def test_the_same_key_is_owed_once(world):
    with world.now() as connection:
        owing = outbox.Owing("boats", "boat", 1, "submit", {})
        outbox.owe(connection, owing, world.home.now(), "key-1")
        outbox.owe(connection, owing, world.home.now(), "key-1")
        assert count_owed(connection) == {"boats": {"waiting": 1}}
        assert find_owed(connection, "key-1").record_id == 1


@pytest.mark.parametrize("parked", [False, True], ids=["all ready", "one parked"])
def test_what_may_be_sent_is_found_at_once_however_much_is_owed(tmp_path, parked):
    """By the steps that SQLite takes: many changes of few records, many of which are delivered already."""
    engine = make_engine(f"sqlite:///{tmp_path / 'ours.db'}")
    now, steps = utc_now(), []
    prepare(engine)

    def owe_many(first, state, number=4_000):
        rows = [
            {"map": "boats", "entity": "boat", "record_id": at % 40, "operation": "update", "payload": "{}"}
            | {"idempotency": f"{first + at}", "state": state, "created_at": now}
            for at in range(number)
        ]
        with writing(engine).begin() as connection:
            connection.execute(sa.insert(outbox_table), rows)

    def found():
        with engine.connect() as connection:
            driver, counted = connection.connection.driver_connection, []
            driver.set_progress_handler(lambda: counted.append(1), 100)
            due = outbox.due(connection, ["boats"], now)
            driver.set_progress_handler(None, 100)
        steps.append(len(counted))
        return [(item.record_id, item.id) for item in due]

    owe_many(0, "delivered")
    owe_many(10_000, "waiting")
    if parked:
        with writing(engine).begin() as connection:
            connection.execute(sa.update(outbox_table).where(outbox_table.c.id == 4_001).values(state="parked"))
    expected = [(at, 4_001 + at) for at in range(parked, 40)]
    assert found() == expected
    owe_many(20_000, "waiting", 16_000)
    assert found() == expected
    assert steps[1] <= 2 * steps[0]
    engine.dispose()
