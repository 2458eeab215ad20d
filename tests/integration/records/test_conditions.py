"""Declared filters: what holds for rows without a value, at the ends of a range, and for people without one."""

import pytest

from metadata.model import Filter, View, ViewColumn
from runtime.access import Person, Principal
from runtime.records import count_view, create, fetch_list, plan_list
from support.cast import SITE, stage_for

BOATS = {"none": None, "one": 1, "two": 2, "three": 3}
FILTERS = {
    "ne": ("price", 2),
    "not_in": ("price", [1, 2]),
    "between": ("price", [1, 2]),
    "eq": ("price", 2),
    "empty": ("price", None),
}
VIEWS = (
    *(
        View(
            key=f"by-{operator}",
            entity="boat",
            columns=(ViewColumn(attribute="name"),),
            filter=Filter(attribute=attribute, operator=operator, value=value),
        )
        for operator, (attribute, value) in FILTERS.items()
    ),
    View(
        key="of-others",
        entity="boat",
        columns=(ViewColumn(attribute="name"),),
        filter=Filter(attribute="customer", operator="ne", value="@account"),
    ),
)


@pytest.fixture
def stage(database_url):
    stage = stage_for(database_url, *VIEWS)
    with stage.transaction() as connection:
        for name, price in BOATS.items():
            owned = {"customer": stage.accounts["acme"]} if name == "one" else {}
            create(connection, stage.snapshot, stage.system, "boat", {"name": name, "price": price, **owned})
    yield stage
    stage.engine.dispose()


def found(stage, principal, view):
    with stage.engine.connect() as connection:
        page = fetch_list(connection, plan_list(stage.snapshot, principal, view), principal)
        assert count_view(connection, stage.snapshot, principal, view) == len(page.rows)
        return {row[2] for row in page.rows}


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("by-ne", {"none", "one", "three"}),
        ("by-not_in", {"none", "three"}),
        ("by-between", {"one", "two"}),
        ("by-eq", {"two"}),
        ("by-empty", {"none"}),
        ("of-others", {"one", "none", "two", "three"}),
    ],
)
def test_a_filter_finds_its_rows(stage, view, expected):
    assert found(stage, stage.erin, view) == expected


def test_a_word_that_has_no_value_for_a_person_finds_nothing(stage):
    loner = Principal.signed_in(stage.snapshot, SITE, Person(stage.contacts["erin"], None), ("clerk",))
    assert found(stage, loner, "by-empty") == {"none"}
    assert found(stage, loner, "of-others") == set()
