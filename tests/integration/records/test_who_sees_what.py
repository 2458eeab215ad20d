"""Lists: who sees which rows, and what of them."""

import pytest

from runtime.records import (
    BadAsk,
    Denied,
    ListOptions,
    count_view,
    create,
    fetch_list,
    fetch_record,
    parse_list_ask,
    plan_entity,
    plan_list,
)


def names(connection, stage, principal, view="boats", **arguments):
    plan = plan_list(stage.snapshot, principal, view)
    ask = parse_list_ask(stage.snapshot, principal, (view,), arguments)
    place = plan.column("name").index
    return [row[place] for row in fetch_list(connection, plan, principal, ask).rows]


@pytest.mark.parametrize(
    ("name", "roles", "expected"),
    [
        ("alice", ("member",), ["alices", "bobs"]),
        ("bob", ("member",), ["alices", "bobs"]),
        ("carol", ("member",), ["carols"]),
        ("dave", ("member",), ["daves"]),
        ("alice", ("reader",), ["alices", "bobs", "daves"]),
        ("dave", ("reader",), ["daves"]),
        ("bob", ("keeper",), ["bobs"]),
        ("carol", ("keeper", "member"), ["carols"]),
        ("erin", ("clerk",), ["alices", "bobs", "carols", "daves"]),
        ("erin", ("no such role", "member"), ["carols"]),
    ],
)
def test_each_scope_reaches_its_rows(stage, connection, name, roles, expected):
    assert names(connection, stage, stage.person(name, *roles)) == expected


def test_who_has_no_role_is_denied(stage):
    with pytest.raises(Denied):
        plan_list(stage.snapshot, stage.person("alice"), "boats")
    with pytest.raises(Denied):
        plan_list(stage.snapshot, stage.nobody, "boats")


def test_anonymous_people_see_what_the_anonymous_role_grants_alone(stage, connection):
    plan = plan_entity(stage.snapshot, stage.nobody, "stop")
    assert fetch_list(connection, plan, stage.nobody).total == 4


def test_a_three_level_chain_reaches_grandchildren_under_permitted_roots_only(stage, connection):
    plan = plan_entity(stage.snapshot, stage.alice, "stop")
    assert [row[1] for row in fetch_list(connection, plan, stage.alice).rows] == ["by alice", "by bob"]


def test_write_is_offered_only_where_its_own_scope_matches(stage, connection):
    both = stage.person("bob", "reader", "keeper")
    page = fetch_list(connection, plan_list(stage.snapshot, both, "boats"), both)
    assert [(row[0], bool(can)) for row, can in zip(page.rows, page.can, strict=True)] == [(1, False), (2, True), (4, False)]
    assert count_view(connection, stage.snapshot, both, "boats") == 3


def test_what_may_not_be_read_is_no_column_and_cannot_be_sorted_or_searched_by(stage, connection):
    plan = plan_list(stage.snapshot, stage.alice, "boats")
    assert plan.column("secret") is None
    with pytest.raises(BadAsk, match="sort"):
        parse_list_ask(stage.snapshot, stage.alice, ("boats",), {"sort": "secret"})
    assert names(connection, stage, stage.alice, q="key") == []
    assert names(connection, stage, stage.erin, q="key bob") == ["bobs"]
    assert fetch_record(connection, stage.snapshot, stage.alice, "boat", "secret", "key alice", ("name",)) is None


def test_the_name_of_a_row_out_of_reach_is_empty_and_cannot_be_searched(stage, connection):
    keeper = stage.person("alice", "keeper")
    plan = plan_list(stage.snapshot, keeper, "boats")
    assert plan.column("owner").label_index is not None  # her own profile
    assert plan.column("customer").label_index is None
    assert plan.column("customer.name") is None
    assert names(connection, stage, keeper, q="acme") == []
    assert names(connection, stage, stage.alice, q="acme") == ["alices", "bobs"]


def test_of_the_rows_that_a_lookup_leads_to_only_those_within_reach_are_named(stage, connection):
    for name, owner in (("mine", "erin"), ("hers", "alice")):
        values = {"name": name, "owner": stage.contacts[owner]}
        create(connection, stage.snapshot, stage.system, "boat", values)
    plan = plan_list(stage.snapshot, stage.erin, "boats")  # she may read every boat, and of people her own profile
    page = fetch_list(connection, plan, stage.erin, parse_list_ask(stage.snapshot, stage.erin, ("boats",), {}))
    owner, name = plan.column("owner"), plan.column("name")
    assert {row[name.index]: row[owner.label_index] for row in page.rows if row[owner.label_index] is not None} == {
        "mine": "erin"
    }
    assert names(connection, stage, stage.erin, q="alice") == ["alices"]
    assert names(connection, stage, stage.erin, q="erin") == ["mine"]


def test_a_condition_on_the_person_gives_nothing_to_who_has_none(stage, connection):
    assert names(connection, stage, stage.erin, "my-boats") == []
    assert names(connection, stage, stage.alice, "my-boats") == ["alices"]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("view", "trips"), ("sort", "nothing"), ("sort", "--name"), ("sort", "customer.secret"), ("page", "0"), ("page", "-1"),
        ("page", "x"), ("page", "9" * 30), ("page", "²"), ("after", "!!!"), ("after", "WyJuYW1lIl0"), ("after", "A" * 9000),
        ("before", "bnVsbA"), ("scope", "all"), ("scope", "mine"), ("q", "x" * 300), ("q", "a\0b"),
        ("q", "a b c d e f g h i j"),
    ],
)  # fmt: skip
def test_an_ask_that_cannot_be_understood_names_its_argument(stage, argument, value):
    with pytest.raises(BadAsk) as refused:
        parse_list_ask(stage.snapshot, stage.alice, ("boats",), {argument: value})
    assert refused.value.argument == argument


def test_mine_and_company_switch(stage, connection):
    options = ListOptions(mine="owner", company="customer")
    plan = plan_list(stage.snapshot, stage.bob, "boats", options)
    assert stage.bob.contact != stage.bob.account, "else the two would look alike"
    expected = {"mine": ["bobs"], "company": ["alices", "bobs"]}
    for scope, found in expected.items():
        ask = parse_list_ask(stage.snapshot, stage.bob, ("boats",), {"scope": scope}, mine=("owner", "customer"))
        assert [row[plan.column("name").index] for row in fetch_list(connection, plan, stage.bob, ask).rows] == found


@pytest.mark.parametrize(
    ("name", "roles", "expected"),
    [
        ("alice", ("member",), ["alices", "bobs"]),
        ("alice", ("reader",), ["alices", "bobs", "daves"]),
        ("dave", ("reader",), ["daves"]),
        ("erin", ("clerk",), ["carols"]),
    ],
)
def test_the_companys_rows_are_those_of_subsidiaries_too_where_a_right_reaches_them(stage, connection, name, roles, expected):
    person, switch = stage.person(name, *roles), ("owner", "customer")
    plan = plan_list(stage.snapshot, person, "boats", ListOptions(mine=switch[0], company=switch[1]))
    ask = parse_list_ask(stage.snapshot, person, ("boats",), {"scope": "company"}, mine=switch)
    assert [row[plan.column("name").index] for row in fetch_list(connection, plan, person, ask).rows] == expected


def test_deep_pages_show_the_rows_that_shallow_ones_would(stage, connection):
    ask = parse_list_ask(stage.snapshot, stage.erin, ("boats",), {"page": "45"}, page_size=1)
    plan = plan_list(stage.snapshot, stage.erin, "boats")
    page = fetch_list(connection, plan, stage.erin, ask)
    assert (page.rows, page.total, page.pages) == ([], 4, 4)
