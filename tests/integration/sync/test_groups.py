"""Maps of a group: of what one transaction outside changes in several tables all is seen at once here, or nothing.

FOYER_TEST_POLLS says how often somebody looks, FOYER_TEST_SYNC_ROWS how many rows the largest transaction changes.
"""

import os
import random
import re
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from connectors.checkpoint import begin_at
from connectors.sql import decoding
from connectors.sql.adapter import SqlAdapter
from connectors.sql.installing import plan_tracking
from connectors.sql.tracked import fill_cursor
from connectors.tablemap import compiled_map, compiled_maps
from metadata.model import AttributeMap, Connection
from metadata.store import MetadataStore
from runtime.cli.sync import command
from runtime.database import make_engine
from runtime.sync import steering
from support.crashing import KILLED, begin, ended, turn, work
from support.harbour import BOAT, HARBOUR, STATE, boat_row, boats, eventually, harbour_row, harbours, make_world
from support.scene import LINES, TRACKED, Scene
from support.sql_outside import HARBOURS, OUTSIDE_BOATS, filled

ROWS = int(os.environ.get("FOYER_TEST_SYNC_ROWS", "1500"))
MOST_MEMORY = 256_000
"""Kilobytes that a worker may take."""
POLLS = int(os.environ.get("FOYER_TEST_POLLS", "150"))
GROUPED = {**TRACKED, "group": "papers", "delete": "delete"}
LINED = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name"),
    AttributeMap(attribute="price", column="price"),
    AttributeMap(attribute="harbour", column="harbour", lookup_key=("code",)),
    AttributeMap(attribute="tender_of", column="tender_of", lookup_key=("number",)),
)
SIDES = {
    "sqlite": ("sqlite_url", "outside_sqlite", "triggers"),
    "postgresql": ("pg_url", "outside_pg", "triggers"),
    "postgresql log": ("pg_url", "log_url", "log"),
    "mariadb": ("sqlite_url", "outside_mariadb", "triggers"),
}


@pytest.fixture(params=SIDES)
def scene_of(request):
    """Makes a scene over each kind of outside."""
    *sides, tracking = SIDES[request.param]
    ours, theirs = (request.getfixturevalue(name) for name in sides)
    made = []

    def make(*maps):
        made.append(Scene(ours, theirs, *(replace(item, tracking=tracking) for item in maps)))
        return made[-1]

    yield make
    for found in made:
        found.close()


class Pair:
    """An outside whose harbours and boats are a group, and our side, which pulls when it is told to."""

    def __init__(self, ours, theirs, tracking, boats_outside=2 * LINES, **more):
        self.database, self.outside, self.tracking = ours, filled(theirs, boats_outside), tracking
        maps = boats(**{**GROUPED, "attributes": LINED, "batch_size": 3, **more}), harbours(**GROUPED, batch_size=2)
        self.maps = tuple(replace(item, tracking=tracking) for item in maps)
        self.settings = {"url": theirs}
        self.change(sa.update(OUTSIDE_BOATS).values(tender_of=1))
        self.world = make_world(ours, self.maps, SqlAdapter("outside", self.settings), connector="sql", settings=self.settings)
        self.install()

    def install(self):
        return plan_tracking("outside", self.settings, compiled_maps(self.world.snapshot), run=True)

    def change(self, *statements):
        """Run statements outside, in one transaction."""
        with self.outside.begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement) if isinstance(statement, str) else statement)

    def ours(self):
        """Our harbours, and our boats with theirs."""
        header, line = (self.world.snapshot.entities[name].table for name in ("harbour", "boat"))
        lines = sa.select(line.c.number, line.c.name, line.c.price, header.c.code)
        with self.world.engine.connect() as connection:
            headers = connection.execute(sa.select(header.c.code, header.c.name, header.c.depth).order_by(header.c.code))
            joined = lines.outerjoin(header, line.c.harbour == header.c.id).order_by(line.c.number)
            return [tuple(row) for row in headers], [tuple(row) for row in connection.execute(joined)]

    def theirs(self):
        """The same outside."""
        header, line = HARBOURS.c, OUTSIDE_BOATS.c
        with self.outside.connect() as connection:
            headers = connection.execute(sa.select(header.code, header.name, header.depth).order_by(header.code))
            lines = connection.execute(sa.select(line.no, line.name, line.price, line.harbour).order_by(line.no))
            return [tuple(row) for row in headers], [tuple(row) for row in lines]

    def versions(self):
        """How often each of our rows was written."""
        return [version for entity in ("harbour", "boat") for (version,) in self.world.rows(entity, "version")]

    def pull(self):
        """The outcomes by map."""
        return {name: (run.outcome, run.message) for name, run in self.world.pull().items()}

    def close(self):
        self.world.adapter.close()
        self.world.engine.dispose()
        self.outside.dispose()


