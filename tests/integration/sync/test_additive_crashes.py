"""What both sides add counts once each, however often the worker is killed and the line to the outside is cut.

FOYER_TEST_KILLS and FOYER_TEST_CUTS say how often, FOYER_TEST_CUT_SECONDS for how long a line is cut at most.
"""

import os
import random
import time
from collections import defaultdict
from decimal import Decimal

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
from support.proxy import WAYS, Proxy
from support.seeds import seed
from support.sql_outside import OUTSIDE_BOATS, filled

KILLS = int(os.environ.get("FOYER_TEST_KILLS", "8"))
CUTS = int(os.environ.get("FOYER_TEST_CUTS", "3"))
CUT_SECONDS = float(os.environ.get("FOYER_TEST_CUT_SECONDS", "1"))
HEALED_SECONDS = 60
BOATS = 12
START = Decimal("1250.5")
ADDED = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name"),
    AttributeMap(attribute="price", column="price", direction="both", conflict="additive"),
)
LISTENERS = Listeners((keep_outbox,))


class Sides:
    """Both sides, what both have added, and a worker that may end at any moment."""

    def __init__(self, database_url, outside, address):
        settings = {"url": address}
        self.maps = (boats(attributes=ADDED, receipt_column="external_id", interval=0.05),)
        self.snapshot = snapshot_of(*self.maps, settings=settings, connector="sql")
        self.engine, self.outside = make_engine(database_url), outside
        self.there = (database_url, ("sql", settings, self.maps))
        with writing(self.engine).begin() as connection:
            self.snapshot.tables.create_all(connection)
        prepare(self.engine)
        self.sums = defaultdict(Decimal, dict.fromkeys(range(1, BOATS + 1), START))

    def begin(self):
        return begin(work, *self.there)

    def edit(self, chance):
        """Somebody adds to a boat on each side."""
        self.theirs(chance.randint(1, BOATS), Decimal(chance.choice((1, 1, -1, 2))))
        self.ours(chance.randint(1, BOATS), Decimal(chance.choice((1, 1, -1, 2))))

    def ours(self, no, more):
        table = self.snapshot.entities["boat"].table
        chosen = sa.select(table.c.id, table.c.version, table.c.price).where(table.c.number == no).with_for_update()
        with writing(self.engine).begin() as connection:
            row = connection.execute(chosen).one()
            system, values = Principal.system("portal"), {"price": row.price + more}
            update(connection, self.snapshot, system, "boat", row.id, row.version, values, listeners=LISTENERS)
        self.sums[no] += more

    def theirs(self, no, more):
        latest = sa.select(sa.func.max(OUTSIDE_BOATS.c.seq) + 1).scalar_subquery()
        values = {"price": OUTSIDE_BOATS.c.price + float(more), "seq": latest}
        # A worker whose line is cut may hold the row until the line is there again: then nobody adds to it.
        free = sa.select(OUTSIDE_BOATS.c.no).where(OUTSIDE_BOATS.c.no == no).with_for_update(skip_locked=True)
        with self.outside.begin() as connection:
            if connection.scalar(free) is None:
                return
            connection.execute(sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == no).values(values))
        self.sums[no] += more

    def told(self):
        table = self.snapshot.entities["boat"].table
        with self.engine.connect() as here, self.outside.connect() as there:
            ours = dict(here.execute(sa.select(table.c.number, table.c.price)).all())
            theirs = there.execute(sa.select(OUTSIDE_BOATS.c.no, OUTSIDE_BOATS.c.price)).all()
            return ours, {no: Decimal(str(price)) for no, price in theirs}, count_owed(here)

    def in_step(self):
        return self.told() == (self.sums, self.sums, {})


@pytest.mark.timeout(180 + 10 * KILLS)
def test_a_worker_killed_at_any_moment_has_added_each_difference_once(database_url, outside_sqlite):
    outside = filled(outside_sqlite, BOATS)
    sides, chance = Sides(database_url, outside, outside_sqlite), random.Random(seed())
    worker = sides.begin()
    assert eventually(sides.in_step, HEALED_SECONDS)
    for _ in range(KILLS):
        until = time.monotonic() + chance.random()
        while time.monotonic() < until:
            sides.edit(chance)
        worker.kill()
        worker.join()
        sides.edit(chance)
        worker = sides.begin()
    try:
        assert eventually(sides.in_step, HEALED_SECONDS), (sides.sums, sides.told())
    finally:
        worker.kill()
        worker.join()
        sides.engine.dispose()
        outside.dispose()


@pytest.mark.timeout(180 + int(CUTS * (CUT_SECONDS + HEALED_SECONDS)))
def test_a_line_that_is_cut_over_and_over_has_added_each_difference_once(database_url, outside_pg):
    outside, address = filled(outside_pg, BOATS), sa.make_url(outside_pg)
    proxy = Proxy(address.host, address.port or 5432)
    through = address.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
    sides, chance = Sides(database_url, outside, through), random.Random(seed())
    worker = sides.begin()
    try:
        assert eventually(sides.in_step, HEALED_SECONDS)
        for turn in range(CUTS):
            until = time.monotonic() + 0.3
            while time.monotonic() < until:
                sides.edit(chance)
            proxy.cut(WAYS[(turn + 1) % len(WAYS)], loses=chance.random() < 0.7)
            until = time.monotonic() + chance.random() * CUT_SECONDS
            while time.monotonic() < until:
                sides.edit(chance)
            proxy.heal()
            assert eventually(sides.in_step, HEALED_SECONDS), (sides.sums, sides.told())
    finally:
        worker.kill()
        worker.join()
        proxy.close()
        sides.engine.dispose()
        outside.dispose()
