"""Rows that are gone outside, leave the filter or take another key: kept, marked, deleted or followed, as the map says."""

import pytest
import sqlalchemy as sa

from connectors.compare import compare, remove_extra
from connectors.sql.adapter import SqlAdapter
from connectors.tablemap import compiled_map
from support.harbour import boat_row, boats, column, harbour_row, harbours
from support.sql_outside import OUTSIDE, OUTSIDE_BOATS

IN, OUT = "A", "L"
BEFORE = {2: IN, 3: IN, 4: OUT, 5: OUT, 6: IN, 7: OUT, 8: IN, 9: IN}
"""The boats outside at first, by number, within the filter or not."""
AFTER = {10: (10, IN), 1: (1, OUT), 2: (2, IN), 3: (3, OUT), 4: (4, IN), 5: (5, OUT), 8: (18, IN), 9: (19, OUT)}
"""And later: inserted, changed, moved in and out; 6 and 7 are deleted, 8 and 9 have another key."""
STAYED = {10: "new", 2: "new", 4: "new"}
LEAVING = {
    "keep": (STAYED | {3: "old", 6: "old", 8: "old", 18: "new", 9: "old"}, {}),
    "delete": (STAYED | {18: "new"}, {}),
    "deactivate": (STAYED | {18: "new"}, {3: "old", 6: "old", 8: "old", 9: "old"}),
}
MARK = {"inactive": (("active", False),)}


class Memory:
    """Boats of the memory world."""

    adapter = None

    def __init__(self, world):
        self._world = world

    def write(self, *rows):
        self._world.put("boat", *rows)

    def remove(self, *numbers):
        boats_there = self._world.outside.tables["boat"]
        boats_there[:] = [row for row in boats_there if row["no"] not in numbers]


class Database:
    """Boats of a database."""

    def __init__(self, url):
        self.engine = sa.create_engine(url)
        OUTSIDE.create_all(self.engine)
        self.adapter = SqlAdapter("outside", {"url": url})

    def write(self, *rows):
        self.remove(*(row["no"] for row in rows))
        with self.engine.begin() as connection:
            connection.execute(sa.insert(OUTSIDE_BOATS), [{**row, "price": 10.5} for row in rows])

    def remove(self, *numbers):
        with self.engine.begin() as connection:
            connection.execute(sa.delete(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no.in_(numbers)))

    def close(self):
        self.adapter.close()
        self.engine.dispose()


def boat(number, identity, state, name="old", seq=1):
    return boat_row(number, seq=seq, name=name, state=state, external_id=f"id{identity}", harbour=None)


def mapped(**more):
    attributes = tuple(item for item in boats().attributes if item.attribute != "harbour")
    given = {"attributes": attributes, "filter": (("state", [IN]),), "identity_column": "external_id"}
    return boats(**{**given, **more})


def play(world, outside):
    """All transitions at once; ours by number: what is active and what is not."""
    outside.write(*(boat(number, number, state) for number, state in BEFORE.items()))
    world.pull()
    outside.remove(6, 7, 8, 9)
    outside.write(*(boat(number, identity, state, "new", seq=2) for identity, (number, state) in AFTER.items()))
    world.pull()
    found = world.rows("boat", "number", "name", "active")
    return {no: name for no, name, active in found if active}, {no: name for no, name, active in found if not active}


@pytest.mark.parametrize("policy", ["keep", "delete", "deactivate"])
@pytest.mark.parametrize("change_column", ["seq", ""])
def test_every_transition_follows_the_policy(world_of, policy, change_column):
    more = MARK if policy == "deactivate" else {}
    world = world_of(mapped(delete=policy, change_column=change_column, **more))
    assert play(world, Memory(world)) == LEAVING[policy]
    before = world.rows("boat", "number", "version")
    world.pull()
    assert world.rows("boat", "number", "version") == before


@pytest.mark.parametrize("server", ["sqlite", "pg", "mariadb"])
def test_each_way_to_leave_has_its_own_policy_on_every_database(request, world_of, server):
    outside = Database(request.getfixturevalue(f"outside_{server}"))
    more = {"delete": "delete", "filter_exit": "deactivate", "key_change": "follow", **MARK}
    world = world_of(mapped(**more), adapter=outside.adapter)
    try:
        active, inactive = play(world, outside)
    finally:
        outside.close()
    assert active == STAYED | {18: "new"}
    assert inactive == {3: "old", 9: "old"}


