"""A map that is for one of several companies: rows of another one, called alike, are seen by none of its ways to read or write.

Outside the company is a part of the key, and the filter names it; here the number alone is the key.
"""

import contextlib
from dataclasses import replace

import pytest
import sqlalchemy as sa

from connectors.compare import DIFFERS, EXTRA, MISSING, compare, hand_over, remove_extra
from connectors.drift import take_as_it_is
from connectors.events.adapter import EventAdapter
from connectors.forecast import Forecaster
from connectors.initial import plan_load
from connectors.mapping import Refusal
from connectors.outbox import parked
from connectors.preflight.checking import Preflight
from connectors.rejects import keep_rejects
from connectors.sampling import sample_in
from connectors.sql.adapter import SqlAdapter
from connectors.sql.installing import plan_tracking
from connectors.tablemap import compiled_map, compiled_maps
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.remove import delete
from runtime.records.write import create, update
from runtime.sync import steering
from runtime.sync.listener import keep_outbox
from support.brokers import Shelf
from support.harbour import boat_row, boats, harbour_row, harbours, make_world

TABLES = sa.MetaData()
BOATS = sa.Table(
    "boat",
    TABLES,
    sa.Column("area", sa.String(10), primary_key=True),
    sa.Column("no", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(20)),
    sa.Column("berth", sa.String(20)),
    sa.Column("seq", sa.Integer),
)
OURS, THEIRS = "east", "west"
LISTENERS = Listeners((keep_outbox,))
TOLD = {
    "by a change column": {"change_column": "seq"},
    "by a change column with overlap": {"change_column": "seq", "overlap": 5},
    "by comparing": {"change_column": ""},
    "by triggers": {"change_column": "", "tracking": "triggers"},
    "by the log": {"change_column": "", "tracking": "log"},
}


def east(**more):
    given = {
        "attributes": (
            AttributeMap(attribute="number", column="no"),
            AttributeMap(attribute="name", column="name", direction="both"),
            AttributeMap(attribute="berth", column="berth", direction="both"),
        ),
        "filter": (("area", OURS),),
        "constants": (("area", OURS),),
        "delete": "delete",
        "batch_size": 2,
    }
    return boats(**{**given, **more})


class Sides:
    """Our side, and outside boats of two companies that have the same numbers."""

    def __init__(self, ours, theirs, **how):
        self.outside = sa.create_engine(theirs)
        TABLES.create_all(self.outside)
        with self.outside.begin() as connection:
            both = [(area, no) for area in (OURS, THEIRS) for no in (1, 2, 3)]
            rows = [{"area": area, "no": no, "name": f"{area} {no}", "berth": area, "seq": no} for area, no in both]
            rows.append({"area": THEIRS, "no": 9, "name": "west 9", "berth": "west", "seq": 3})
            connection.execute(sa.insert(BOATS), rows)
        given = {"url": theirs}
        self.world = make_world(ours, [east(**how)], SqlAdapter("outside", given), connector="sql", settings=given)
        self.map = compiled_map(self.world.snapshot, "boats")
        if how.get("tracking"):
            plan_tracking("outside", given, compiled_maps(self.world.snapshot), run=True)
        self.seq = 10

    def change(self, area, no, **values):
        self.seq += 1
        with self.outside.begin() as connection:
            mine = sa.update(BOATS).where(BOATS.c.area == area, BOATS.c.no == no)
            connection.execute(mine.values(seq=self.seq, **values))

    def remove(self, area, no):
        with self.outside.begin() as connection:
            connection.execute(sa.delete(BOATS).where(BOATS.c.area == area, BOATS.c.no == no))

    def there(self, area):
        with self.outside.connect() as connection:
            asked = sa.select(BOATS.c.no, BOATS.c.name, BOATS.c.berth).where(BOATS.c.area == area).order_by(BOATS.c.no)
            return [tuple(row) for row in connection.execute(asked)]

    def here(self):
        return sorted(self.world.rows("boat", "number", "name"))

    def edit(self, number, **values):
        table = self.world.snapshot.entities["boat"].table
        system = Principal.system("portal")
        with self.world.now() as connection:
            row = connection.execute(sa.select(table.c.id, table.c.version).where(table.c.number == number)).one()
            if values:
                update(connection, self.world.snapshot, system, "boat", row.id, row.version, values, listeners=LISTENERS)
            else:
                delete(connection, self.world.snapshot, system, "boat", row.id, row.version, listeners=LISTENERS)

    def deliver(self):
        station = self.world.station()
        while station.deliver():
            pass
        station.close()

    def differences(self):
        return [(item.kind, item.key) for item in compare(self.world.home, self.world.adapter, self.map)]

    def close(self):
        self.world.adapter.close()
        self.world.engine.dispose()
        self.outside.dispose()


