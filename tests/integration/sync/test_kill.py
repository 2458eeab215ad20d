"""A worker killed at any moment loses nothing and does nothing twice, in both directions.

FOYER_TEST_KILLS says how often it is killed, FOYER_TEST_SYNC_ROWS how many rows are loaded meanwhile; a fifth as many change.
"""

import os
import random
import time

import pytest
import sqlalchemy as sa

from connectors.outbox import count_owed
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.database import make_engine, writing
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync.listener import keep_outbox
from runtime.sync.worker import prepare
from support.crashing import begin, work
from support.harbour import boats, eventually, harbours, snapshot_of
from support.seeds import seed
from support.sql_outside import OUTSIDE_BOATS, differences, effects, filled, note_effects

KILLS = int(os.environ.get("FOYER_TEST_KILLS", "8"))
ROWS = int(os.environ.get("FOYER_TEST_SYNC_ROWS", "1500"))
CHANGES = ROWS // 5 // KILLS
SIZES = {"batch_size": max(10, ROWS // 300), "interval": 0.05}
PRICED = tuple(
    AttributeMap(attribute="price", column="price", direction="both") if item.attribute == "price" else item
    for item in boats().attributes
)
LISTENERS = Listeners((keep_outbox,))


@pytest.fixture
def outside(tmp_path):
    engine = filled(f"sqlite:///{tmp_path / 'outside.db'}", ROWS)
    note_effects(engine, "price")
    yield engine
    engine.dispose()


@pytest.mark.timeout(120 + 10 * KILLS + ROWS // 50)
def test_a_worker_killed_at_any_moment_ends_where_one_left_alone_would(database_url, outside):
    settings = {"url": outside.url.render_as_string(hide_password=False)}
    maps = harbours(**SIZES), boats(**SIZES, attributes=PRICED)
    snapshot = snapshot_of(*maps, settings=settings, connector="sql")
    engine = make_engine(database_url)
    with writing(engine).begin() as connection:
        snapshot.tables.create_all(connection)
    prepare(engine)
    chance, edited = random.Random(seed()), set()
    for turn in range(KILLS):
        process = begin(work, database_url, ("sql", settings, maps))
        time.sleep(chance.random() * (0.6 + ROWS / 50_000))
        rename(outside, turn, chance)
        edited |= edit(engine, snapshot, chance, edited)
        time.sleep(chance.random() * 0.2)
        process.kill()
        process.join()
    process = begin(work, database_url, ("sql", settings, maps))
    try:
        assert eventually(lambda: not owed(engine) and not differences(engine, outside, snapshot), 60 + ROWS / 500)
    finally:
        process.kill()
        process.join()
    each_effect_once(engine, outside, snapshot, edited)
    engine.dispose()


def rename(outside, turn, chance):
    with outside.begin() as connection:
        for no in chance.sample(range(1, ROWS + 1), CHANGES):
            values = {"name": f"Named {turn}-{no}", "seq": ROWS + 1 + turn}
            connection.execute(sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == no).values(values))


def edit(engine, snapshot, chance, edited):
    """Change some boats of ours that were not changed before; their numbers."""
    table = snapshot.entities["boat"].table
    with engine.connect() as connection:
        there = [
            row for row in connection.execute(sa.select(table.c.id, table.c.number).limit(300)) if row.number not in edited
        ]
    chosen = chance.sample(there, min(len(there), 5))
    for row in chosen:
        with writing(engine).begin() as connection:
            version = connection.scalars(sa.select(table.c.version).where(table.c.id == row.id).with_for_update()).one()
            values, system = {"price": row.number + 1}, Principal.system("portal")
            update(connection, snapshot, system, "boat", row.id, version, values, listeners=LISTENERS)
    return {row.number for row in chosen}


def owed(engine):
    with engine.connect() as connection:
        return count_owed(connection)


def each_effect_once(engine, outside, snapshot, edited):
    """The rows are there once, no version was counted twice, and nothing was sent twice."""
    table = snapshot.entities["boat"].table
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == ROWS
        assert connection.execute(sa.text("SELECT count(*) FROM foyer_sync_reject")).scalar_one() == 0
        counted = sa.text("SELECT sum(inserted), sum(updated) FROM foyer_sync_batch WHERE map = 'boats'")
        inserted, updated = connection.execute(counted).one()
        versions = connection.execute(sa.select(sa.func.sum(table.c.version - 1))).scalar_one()
    assert (inserted, updated + len(edited)) == (ROWS, versions)
    assert effects(outside) == dict.fromkeys(edited, 1)