@pytest.fixture(params=SIDES)
def pair_of(request):
    """Makes a pair over each kind of outside; loaded."""
    *sides, tracking = SIDES[request.param]
    ours, theirs = (request.getfixturevalue(name) for name in sides)
    made = []

    def make(**more):
        made.append(Pair(ours, theirs, tracking, **more))
        made[-1].pull()
        assert made[-1].ours() == made[-1].theirs()
        return made[-1]

    yield make
    for found in made:
        found.close()


EVERY = sa.update(OUTSIDE_BOATS).values(price=OUTSIDE_BOATS.c.price + 1), sa.update(HARBOURS).values(depth=HARBOURS.c.depth + 1)


def order(connection, turn):
    """A header whose depth is what its lines come to, below zero; the lines are written first."""
    rows = [boat_row(1000 * turn + at, harbour=f"N{turn}") for at in range(LINES)]
    connection.execute(sa.insert(OUTSIDE_BOATS), [{**row, "price": turn % 7 + 1} for row in rows])
    connection.execute(sa.insert(HARBOURS), [{**harbour_row(f"N{turn}"), "depth": -LINES * (turn % 7 + 1)}])


def transfer(connection, turn):
    """As much as is taken from one table is given to the other, in several rows of each."""
    for at in range(LINES):
        connection.execute(sa.update(HARBOURS).where(HARBOURS.c.code == f"H{at}").values(depth=HARBOURS.c.depth - turn))
        changed = sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == at + 1)
        connection.execute(changed.values(price=OUTSIDE_BOATS.c.price + turn))


def withdraw(connection, turn):
    """A header goes with its lines."""
    connection.execute(sa.delete(HARBOURS).where(HARBOURS.c.code == f"N{turn}"))
    connection.execute(sa.delete(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.harbour == f"N{turn}"))


def far_behind(connection, tracking):
    """Whether much waits outside that was not read."""
    if tracking == "log":
        slots = "FROM pg_replication_slots WHERE slot_name LIKE 'foyer%boats%' AND database = current_database()"
        return connection.execute(sa.text(f"SELECT pg_current_wal_lsn() - confirmed_flush_lsn > 500000 {slots}")).scalar_one()
    return connection.execute(sa.text("SELECT count(*) FROM foyer_change_boats")).scalar_one() > 200