@pytest.fixture
def sides(database_url, outside_sqlite, request):
    """Makes both sides; on PostgreSQL both are."""
    with contextlib.ExitStack() as stack:

        def make(**how):
            name = "log_url" if how.get("tracking") == "log" else "outside_pg"
            theirs = outside_sqlite if database_url.startswith("sqlite") else request.getfixturevalue(name)
            return stack.enter_context(contextlib.closing(Sides(database_url, theirs, **how)))

        yield make


@pytest.mark.parametrize("told", TOLD)
def test_what_happens_to_rows_of_another_company_is_never_seen(sides, told, database_url):
    if TOLD[told].get("tracking") == "log" and database_url.startswith("sqlite"):
        pytest.skip("SQLite has no log that could be decoded")
    both = sides(**TOLD[told])
    both.world.pull()
    wanted = {no: f"east {no}" for no in (1, 2, 3)}
    assert dict(both.here()) == wanted
    for step in (
        lambda: both.change(THEIRS, 1, name="never"),
        lambda: both.remove(THEIRS, 2),
        lambda: both.change(THEIRS, 9, name="never"),
        lambda: [both.change(area, 3, name=f"{area} anew") for area in (OURS, THEIRS)],
    ):
        step()
        both.world.pull()
    wanted[3] = "east anew"
    assert dict(both.here()) == wanted
    both.remove(OURS, 1)
    both.world.pull()
    assert dict(both.here()) == {2: "east 2", 3: "east anew"}
    steering.read_again(both.world.home, both.map)
    both.world.pull()
    steering.load_again(both.world.home, [both.map])
    both.world.pull()
    assert (dict(both.here()), both.world.rejects()) == ({2: "east 2", 3: "east anew"}, [])


def test_what_looks_at_rows_beforehand_or_again_keeps_to_the_company(sides):
    both = sides()
    world = both.world
    both.change(THEIRS, 1, name="a name that is much too long for a boat"[:20], berth=None)
    assert [row.values["name"].before for row in sample_in(both.map, world.adapter, 50)] == ["east 1", "east 2", "east 3"]
    looking = Preflight(world.home, world.snapshot, [both.map], lambda connection: world.adapter, 0)
    assert [found for found in looking.look_at(both.map) if found.severity == "error"] == []
    (forecast,) = Forecaster(world.home, world.adapter, samples=50).look(plan_load([both.map]))
    assert sorted(sample.key for sample in forecast.samples) == ["1", "2", "3"]
    world.pull()
    assert world.adapter.waiting(both.map, world.checkpoint().cursor) == 0
    assert list(world.adapter.keys(both.map)) == [(1,), (2,), (3,)]
    assert [row["area"] for row in world.adapter.find(both.map, "no", 1)] == [OURS]
    assert [row["area"] for row in world.adapter.find_rows(both.map, [{"no": 1}, {"no": 9}])] == [OURS]


def test_a_comparison_tells_and_repairs_nothing_of_another_company(sides):
    both = sides()
    both.world.pull()
    assert both.differences() == []
    both.change(OURS, 1, name="east new")
    both.remove(OURS, 2)
    assert sorted(both.differences()) == [(DIFFERS, "1"), (EXTRA, "2")]
    with both.outside.begin() as connection:
        connection.execute(sa.insert(BOATS), {"area": OURS, "no": 4, "name": "east 4", "berth": OURS, "seq": 1})
    found = list(compare(both.world.home, both.world.adapter, both.map))
    assert sorted((item.kind, item.key) for item in found) == [(DIFFERS, "1"), (EXTRA, "2"), (MISSING, "4")]
    hand_over(both.world.home, both.map, found)
    assert remove_extra(both.world.home, both.map, found) == 1
    both.world.pull()
    assert dict(both.here()) == {1: "east new", 3: "east 3", 4: "east 4"}


def test_a_row_that_was_kept_aside_is_read_again_as_that_of_its_company(sides):
    both = sides()
    both.world.pull()
    kept = Refusal("1", {"no": 1, "name": "old", "berth": "old", "seq": 1}, "drift", "the table has changed")
    with both.world.now() as connection:
        keep_rejects(connection, "boats", [kept], both.world.home.now())
    take_as_it_is(both.world.home, both.world.adapter, both.map)
    assert [item.record["name"] for item in both.world.rejects()] == ["east 1"]


