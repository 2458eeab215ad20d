"""Reading: what the engine shows of random worlds is what a plain reading of the rules shows."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.model import Filter
from runtime.records import (
    Denied,
    ListAsk,
    count_view,
    fetch_list,
    fetch_record,
    offer,
    parse_list_ask,
    plan_list,
    resolve_offer,
)
from support.inhabited import inhabited
from support.reading import hidden, view_of
from support.worlds import OWN, worlds

pytestmark = pytest.mark.timeout(900)  # many worlds, on a machine that may be busy
SHARED = settings(suppress_health_check=list(HealthCheck))
OPERATORS = {
    "eq": lambda a, b: a is not None and a == b,
    "ne": lambda a, b: a is None or a != b,
    "ge": lambda a, b: a is not None and a >= b,
    "lt": lambda a, b: a is not None and a < b,
    "empty": lambda a, b: a is None,
    "not_empty": lambda a, b: a is not None,
    "in": lambda a, b: a is not None and a == b,
    "not_in": lambda a, b: a is None or a != b,
}


def every_row(connection, plan, principal, ask):
    """All rows in order, by following the keyset."""
    rows, anchor = [], ask
    while True:
        page = fetch_list(connection, plan, principal, anchor)
        rows += page.rows
        if page.next_after is None:
            return rows
        arguments = {"after": page.next_after}
        if ask.sort:
            arguments["sort"] = ("-" if ask.sort[0][1] else "") + ask.sort[0][0]
        if ask.q:
            arguments["q"] = ask.q
        anchor = parse_list_ask(plan.snapshot, principal, ("v",), arguments, page_size=ask.page_size)


@SHARED
@given(world=worlds(), data=st.data())
def test_a_list_shows_the_readable_rows_and_labels_and_no_others(engine, world, data):
    world, components = world
    key = data.draw(st.sampled_from(OWN))
    with inhabited(engine, world, (*components, view_of(world.entities[key]))) as (snapshot, connection, principal):
        if not world.grants(key, "read"):
            try:
                plan_list(snapshot, principal, "v")
            except Denied:
                return
            raise AssertionError("nobody has granted to read these")
        plan = plan_list(snapshot, principal, "v")
        rows = every_row(connection, plan, principal, ListAsk("v", page_size=2))
        assert [row[0] for row in rows] == sorted(world.visible(key))
        assert count_view(connection, snapshot, principal, "v") == len(rows)
        shown = {column.path for column in plan.columns}
        assert shown == {c.attribute for c in snapshot.views["v"].columns if not hidden(world, key, c.attribute)}
        for row in rows:
            for column in plan.columns:
                expected = world.value(key, row[0], column.path)
                assert row[column.index] == (expected[1] if isinstance(expected, tuple) else expected)
                if column.label_index is not None:
                    assert row[column.label_index] == world.label(key, row[0], column.path)
        page = fetch_list(connection, plan, principal, ListAsk("v", page_size=100))
        for row, can in zip(page.rows, page.can, strict=True):
            assert can == {right for right in ("write", "delete") if world.may(key, right, row[0])}


@SHARED
@given(world=worlds(), data=st.data())
def test_sorting_by_any_column_keeps_every_row_and_its_order(engine, world, data):
    world, components = world
    key = data.draw(st.sampled_from(OWN))
    with inhabited(engine, world, (*components, view_of(world.entities[key]))) as (snapshot, connection, principal):
        if not world.grants(key, "read"):
            return
        plan = plan_list(snapshot, principal, "v")
        sortable = [column for column in plan.columns if column.sortable]
        if not sortable:
            return
        column, down = data.draw(st.sampled_from(sortable)), data.draw(st.booleans())
        rows = every_row(connection, plan, principal, ListAsk("v", page_size=2, sort=((column.path, down),)))
        assert sorted(row[0] for row in rows) == sorted(world.visible(key))
        place = column.index if column.label_index is None else column.label_index
        values = [(row[place], row[0]) for row in rows if row[place] is not None]
        assert values == sorted(values, reverse=down)
        whole = fetch_list(connection, plan, principal, ListAsk("v", page_size=100, sort=((column.path, down),)))
        assert whole.ids == [row[0] for row in rows]


@SHARED
@given(world=worlds(), data=st.data())
def test_a_filter_cannot_be_used_to_learn_what_may_not_be_read(engine, world, data):
    world, components = world
    key = data.draw(st.sampled_from(OWN))
    paths = [c.attribute for c in view_of(world.entities[key]).columns if c.attribute.endswith(("name", "size"))]
    path, name = data.draw(st.sampled_from(paths)), data.draw(st.sampled_from(sorted(OPERATORS)))
    value = data.draw(st.integers(-2, 2)) if path.endswith("size") else data.draw(st.text("ab", min_size=1, max_size=2))
    given_value = {"in": [value], "not_in": [value], "empty": None, "not_empty": None}.get(name, value)
    view = view_of(world.entities[key], Filter(attribute=path, operator=name, value=given_value))
    with inhabited(engine, world, (*components, view)) as (snapshot, connection, principal):
        if not world.grants(key, "read"):
            return
        plan = plan_list(snapshot, principal, "v")
        expected = {i for i in world.visible(key) if OPERATORS[name](world.value(key, i, path), value)}
        if hidden(world, key, path):
            expected = set()
        assert set(fetch_list(connection, plan, principal, ListAsk("v", page_size=50)).ids) == expected
        assert count_view(connection, snapshot, principal, "v") == len(expected)


@SHARED
@given(world=worlds(), data=st.data())
def test_a_search_looks_only_at_what_may_be_read(engine, world, data):
    world, components = world
    key, term = data.draw(st.sampled_from(OWN)), data.draw(st.sampled_from(("a", "b", "ab", "a*", "*b", "B", "%", "_")))
    with inhabited(engine, world, (*components, view_of(world.entities[key]))) as (snapshot, connection, principal):
        if not world.grants(key, "read"):
            return
        plan = plan_list(snapshot, principal, "v")
        ask = parse_list_ask(snapshot, principal, ("v",), {"q": term}, page_size=50)
        expected = {i for i in world.visible(key) if any(matches(term, text) for text in texts(world, plan, key, i))}
        assert set(fetch_list(connection, plan, principal, ask).ids) == expected


def texts(world, plan, key, row):
    for column in plan.columns:
        is_lookup = column.attribute.type.name == "lookup"
        value = world.label(key, row, column.path) if is_lookup else world.value(key, row, column.path)
        if isinstance(value, str):
            yield value


def matches(term, text):
    term, text = term.lower(), text.lower()
    if "*" not in term:
        return term in text
    return text.startswith(term[:-1]) if term.endswith("*") else text.endswith(term[1:])


@SHARED
@given(world=worlds(), data=st.data())
def test_a_record_is_found_exactly_where_it_may_be_read(engine, world, data):
    world, components = world
    key = data.draw(st.sampled_from(OWN))
    with inhabited(engine, world, components) as (snapshot, connection, principal):
        for row in (*world.rows[key], 99):
            record = fetch_record(connection, snapshot, principal, key, "id", row, ("name", "size", "owner"))
            assert (record is not None) == (row in world.visible(key))
            if record is not None:
                readable = world.rights(key, "read")
                assert set(record.values) == {"name", "size", "owner"} & readable
                privileges = ("read", "write", "delete", "append", "append_to", "history")
                assert record.can == {right for right in privileges if world.may(key, right, row)}


@SHARED
@given(world=worlds(), data=st.data())
def test_a_lookup_offers_what_may_be_read_and_pointed_at(engine, world, data):
    world, components = world
    key = data.draw(st.sampled_from(OWN))
    with inhabited(engine, world, components) as (snapshot, connection, principal):
        if not (world.grants(key, "read") and world.grants(key, "append_to")):
            return
        expected = {i for i in world.visible(key) if world.may(key, "append_to", i)}
        assert {found.id for found in offer(connection, snapshot, principal, key, limit=50)} == expected
        for row in (*world.rows[key], 99):
            assert (resolve_offer(connection, snapshot, principal, key, row) is not None) == (row in expected)
