"""What every stream of events does alike. Of what sources do alike a stream cannot list its keys, be asked for a row, or
know its columns; of targets, it takes no refusal and looks at nothing that is there."""

import json

import pytest

from connectors.errors import Fatal, Gap, Retriable
from connectors.protocol import Change
from connectors.tablemap import compiled_map
from connectors.values import dump_json, load_json
from support.harbour import eventually, harbours, snapshot_of


def the_map(stream, **more):
    maps = harbours(table=stream.name, change_column="", **more)
    return compiled_map(snapshot_of(maps, connector=stream.kind, settings=stream.settings), "harbours")


def pull_all(adapter, table_map, cursor=None, limit=3):
    events, more = [], True
    while more:
        batch = adapter.pull(table_map, cursor, limit)
        assert len(batch.events) <= limit
        events += batch.events
        cursor, more = batch.cursor, batch.more
    return events, cursor


def codes(events):
    return [event.record["code"] for event in events]


@pytest.fixture
def adapter(stream):
    found = stream.adapter()
    yield found
    found.close()


def test_the_first_pulls_bring_every_event_once_in_order(stream, adapter):
    for at in range(8):
        stream.tell("created", {"code": f"H{at}"})
    assert codes(pull_all(adapter, the_map(stream))[0]) == [f"H{at}" for at in range(8)]


def test_an_empty_stream_is_no_fault_and_what_comes_later_comes(stream, adapter):
    events, cursor = pull_all(adapter, the_map(stream))
    assert events == []
    stream.tell("created", {"code": "H1"})
    events, cursor = pull_all(adapter, the_map(stream), cursor)
    assert codes(events) == ["H1"]
    assert pull_all(adapter, the_map(stream), cursor)[0] == []


def test_another_process_goes_on_at_a_cursor_that_was_written_as_json(stream, adapter):
    stream.tell("created", {"code": "H1"})
    _, cursor = pull_all(adapter, the_map(stream))
    adapter.committed(the_map(stream), cursor)
    adapter.close()
    stream.tell("created", {"code": "H2"})
    later = stream.adapter()
    again = load_json(json.loads(json.dumps(dump_json(dict(cursor)))))
    assert codes(pull_all(later, the_map(stream), again)[0]) == ["H2"]
    later.close()


def test_what_was_not_committed_comes_again_in_order(stream, adapter):
    for at in range(5):
        stream.tell("created", {"code": f"H{at}"})
    first = adapter.pull(the_map(stream), None, 2)
    adapter.committed(the_map(stream), first.cursor)
    adapter.pull(the_map(stream), first.cursor, 2)
    assert codes(pull_all(adapter, the_map(stream), first.cursor)[0]) == ["H2", "H3", "H4"]


def test_what_waits_is_counted_also_by_another_process(stream, adapter):
    stream.tell("created", {"code": "H1"})
    _, cursor = pull_all(adapter, the_map(stream))
    adapter.committed(the_map(stream), cursor)
    assert eventually(lambda: adapter.waiting(the_map(stream), cursor) == 0)
    for at in range(5):
        stream.tell("created", {"code": f"H{at}"})
    assert eventually(lambda: adapter.waiting(the_map(stream), cursor) == 5)
    adapter.close()
    later = stream.adapter()
    assert eventually(lambda: later.waiting(the_map(stream), cursor) == 5)
    assert len(pull_all(later, the_map(stream), cursor)[0]) == 5, "counting takes nothing away"
    assert later.waiting(the_map(stream), {"by": "another", "at": "x"}) is None
    later.close()


def test_a_cursor_of_a_connector_of_another_kind_begins_anew(stream, adapter):
    stream.tell("created", {"code": "H1"})
    assert codes(pull_all(adapter, the_map(stream), {"by": "another", "at": "x"})[0]) == ["H1"]


def test_messages_that_are_gone_before_they_were_read_are_a_gap(stream, adapter):
    if stream.kind == "rabbitmq":
        pytest.skip("a queue does not tell what was purged")
    stream.tell("created", {"code": "H1"})
    _, cursor = pull_all(adapter, the_map(stream))
    stream.tell("created", {"code": "H2"})
    stream.lose()
    adapter.close()
    later = stream.adapter()
    with pytest.raises(Gap, match="gap: "):
        pull_all(later, the_map(stream), cursor)
    later.close()


def test_messages_that_are_gone_after_they_were_read_are_none(stream, adapter):
    stream.tell("created", {"code": "H1"})
    _, cursor = pull_all(adapter, the_map(stream))
    adapter.committed(the_map(stream), cursor)
    stream.lose()
    adapter.close()
    stream.tell("created", {"code": "H2"})
    later = stream.adapter()
    assert codes(pull_all(later, the_map(stream), cursor)[0]) == ["H2"]
    later.close()


def test_a_stream_that_is_not_there_is_fatal_and_named(stream, adapter):
    wrong = compiled_map(snapshot_of(harbours(table="no_such"), connector=stream.kind, settings=stream.settings), "harbours")
    with pytest.raises(Fatal, match="no_such"):
        adapter.pull(wrong, None, 10)
    with pytest.raises(Fatal, match="no_such"):
        adapter.pull(wrong, None, 10)


@pytest.mark.parametrize("envelope", ["cloudevents", "cloudevents-binary", "debezium"])
def test_what_one_installation_publishes_another_one_reads(stream, envelope):
    ours, theirs = stream.adapter(envelope=envelope, source="/here"), stream.adapter(envelope=envelope, source="/there")
    table_map = the_map(stream)
    values = {"name": "Åre", "depth": "4.50"}
    ours.push(Change(table_map, "insert", {"code": "H1"}, values), "k1")
    ours.push(Change(table_map, "update", {"code": "H1"}, {"name": "B"}), "k2")
    ours.push(Change(table_map, "delete", {"code": "H1"}, {}), "k3")
    events, _ = pull_all(theirs, table_map)
    assert [event.operation for event in events] == ["create", "update", "delete"]
    assert {name: events[0].record[name] for name in ("code", "name", "depth")} == {"code": "H1", **values}
    assert events[1].record["name"] == "B"
    assert "depth" not in events[1].record
    assert pull_all(ours, table_map)[0] == []
    ours.close()
    theirs.close()


def test_what_is_published_twice_is_there_once_or_told_by_its_id(stream, adapter):
    change = Change(the_map(stream), "insert", {"code": "H1"}, {"name": "A", "depth": "1"})
    assert not adapter.push(change, "k1").repeated
    assert adapter.push(change, "k1").repeated == (stream.kind != "rabbitmq")
    other = stream.adapter(source="/there")
    events, _ = pull_all(other, the_map(stream))
    assert len({event.id for event in events}) == 1
    other.close()


def test_what_nobody_takes_is_refused(stream, adapter):
    if stream.kind == "redis":
        pytest.skip("a stream of Redis is there once somebody writes to it")
    wrong = compiled_map(snapshot_of(harbours(table="no_such"), connector=stream.kind), "harbours")
    with pytest.raises(Fatal, match="no_such"):
        adapter.push(Change(wrong, "insert", {"code": "H1"}, {}), "k1")


def test_a_server_that_is_not_there_is_waited_for(stream):
    address = stream.settings["url"].rpartition(":")
    away = stream.adapter(url=f"{address[0]}:1" + ("/" if stream.kind != "nats" else ""))
    with pytest.raises(Retriable, match="does not answer"):
        away.pull(the_map(stream), None, 10)
    away.close()