def test_what_goes_out_meets_and_writes_rows_of_its_company_alone(sides):
    both = sides()
    both.world.pull()
    west = both.there(THEIRS)
    both.edit(1, berth="new")
    both.edit(2)
    with both.world.now() as connection:
        values = {"number": 9, "name": "east 9"}
        create(connection, both.world.snapshot, Principal.system("portal"), "boat", values, listeners=LISTENERS)
    both.deliver()
    assert both.there(THEIRS) == west
    assert both.there(OURS) == [(1, "east 1", "new"), (3, "east 3", "east"), (9, "east 9", None)]
    both.edit(3, berth="gone")
    both.remove(OURS, 3)
    both.deliver()
    assert both.there(THEIRS) == west
    with both.world.engine.connect() as connection:
        assert ["has no row" in item.reason for item in parked(connection, "boats")] == [True]


def test_a_lookup_that_rows_of_several_companies_would_answer_is_refused(world_of):
    by_name = tuple(replace(item, lookup_key=("name",)) if item.attribute == "harbour" else item for item in boats().attributes)
    world = world_of(harbours(), boats(attributes=by_name))
    world.put("harbour", harbour_row("GOT", name="Haven"), harbour_row("STO", name="Haven"), harbour_row("KIE", name="Kiel"))
    world.put("boat", *(boat_row(no, harbour="Haven") for no in range(1, 11)), boat_row(11, harbour="Kiel"))
    world.pull()
    assert world.rows("boat", "number") == [(11,)]
    told = "harbour: several rows of harbour have name Haven; lookup_key is to tell them apart"
    assert {(item.code, item.reason) for item in world.rejects()} == {("lookup", told)}
    world.put("harbour", harbour_row("STO", seq=2, name="Stockholm"))
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_reject SET retry_at = last_at"))
    world.pull()
    assert (len(world.rows("boat", "id")), world.rejects()) == (11, [])


@pytest.fixture
def streamed(database_url):
    """Our side and a stream of events of both companies."""
    shelf = Shelf()
    given = {"change_column": "", "filter": (("area", OURS),), "delete": "delete"}
    world = make_world(database_url, [harbours(**given)], EventAdapter("outside", {}, "redis", shelf), connector="redis")
    yield world, shelf
    world.engine.dispose()


def test_events_of_another_company_are_not_taken_whatever_part_of_a_row_they_tell(streamed):
    world, shelf = streamed
    for area in (OURS, THEIRS):
        shelf.tell("created", {"code": area, "name": area, "depth": 1, "area": area})
    world.pull()
    assert world.rows("harbour", "code", "name") == [(OURS, OURS)]
    for area in (OURS, THEIRS):
        shelf.tell("updated", {"code": area, "name": f"{area} anew"})
        shelf.tell("updated", {"code": area, "telephone": "1234"})
    shelf.tell("updated", {"area": THEIRS, "name": "without a key"})
    world.pull()
    assert world.rows("harbour", "code", "name") == [(OURS, f"{OURS} anew")]
    assert world.rejects("harbours") == []
    shelf.tell("updated", {"code": OURS, "area": THEIRS})
    shelf.tell("updated", {"code": OURS, "name": "no more"})
    world.pull()
    assert world.rows("harbour", "code") == []
    shelf.tell("updated", {"code": OURS, "name": "nor later"})
    world.pull()
    assert (world.rows("harbour", "code"), world.rejects("harbours")) == ([], [])
    shelf.tell("created", {"code": "a code that is too long", "name": THEIRS, "depth": 1, "area": THEIRS})
    looking = Preflight(world.home, world.snapshot, compiled_maps(world.snapshot), lambda connection: world.adapter, 0)
    found = looking.look_at(compiled_map(world.snapshot, "harbours"))
    assert [item.what for item in found if item.severity == "error"] == []


def test_a_part_of_a_row_that_came_just_before_is_added_to_it(streamed):
    world, shelf = streamed
    shelf.tell("created", {"code": OURS, "name": OURS, "depth": 1, "area": OURS})
    shelf.tell("updated", {"code": OURS, "name": "Second", "depth": 2})
    shelf.tell("updated", {"code": OURS, "name": "Third"})
    world.pull()
    assert [(code, name, float(depth)) for code, name, depth in world.rows("harbour", "code", "name", "depth")] == [
        (OURS, "Third", 2.0)
    ]
