"""Every number moves as it should, and the text is one that Prometheus reads."""

import datetime as dt
import json

import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

import runtime.cli.doctor as doctor
from connectors import checkpoint as checkpoints
from connectors import outbox, tally
from connectors.events.message import Message
from connectors.home import utc_now
from connectors.webhook.inbox import keep_message, open_webhook
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync.listener import keep_outbox
from runtime.sync.metrics import metrics_text
from support.harbour import boat_row, boats, harbour_row, harbours

ORDER = ("map", "direction", "state", "kind", "code")


def numbers(world, later=0):
    with world.engine.connect() as connection:
        text = metrics_text(connection, world.snapshot, utc_now() + dt.timedelta(seconds=later))
    return {
        (sample.name, ",".join(f'{name}="{sample.labels[name]}"' for name in ORDER if name in sample.labels)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_map_that_never_ran_has_no_lag_and_says_so(world):
    found = numbers(world)
    assert ("foyer_sync_lag_seconds", 'map="boats",direction="in"') not in found
    assert found["foyer_sync_state", 'map="boats",state="never"'] == 1
    assert found["foyer_sync_state", 'map="boats",state="current"'] == 0


def test_lag_rows_rejects_and_the_last_run_are_told(world):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1), boat_row(2, harbour="NOWHERE"), boat_row(3, state="?"))
    world.pull()
    found = numbers(world, later=100)
    assert 100 <= found["foyer_sync_lag_seconds", 'map="boats",direction="in"'] < 160
    assert found["foyer_sync_rejects", 'map="boats",code="lookup"'] == 1
    assert found["foyer_sync_rejects", 'map="boats",code="value_map"'] == 1
    assert found["foyer_sync_rows", 'map="boats"'] >= 3
    assert found["foyer_sync_state", 'map="boats",state="current"'] == 1


def test_what_is_owed_and_parked_is_told_with_its_age(world):
    with world.now() as connection:
        for number in (1, 2):
            outbox.owe(connection, outbox.Owing("boats", "boat", number, "update", {"key": {}, "values": {}}), utc_now())
        outbox.park(connection, outbox.pending(connection, "boats")[0], "full", "database", utc_now())
    found = numbers(world, later=50)
    assert (found["foyer_sync_owed", 'map="boats"'], found["foyer_sync_parked", 'map="boats"']) == (1, 1)
    assert 50 <= found["foyer_sync_oldest_owed_seconds", 'map="boats"'] < 110


def test_a_fault_changes_the_state(world):
    world.outside.down = True
    world.pull()
    assert numbers(world)["foyer_sync_state", 'map="harbours",state="waiting"'] == 1


def test_doctor_names_a_map_that_does_not_get_on(world):
    world.pull()
    assert list(doctor.maps(world.engine, world.snapshot)) == []
    world.outside.down = True
    world.pull()
    found = {item.what: (item.state, item.message) for item in doctor.maps(world.engine, world.snapshot)}
    assert found["table map harbours"][0] == "warning"
    assert found["table map harbours"][1].startswith("waiting: ")


def test_counters_grow_with_each_row_and_error_and_a_retry_counts_no_error_twice(world_of):
    name = AttributeMap(attribute="name", column="name", direction="both")
    world = world_of(
        harbours(), boats(attributes=tuple(name if item.attribute == "name" else item for item in boats().attributes))
    )
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1), boat_row(2, harbour="NOWHERE"), boat_row(3, state="?"))
    world.pull()
    found = numbers(world)
    rows, errors = "foyer_sync_rows_total", "foyer_sync_errors_total"
    assert found[rows, 'map="boats",direction="in",kind="inserted"'] == 1
    assert found[errors, 'map="boats",direction="in",code="lookup"'] == 1
    assert found[errors, 'map="boats",direction="in",code="value_map"'] == 1
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_reject SET retry_at = last_at WHERE retry_at IS NOT NULL"))
    world.put("boat", boat_row(3, seq=2, state="??"), boat_row(1, seq=2, name="Renamed"))
    world.pull()
    ((record, version), *_) = world.rows("boat", "id", "version")
    with world.now() as connection:
        person = Principal.system("portal")
        update(
            connection, world.snapshot, person, "boat", record, version, {"name": "Ours"}, listeners=Listeners((keep_outbox,))
        )
    before = numbers(world)
    assert before["foyer_sync_lag_rows", 'map="boats",direction="out"'] == 1
    station = world.station()
    assert station.deliver() == 1
    station.close()
    found = numbers(world)
    assert found[rows, 'map="boats",direction="in",kind="updated"'] == 1
    assert found[rows, 'map="boats",direction="out",kind="update"'] == 1
    assert found[errors, 'map="boats",direction="in",code="lookup"'] == 1, "the same row tried again is the same error"
    assert found[errors, 'map="boats",direction="in",code="value_map"'] == 2
    assert found["foyer_sync_lag_rows", 'map="boats",direction="out"'] == 0
    assert ("foyer_sync_last_success_timestamp_seconds", 'map="boats",direction="out"') not in before
    assert found["foyer_sync_last_success_timestamp_seconds", 'map="boats",direction="out"'] > 0
    assert numbers(world, later=60)["foyer_sync_oldest_dead_letter_seconds", 'map="boats"'] >= 60
    world.outside.down = True
    world.pull()
    assert numbers(world)[errors, 'map="boats",direction="in",code="unreachable"'] == 1


def test_what_waits_outside_of_a_map_that_rests_is_counted(world):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1))
    world.pull()
    with world.now() as connection:
        checkpoints.pause(connection, ("boats",), utc_now(), by="Dora")
    world.put("boat", boat_row(2, seq=2), boat_row(3, seq=3))
    station = world.station()
    station.turn()
    station.close()
    assert numbers(world)["foyer_sync_lag_rows", 'map="boats",direction="in"'] == 2
    assert world.checkpoint().paused_by == "Dora"


def test_messages_that_wait_for_a_map_that_rests_are_counted(world_of):
    world = world_of(harbours(change_column=""), adapter=open_webhook("outside", {}), connector="webhook")
    world.pull()

    def tell(code):
        row = {"type": "harbour.created", "timestamp": "2026-01-01T00:00:00Z", "data": {"code": code, "name": "A", "depth": 1}}
        with world.now() as connection:
            keep_message(connection, "harbours", code, Message(json.dumps(row).encode(), {"webhook-id": code}, ""), utc_now())

    def counted():
        station = world.station()
        station.turn()
        station.close()
        return numbers(world)["foyer_sync_lag_rows", 'map="harbours",direction="in"']

    tell("H1")
    assert counted() == 0
    with world.now() as connection:
        checkpoints.pause(connection, ("harbours",), utc_now(), by="Dora")
    tell("H2")
    tell("H3")
    assert counted() == 2


def test_minutes_are_forgotten_and_what_was_counted_since_ever_is_not(world):
    world.put("harbour", harbour_row("GOT"))
    world.pull()
    tomorrow = utc_now() + dt.timedelta(days=2)
    with world.now() as connection:
        assert tally.forget_minutes(connection, tomorrow) >= 2
        assert tally.rows_by_minute(connection, utc_now() - dt.timedelta(hours=1)) == {}
    assert numbers(world)["foyer_sync_rows_total", 'map="harbours",direction="in",kind="inserted"'] == 1
