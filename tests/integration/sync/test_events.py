"""Rows that come and go as events: each counts once, in the order of its row, and what cannot be taken waits for somebody."""

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from connectors.events.adapter import EventAdapter
from connectors.home import Work
from connectors.inbound import retry_records
from connectors.mapping import Lookups
from connectors.rejects import find_reject
from connectors.tablemap import compiled_map
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records import write
from runtime.records.hooks import Listeners
from runtime.sync.listener import keep_outbox
from support.brokers import Shelf
from support.harbour import boats, column, harbours, make_world

NAMES = ("code", "name", "depth")


def shelf_world(world_of, *maps, **settings):
    shelf = Shelf()
    adapter = EventAdapter("outside", settings, "redis", shelf)
    return world_of(*maps, adapter=adapter, connector="redis", settings=settings), shelf


def the_map(**more):
    return harbours(**{"change_column": "", "delete": "delete", **more})


def row(code, name="A", depth=4.5):
    return {"code": code, "name": name, "depth": depth}


def test_events_make_change_and_delete_rows(world_of):
    world, shelf = shelf_world(world_of, the_map())
    shelf.tell("created", row("H1"))
    shelf.tell("created", row("H2"))
    world.pull()
    shelf.tell("updated", {"code": "H1", "name": "B"})
    shelf.tell("deleted", {}, subject="H2")
    shelf.tell("created", row("H3"))
    shelf.tell("deleted", {"code": "H3"})
    run = world.pull()["harbours"]
    assert [(code, name, float(depth)) for code, name, depth in world.rows("harbour", *NAMES)] == [("H1", "B", 4.5)]
    assert (run.counts.taken, run.counts.updated, run.counts.deleted) == (4, 1, 1)


def test_an_event_that_comes_twice_counts_once_even_after_a_later_one(world_of):
    world, shelf = shelf_world(world_of, the_map())
    shelf.tell("created", row("H1"))
    world.pull()
    shelf.tell("updated", {"code": "H1", "name": "B"})
    world.pull()
    shelf.messages += shelf.messages[:1] + shelf.messages[:1]
    world.pull()
    assert column(world.rows("harbour", "name")) == ["B"]


def test_what_was_committed_and_not_acknowledged_comes_again_and_changes_nothing(world_of):
    world, shelf = shelf_world(world_of, the_map())
    shelf.settle = lambda reader, name, at: None
    for name in "ABC":
        shelf.tell("created", row("H1", name))
        world.pull()
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_checkpoint SET cursor = NULL"))
    world.pull()
    assert world.rows("harbour", "name", "version") == [("C", 3)]