@pytest.mark.timeout(180 + POLLS)
def test_half_a_transaction_is_never_seen(scene_of):
    there = scene_of(boats(**GROUPED, attributes=LINED, batch_size=3), harbours(**GROUPED, batch_size=2))
    line, header = there.snapshot.entities["boat"].table, there.snapshot.entities["harbour"].table
    lined = sa.select(header.c.code).join(line, line.c.harbour == header.c.id, isouter=True).where(header.c.code.like("N%"))
    broken = lined.group_by(header.c.code, header.c.depth).having(
        sa.or_(sa.func.count(line.c.id) != LINES, sa.func.sum(line.c.price) != -header.c.depth)
    )
    lonely = sa.select(line.c.number).where(line.c.harbour.is_(None)).limit(1)
    looked = sa.select(
        sa.select(sa.func.sum(header.c.depth)).scalar_subquery() + sa.select(sa.func.sum(line.c.price)).scalar_subquery(),
        sa.exists(broken),
        sa.exists(lonely),
        sa.select(sa.func.sum(line.c.price)).scalar_subquery(),
    )
    chance = random.Random(5)

    def trade(connection, turn):
        if far_behind(connection, there.snapshot.table_maps["boats"].tracking):
            return  # whoever writes faster than is read would be waited for at the end
        order(connection, turn)
        if chance.random() < 0.5:
            transfer(connection, turn)
        if turn > 3:
            withdraw(connection, turn - 3)

    def same():
        return there.ours(sa.select(header.c.code, header.c.depth).order_by(header.c.code)) == [
            (code, depth)
            for code, depth in there.theirs(sa.select(HARBOURS.c.code, HARBOURS.c.depth).order_by(HARBOURS.c.code))
        ] and there.ours(sa.select(line.c.number, line.c.price).order_by(line.c.number)) == there.theirs(
            sa.select(OUTSIDE_BOATS.c.no, OUTSIDE_BOATS.c.price).order_by(OUTSIDE_BOATS.c.no)
        )

    assert eventually(same)
    total = there.ours(looked)[0][0]
    there.change(trade)
    seen = set()

    def look():
        for _ in range(POLLS):
            found = there.ours(looked)[0]
            assert found[:3] == (total, False, False), found
            seen.add(found[3])
        return len(seen) > 2

    assert eventually(look, 60)
    there.rest()
    assert eventually(same)


@pytest.mark.timeout(180)
def test_a_worker_killed_anywhere_leaves_all_of_a_transaction_or_nothing_and_it_counts_once(pair_of):
    pair = pair_of()
    for point, times in (("read", 1), ("applying", 22), ("commit", 1), ("committed", 1)):
        before, versions = pair.ours(), pair.versions()
        pair.change(*EVERY)
        assert ended(begin(turn, pair.database, ("sql", pair.settings, pair.maps), point, times)) == KILLED, [
            pair.world.checkpoint(name).problem for name in ("boats", "harbours")
        ]
        assert pair.ours() == (pair.theirs() if point == "committed" else before), point
        pair.pull()
        assert pair.ours() == pair.theirs(), point
        assert pair.versions() == [version + 1 for version in versions], point


def test_a_row_that_is_refused_stays_behind_and_its_neighbours_come(pair_of):
    pair = pair_of()
    pair.change(
        "UPDATE harbour SET depth = 9 WHERE code = 'H1'",
        "UPDATE boat SET name = 'far too long a name for a boat' WHERE no = 1",
        "UPDATE boat SET price = 9 WHERE no = 2",
    )
    assert pair.pull() == {"harbours": ("done", ""), "boats": ("done", "")}
    headers, lines = pair.ours()
    assert (headers[1][2], lines[0][1], lines[1][2]) == (9, "Boat 1", 9)
    assert [(item.key, item.code) for item in pair.world.rejects()] == [("1", "length")]
    pair.change("UPDATE boat SET name = 'short' WHERE no = 1")
    pair.pull()
    assert (pair.ours(), pair.world.rejects()) == (pair.theirs(), [])


def test_rows_that_point_at_what_comes_after_them_or_goes_with_them_need_no_second_pull(pair_of):
    pair = pair_of()
    chain = [{**boat_row(no, harbour="X"), "price": 1, "tender_of": no + 1 if no < 110 else None} for no in range(100, 111)]
    pair.change(sa.insert(OUTSIDE_BOATS).values(chain), sa.insert(HARBOURS).values({**harbour_row("X"), "depth": 1}))
    pair.pull()
    assert (pair.ours(), pair.world.rejects()) == (pair.theirs(), [])
    tenders = dict(pair.world.rows("boat", "id", "tender_of"))
    assert sum(tender is not None for tender in tenders.values()) == 2 * LINES + 10
    pair.change(
        "DELETE FROM harbour WHERE code = 'X'",
        "DELETE FROM boat WHERE no > 100",
        "UPDATE boat SET harbour = 'H1', tender_of = 1",
    )
    pair.pull()
    assert (pair.ours(), pair.world.rejects(), pair.world.rejects("harbours")) == (pair.theirs(), [], [])


