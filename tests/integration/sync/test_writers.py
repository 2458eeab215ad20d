"""Changes of many writers at once all go out, once and in order, although they are committed in another order than written.

FOYER_TEST_WRITES says how many changes there are, FOYER_TEST_KILLS how often the worker that sends them is killed.
"""

import os
import random
import threading
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
from support.harbour import boats, eventually, snapshot_of
from support.seeds import seed
from support.sql_outside import filled

WRITERS = 8
WRITES = int(os.environ.get("FOYER_TEST_WRITES", "320"))
KILLS = int(os.environ.get("FOYER_TEST_KILLS", "4"))
BOATS = 40
LATEST = 0.02
"""Seconds that a transaction may take from its change to its commit."""
OUTWARD = (AttributeMap(attribute="number", column="no"), AttributeMap(attribute="name", column="name", direction="both"))
LISTENERS = Listeners((keep_outbox,))


@pytest.fixture
def outside(tmp_path):
    """The boats outside, and a note of each name that one of them is given."""
    engine = filled(f"sqlite:///{tmp_path / 'outside.db'}", BOATS)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE given (at INTEGER PRIMARY KEY AUTOINCREMENT, no INTEGER, name TEXT)"))
        body = "INSERT INTO given (no, name) VALUES (NEW.no, NEW.name)"
        connection.execute(sa.text(f"CREATE TRIGGER note AFTER UPDATE OF name ON boat BEGIN {body}; END"))
    yield engine
    engine.dispose()


@pytest.mark.timeout(180 + WRITES // 10 + 10 * KILLS)
def test_no_change_is_skipped_whoever_commits_first_and_however_often_the_relay_is_killed(database_url, outside):
    settings = {"url": outside.url.render_as_string(hide_password=False)}
    maps = (boats(attributes=OUTWARD),)
    snapshot = snapshot_of(*maps, settings=settings, connector="sql")
    engine = make_engine(database_url)
    with writing(engine).begin() as connection:
        snapshot.tables.create_all(connection)
    prepare(engine)
    relay = begin(work, database_url, ("sql", settings, maps))
    table = snapshot.entities["boat"].table
    assert eventually(lambda: counted(engine, table) == BOATS)
    written = {}
    writers = [
        threading.Thread(target=write, args=(engine, snapshot, writer, random.Random(seed() + writer), written))
        for writer in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    chance = random.Random(seed())
    for turn in range(KILLS):
        assert eventually(lambda turn=turn: amount(written) >= WRITES * turn // KILLS, 60 + WRITES / KILLS)
        time.sleep(0.2 + chance.random() * 0.6)
        relay.kill()
        relay.join()
        relay = begin(work, database_url, ("sql", settings, maps))
    for writer in writers:
        writer.join()
    try:
        assert eventually(lambda: not waiting(engine), 60 + WRITES / 20)
    finally:
        relay.kill()
        relay.join()
    assert amount(written) == WRITES // WRITERS * WRITERS
    assert given(outside) == written
    engine.dispose()


def write(engine, snapshot, writer, chance, written):
    """Change boats that are this writer's own, each change in a transaction that commits after a while."""
    table = snapshot.entities["boat"].table
    system = Principal.system("portal")
    for turn in range(WRITES // WRITERS):
        number = chance.choice(range(writer + 1, BOATS + 1, WRITERS))
        name = f"W{writer}-{turn}"
        with writing(engine).begin() as connection:
            chosen = sa.select(table.c.id, table.c.version).where(table.c.number == number).with_for_update()
            row = connection.execute(chosen).one()
            update(connection, snapshot, system, "boat", row.id, row.version, {"name": name}, listeners=LISTENERS)
            time.sleep(chance.random() * (LATEST if engine.dialect.name == "postgresql" else LATEST / WRITERS))
        written.setdefault(number, []).append(name)


def amount(written):
    """How many changes were committed so far."""
    return sum(map(len, list(written.values())))


def counted(engine, table):
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def waiting(engine):
    with engine.connect() as connection:
        return count_owed(connection)


def given(outside):
    """The names that each boat was given, in order."""
    found = {}
    with outside.connect() as connection:
        for no, name in connection.execute(sa.text("SELECT no, name FROM given ORDER BY at")):
            found.setdefault(no, []).append(name)
    return found