def test_a_version_that_is_older_than_what_is_here_is_left_out_also_after_the_deletion(world_of):
    attributes = (*the_map().attributes, AttributeMap(attribute="depth", column="depth"))[:3]
    world, shelf = shelf_world(world_of, the_map(change_column="seq", attributes=attributes))
    shelf.tell("created", {**row("H1", "C"), "seq": 10})
    shelf.tell("created", {**row("H1", "B"), "seq": 9})
    world.pull()
    shelf.tell("updated", {"code": "H1", "name": "A", "seq": 2})
    world.pull()
    assert column(world.rows("harbour", "name")) == ["C"]
    shelf.tell("deleted", {"code": "H1", "seq": 12})
    world.pull()
    shelf.tell("created", {**row("H1", "B"), "seq": 11})
    world.pull()
    assert world.rows("harbour", "name") == []


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2031-05-01T12:00:00Z", "2031-05-01T12:00:00.500Z"),
        ("2031-05-01T12:30:00+02:00", "2031-05-01T11:00:00Z"),
        ("2031-05-01 09:00:00", "2031-05-01T11:00:00+01:00"),
        ("9.5", "10.25"),
        (9, 10),
        ("a9", "b1"),
    ],
)
def test_the_newer_version_wins_however_it_is_written(world_of, older, newer):
    attributes = (*the_map().attributes, AttributeMap(attribute="depth", column="depth"))[:3]
    world, shelf = shelf_world(world_of, the_map(change_column="seq", attributes=attributes))
    for told in ((older, newer), (newer, older)):
        for version in told:
            shelf.tell("created", {**row(f"H{told.index(newer)}", "new" if version == newer else "old"), "seq": version})
            world.pull()
    assert column(world.rows("harbour", "name")) == ["new", "new"]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("{", "no JSON"),
        (json.dumps({"specversion": "1.0", "id": "1", "source": "/x", "data": {}}), "needs the attribute type"),
        (json.dumps({"specversion": "1.0", "id": "1", "source": "/x", "type": "h.created", "data": [1]}), "an object"),
        (
            json.dumps({"specversion": "1.0", "id": "1", "source": "/x", "type": "h.created", "data": {"name": "A"}}),
            "lacks code",
        ),
    ],
)
def test_a_message_that_cannot_be_read_is_kept_its_neighbours_come_in_and_it_can_be_mended(world_of, message, why):
    world, shelf = shelf_world(world_of, the_map())
    shelf.tell("created", row("H1"))
    shelf.put(message)
    shelf.tell("created", row("H2"))
    assert world.pull()["harbours"].outcome == "done"
    assert column(world.rows("harbour", "code")) == ["H1", "H2"]
    (reject,) = world.rejects("harbours")
    assert why in reject.reason
    whole = {"specversion": "1.0", "id": "9", "source": "/x", "type": "h.created", "data": row("H3")}
    mended = {**reject.record, "@message": json.dumps(whole)} if "@message" in reject.record else {**reject.record, **row("H3")}
    with world.now() as connection:
        work = Work(connection, world.home.rows(connection), compiled_map(world.snapshot, "harbours"), world.home.now())
        retry_records(work, [reject], Lookups(work.rows))
        assert find_reject(connection, "harbours", reject.key) is not None, "as it is it stays"
        retry_records(work, [replace(reject, record=mended)], Lookups(work.rows))
    assert world.rejects("harbours") == []
    assert sorted(column(world.rows("harbour", "code"))) == ["H1", "H2", "H3"]


def test_a_column_that_an_event_of_a_whole_row_lacks_is_told_and_a_later_part_is_added_to_it(world_of):
    world, shelf = shelf_world(world_of, the_map())
    shelf.tell("created", {"code": "H1", "name": "A"})
    world.pull()
    assert ["depth" in reject.reason for reject in world.rejects("harbours")] == [True]
    shelf.tell("updated", {"code": "H1", "depth": 3})
    world.pull()
    assert world.rejects("harbours") == []
    assert world.rows("harbour", "code", "name") == [("H1", "A")]


def test_a_row_waits_for_the_one_that_it_points_at(world_of):
    world, shelf = shelf_world(world_of, boats(change_column=""))
    shelf.tell("created", {"no": 1, "name": "Tender", "built": None, "price": 1, "state": "A", "harbour": None, "tender_of": 2})
    world.pull()
    assert column(world.rows("boat", "number")) == []
    shelf.tell(
        "created", {"no": 2, "name": "Ship", "built": None, "price": 1, "state": "A", "harbour": None, "tender_of": None}
    )
    world.pull()
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_reject SET retry_at = :at"), {"at": "2001-01-01 00:00:00.000000"})
    world.pull()
    world.pull()
    assert sorted(column(world.rows("boat", "number"))) == [1, 2]


def test_what_leaves_the_filter_is_gone(world_of):
    world, shelf = shelf_world(world_of, the_map(filter=(("state", "open"),)))
    shelf.tell("created", {**row("H1"), "state": "open"})
    shelf.tell("created", {**row("H2"), "state": "closed"})
    world.pull()
    assert column(world.rows("harbour", "code")) == ["H1"]
    shelf.tell("updated", {"code": "H1", "state": "closed"})
    world.pull()
    assert world.rows("harbour", "code") == []


