"""Every number moves as it should, and the text is one that Prometheus reads."""

import datetime as dt
import re

from connectors import outbox
from connectors.home import utc_now
from runtime.sync.metrics import metrics_text
from support.harbour import boat_row, harbour_row

LINE = re.compile(r'([a-z_]+)\{([a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*)\} (\S+)')


def numbers(world, later=0):
    with world.engine.connect() as connection:
        text = metrics_text(connection, world.snapshot, utc_now() + dt.timedelta(seconds=later))
    found = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            name, labels, value = LINE.fullmatch(line).groups()
            found[name, labels] = float(value)
    return found


def test_a_map_that_never_ran_has_no_lag_and_says_so(world):
    found = numbers(world)
    assert ("foyer_sync_lag_seconds", 'map="boats"') not in found
    assert found["foyer_sync_state", 'map="boats",state="never"'] == 1
    assert found["foyer_sync_state", 'map="boats",state="current"'] == 0


def test_lag_rows_rejects_and_the_last_run_are_told(world):
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1), boat_row(2, harbour="NOWHERE"), boat_row(3, state="?"))
    world.pull()
    found = numbers(world, later=100)
    assert 100 <= found["foyer_sync_lag_seconds", 'map="boats"'] < 160
    assert found["foyer_sync_rejects", 'map="boats",code="lookup"'] == 1
    assert found["foyer_sync_rejects", 'map="boats",code="value_map"'] == 1
    assert found["foyer_sync_rows", 'map="boats"'] >= 3
    assert found["foyer_sync_state", 'map="boats",state="current"'] == 1


def test_what_is_owed_and_parked_is_told_with_its_age(world):
    with world.now() as connection:
        for number in (1, 2):
            outbox.owe(connection, outbox.Owing("boats", "boat", number, "update", {"key": {}, "values": {}}), utc_now())
        outbox.park(connection, outbox.pending(connection, "boats")[0], "full", "database")
    found = numbers(world, later=50)
    assert (found["foyer_sync_owed", 'map="boats"'], found["foyer_sync_parked", 'map="boats"']) == (1, 1)
    assert 50 <= found["foyer_sync_oldest_owed_seconds", 'map="boats"'] < 110


def test_a_fault_changes_the_state(world):
    world.outside.down = True
    world.pull()
    assert numbers(world)["foyer_sync_state", 'map="harbours",state="waiting"'] == 1