def test_who_follows_a_key_stays_the_same_record(world_of):
    world = world_of(mapped(delete="delete", key_change="follow"))
    world.put("boat", *(boat(number, number, IN, f"Boat {number}") for number in range(1, 7)))
    world.pull()
    ids = dict(world.rows("boat", "name", "id"))
    Memory(world).remove(1, 2, 3, 4, 5, 6)
    chain = [boat(2, 1, IN, "Boat 1", seq=2), boat(3, 2, IN, "Boat 2", seq=2), boat(9, 3, IN, "Boat 3", seq=2)]
    circle = [boat(5, 4, IN, "Boat 4", seq=2), boat(4, 5, IN, "Boat 5", seq=2)]
    world.put("boat", *chain, *circle, boat(6, 6, IN, "Boat 6"), boat(1, 11, IN, "Another", seq=2))
    world.pull()
    rows = {name: (number, record) for name, number, record in world.rows("boat", "name", "number", "id")}
    assert [rows[f"Boat {no}"] for no in (1, 2, 3, 6)] == [
        (no, ids[f"Boat {of}"]) for no, of in ((2, 1), (3, 2), (9, 3), (6, 6))
    ]
    assert (rows["Boat 4"][0], rows["Boat 5"][0], rows["Another"][0]) == (5, 4, 1)
    assert len(rows) == 7


def test_a_row_that_is_back_is_as_it_was_unless_somebody_changed_it_meanwhile(world_of):
    world = world_of(harbours(), boats(delete="deactivate", inactive=(("active", False), ("berth", "none"))))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1), boat_row(2))
    world.pull()
    table = world.snapshot.entities["boat"].table
    with world.now() as connection:
        connection.execute(sa.update(table).values(berth="B12"))
    Memory(world).remove(1, 2)
    world.pull()
    assert world.rows("boat", "active", "berth") == [(False, "none")] * 2
    with world.now() as connection:
        connection.execute(sa.update(table).where(table.c.number == 2).values(berth="C1"))
    world.put("boat", boat_row(1, seq=5), boat_row(2, seq=5))
    world.pull()
    assert world.rows("boat", "active", "berth") == [(True, "B12"), (True, "C1")]


def test_a_row_that_others_point_at_leaves_as_soon_as_it_can(world_of):
    world = world_of(harbours(delete="delete"), boats())
    world.put("harbour", harbour_row("GOT"), harbour_row("STO"))
    world.put("boat", boat_row(1))
    world.pull()
    world.outside.tables["harbour"].clear()
    world.pull()
    assert [(reject.key, reject.code) for reject in world.rejects("harbours")] == [("GOT", "in_use")]
    table = world.snapshot.entities["boat"].table
    with world.now() as connection:
        connection.execute(sa.update(table).values(harbour=None))
    world.pull()
    assert (world.rows("harbour", "code"), world.rejects("harbours")) == ([], [])


def test_what_was_refused_and_is_gone_is_no_reject_any_more_and_a_new_load_notices_what_went(world_of):
    world = world_of(mapped(delete="delete", identity_column=""))
    world.put("boat", boat(1, 1, IN), boat(2, 2, IN), boat(3, 3, IN) | {"price": "dear"})
    world.pull()
    assert [reject.key for reject in world.rejects()] == ["3"]
    Memory(world).remove(1, 3)
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_checkpoint SET loaded = false, cursor = NULL"))
    world.pull()
    world.pull()
    assert (column(world.rows("boat", "number")), world.rejects()) == ([2], [])


def test_comparison_deactivates_what_is_here_only_and_then_finds_nothing(world_of):
    world = world_of(mapped(delete="deactivate", filter=(), **MARK))
    world.put("boat", boat(1, 1, IN))
    world.pull()
    table = world.snapshot.entities["boat"].table
    with world.now() as connection:
        connection.execute(sa.insert(table).values(number=77, name="Ghost", version=1, active=True))
    table_map = compiled_map(world.snapshot, "boats")
    assert remove_extra(world.home, table_map, list(compare(world.home, world.adapter, table_map))) == 1
    assert world.rows("boat", "number", "active") == [(1, True), (77, False)]
    assert list(compare(world.home, world.adapter, table_map)) == []
