"""Both sides are compared row by row; exactly what differs is found, and mended."""

import json
from decimal import Decimal

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from connectors.compare import compare, hand_over, remove_extra
from connectors.sql.adapter import SqlAdapter
from connectors.tablemap import compiled_map
from metadata.model import AttributeMap, Connection
from metadata.store import MetadataStore
from runtime.access import Principal
from runtime.cli.sync import command
from runtime.database import make_engine, writing
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync.listener import keep_outbox
from support.harbour import BOAT, HARBOUR, STATE, STATES, boat_row, boats, harbour_row, harbours, make_world
from support.sql_outside import OUTSIDE_BOATS, filled

ATTRIBUTES = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name", direction="both"),
    AttributeMap(attribute="price", column="price"),
    AttributeMap(attribute="harbour", column="harbour", lookup_key=("code",)),
)


def opened(world_of, **more):
    world = world_of(harbours(), boats(attributes=ATTRIBUTES, **more))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no) for no in range(1, 21)))
    world.pull()
    return world


def differences(world):
    found = compare(world.home, world.adapter, compiled_map(world.snapshot, "boats"))
    return sorted((item.kind, item.key, sorted(item.values)) for item in found)


def planted(world):
    """A row that is missing here, one that differs, one that is here only, and one that cannot be taken."""
    table = world.snapshot.entities["boat"].table
    with world.now() as connection:
        connection.execute(sa.delete(table).where(table.c.number == 3))
        connection.execute(sa.update(table).where(table.c.number == 4).values(name="Drifted", price=Decimal("1.00")))
        connection.execute(sa.insert(table).values(number=77, name="Ghost", version=1))
    with world.outside.lock:
        world.outside.tables["boat"][5]["harbour"] = "NOWHERE"


PLANTED = [("differs", "4", ["name", "price"]), ("extra", "77", []), ("missing", "3", []), ("rejected", "6", [])]


def test_sides_that_are_the_same_have_no_difference(world_of):
    assert differences(opened(world_of)) == []


def test_exactly_what_differs_is_found(world_of):
    world = opened(world_of)
    planted(world)
    assert differences(world) == PLANTED


@pytest.mark.parametrize("outside", ["sqlite", "pg", "mariadb"])
def test_ten_differences_of_a_real_database_are_found_and_mended(database_url, outside, request):
    theirs = request.getfixturevalue(f"outside_{outside}")
    there, settings = filled(theirs, 400), {"url": theirs}
    adapter, maps = SqlAdapter("outside", settings), (harbours(), boats(attributes=ATTRIBUTES))
    world = make_world(database_url, maps, adapter, connector="sql", settings=settings)
    try:
        world.pull()
        assert differences(world) == []
        number = OUTSIDE_BOATS.c.no  # changed, gone and new behind the back of the change column
        with there.begin() as connection:
            connection.execute(sa.update(OUTSIDE_BOATS).where(number.in_([5, 80, 222])).values(name="Drifted"))
            connection.execute(sa.update(OUTSIDE_BOATS).where(number.in_([81, 223, 399])).values(price=1, harbour="H7"))
            connection.execute(sa.delete(OUTSIDE_BOATS).where(number.in_([10, 400])))
            connection.execute(sa.insert(OUTSIDE_BOATS), [{**boat_row(no, harbour="H1"), "price": 2} for no in (401, 402)])
        found = differences(world)
        assert {kind: sorted(int(key) for of, key, _ in found if of == kind) for kind, _, _ in found} == {
            "differs": [5, 80, 81, 222, 223, 399],
            "extra": [10, 400],
            "missing": [401, 402],
        }
        boat_map = compiled_map(world.snapshot, "boats")
        hand_over(world.home, boat_map, list(compare(world.home, adapter, boat_map)))
        world.pull()
        assert [(kind, key) for kind, key, _ in differences(world)] == [("extra", "10"), ("extra", "400")]
    finally:
        adapter.close()
        there.dispose()
        world.engine.dispose()


