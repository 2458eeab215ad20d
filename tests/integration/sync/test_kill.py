"""A worker killed at any moment loses nothing and does nothing twice."""

import random
import time

import pytest
import sqlalchemy as sa

from runtime.database import make_engine, writing
from runtime.sync.worker import prepare
from support.harbour import boats, eventually, harbours, snapshot_of
from support.sql_outside import BOATS, OUTSIDE_BOATS, differences, filled, start

KILLS = 10


@pytest.fixture
def outside(tmp_path):
    engine = filled(f"sqlite:///{tmp_path / 'outside.db'}")
    yield engine
    engine.dispose()


@pytest.mark.timeout(180)
def test_a_worker_killed_ten_times_ends_where_one_left_alone_would(database_url, outside):
    snapshot = snapshot_of(harbours(), boats())
    engine = make_engine(database_url)
    with writing(engine).begin() as connection:
        snapshot.tables.create_all(connection)
    prepare(engine)
    chance = random.Random(20)
    for turn in range(KILLS):
        process = start(database_url, outside)
        time.sleep(0.7 + chance.random() * 0.8)
        process.kill()
        process.wait()
        rename(outside, turn, chance)
    process = start(database_url, outside)
    try:
        assert eventually(lambda: not differences(engine, outside, snapshot), 120)
    finally:
        process.terminate()
        process.wait()
    table = snapshot.entities["boat"].table
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == BOATS
        assert connection.execute(sa.text("SELECT count(*) FROM foyer_sync_reject")).scalar_one() == 0
        quiet = sa.select(sa.func.max(table.c.version)).where(table.c.name.like("Boat %"))
        assert connection.execute(quiet).scalar_one() <= 2  # made by the first pass, tied to its tender by the second
    engine.dispose()


def rename(outside, turn, chance):
    with outside.begin() as connection:
        for no in chance.sample(range(1, BOATS + 1), 20):
            values = {"name": f"Named {turn}-{no}", "seq": BOATS + 1 + turn}
            connection.execute(sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == no).values(values))