@pytest.mark.parametrize("more", [{}, {"group": "", "batch_size": 50}], ids=["group, in pages", "one map, one page"])
def test_a_row_that_points_at_itself_and_rows_in_a_circle_need_no_second_pull(pair_of, more):
    pair = pair_of(**more)
    circle = {100: 101, 101: 102, 102: 103, 103: 104, 104: 100, 105: 105, 106: 103}
    rows = [{**boat_row(no, harbour="H1"), "price": 1, "tender_of": tender} for no, tender in circle.items()]
    pair.change(sa.insert(OUTSIDE_BOATS).values(rows))
    pair.pull()
    assert (pair.ours(), pair.world.rejects()) == (pair.theirs(), [])
    numbers = dict(pair.world.rows("boat", "id", "number"))
    assert circle.items() <= {no: numbers[tender] for no, tender in pair.world.rows("boat", "number", "tender_of")}.items()


def test_a_map_at_fault_holds_up_its_group_and_what_waited_comes_at_once(pair_of):
    pair = pair_of()
    before = pair.ours()
    pair.change("ALTER TABLE boat RENAME COLUMN price TO cost")
    pair.change("UPDATE harbour SET depth = 7", "UPDATE boat SET cost = 7")
    told = pair.pull()
    assert (told["boats"][0], told["harbours"][0]) == ("failed", "failed")
    assert "price is gone" in told["boats"][1]
    assert told["harbours"][1].startswith("waits for boats, which is in the same group: ")
    assert pair.ours() == before
    pair.change("ALTER TABLE boat RENAME COLUMN cost TO price")
    assert pair.pull() == {"harbours": ("done", ""), "boats": ("done", "")}
    assert pair.ours() == pair.theirs()


def forget_the_slot(pair):
    with pair.outside.begin() as connection:
        asked = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'foyer%boats%'"
        assert len(connection.execute(sa.text(asked)).all()) == 1


def test_a_gap_of_one_map_is_closed_by_reading_its_rows_again(pair_of):
    pair = pair_of()
    if pair.tracking == "log":
        forget_the_slot(pair)
    else:
        trigger = "foyer_change_boats_u" if pair.outside.dialect.name != "postgresql" else "foyer_change_boats ON boat"
        pair.change(f"DROP TRIGGER {trigger}")
    pair.change("UPDATE harbour SET depth = 7", "UPDATE boat SET price = 7")
    assert "backfill boats" in pair.pull()["boats"][1]
    assert pair.ours()[0][0][2] == 4.5
    pair.install()
    with pair.world.now() as connection:
        begin_at(connection, "boats", fill_cursor("", "", ""))
    pair.pull()
    assert pair.ours() == pair.theirs()
    pair.change(*EVERY)
    pair.pull()
    assert pair.ours() == pair.theirs()


def test_a_map_of_a_group_that_is_told_to_load_while_the_group_is_read_does_so(pair_of, monkeypatch):
    pair, told = pair_of(), []
    read, boat_map = pair.world.adapter.at_one_moment, compiled_map(pair.world.snapshot, "boats")
    with pair.world.now() as connection:
        begin_at(connection, "boats", pair.world.checkpoint().cursor)  # to go on, which the group has not done yet

    @contextmanager
    def somebody_wants_it_anew(maps):
        with read(maps) as changed:
            yield changed
        if not told:
            told.append(steering.load_again(pair.world.home, [boat_map]))

    monkeypatch.setattr(pair.world.adapter, "at_one_moment", somebody_wants_it_anew)
    pair.change(*EVERY)
    pair.pull()
    state = pair.world.checkpoint()
    assert (state.loaded, state.cursor) == (False, None)
    pair.pull()
    pair.pull()
    assert pair.ours() == pair.theirs()