@pytest.mark.parametrize("batch_size", [300, 5000])
def test_the_few_rows_that_differ_are_found_among_many(world_of, batch_size):
    """Those of each kind of attribute: as it is, decimal, value map, look-up; emptied here or filled here."""
    attributes = (*ATTRIBUTES, AttributeMap(attribute="state", column="state", values=STATES))
    world = world_of(harbours(), boats(attributes=attributes, batch_size=batch_size))
    world.put("harbour", harbour_row("GOT"), harbour_row("MMA"))
    codes = ("GOT", "MMA", None)
    with world.outside.lock:
        world.outside.tables["boat"] = [
            boat_row(no, price=Decimal(no) / 4, state="AL"[no % 2], harbour=codes[no % 3]) for no in range(1, 1501)
        ]
    world.pull()
    assert differences(world) == []
    table = world.snapshot.entities["boat"].table
    harbour = dict(world.rows("harbour", "code", "id"))
    wrong = {
        2: {"name": "Other"},
        250: {"price": Decimal("62.51")},
        251: {"state": None},
        500: {"state": "ashore"},
        750: {"harbour": harbour["MMA"]},
        902: {"harbour": harbour["GOT"]},
        1000: {"harbour": None},
        1250: {"name": "Other", "price": None},
        1500: {"price": Decimal("0.00")},
    }
    with world.now() as connection:
        for number, values in wrong.items():
            connection.execute(sa.update(table).where(table.c.number == number).values(**values))
        connection.execute(sa.delete(table).where(table.c.number == 1001))
    found = sorted((int(key), names) for kind, key, names in differences(world) if kind == "differs")
    assert found == [(number, sorted(values)) for number, values in wrong.items()]
    assert [key for kind, key, _ in differences(world) if kind != "differs"] == ["1001"]


def test_of_two_outside_rows_with_one_key_the_last_one_is_compared(world_of):
    """Also where the older one, which nobody takes, lies far before it."""
    world = opened(world_of)
    with world.outside.lock:
        world.outside.tables["boat"] = [boat_row(no) for no in range(600, 0, -1)]
    world.put("boat", *(boat_row(no, seq=2) for no in range(1, 601)))
    world.pull()
    with world.outside.lock:
        world.outside.tables["boat"].sort(key=lambda row: -row["no"])
        world.outside.tables["boat"].insert(3, boat_row(7, seq=1, harbour="NOWHERE"))
    assert differences(world) == []
    with world.outside.lock:
        world.outside.tables["boat"].append(boat_row(7, seq=3, name="A newer one"))
    assert differences(world) == [("differs", "7", ["name"])]


def test_a_look_up_whose_target_has_changed_its_key_differs(world_of):
    world = opened(world_of)
    world.put("harbour", harbour_row("MMA"))
    world.pull()
    harbour = world.snapshot.entities["harbour"].table
    with world.now() as connection:
        for old, new in (("GOT", "-"), ("MMA", "GOT"), ("-", "MMA")):
            connection.execute(sa.update(harbour).where(harbour.c.code == old).values(code=new))
    assert differences(world) == [("differs", str(no), ["harbour"]) for no in sorted(map(str, range(1, 21)))]


