"""Values that do not fit are taken as the map says; what the outside has is kept until it fits."""

import sqlalchemy as sa

from connectors import outbox
from connectors.adjusted import count_adjusted, read_adjusted
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync.listener import keep_outbox
from support.harbour import STATES, boat_row, boats

ATTRIBUTES = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name"),
    AttributeMap(attribute="price", column="price", too_precise="round"),
    AttributeMap(attribute="state", column="state", values=STATES, missing="default", default="ashore"),
)


def notes(world):
    with world.engine.connect() as connection:
        return [(item.key, item.attribute, item.was, item.became) for item in read_adjusted(connection, ["boats"])]


def test_what_was_cut_off_or_rounded_is_written_down_until_it_fits(world_of):
    world = world_of(boats(attributes=ATTRIBUTES, too_long="truncate"))
    long = "The longest name of all boats"
    world.put("boat", boat_row(1, name=long), boat_row(2, price="9.995"), boat_row(3, state="?"), boat_row(4, price="dear"))
    world.pull()
    assert [(name, str(price), state) for name, price, state in world.rows("boat", "name", "price", "state")] == [
        (long[:20], "1250.50", "afloat"),
        ("Boat 2", "10.00", "afloat"),
        ("Boat 3", "1250.50", "ashore"),
    ]
    assert [reject.key for reject in world.rejects()] == ["4"]
    assert [item[:3] for item in notes(world)] == [("1", "name", long), ("2", "price", "9.995"), ("3", "state", "?")]
    world.put("boat", boat_row(1, seq=2, name="Short"), boat_row(2, seq=2, price="1.005", name=long))
    world.pull()
    assert {item[:2] for item in notes(world)} == {("2", "price"), ("2", "name"), ("3", "state")}
    with world.engine.connect() as connection:
        assert count_adjusted(connection) == {
            ("boats", "scale"): 1,
            ("boats", "length"): 1,
            ("boats", "value_map"): 1,
        }


def test_what_is_kept_leaves_the_stored_value_and_a_row_that_is_not_taken_leaves_no_note(world_of):
    world = world_of(boats(attributes=ATTRIBUTES[:3], too_long="truncate", out_of_range="keep"))
    world.put("boat", boat_row(1, price="5"))
    world.pull()
    world.put("boat", boat_row(1, seq=2, price=10**30, name="Second"), boat_row(2, name="x" * 30, price="dear"))
    world.pull()
    assert [(name, str(price)) for name, price in world.rows("boat", "name", "price")] == [("Second", "5.00")]
    assert [item[:2] for item in notes(world)] == [("1", "price")]
    with world.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT policy FROM foyer_sync_adjusted")).scalars().all() == ["keep"]


def test_a_value_of_ours_without_a_counterpart_is_not_sent_but_waits_for_somebody(world_of):
    state = AttributeMap(attribute="state", column="state", values=STATES[:1], direction="both")
    world = world_of(boats(attributes=(*ATTRIBUTES[:2], state)))
    world.put("boat", boat_row(1))
    world.pull()
    ((record, version),) = world.rows("boat", "id", "version")
    principal = Principal.system("portal")
    with world.now() as connection:
        listeners = Listeners((keep_outbox,))
        update(connection, world.snapshot, principal, "boat", record, version, {"state": "ashore"}, listeners=listeners)
    station = world.station()
    assert station.deliver() == 0
    with world.now() as connection:
        (owed,) = outbox.parked(connection, "boats")
        assert (owed.reason, owed.payload["values"]) == ("state: 'ashore' is not in the value map", {"state": "ashore"})
        outbox.rewrite(connection, owed.id, {**owed.payload, "values": {"state": "L"}})
        outbox.replay(connection, owed)
    assert station.deliver() == 1
    station.close()
    assert world.outside.tables["boat"][0]["state"] == "L"
