"""What is told of a load while it goes: after a quarter of it the time that is left is right within a fifth.

By a clock that goes on with each row; with FOYER_TEST_PROGRESS_ROWS by a real one, over so many rows of a real database.
"""

import os
import random
import re
import time

import pytest
import sqlalchemy as sa

from connectors.sql.adapter import SqlAdapter
from runtime.cli import sync_progress
from runtime.cli.sync_progress import SECOND_COSTS, Progress
from support.harbour import boats, harbours, make_world
from support.seeds import seed
from support.sql_outside import OUTSIDE_BOATS, filled

GIVEN = "FOYER_TEST_PROGRESS_ROWS" in os.environ
ROWS = int(os.environ.get("FOYER_TEST_PROGRESS_ROWS", "2000"))
WITHIN = 0.2
ROUNDED = 0.5
"""Seconds: a line tells whole ones."""
A_ROW = 0.01
"""Seconds that a row takes by the clock that goes on with rows."""
ALONE = boats().attributes[:-1]
"""Without the look-up that points at other boats, and so needs no second pass."""


class Pacing:
    """An outside whose clock goes on with each row that is read, now slower and now faster."""

    def __init__(self, adapter, cost):
        self.adapter, self.cost, self.now = adapter, cost, 0.0
        self.chance = random.Random(seed())

    def __getattr__(self, name):
        return getattr(self.adapter, name)

    def clock(self):
        return self.now

    def pull(self, table_map, cursor, limit):
        batch = self.adapter.pull(table_map, cursor, limit)
        each = A_ROW * (1 if table_map.creates else self.cost) * self.chance.uniform(0.7, 1.3)
        self.now += each * len(batch.records)
        return batch


@pytest.mark.parametrize("attributes", [ALONE, boats().attributes], ids=["one pass", "two passes"])
@pytest.mark.timeout(120 + ROWS // 500)
def test_the_time_that_is_left_is_told_within_a_fifth(database_url, tmp_path, monkeypatch, attributes):
    theirs = f"sqlite:///{tmp_path / 'outside.db'}"
    outside = filled(theirs, ROWS)
    given = {"url": theirs}
    pacing = Pacing(SqlAdapter("outside", given), SECOND_COSTS[database_url.split("+")[0].split(":")[0]])
    maps = harbours(), boats(attributes=attributes, batch_size=max(5, ROWS // 200))
    world = make_world(database_url, maps, pacing, connector="sql", settings=given)
    clock = time.monotonic if GIVEN else pacing.clock
    monkeypatch.setattr(sync_progress, "EACH_SECONDS", 0.0)
    told = []
    station = world.station()
    progress = Progress(station.maps, world.engine.dialect.name, clock, lambda line: told.append((clock(), line)))
    station.progress = progress
    begun = clock()
    station.pull(station.maps)
    ended = clock()
    station.close()
    quarter = begun + (ended - begun) / 4
    later = [(at, float(found[1])) for at, line in told if at >= quarter and (found := re.search(r"(\d+) s to go", line))]
    assert len(later) > 5
    last = (ended - begun) / 10  # a batch that is read ahead counts for much there
    still = [(at, left, ended - at) for at, left in later if ended - at > last]
    wrong = [each for each in still if abs(each[1] - each[2]) > WITHIN * each[2] + ROUNDED]
    assert wrong == []
    assert passes(told) == ({"first of two", "second pass"} if attributes is not ALONE else set())
    told.clear()
    station = world.station()
    station.progress = progress
    with outside.begin() as connection:
        connection.execute(sa.update(OUTSIDE_BOATS).values(name="Anew", seq=ROWS + 1))
    station.pull(station.maps)
    station.close()
    assert told
    assert passes(told) == set()
    outside.dispose()
    world.adapter.close()
    world.engine.dispose()


def passes(told):
    """Which passes the lines about boats name."""
    return {word for _, line in told if line.startswith("boats") for word in ("first of two", "second pass") if word in line}
