"""A worker killed at any moment loses nothing and does nothing twice."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from runtime.database import make_engine, writing
from runtime.sync.worker import prepare
from support.harbour import boat_row, boats, harbour_row, harbours, snapshot_of

ROOT = Path(__file__).parents[3]
BOATS, KILLS = 4000, 10
OUTSIDE = sa.MetaData()
HARBOURS = sa.Table(
    "harbour",
    OUTSIDE,
    sa.Column("code", sa.String(10), primary_key=True),
    sa.Column("name", sa.String(60)),
    sa.Column("depth", sa.Float),
    sa.Column("seq", sa.Integer, index=True),
)
OUTSIDE_BOATS = sa.Table(
    "boat",
    OUTSIDE,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(60)),
    sa.Column("built", sa.Date),
    sa.Column("price", sa.Float),
    sa.Column("state", sa.String(1)),
    sa.Column("harbour", sa.String(10)),
    sa.Column("tender_of", sa.Integer),
    sa.Column("external_id", sa.String(60)),
    sa.Column("seq", sa.Integer, index=True),
)


@pytest.fixture
def outside(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'outside.db'}", connect_args={"timeout": 10})
    OUTSIDE.create_all(engine)
    codes = [f"H{at}" for at in range(40)]
    with engine.begin() as connection:
        connection.execute(sa.text("PRAGMA journal_mode=WAL"))
        connection.execute(sa.insert(HARBOURS), [{**harbour_row(code), "depth": 4.5} for code in codes])
        every = [boat_row(no, seq=no, harbour=f"H{no % 40}", tender_of=no % 50 + 1) for no in range(1, BOATS + 1)]
        connection.execute(sa.insert(OUTSIDE_BOATS), [{**row, "price": 1250.5} for row in every])
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
        free_lease(engine)
        rename(outside, turn, chance)
    process = start(database_url, outside)
    try:
        wait_until_equal(engine, outside, snapshot)
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


def start(database_url, outside):
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-m", "support.sync_process", database_url, str(outside.url), "15"]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, stderr=subprocess.DEVNULL)


def free_lease(engine):
    """What the end of its time would do in half a minute."""
    with writing(engine).begin() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_lease SET expires_at = 0"))


def rename(outside, turn, chance):
    with outside.begin() as connection:
        for no in chance.sample(range(1, BOATS + 1), 20):
            values = {"name": f"Named {turn}-{no}", "seq": BOATS + 1 + turn}
            connection.execute(sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == no).values(values))


def wait_until_equal(engine, outside, snapshot):
    table = snapshot.entities["boat"].table
    tender = table.alias()
    ours = sa.select(table.c.number, table.c.name, tender.c.number).outerjoin(tender, table.c.tender_of == tender.c.id)
    theirs = sa.select(OUTSIDE_BOATS.c.no, OUTSIDE_BOATS.c.name, OUTSIDE_BOATS.c.tender_of)
    with outside.connect() as connection:
        wanted = {tuple(row) for row in connection.execute(theirs)}
    end = time.monotonic() + 120
    found = set()
    while found != wanted and time.monotonic() < end:
        time.sleep(0.3)
        with engine.connect() as connection:
            found = {tuple(row) for row in connection.execute(ours)}
    assert len(wanted - found) == 0
    assert found == wanted
