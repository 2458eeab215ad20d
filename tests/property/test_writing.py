"""Writing: what the engine lets pass in random worlds is what a plain reading of the rules lets pass."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from runtime.records import Denied, Invalid, Missing, associate, create, delete, update
from runtime.records.rows import to_columns
from support.inhabited import inhabited
from support.worlds import OWN, values, worlds

pytestmark = pytest.mark.timeout(900)  # many worlds, on a machine that may be busy
SHARED = settings(suppress_health_check=list(HealthCheck))
BEYOND = 99


def outcome(connection, action, *arguments):
    """What came of an action, in the words of the brute-force model, and that a refusal left nothing behind."""
    before = contents(connection, arguments[0])
    savepoint = connection.begin_nested()
    try:
        result = action(connection, *arguments)
    except (Denied, Missing, Invalid) as refused:
        assert contents(connection, arguments[0]) == before
        return type(refused).__name__.lower(), refused
    else:
        return "ok", result
    finally:
        savepoint.rollback()


def contents(connection, snapshot):
    return {name: sorted(map(repr, connection.execute(select(table)))) for name, table in snapshot.tables.tables.items()}


def some_values(data, world, key, among):
    """Values for some of the attributes, pointing at rows there are and at one that is not there."""
    everywhere = {name: [*rows, BEYOND] for name, rows in world.rows.items() if name != "company"}
    full = data.draw(values(world.entities[key], everywhere))
    chosen = data.draw(st.sets(st.sampled_from(sorted(full))))
    usable = chosen & world.rights(key, among) if data.draw(st.booleans()) else chosen
    return {name: value for name, value in full.items() if name in usable}


@SHARED
@given(world=worlds(), data=st.data())
def test_a_row_is_made_exactly_where_it_lies_within_reach(engine, world, data):
    world, components = world
    key = data.draw(st.sampled_from(OWN))
    wanted = some_values(data, world, key, "create")
    with inhabited(engine, world, components) as (snapshot, connection, principal):
        result, written = outcome(connection, create, snapshot, principal, key, wanted)
        assert result == world.create(key, wanted), written


@SHARED
@given(world=worlds(), data=st.data())
def test_a_row_is_changed_exactly_where_it_is_within_reach_and_stays_there(engine, world, data):
    world, components = world
    key = data.draw(st.sampled_from(OWN))
    wanted = some_values(data, world, key, "update")
    with inhabited(engine, world, components) as (snapshot, connection, principal):
        for row in (*world.rows[key], BEYOND):
            result, written = outcome(connection, update, snapshot, principal, key, row, 1, wanted)
            assert result == world.update(key, row, wanted), written


@SHARED
@given(world=worlds(), data=st.data())
def test_a_changed_row_holds_what_was_written_and_no_other_row_changes(engine, world, data):
    world, components = world
    key = data.draw(st.sampled_from(OWN))
    wanted = some_values(data, world, key, "update")
    with inhabited(engine, world, components) as (snapshot, connection, principal):
        table = snapshot.entities[key].table
        for row in world.rows[key]:
            others = {name: rows for name, rows in contents(connection, snapshot).items() if name != table.name}
            if world.update(key, row, wanted) != "ok":
                continue
            update(connection, snapshot, principal, key, row, 1, wanted)
            stored = connection.execute(select(table).where(table.c.id == row)).mappings().one()
            assert {name: stored[name] for name in to_columns(snapshot.entities[key], wanted)} == to_columns(
                snapshot.entities[key], wanted
            )
            assert {name: rows for name, rows in contents(connection, snapshot).items() if name != table.name} == others
            return


@SHARED
@given(world=worlds(), data=st.data())
def test_a_row_is_deleted_exactly_where_it_is_within_reach_and_not_pointed_at(engine, world, data):
    world, components = world
    key = data.draw(st.sampled_from(OWN))
    with inhabited(engine, world, components) as (snapshot, connection, principal):
        for row in (*world.rows[key], BEYOND):
            result, refused = outcome(connection, delete, snapshot, principal, key, row, 1)
            assert result == world.delete(key, row), refused


@SHARED
@given(world=worlds(), data=st.data())
def test_rows_are_linked_exactly_where_both_ends_allow_it(engine, world, data):
    world, components = world
    if not world.links:
        return
    key, name = data.draw(st.sampled_from(sorted(world.links)))
    target = world.entities[key].many_to_many[0].target
    far = data.draw(st.sampled_from([*world.rows[target], BEYOND]))
    with inhabited(engine, world, components) as (snapshot, connection, principal):
        for row in (*world.rows[key], BEYOND):
            result, refused = outcome(connection, associate, snapshot, principal, key, row, name, far)
            assert result == expected_link(world, key, row, target, far), refused


def expected_link(world, key, row, target, far):
    if not world.grants(key, "append"):
        return "denied"
    if row not in world.rows[key] or not world.may(key, "append", row):
        return "denied" if row in world.visible(key) else "missing"
    return "ok" if far in world.rows[target] and world.may(target, "append_to", far) else "denied"