def test_what_commits_while_the_log_is_read_comes_whole_with_the_next_pull(pg_url, log_url, monkeypatch):
    pair = Pair(pg_url, log_url, "log")
    pair.pull()
    before = pair.ours()
    real, late = decoding.wait_until_flushed, pair.outside.connect()
    late.execute(EVERY[0])  # open while the moment is taken, and committed before the log is read
    pair.change("INSERT INTO harbour (code, name) VALUES ('NEW', 'New')")

    def meanwhile(connection):
        if late.in_transaction():
            late.execute(EVERY[1])
            late.commit()
            pair.change("INSERT INTO harbour (code, name) VALUES ('NEWER', 'Newer')")
        real(connection)

    monkeypatch.setattr(decoding, "wait_until_flushed", meanwhile)
    pair.pull()
    late.close()
    assert pair.ours() == ([*before[0], ("NEW", "New", None)], before[1])
    pair.pull()
    assert pair.ours() == pair.theirs()
    assert pair.ours()[1] != before[1]
    pair.close()


@pytest.mark.timeout(120 + ROWS // 20)
def test_a_transaction_far_beyond_a_batch_comes_whole_in_little_memory(pair_of):
    pair = pair_of(boats_outside=ROWS, batch_size=max(10, ROWS // 20))
    process = begin(work, pair.database, ("sql", pair.settings, pair.maps))
    pair.change(*EVERY)
    table, end = pair.world.snapshot.entities["boat"].table, time.monotonic() + 60 + ROWS / 50
    prices = [pair.ours()[1][0][2]]
    first = prices[0]
    while prices == [first] and time.monotonic() < end:
        with pair.world.engine.connect() as connection:
            prices = list(connection.scalars(sa.select(table.c.price).distinct()))
        assert len(prices) == 1
    used = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    process.kill()
    assert ended(process) == KILLED
    assert pair.ours() == pair.theirs()
    assert used is not None
    assert int(used[1]) < MOST_MEMORY


@pytest.fixture
def terminal(tmp_path):
    """The command line of a published site whose boats and harbours are a group, in an SQLite file."""
    (tmp_path / "outside.db").touch()
    theirs, ours = f"sqlite:///{tmp_path / 'outside.db'}", f"sqlite:///{tmp_path / 'ours.db'}"
    outside, store = filled(theirs, 2 * LINES), MetadataStore(make_engine(ours))
    connection = Connection(key="outside", connector="sql", settings=(("url", theirs),))
    maps = boats(**GROUPED, attributes=LINED[:-1]), harbours(**GROUPED)
    store.create()
    store.publish("tests", components=(HARBOUR, BOAT, STATE, connection, *maps))
    environment = {"FOYER_DATABASE_URL": ours, "FOYER_DATA_DIR": str(tmp_path), "FOYER_SECRET_KEY": "a secret of the tests"}

    def sync(*words):
        done = CliRunner().invoke(command, list(words), env=environment)
        return done.exit_code, done.output

    def change(statement):
        with outside.begin() as there:
            there.execute(sa.text(statement))

    yield sync, change
    outside.dispose()


def test_operators_pause_resume_and_watch_a_group_as_one(terminal):
    sync, change = terminal
    assert sync("install-tracking", "outside")[0] == 0
    assert sync("run", "boats")[1].splitlines()[0].startswith("harbours: 40 new")
    assert sync("pause", "harbours") == (0, "boats is paused.\nharbours is paused.\n")
    change("UPDATE boat SET price = 7")
    said = sync("run", "boats")[1]
    assert "boats is paused" in said
    assert "changed" not in said
    assert [line.split()[1] for line in sync("status")[1].splitlines()] == ["paused", "paused"]
    assert sync("resume", "boats") == (0, "boats runs again.\nharbours runs again.\n")
    change("ALTER TABLE harbour RENAME COLUMN depth TO fathoms")
    assert sync("run", "boats")[0] == 1
    boats_line, harbours_line = sync("status")[1].splitlines()
    assert "group papers, waits for harbours, which is in the same group: " in boats_line
    assert "depth is gone" in harbours_line
    change("ALTER TABLE harbour RENAME COLUMN fathoms TO depth")
    assert "boats: 0 new, 8 changed of 8" in sync("run")[1]
    assert [line.split()[1] for line in sync("status")[1].splitlines()] == ["current", "current"]
