"""A number to which both sides add: each difference counts once, whatever is lost on the way."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from connectors import failpoints
from connectors.conflicts import read_conflicts
from connectors.errors import Fatal, RecordRejected, Retriable
from connectors.failpoints import POINTS
from connectors.memory.adapter import MemoryAdapter
from connectors.outbox import count_owed, pending, release
from connectors.tablemap import compiled_map, compiled_maps
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync import letters, steering
from runtime.sync.listener import keep_outbox
from support.harbour import boat_row, boats, harbours

MARK = "external_id"
ATTRIBUTES = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name", direction="both"),
    AttributeMap(attribute="price", column="price", direction="both", conflict="additive"),
)
LISTENERS = Listeners((keep_outbox,))
MOST = Decimal(2**63 // 100)
"""The largest amount with two decimals, in whole ones."""


class Line(MemoryAdapter):
    """An outside that may go wrong: `lost` writes are done and not answered, others are not done; `between` is what somebody
    does after we have looked, before we write."""

    def __init__(self):
        super().__init__("outside", {"name": "outside"})
        self.fault, self.between = "", None

    def push_many(self, changes):
        if self.between is not None:
            self.between, deed = None, self.between
            deed()
        fault, self.fault = self.fault, ""
        if fault == "down":
            return [Retriable("down", after=0.1)]
        found = super().push_many(changes)
        return [Retriable("no answer", after=0.1)] if fault == "lost" else found


class Cut(Exception):
    """The process ends here."""


def cut():
    raise Cut


def additive(world_of, price="100.00", **more):
    line = Line()
    world = world_of(harbours(), boats(attributes=ATTRIBUTES, receipt_column=MARK, **more), adapter=line)
    world.put("boat", boat_row(1, price=None if price is None else Decimal(price)), boat_row(2))
    world.pull()
    return world, line


def here(world):
    return next(price for number, price in world.rows("boat", "number", "price") if number == 1)


def there(world):
    return next(row["price"] for row in world.outside.tables["boat"] if row["no"] == 1)


def save(world, **values):
    row, version = next((row, version) for row, number, version in world.rows("boat", "id", "number", "version") if number == 1)
    with world.now() as connection:
        update(connection, world.snapshot, Principal.system("portal"), "boat", row, version, values, listeners=LISTENERS)


def ours(world, more):
    save(world, price=(here(world) or 0) + Decimal(more))


def theirs(world, more):
    with world.outside.lock:
        row = next(row for row in world.outside.tables["boat"] if row["no"] == 1)
        row.update(price=(row["price"] or 0) + Decimal(more), seq=row["seq"] + 1)


def deliver(world):
    """Send what is due, and at once what waits to be tried again."""
    with world.now() as connection:
        release(connection, ["boats"])
    station = world.station()
    try:
        return station.deliver()
    finally:
        station.close()


def owed(world):
    with world.engine.connect() as connection:
        return count_owed(connection).get("boats", {})


def settle(world):
    for _ in range(3):
        for _ in range(20):
            if not owed(world):
                break
            deliver(world)
        world.pull()
    assert owed(world) == {}


def conflicts(world):
    with world.engine.connect() as connection:
        return read_conflicts(connection, ["boats"])


def cut_short(point, deed):
    failpoints.arm(point, 1, cut)
    try:
        deed()
    except Cut:
        pass
    finally:
        failpoints.disarm()


@pytest.mark.parametrize("first", ["pull", "push"])
@pytest.mark.parametrize(
    ("mine", "others", "sum_"), [("5", "7", "112"), ("5", "5", "110"), ("-30.25", "10", "79.75"), ("4", "-4", "100")]
)
def test_what_both_sides_have_added_counts_on_both(world_of, first, mine, others, sum_):
    world, _ = additive(world_of)
    ours(world, mine)
    theirs(world, others)
    world.pull() if first == "pull" else deliver(world)
    settle(world)
    assert here(world) == there(world) == Decimal(sum_)
    (found,) = conflicts(world)
    assert (found.attribute, found.winner, found.base, found.total) == ("price", "both", Decimal(100), Decimal(sum_))
    assert (found.ours, found.theirs) == (100 + Decimal(mine), 100 + Decimal(others))


def test_what_one_side_has_added_is_no_conflict(world_of):
    world, _ = additive(world_of)
    ours(world, 5)
    settle(world)
    theirs(world, 7)
    settle(world)
    assert here(world) == there(world) == 112
    assert conflicts(world) == []


def test_several_changes_of_ours_go_on_top_of_each_change_of_theirs(world_of):
    world, _ = additive(world_of)
    for number in range(1, 4):
        ours(world, number)
        theirs(world, 10 * number)
        world.pull()
    assert here(world) == 166
    deliver(world)
    theirs(world, 100)
    ours(world, 1000)
    settle(world)
    assert here(world) == there(world) == 1266


@pytest.mark.parametrize(
    "after", ["nothing", "theirs", "the same", "taken away", "pull", "theirs and pull", "ours", "ours and pull"]
)
@pytest.mark.parametrize("fault", ["lost", "down"])
def test_an_answer_that_is_lost_counts_neither_twice_nor_not_at_all(world_of, fault, after):
    world, line = additive(world_of)
    ours(world, 5)
    line.fault = fault
    deliver(world)
    assert there(world) == (105 if fault == "lost" else 100)
    added = {"theirs": 7, "the same": 5, "taken away": -5, "theirs and pull": 7}.get(after, 0)
    if added:
        theirs(world, added)
    if after.startswith("ours"):
        ours(world, 3)
        added = 3
    if after.endswith("pull"):
        world.outside.tables["boat"][-2]["seq"] += 1
        world.pull()
        assert here(world) == 105 + added
    settle(world)
    assert here(world) == there(world) == 105 + added


@pytest.mark.parametrize("others", ["7", "5", "-5"])
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_ends_at_any_point_of_a_delivery_has_added_once(world_of, point, others):
    world, _ = additive(world_of)
    ours(world, 5)
    cut_short(point, lambda: deliver(world))
    theirs(world, others)
    ours(world, 2)
    cut_short(point, world.pull)
    settle(world)
    assert here(world) == there(world) == 107 + Decimal(others)


def test_what_is_added_outside_between_the_look_and_the_writing_is_not_written_over(world_of):
    world, line = additive(world_of)
    ours(world, 5)
    line.between = lambda: theirs(world, 7)
    deliver(world)
    assert there(world) == 107
    settle(world)
    assert here(world) == there(world) == 112


def test_what_is_saved_here_while_a_sum_is_sent_stays_and_goes_out(world_of):
    world, line = additive(world_of)
    ours(world, 5)
    theirs(world, 7)
    line.between = lambda: ours(world, 1)
    deliver(world)
    assert (here(world), there(world)) == (113, 112)
    settle(world)
    assert here(world) == there(world) == 113


@pytest.mark.parametrize(
    ("before", "mine", "others", "end"), [(None, "5", "3", 8), ("5.00", None, "2", 2), (None, "5", "0", 5)]
)
def test_an_empty_value_counts_as_nothing(world_of, before, mine, others, end):
    world, _ = additive(world_of, before)
    save(world, price=mine and Decimal(mine))
    theirs(world, others)
    deliver(world)
    settle(world)
    assert here(world) == there(world) == end


def test_an_empty_value_of_ours_goes_out_as_such_where_nothing_was_added_outside(world_of):
    world, _ = additive(world_of)
    save(world, price=None)
    settle(world)
    assert (here(world), there(world)) == (None, None)


def test_other_attributes_of_the_same_change_go_by_their_own_policy(world_of):
    world, line = additive(world_of)
    save(world, price=Decimal(105), name="Ours")
    with world.outside.lock:
        world.outside.tables["boat"][0]["name"] = "Theirs"
    theirs(world, 7)
    line.fault = "down"
    deliver(world)
    settle(world)
    assert here(world) == there(world) == 112
    assert {item.attribute: item.winner for item in conflicts(world)} == {"price": "both", "name": "portal"}
    assert {row[0] for row in world.rows("boat", "name")} == {"Ours", "Boat 2"}


def test_rows_that_are_compared_bring_back_a_value_that_was_there_before(world_of):
    world, _ = additive(world_of, change_column="")
    ours(world, 5)
    deliver(world)
    theirs(world, -5)
    settle(world)
    assert here(world) == there(world) == 100


def too_much(world_of, first):
    world, line = additive(world_of, MOST - 10)
    ours(world, 6)
    theirs(world, 7)
    world.pull() if first == "pull" else deliver(world)
    return world, line


@pytest.mark.parametrize("first", ["pull", "push"])
@pytest.mark.parametrize(("side", "stays"), [("portal", -4), ("outside", -3)])
def test_a_sum_that_does_not_fit_is_decided_by_somebody(world_of, first, side, stays):
    world, _ = too_much(world_of, first)
    world.pull()
    assert (here(world), there(world)) == (MOST - 4, MOST - 3)
    assert owed(world) == {"parked": 1}
    (found,) = conflicts(world)
    assert (found.winner, found.base, found.total) == ("", MOST - 10, MOST + 3)
    steering.resolve(world.home, compiled_maps(world.snapshot), found.id, side)
    settle(world)
    assert here(world) == there(world) == MOST + stays


@pytest.mark.parametrize("first", ["pull", "push"])
def test_a_sum_that_fits_again_is_taken_by_itself(world_of, first):
    world, _ = too_much(world_of, first)
    theirs(world, -50)
    world.pull()
    settle(world)
    assert here(world) == there(world) == MOST - 47
    assert {item.winner for item in conflicts(world)} == {"both"}


@pytest.mark.parametrize("side", ["portal", "outside"])
def test_what_is_added_here_after_a_conflict_counts_on_top_of_what_is_decided(world_of, side):
    world, _ = too_much(world_of, "pull")
    ours(world, -100)
    (found,) = conflicts(world)
    steering.resolve(world.home, compiled_maps(world.snapshot), found.id, side)
    settle(world)
    assert here(world) == there(world) == MOST - 100 - (4 if side == "portal" else 3)


def letter(world):
    with world.engine.connect() as connection:
        (item,) = (one for one in pending(connection, "boats") if one.state == "parked")
        return letters.find_letter(connection, compiled_maps(world.snapshot), str(item.id))


class Refusing(Line):
    """An outside that takes no more than so much."""

    def push_many(self, changes):
        if any((change.values.get("price") or 0) > 110 for change in changes):
            return [RecordRejected("too much", "database")]
        return super().push_many(changes)


def test_what_the_outside_refuses_waits_and_can_be_given_up(world_of):
    line = Refusing()
    world = world_of(harbours(), boats(attributes=ATTRIBUTES, receipt_column=MARK), adapter=line)
    world.put("boat", boat_row(1, price=Decimal(100)))
    world.pull()
    ours(world, 50)
    ours(world, 3)
    deliver(world)
    theirs(world, 2)
    world.pull()
    assert (here(world), there(world)) == (155, 102)
    with world.now() as connection, pytest.raises(letters.NotMendable, match="portal"):
        letters.edit_letter(connection, letter(world), {"price": 1})
    assert letters.discard_letter(world.home, letter(world)) == 1
    assert here(world) == 105
    settle(world)
    assert here(world) == there(world) == 105


def test_a_row_that_is_gone_outside_is_not_made_up(world_of):
    world, _ = additive(world_of)
    ours(world, 5)
    world.outside.tables["boat"][:] = [row for row in world.outside.tables["boat"] if row["no"] != 1]
    deliver(world)
    assert owed(world) == {"parked": 1}
    assert letter(world).code == "row"


def test_an_amount_outside_that_cannot_be_read_is_not_written_over(world_of):
    world, _ = additive(world_of)
    ours(world, 5)
    theirs(world, "0.005")
    deliver(world)
    assert (there(world), letter(world).code) == (Decimal("100.005"), "scale")
    theirs(world, "-0.005")
    letters.replay_letter(world.home, letter(world))
    settle(world)
    assert here(world) == there(world) == 105


def test_a_column_that_cuts_the_mark_off_stops_the_change(world_of):
    world, line = additive(world_of)
    ours(world, 5)
    line.fault = "lost"
    deliver(world)
    row = world.outside.tables["boat"][0]
    row[MARK] = row[MARK][:20]
    deliver(world)
    assert (there(world), letter(world).code) == (105, "length")


def test_a_decision_does_not_touch_a_change_whose_answer_was_lost(world_of):
    world, line = additive(world_of, MOST - 100)
    ours(world, 5)
    line.fault = "lost"
    deliver(world)
    ours(world, 80)
    theirs(world, 50)
    world.pull()
    (found,) = conflicts(world)
    assert (found.base, found.total) == (MOST - 95, MOST + 35)
    steering.resolve(world.home, compiled_maps(world.snapshot), found.id, "portal")
    settle(world)
    assert here(world) == there(world) == MOST - 15


def test_the_map_reads_its_marks(world_of):
    world, _ = additive(world_of)
    table_map = compiled_map(world.snapshot, "boats")
    assert (table_map.additive, MARK in table_map.columns) == ({"price"}, True)
    ours(world, 5)
    with world.engine.connect() as connection:
        (item,) = pending(connection, "boats")
    settle(world)
    assert next(row[MARK] for row in world.outside.tables["boat"] if row["no"] == 1) == item.idempotency
    save(world, name="Other")
    settle(world)
    assert next(row[MARK] for row in world.outside.tables["boat"] if row["no"] == 1) == item.idempotency


def test_conflicts_of_an_earlier_version_are_read_without_a_sum(world_of):
    world, _ = additive(world_of)
    ours(world, 5)
    theirs(world, 5)
    world.pull()
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_conflict SET base = NULL, total = NULL"))
    (found,) = conflicts(world)
    assert (found.base, found.total) == (None, None)


def test_an_outside_that_stops_answering_for_good_is_taken_up_where_it_was(world_of):
    world, line = additive(world_of)
    ours(world, 5)
    line.fault = "lost"
    deliver(world)
    real = line.find_rows
    line.find_rows = lambda table_map, keys: (_ for _ in ()).throw(Fatal("no such table"))
    deliver(world)
    assert owed(world) == {"parked": 1}
    line.find_rows = real
    theirs(world, 1)
    settle(world)
    assert here(world) == there(world) == 106
