"""Filters of random worlds: what they leave is what a plain reading of the rules leaves."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.records import ListAsk, count_view, fetch_list, plan_list
from runtime.records.filters import choose, choose_range, field_for
from support.inhabited import inhabited
from support.reading import hidden, view_of
from support.worlds import OWN, worlds

pytestmark = pytest.mark.timeout(900)  # many worlds, on a machine that may be busy
SHARED = settings(suppress_health_check=list(HealthCheck))


def usable(world, key, path):
    """Whether a person may filter by a path: it may be read, and of a lookup the names too."""
    if hidden(world, key, path):
        return False
    attribute = world.lookup(key, path)
    if attribute is None:
        return True
    if attribute.targets:
        return False
    name = world.entities[attribute.target].primary_name
    return bool(world.grants(attribute.target, "read")) and name in world.rights(attribute.target, "read")


def drawn(data, field):
    """What is chosen of a field as texts, and whether a row's value and label meet it."""
    if field.kind == "range":
        low, high = data.draw(st.sampled_from(((-1, 1), (0, ""), ("", 0), (1, -1), (2, 2))))
        return (
            str(low),
            str(high),
        ), lambda value, label: value is not None and (low == "" or value >= low) and (high == "" or value <= high)
    if field.kind == "rows":
        ids = data.draw(st.sets(st.integers(1, 5), min_size=1))
        return [str(i) for i in ids], lambda value, label: label is not None and value in ids
    text = data.draw(st.sampled_from(("a", "B", "ab", "%", "_", "ba", "!")))
    return [text], lambda value, label: value is not None and text.lower() in value.lower()


@SHARED
@given(world=worlds(), data=st.data())
def test_filters_leave_the_readable_rows_that_meet_all_of_them(engine, world, data):
    world, components = world
    key = data.draw(st.sampled_from(OWN))
    view = view_of(world.entities[key])
    paths = data.draw(st.lists(st.sampled_from([c.attribute for c in view.columns]), min_size=1, max_size=3, unique=True))
    with inhabited(engine, world, (*components, view)) as (snapshot, connection, principal):
        if not world.grants(key, "read"):
            return
        narrowings, bound, tests = [], [], []
        for place, path in enumerate(paths):
            field = field_for(snapshot, principal.standing, key, path, f"f{place}")
            assert (field is not None) == usable(world, key, path)
            if field is None:
                continue
            texts, meets = drawn(data, field)
            made = choose_range(field, principal, *texts) if field.kind == "range" else choose(snapshot, field, texts)
            narrowings.append(made[0])
            bound += made[1]
            tests.append((path, meets))
        ask = ListAsk("v", page_size=50, narrowings=tuple(narrowings), bound=tuple(bound))
        page = fetch_list(connection, plan_list(snapshot, principal, "v"), principal, ask)
        expected = {
            row
            for row in world.visible(key)
            if all(
                meets(world.value(key, row, path), world.label(key, row, path) if world.lookup(key, path) else None)
                for path, meets in tests
            )
        }
        assert set(page.ids) == expected
        assert page.total == len(expected)
        assert count_view(connection, snapshot, principal, "v") == len(world.visible(key))
