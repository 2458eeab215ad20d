"""Who looks while rows come never sees a line without its header, nor half of what one transaction changed in a table.

FOYER_TEST_POLLS says how often somebody looks.
"""

import os
import random
import threading

import pytest
import sqlalchemy as sa

from connectors.sql.installing import plan_tracking
from connectors.tablemap import compiled_maps
from metadata.model import AttributeMap
from runtime.database import make_engine, writing
from runtime.sync.worker import Worker, prepare
from support.harbour import boat_row, boats, eventually, harbour_row, harbours, snapshot_of
from support.sql_outside import HARBOURS, OUTSIDE_BOATS, filled

POLLS = int(os.environ.get("FOYER_TEST_POLLS", "150"))
LINES = 4
NEWEST = 50
"""How many of the newest orders are looked at: all of them would be more with every look."""
TRACKED = {"change_column": "", "tracking": "triggers", "interval": 0.05}
NAMED = (AttributeMap(attribute="number", column="no"), AttributeMap(attribute="name", column="name"))


class Scene:
    """An outside with triggers, a worker that reads it, and whoever changes it until nobody looks any more."""

    def __init__(self, ours, theirs, *maps):
        self.outside = filled(theirs, 2 * LINES)
        self.snapshot = snapshot_of(*maps, settings={"url": theirs}, connector="sql")
        plan_tracking("outside", {"url": theirs}, compiled_maps(self.snapshot), run=True)
        self.engine = make_engine(ours)
        with writing(self.engine).begin() as connection:
            self.snapshot.tables.create_all(connection)
        prepare(self.engine)
        self.stop, self.over = threading.Event(), threading.Event()
        self.worker = threading.Thread(target=Worker(self.engine, lambda: self.snapshot, self.stop).run)
        self.worker.start()

    def ours(self, asked):
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(asked)]

    def theirs(self, asked):
        with self.outside.connect() as connection:
            return [tuple(row) for row in connection.execute(asked)]

    def change(self, write):
        """Change what is outside over and over, each time in a transaction, in a thread of its own."""

        def go_on():
            turn = 0
            while not self.over.wait(0.01):
                turn += 1
                with self.outside.begin() as connection:
                    write(connection, turn)

        self.changing = threading.Thread(target=go_on)
        self.changing.start()

    def rest(self):
        self.over.set()
        self.changing.join()

    def close(self):
        self.over.set()
        self.stop.set()
        self.worker.join()
        self.engine.dispose()
        self.outside.dispose()


@pytest.fixture
def scene(database_url, outside_sqlite, request):
    """On PostgreSQL both sides are, and on SQLite both sides are."""
    made = []
    theirs = outside_sqlite if database_url.startswith("sqlite") else request.getfixturevalue("outside_pg")

    def make(*maps):
        made.append(Scene(database_url, theirs, *maps))
        return made[-1]

    yield make
    for found in made:
        found.close()


@pytest.mark.timeout(180 + POLLS)
def test_no_line_is_seen_without_its_header(scene):
    there = scene(harbours(**TRACKED), boats(**TRACKED))
    table, header = there.snapshot.entities["boat"].table, there.snapshot.entities["harbour"].table
    lines = sa.select(table.c.number, header.c.code).select_from(table.outerjoin(header, table.c.harbour == header.c.id))
    newest = lines.order_by(table.c.number.desc()).limit(NEWEST * LINES)

    def order(connection, turn):
        """A header with its lines; the lines are written first."""
        rows = [boat_row(1000 * turn + at, harbour=f"N{turn}") for at in range(LINES)]
        connection.execute(sa.insert(OUTSIDE_BOATS), [{**row, "price": 1.5} for row in rows])
        connection.execute(sa.insert(HARBOURS), [{**harbour_row(f"N{turn}"), "depth": 1.5}])

    assert eventually(lambda: len(there.ours(lines)) == 2 * LINES)
    there.change(order)
    for _ in range(POLLS):
        seen = there.ours(newest)
        assert [number for number, code in seen if code is None or (number > 1000 and code != f"N{number // 1000}")] == []
    there.rest()
    every = there.theirs(sa.select(sa.func.count()).select_from(OUTSIDE_BOATS))[0][0]
    assert eventually(lambda: len(there.ours(lines)) == every, 60)
    assert every > 2 * LINES


@pytest.mark.timeout(180 + POLLS)
def test_what_one_transaction_changes_in_a_table_is_seen_at_once(scene):
    there = scene(boats(**TRACKED, attributes=NAMED))
    table = there.snapshot.entities["boat"].table
    names = sa.select(table.c.name).order_by(table.c.number)
    chance = random.Random(7)

    def rename(connection, turn):
        """All boats get one name, in some order."""
        numbers = list(range(1, 2 * LINES + 1))
        chance.shuffle(numbers)
        for no in numbers:
            connection.execute(sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == no).values(name=f"T{turn}"))

    assert eventually(lambda: len(there.ours(names)) == 2 * LINES)
    there.change(rename)
    assert eventually(lambda: there.ours(names)[0][0].startswith("T"))
    seen = set()

    def looked():
        for _ in range(POLLS):
            found = set(there.ours(names))
            assert len(found) == 1, found
            seen.update(found)
        return len(seen) > 1

    assert eventually(looked, 60)
    there.rest()
    assert eventually(lambda: there.ours(names) == there.theirs(sa.select(OUTSIDE_BOATS.c.name)))
