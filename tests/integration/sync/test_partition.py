"""The line to the outside is cut, one way or both, over and over: afterwards both sides are the same, and nobody had to help.

FOYER_TEST_CUTS says how often, FOYER_TEST_CUT_SECONDS for how long at most.
"""

import os
import random
import time

import pytest
import sqlalchemy as sa

from connectors.outbox import count_owed
from connectors.sql.installing import plan_tracking
from connectors.tablemap import compiled_maps
from connectors.tables import checkpoint
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.database import make_engine, writing
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync.listener import keep_outbox
from runtime.sync.worker import prepare
from support.crashing import begin, work
from support.harbour import boats, eventually, snapshot_of
from support.proxy import WAYS, Proxy
from support.seeds import seed
from support.sql_outside import OUTSIDE_BOATS, filled

CUTS = int(os.environ.get("FOYER_TEST_CUTS", "3"))
CUT_SECONDS = float(os.environ.get("FOYER_TEST_CUT_SECONDS", "1"))
HEALED_SECONDS = float(os.environ.get("FOYER_TEST_HEALED_SECONDS", "60"))
PACE_SECONDS = 0.02
"""Between two changes, so that the backlog of a cut does not depend on how fast the machine is."""
BOATS = 60
BOTH = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name"),
    AttributeMap(attribute="berth", column="external_id", direction="both"),
)
LISTENERS = Listeners((keep_outbox,))


@pytest.mark.parametrize("told", ["column", "triggers"])
@pytest.mark.timeout(180 + int(CUTS * (CUT_SECONDS + HEALED_SECONDS)))
def test_both_sides_are_the_same_soon_after_the_line_is_whole_again(database_url, outside_pg, told):
    outside, address = filled(outside_pg, BOATS), sa.make_url(outside_pg)
    proxy = Proxy(address.host, address.port or 5432)
    through = address.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
    how = {"change_column": "", "tracking": "triggers"} if told == "triggers" else {}
    maps = (boats(attributes=BOTH, interval=0.1, **how),)
    snapshot = snapshot_of(*maps, settings={"url": through}, connector="sql")
    if told == "triggers":
        plan_tracking("outside", {"url": outside_pg}, compiled_maps(snapshot), run=True)
    engine = make_engine(database_url)
    with writing(engine).begin() as connection:
        snapshot.tables.create_all(connection)
    prepare(engine)
    chance = random.Random(seed())
    worker = begin(work, database_url, ("sql", {"url": through}, maps))
    try:
        assert eventually(lambda: same(engine, outside, snapshot), HEALED_SECONDS)
        for turn in range(CUTS):
            proxy.cut(WAYS[turn % len(WAYS)], loses=chance.random() < 0.5)
            until = time.monotonic() + chance.random() * CUT_SECONDS
            while time.monotonic() < until:
                change_outside(outside, turn, chance)
                change_ours(engine, snapshot, turn, chance)
                time.sleep(PACE_SECONDS)
            proxy.heal()
            healed = eventually(lambda: same(engine, outside, snapshot), HEALED_SECONDS)
            assert healed, f"cut {turn}: not healed\n{apart(engine, outside, snapshot)}"
            assert worker.is_alive()
    finally:
        worker.kill()
        worker.join()
        proxy.close()
        engine.dispose()
        outside.dispose()


def change_outside(outside, turn, chance):
    no = chance.randint(1, BOATS)
    with outside.begin() as connection:
        values = {
            "name": f"N{turn}-{chance.random():.6f}",
            "seq": sa.select(sa.func.max(OUTSIDE_BOATS.c.seq) + 1).scalar_subquery(),
        }
        connection.execute(sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == no).values(values))


def change_ours(engine, snapshot, turn, chance):
    table = snapshot.entities["boat"].table
    with writing(engine).begin() as connection:
        chosen = sa.select(table.c.id, table.c.version).where(table.c.number == chance.randint(1, BOATS)).with_for_update()
        row = connection.execute(chosen).one()
        values, system = {"berth": f"B{turn}-{chance.random():.6f}"}, Principal.system("portal")
        update(connection, snapshot, system, "boat", row.id, row.version, values, listeners=LISTENERS)


def same(engine, outside, snapshot):
    """Whether both sides have the same rows and nothing waits."""
    with engine.connect() as here:
        if count_owed(here):
            return False
    ours, theirs = rows(engine, outside, snapshot)
    return ours == theirs


def rows(engine, outside, snapshot):
    table = snapshot.entities["boat"].table
    ours = sa.select(table.c.number, table.c.name, table.c.berth).order_by(table.c.number)
    theirs = sa.select(*(OUTSIDE_BOATS.c[name] for name in ("no", "name", "external_id"))).order_by(OUTSIDE_BOATS.c.no)
    with engine.connect() as here, outside.connect() as there:
        return [tuple(row) for row in here.execute(ours)], [tuple(row) for row in there.execute(theirs)]


def apart(engine, outside, snapshot):
    """What differs, what is owed, and how the maps stand, for whoever reads of a failure."""
    ours, theirs = rows(engine, outside, snapshot)
    differing = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
    with engine.connect() as here:
        owed = here.execute(sa.text("SELECT state, reason, attempts, retry_at FROM foyer_outbox WHERE state <> 'delivered'"))
        maps = here.execute(sa.select(checkpoint))
        return f"{differing}\n{owed.all()}\n{maps.mappings().all()}"
