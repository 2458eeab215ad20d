"""Records that are asked about while everything goes wrong at once: both sides agree in the end.

The outside refuses, hangs, drops connections and answers, and decides late; the portal's process is killed again and again.
FOYER_TEST_SUBMISSIONS says how many records are sent, FOYER_TEST_KILLS how often it is killed.
"""

import os
import random
import threading
import time
from collections import Counter

import pytest
import sqlalchemy as sa

from connectors.sample_erp.changes import change_row
from connectors.sample_erp.odata.faults import Fault, Faults
from metadata.model import AttributeMap, WriteThrough
from runtime.database import make_engine, writing
from runtime.sync.worker import prepare
from runtime.tables import create_engine_tables
from support.crashing import begin, submit_all, work
from support.harbour import boats, eventually, snapshot_of
from support.odata import BOAT, odata_outside
from support.seeds import seed

RECORDS = int(os.environ.get("FOYER_TEST_SUBMISSIONS", "40"))
KILLS = int(os.environ.get("FOYER_TEST_KILLS", "4"))
HEALED_SECONDS = 60
ASKING = boats(
    interval=0.1,
    filter=(("state", "A"),),
    change_column="modified_seq",
    attributes=(
        AttributeMap(attribute="number", column="no", direction="both"),
        AttributeMap(attribute="name", column="name", direction="both"),
    ),
    write_through=WriteThrough(
        key_column="external_id", status_column="state", accepted=("A",), refused=("L",), timeout=0.6, message_attribute="berth"
    ),
)


class Weather(Faults):
    """A tenth of the writes each are refused, hang, are lost before they are done, and after; reads too, now and then."""

    def __init__(self, chance):
        super().__init__()
        self.chance, self.fair = chance, False

    def meet(self, ask):
        if self.fair:
            return None
        drawn = self.chance.random() * (1 if ask == "write" else 4)
        for edge, kind in ((0.1, "refuse"), (0.2, "slow"), (0.3, "down"), (0.4, "lost")):
            if drawn < edge:
                return None if kind == "refuse" and ask != "write" else Fault(kind, 1, 0.8)
        return None


class Decider(threading.Thread):
    """The outside makes up its mind about each record a little later: a tenth is refused, by its name, whoever asks."""

    def __init__(self, service, chance):
        super().__init__(daemon=True)
        self.service, self.chance, self.over = service, chance, threading.Event()

    def run(self):
        while not self.over.wait(0.01 + self.chance.random() * 0.05):
            with self.service.engine.begin() as connection:
                new = sa.select(BOAT.c.no, BOAT.c.name).where(BOAT.c.external_id.is_not(None), BOAT.c.state.is_(None))
                for no, name in connection.execute(new).all():
                    change_row(connection, BOAT, no, {"state": "L" if refused_by_nature(name) else "A"})


def refused_by_nature(name):
    return int(name, 16) % 10 == 3


@pytest.mark.timeout(180 + 3 * RECORDS)
def test_both_sides_agree_whatever_happens_to_the_answers_and_to_the_portal(database_url, tmp_path):
    chance = random.Random(seed())
    with odata_outside(tmp_path / "outside.db", largest=50) as outside:
        outside.service.faults = Weather(chance)
        decider = Decider(outside.service, chance)
        decider.start()
        there = (database_url, ("odata", outside.settings(timeout="0.5"), (ASKING,)))
        world = snapshot_of(ASKING, settings=there[1][1], connector="odata")
        engine = prepared(database_url, world)
        worker = begin(work, *there)
        told = storm(there, tmp_path / "told", chance)
        outside.service.faults.fair = True
        try:
            assert eventually(lambda: not pending(engine), HEALED_SECONDS)
            eventually(lambda: agree(sides(engine, outside, world, told)), HEALED_SECONDS)
            found = sides(engine, outside, world, told)
            assert agree(found), apart(found)
        finally:
            worker.kill()
            worker.join()
            decider.over.set()
            decider.join()
        engine.dispose()
    print(Counter(told.values()))
    assert len(told) == RECORDS
    assert {"accepted", "refused"} <= set(told.values())


def prepared(url, snapshot):
    engine = make_engine(url)
    with writing(engine).begin() as connection:
        snapshot.tables.create_all(connection)
    create_engine_tables(engine)
    prepare(engine)
    return engine


def storm(there, file, chance):
    """Every person sends until an answer comes, while the portal's process is killed; what each was told."""
    keys = [f"{at:032x}" for at in range(1, RECORDS + 1)]
    kills, told, share = 0, {}, RECORDS // (KILLS + 1)
    while left := [key for key in keys if key not in told]:
        process = begin(submit_all, *there, left[:share] if kills < KILLS else left, file)
        if kills < KILLS:
            before, kills = len(told), kills + 1
            eventually(lambda before=before: len(told_by(file)) > before + share // 2, 2 + RECORDS / 20)
            time.sleep(chance.random() * 0.3)
            process.kill()
        process.join()
        told = told_by(file)
    assert kills == KILLS
    return told


def told_by(file):
    lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    return dict(line.split() for line in lines if line.endswith("\n"))


def pending(engine):
    with engine.connect() as connection:
        return connection.execute(sa.text("SELECT count(*) FROM foyer_outbox WHERE state = 'waiting'")).scalar_one()


def sides(engine, outside, snapshot, told):
    """The names that the portal has, that the outside has accepted, and that people were told: each sorted."""
    table = snapshot.entities["boat"].table
    with engine.connect() as connection:
        parked = sa.text("SELECT record_id FROM foyer_outbox WHERE state = 'parked'")
        given_up = set(connection.scalars(parked))
        names = {row.id: row.name for row in connection.execute(sa.select(table.c.id, table.c.name))}
    ours = [name for row, name in names.items() if row not in given_up]
    theirs = [row["name"] for row in outside.rows(BOAT) if row["state"] == "A"]
    taken = {key[-20:] for key, word in told.items() if word != "refused"} - {names[row] for row in given_up}
    return sorted(ours), sorted(theirs), sorted(taken)


def agree(found):
    ours, theirs, taken = found
    return ours == theirs == taken


def apart(found):
    """How often each name is in the portal, outside and among what was told, where that is not the same."""
    counts = [Counter(names) for names in found]
    return {name: tuple(one[name] for one in counts) for name in set().union(*counts) if len({one[name] for one in counts}) > 1}