def test_rows_that_are_the_same_are_read_once_and_many_at_a_time(world_of):
    world = opened(world_of)
    with world.outside.lock:
        world.outside.tables["boat"] = [boat_row(no) for no in range(1, 2001)]
    world.pull()
    world.put("boat", *(boat_row(no, seq=2) for no in range(1, 2001)))
    world.pull()
    said = []
    sa.event.listen(world.engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    assert differences(world) == []
    of_boats = [text for text in said if "boat" in text.partition("FROM")[2].partition("WHERE")[0]]
    statements = 1 if world.engine.dialect.name == "postgresql" else 4  # PostgreSQL takes many keys as one value
    assert len(of_boats) == statements + 1  # those of the outside's rows, and a look at all keys for rows that are here only


def test_what_is_missing_or_differs_is_taken_by_the_next_run(world_of):
    world = opened(world_of, delete="delete")
    planted(world)
    table_map = compiled_map(world.snapshot, "boats")
    found = list(compare(world.home, world.adapter, table_map))
    hand_over(world.home, table_map, found)
    assert remove_extra(world.home, table_map, found) == 1
    world.pull()
    assert differences(world) == [("rejected", "6", [])]
    assert [reject.code for reject in world.rejects()] == ["lookup"]


def test_a_row_that_is_here_only_stays_where_the_map_keeps(world_of):
    world = opened(world_of)
    planted(world)
    table_map = compiled_map(world.snapshot, "boats")
    assert remove_extra(world.home, table_map, list(compare(world.home, world.adapter, table_map))) == 0


def test_what_is_owed_to_the_outside_is_no_difference(world_of):
    world = opened(world_of)
    row = world.rows("boat", "id")[0][0]
    with world.now() as connection:
        listeners, principal = Listeners((keep_outbox,)), Principal.system("portal")
        update(connection, world.snapshot, principal, "boat", row, 1, {"name": "Ours"}, listeners=listeners)
    assert differences(world) == []


def test_what_changes_between_the_two_looks_is_no_difference(world_of, monkeypatch):
    world = opened(world_of)
    planted(world)
    find = world.adapter.find

    def meanwhile(table_map, column, value):
        if value == 4:
            table = world.snapshot.entities["boat"].table
            with world.now() as connection:
                mended = sa.update(table).where(table.c.number == 4).values(name="Boat 4", price=Decimal("1250.50"))
                connection.execute(mended)
        return find(table_map, column, value)

    monkeypatch.setattr(world.adapter, "find", meanwhile)
    assert [kind for kind, _, _ in differences(world)] == ["extra", "missing", "rejected"]


@pytest.fixture
def terminal(database_url, tmp_path):
    """A site whose boats are in a database, and the command line."""
    outside = sa.create_engine(f"sqlite:///{tmp_path / 'outside.db'}")
    with outside.begin() as connection:
        connection.execute(
            sa.text("CREATE TABLE boat (no INTEGER PRIMARY KEY, name TEXT, price TEXT, harbour TEXT, seq INTEGER)")
        )
        connection.execute(sa.text("INSERT INTO boat VALUES (1, 'Ada', '1', NULL, 1), (2, 'Bea', '2', NULL, 1)"))
    engine = make_engine(database_url)
    store = MetadataStore(engine)
    store.create()
    there = Connection(key="outside", connector="sql", settings=(("url", str(outside.url)),))
    snapshot = store.publish("tests", components=(HARBOUR, BOAT, STATE, there, boats(attributes=ATTRIBUTES))).snapshot
    environ = {"FOYER_DATABASE_URL": database_url, "FOYER_DATA_DIR": str(tmp_path), "FOYER_SECRET_KEY": "a secret of the tests"}

    def sync(*args):
        done = CliRunner().invoke(command, list(args), env=environ)
        return done.exit_code, done.output

    yield sync, engine, snapshot
    engine.dispose()
    outside.dispose()


def test_the_command_tells_and_repairs(terminal):
    sync, engine, snapshot = terminal
    sync("run")
    assert sync("compare", "boats") == (0, "Both sides are the same.\n")
    table = snapshot.entities["boat"].table
    with writing(engine).begin() as connection:
        connection.execute(sa.update(table).where(table.c.number == 1).values(name="Drifted"))
    code, output = sync("compare", "boats")
    assert (code, "name Drifted here, Ada outside" in output) == (1, True)
    code, output = sync("compare", "boats", "--repair", "--json")
    assert json.loads(output)["counts"] == {"differs": 1}
    sync("run")
    assert sync("compare", "boats")[0] == 0
