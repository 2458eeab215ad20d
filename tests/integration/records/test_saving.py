"""Saving a row in few statements: how many, what a refusal leaves behind, and numbers under many writers."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError

from metadata.compiler import compile_snapshot
from metadata.model import Attribute, Entity, WebRole
from runtime.records import Denied, Invalid, Listeners, create, update
from runtime.records.audit import AUDITED
from runtime.records.bulk import SqlRowStore
from runtime.records.shapes import MOST_SHAPES, kept
from runtime.records.tables import AUDIT
from support.cast import ALL, DECLARED, SITE, permission, stage_for
from support.statements import counting, note_statements

WRITERS, EACH = 6, 8


def column(stage, name, entity="boat"):
    table = stage.snapshot.entities[entity].table
    with stage.engine.connect() as connection:
        return list(connection.scalars(select(table.c[name]).order_by(table.c.id)))


def of_acme(stage, **values):
    return {"name": "x", "customer": stage.accounts["acme"], **values}


def test_a_new_row_costs_the_row_and_its_audit(stage):
    seen = []
    stage.engine.dispose()
    note_statements(stage.engine, seen)
    owned = of_acme(stage, owner=stage.contacts["alice"], about=("account", stage.accounts["acme"]))
    for _ in range(2):
        with stage.transaction() as connection, counting(seen) as statements:
            create(connection, stage.snapshot, stage.alice, "boat", owned, undo="transaction")
    # SQLite's statements write to one table each, and the number is counted in one of its own.
    assert len(statements) == (2 if stage.engine.dialect.name == "postgresql" else 3), statements


def test_a_new_row_whose_permission_reads_other_rows_is_looked_at_where_its_statement_cannot_tell(database_url):
    whole = permission("group", "boat", "account", via="customer", subsidiaries=True, roles=("founder",), privileges=ALL)
    stage = stage_for(database_url, whole, WebRole(key="founder", site=SITE))
    seen = []
    stage.engine.dispose()
    note_statements(stage.engine, seen)
    founder = stage.person("alice", "founder")
    with suppress(InvalidRequestError), stage.transaction() as connection, counting(seen) as statements, suppress(Denied):
        create(connection, stage.snapshot, founder, "boat", {"name": "x"}, undo="transaction")
    # A boat of nobody lies out of reach: it was written, looked at, and undone.
    assert len(statements) == (1 if stage.engine.dialect.name == "postgresql" else 3), statements
    assert column(stage, "name") == []
    stage.engine.dispose()


def test_a_change_costs_the_row_before_the_row_after_and_its_audit(stage):
    seen = []
    stage.engine.dispose()
    note_statements(stage.engine, seen)
    with stage.transaction() as connection, counting(seen) as statements:
        update(connection, stage.snapshot, stage.alice, "boat", 1, 1, {"name": "new"}, undo="transaction")
    assert len(statements) == 3, statements


def refuse(connection, snapshot, change):
    raise Invalid({"": "no"})


REFUSED = {
    "out of reach": lambda stage: (stage.alice, {"name": "x"}, AUDITED),
    "a lookup out of reach": lambda stage: (stage.alice, of_acme(stage, owner=stage.contacts["carol"]), AUDITED),
    "a value that is taken": lambda stage: (stage.system, {"name": "x", "number": "B-001"}, AUDITED),
    "a listener": lambda stage: (stage.alice, of_acme(stage), AUDITED.plus(refuse)),
}


@pytest.mark.parametrize("cause", REFUSED)
def test_a_refused_write_is_undone_alone(stage, cause):
    principal, values, listeners = REFUSED[cause](stage)
    with stage.transaction() as connection:
        create(connection, stage.snapshot, stage.alice, "boat", of_acme(stage, name="before"))
        with pytest.raises((Denied, Invalid)):
            create(connection, stage.snapshot, principal, "boat", values, listeners=listeners)
        create(connection, stage.snapshot, stage.alice, "boat", of_acme(stage, name="after"))
    assert column(stage, "name")[4:] == ["before", "after"]
    first, second = column(stage, "number")[4:]
    assert first < second


@pytest.mark.parametrize("cause", REFUSED)
def test_a_refused_write_can_end_its_transaction_which_nobody_can_go_on_with(stage, cause):
    principal, values, listeners = REFUSED[cause](stage)
    with suppress(InvalidRequestError), stage.transaction() as connection:
        create(connection, stage.snapshot, stage.alice, "boat", of_acme(stage, name="before"), undo="transaction")
        with pytest.raises((Denied, Invalid)):
            create(connection, stage.snapshot, principal, "boat", values, listeners=listeners, undo="transaction")
        create(connection, stage.snapshot, stage.alice, "boat", of_acme(stage, name="after"))
    assert len(column(stage, "name")) == 4
    with stage.transaction() as connection:
        create(connection, stage.snapshot, stage.alice, "boat", of_acme(stage))
    assert len(column(stage, "name")) == 5


def test_a_refused_change_can_end_its_transaction(stage):
    with suppress(InvalidRequestError), stage.transaction() as connection:
        update(connection, stage.snapshot, stage.alice, "boat", 1, 1, {"name": "new"}, undo="transaction")
        with pytest.raises(Denied):
            update(connection, stage.snapshot, stage.alice, "boat", 2, 1, {"customer": None}, undo="transaction")
        update(connection, stage.snapshot, stage.alice, "boat", 2, 1, {"name": "new"})
    assert column(stage, "name")[:2] == ["alices", "bobs"]


@pytest.mark.parametrize("pattern", ["S-{number:03}", "{number:,}"], ids=["drawn by the write", "drawn before"])
@pytest.mark.parametrize("gapless", [True, False])
def test_numbers_have_no_doubles_whoever_writes_at_once_and_only_where_asked_for_no_gaps(database_url, gapless, pattern):
    stage = stage_for(database_url, numbered(pattern, gapless=gapless))
    listeners = AUDITED.plus(refuse)

    def write(place):
        for turn in range(EACH):
            with suppress(Invalid), stage.transaction() as connection:
                refusing = AUDITED if (place + turn) % 3 else listeners
                create(connection, stage.snapshot, stage.system, "slip", {}, listeners=refusing, undo="transaction")

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, range(WRITERS)))
    made = sum(1 for place in range(WRITERS) for turn in range(EACH) if (place + turn) % 3)
    numbers = column(stage, "no", "slip")
    assert len(set(numbers)) == made
    without_gaps = [pattern.format(number=number) for number in range(1, 1 + made)]
    # A database with one writer at a time counts without gaps whatever is asked for.
    assert (sorted(numbers) == sorted(without_gaps)) is (gapless or stage.engine.dialect.name == "sqlite")
    stage.engine.dispose()


def test_counting_goes_on_where_it_stood_when_gaps_are_allowed_or_no_longer(database_url):
    stage = stage_for(database_url, numbered("{number}"))
    strict = compile_snapshot((*DECLARED, numbered("{number}", gapless=True)))
    for snapshot in (strict, stage.snapshot, strict, strict, stage.snapshot, stage.snapshot):
        with stage.transaction() as connection:
            create(connection, snapshot, stage.system, "slip", {})
    assert column(stage, "no", "slip") == ["1", "2", "3", "4", "5", "6"]
    stage.engine.dispose()


@pytest.mark.parametrize("gapless", [True, False])
def test_rows_that_come_together_are_numbered_together_and_counting_goes_on_behind_them(database_url, gapless):
    name = Attribute(key="name", type="text")
    slip = numbered("S-{number:,}", gapless=gapless)
    stage = stage_for(database_url, replace(slip, attributes=(*slip.attributes, name)))
    costs = []
    seen = []
    note_statements(stage.engine, seen)
    for start, count in ((0, 1), (1, 5), (6, 300)):
        with stage.transaction() as connection, counting(seen) as statements:
            store = SqlRowStore(connection, stage.snapshot, stage.system)
            store.upsert("slip", ("name",), [{"name": f"{place:03}"} for place in range(start, start + count)])
        costs.append(len(statements))
    with stage.transaction() as connection:
        create(connection, stage.snapshot, stage.system, "slip", {})
    assert column(stage, "no", "slip") == [f"S-{number}" for number in range(1, 308)]
    assert costs[0] == costs[1] == costs[2]
    stage.engine.dispose()


def numbered(pattern, *, gapless=False):
    number = Attribute(key="no", type="auto_number", format=pattern, gapless=gapless)
    return Entity(key="slip", primary_name="no", attributes=(number,))


@pytest.mark.parametrize(
    "pattern",
    ["{number}", "100 % {number:02} %s", "{number:03d}'\"", "{number:d}", "{number:,}", "{{a}}{number:04}", "{number:x}"],
)
def test_numbers_are_written_as_their_format_says(database_url, pattern):
    stage = stage_for(database_url, numbered(pattern))
    with stage.transaction() as connection:
        for _ in range(101):
            create(connection, stage.snapshot, stage.system, "slip", {})
    assert column(stage, "no", "slip") == [pattern.format(number=number) for number in range(1, 102)]
    stage.engine.dispose()


def test_a_number_that_is_given_is_kept_and_one_that_is_given_as_nothing_is_drawn(stage, connection):
    for number in ("X", None):
        create(connection, stage.snapshot, stage.system, "boat", {"name": "x", "number": number})
    table = stage.snapshot.entities["boat"].table
    assert list(connection.scalars(select(table.c.number).where(table.c.id > 4).order_by(table.c.id))) == ["X", "B-005"]


def test_of_many_lookups_the_first_that_may_not_be_set_is_named(stage, connection):
    mine, theirs = stage.contacts["alice"], stage.contacts["carol"]
    acme, other = stage.accounts["acme"], stage.accounts["other"]
    for owner, customer, about, named in (
        (mine, acme, ("contact", theirs), "about"),
        (mine, acme, ("account", other), "about"),
        (theirs, acme, ("account", other), "owner"),
        (999, acme, ("contact", mine), "owner"),
        (mine, other, ("contact", theirs), "customer"),
    ):
        values = {"name": "x", "owner": owner, "customer": customer, "about": about}
        with pytest.raises(Denied) as refused:
            create(connection, stage.snapshot, stage.alice, "boat", values)
        assert (refused.value.attribute, refused.value.side) == (named, "append_to")
    with pytest.raises(Invalid) as unknown:
        create(connection, stage.snapshot, stage.system, "boat", {"name": "x", "owner": 999})
    assert unknown.value.codes == {"owner": "not_found"}


def test_a_row_that_its_own_creation_brings_within_reach_can_be_made(database_url):
    """The accounts below one's own are within reach, and a new one is among them only once it is there."""
    whole = permission("group", "account", "account", subsidiaries=True, roles=("founder",), privileges=ALL)
    stage = stage_for(database_url, whole, WebRole(key="founder", site=SITE))
    founder = stage.person("alice", "founder")
    with stage.transaction() as connection:
        below = {"name": "new", "parent_account": stage.accounts["acme north"]}
        made = create(connection, stage.snapshot, founder, "account", below)
        update(connection, stage.snapshot, founder, "account", made.id, 1, {"parent_account": stage.accounts["acme"]})
        for elsewhere in ({"name": "x"}, {"name": "x", "parent_account": stage.accounts["other"]}):
            with pytest.raises(Denied):
                create(connection, stage.snapshot, founder, "account", elsewhere)
        with pytest.raises(Denied):
            update(connection, stage.snapshot, founder, "account", made.id, 2, {"parent_account": None})
    assert column(stage, "name", "account") == ["acme", "other", "acme north", "new"]
    stage.engine.dispose()