def debezium(op, row, lsn, side="after", **more):
    return {"payload": {"op": op, side: row, "source": {"connector": "postgresql", "lsn": lsn}, **more}}


def test_changes_of_debezium_with_values_that_were_not_logged_and_those_it_sends_again(world_of):
    world, shelf = shelf_world(world_of, the_map(), envelope="debezium")
    changes = [
        debezium("r", row("H1", "A", 1), 10),
        debezium("u", {**row("H1", "B"), "depth": "__debezium_unavailable_value"}, 20),
        debezium("c", row("H2", "A", 1), 30),
        debezium("d", {"code": "H2"}, 40, side="before"),
    ]
    for change in changes:
        shelf.put(change)
        shelf.put("null")
        world.pull()
    expected = [("H1", "B", 1.0)]
    assert [(code, name, float(depth)) for code, name, depth in world.rows("harbour", *NAMES)] == expected
    for change in changes:
        shelf.put(change)
        world.pull()
    assert [(code, name, float(depth)) for code, name, depth in world.rows("harbour", *NAMES)] == expected
    assert column(world.rows("harbour", "version")) == [2]


def test_days_moments_and_decimals_of_debezium_are_read_by_their_schema(world_of):
    fields = [
        {"field": "built", "name": "io.debezium.time.Date"},
        {"field": "price", "name": "org.apache.kafka.connect.data.Decimal", "parameters": {"scale": "2"}},
    ]
    attributes = tuple(item for item in boats().attributes if item.attribute in ("number", "name", "built", "price"))
    world, shelf = shelf_world(world_of, boats(change_column="", attributes=attributes), envelope="debezium")
    change = debezium("c", {"no": 1, "name": "A", "built": 18263, "price": "AegS"}, 1)
    shelf.put({**change, "schema": {"fields": [{"field": "after", "fields": fields}]}})
    world.pull()
    assert [str(value) for value in world.rows("boat", "built", "price")[0]] == ["2020-01-02", "1249.46"]


def test_each_broker_fills_rows_once_across_a_process_that_ended_before_it_acknowledged(database_url, stream):
    adapter = stream.adapter()
    adapter.committed = lambda table_map, cursor: None
    world = make_world(
        database_url, [the_map(table=stream.name)], adapter=adapter, connector=stream.kind, settings=stream.settings
    )
    for at in range(30):
        stream.tell("created", row(f"H{at % 10}", f"Name {at}"))
    assert world.pull()["harbours"].counts.taken == 30
    adapter.close()
    world.adapter = stream.adapter()
    stream.tell("deleted", {"code": "H9"})
    world.pull()
    assert world.rows("harbour", "code", "name") == [(f"H{at}", f"Name {at + 20}") for at in range(9)]
    assert set(column(world.rows("harbour", "version"))) == {1}
    if stream.kind == "rabbitmq":
        assert stream.ready == 0
    world.adapter.close()
    world.engine.dispose()


def test_a_change_of_ours_is_published_once_for_each_key_and_does_not_come_back(world_of):
    attributes = tuple(
        AttributeMap(attribute=item.attribute, column=item.column, direction="both") for item in the_map().attributes
    )
    world, shelf = shelf_world(world_of, the_map(attributes=attributes))
    with world.now() as connection:
        made = write.create(
            connection,
            world.snapshot,
            Principal.system("portal"),
            "harbour",
            {"code": "H1", "name": "A", "depth": None},
            listeners=Listeners(after_write=(keep_outbox,)),
        )
    station = world.station()
    assert station.deliver() == 1
    station.close()
    ((identity, message),) = shelf.sent.items()
    event = json.loads(message.body)
    assert (event["id"], event["type"], event["data"]) == (
        identity,
        "harbour.created",
        {"code": "H1", "name": "A", "depth": None},
    )
    shelf.messages.append(message)
    assert world.pull()["harbours"].counts.taken == 0
    assert made is not None