def test_the_audit_trail_and_listeners_have_what_was_stored(stage, connection):
    told = []
    listeners = Listeners((*AUDITED.after_write, lambda connection, snapshot, change: told.append(change)))
    values = of_acme(stage, price=5, about=("contact", stage.contacts["bob"]), tags=("new", "done", "new"))
    made = create(connection, stage.snapshot, stage.alice, "boat", values, listeners=listeners)
    (change,) = told
    expected = {"name": "x", "number": "B-005", "state": "new", "tags": ("new", "done"), "secret": None}
    assert {key: change.after[key] for key in expected} == expected
    assert (change.after["about"], str(change.after["price"])) == (("contact", stage.contacts["bob"]), "5.0000")
    trail = connection.execute(select(AUDIT).where(AUDIT.c.row == made.id, AUDIT.c.entity == "boat")).mappings().one()
    changes = json.loads(trail["changes"])
    assert (changes["number"], changes["price"], "secret" in changes) == ([None, "B-005"], [None, "5.0000"], False)


def test_shapes_that_requests_invent_are_not_kept_without_end(stage):
    for place in range(MOST_SHAPES * 2 + 5):
        assert kept(stage.snapshot, place, lambda place=place: f"made {place}") == f"made {place}"
    assert len(stage.snapshot.derive("shapes", dict)) <= MOST_SHAPES


def test_a_refusal_of_the_database_does_not_quote_the_values(stage, connection):
    with pytest.raises(Invalid) as refused:
        create(connection, stage.snapshot, stage.system, "boat", {"name": "hush", "number": "B-001"})
    assert "hush" not in str(refused.value.__cause__)
