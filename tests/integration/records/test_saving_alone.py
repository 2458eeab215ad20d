"""A new row that is all its transaction does: the same row and trail as any other, and nothing of one that is refused."""

import contextlib
import datetime as dt
import json
from decimal import Decimal

import pytest
from sqlalchemy import select

from metadata.model import Attribute, Entity, WebRole
from runtime.records import Denied, Invalid, create
from runtime.records.alone import create_alone
from runtime.records.audit import AUDITED
from runtime.records.tables import AUDIT
from support.cast import ALL, SITE, permission, stage_for
from support.statements import counting, note_statements

OF_ALL_TYPES = Entity(
    key="log_entry",
    primary_name="no",
    attributes=(
        Attribute(key="title", type="text", default="“none” {0} \\ %s"),
        Attribute(key="no", type="auto_number", format='E"{number:04}'),
        Attribute(key="second", type="auto_number"),
        Attribute(key="at", type="datetime"),
        Attribute(key="day", type="date", default="@today"),
        Attribute(key="price", type="money"),
        Attribute(key="share", type="decimal", scale=3),
        Attribute(key="count", type="integer", default=3),
        Attribute(key="fine", type="boolean"),
        Attribute(key="token", type="unique_id"),
        Attribute(key="about", type="lookup", targets=("account", "contact")),
        Attribute(key="empty", type="long_text"),
    ),
)


def alone(stage, principal, entity, values, listeners=AUDITED):
    """A row made alone, on a connection that rests outside any transaction, as that of a request does."""
    with stage.engine.connect().execution_options(foyer_read=True) as connection:

        def transaction():
            connection.rollback()
            return stage.transaction()

        return create_alone(connection, transaction, stage.snapshot, principal, entity, lambda _: values, listeners=listeners)


def rows(stage, entity):
    table = stage.snapshot.entities[entity].table
    with stage.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]


def trail(stage, entity, row):
    with stage.engine.connect() as connection:
        found = connection.execute(select(AUDIT).where(AUDIT.c.entity == entity, AUDIT.c.row == row)).mappings().one()
    return {key: found[key] for key in found if key not in ("id", "at", "row", "changes")}, list(
        json.loads(found["changes"]).items()
    )


def test_a_row_made_alone_and_its_trail_are_those_of_any_other(database_url):
    stage = stage_for(database_url, OF_ALL_TYPES)
    values = {
        "at": dt.datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        "price": Decimal(5),
        "share": 2,
        "fine": False,
        "about": ("account", stage.accounts["acme"]),
        "empty": "",
    }
    first = alone(stage, stage.system, "log_entry", values)
    with stage.transaction() as connection:
        second = create(connection, stage.snapshot, stage.system, "log_entry", values)
    one, other = rows(stage, "log_entry")
    assert (first.id, second.id) == (one["id"], other["id"])
    assert (one["no"], one["second"], other["no"], other["second"]) == ('E"0001', "1", 'E"0002', "2")
    differing = ("id", "no", "second", "created_at", "changed_at")
    assert {key: one[key] for key in one if key not in differing} == {key: other[key] for key in other if key not in differing}
    (head, changes), (same, expected) = trail(stage, "log_entry", first.id), trail(stage, "log_entry", second.id)
    assert head == same
    renumbered = {"no": [None, 'E"0001'], "second": [None, "1"]}
    assert changes == [(key, renumbered.get(key, pair)) for key, pair in expected]
    stage.engine.dispose()


REFUSED = {
    "out of reach": lambda stage: (stage.alice, {"name": "x"}, Denied, AUDITED),
    "a lookup out of reach": lambda stage: (stage.alice, of_acme(stage, owner=stage.contacts["carol"]), Denied, AUDITED),
    "a lookup to nothing": lambda stage: (stage.system, {"name": "x", "owner": 999}, Invalid, AUDITED),
    "a value that is taken": lambda stage: (stage.system, {"name": "x", "number": "B-001"}, Invalid, AUDITED),
    "a listener": lambda stage: (stage.alice, of_acme(stage), Invalid, AUDITED.plus(refuse)),
}


def of_acme(stage, **values):
    return {"name": "x", "customer": stage.accounts["acme"], **values}


def refuse(connection, snapshot, change):
    raise Invalid({"": "no"})


@pytest.mark.parametrize("cause", REFUSED)
def test_a_row_refused_alone_leaves_nothing_behind_and_says_what_any_other_would(stage, cause):
    principal, values, kind, listeners = REFUSED[cause](stage)
    with pytest.raises(kind) as expected, stage.transaction() as connection:
        create(connection, stage.snapshot, principal, "boat", values, listeners=listeners)
    with pytest.raises(kind) as refused:
        alone(stage, principal, "boat", values, listeners)
    assert str(refused.value) == str(expected.value)
    assert vars(refused.value) == vars(expected.value)
    with stage.engine.connect() as connection:
        assert connection.execute(select(AUDIT.c.id).where(AUDIT.c.row > 4, AUDIT.c.entity == "boat")).all() == []
    assert len(rows(stage, "boat")) == 4


def test_a_refused_row_leaves_no_gap_among_numbers_that_must_have_none(database_url):
    number = Attribute(key="no", type="auto_number", gapless=True)
    owner = Attribute(key="owner", type="lookup", target="contact")
    slip = Entity(key="slip", primary_name="no", attributes=(number, owner))
    stage = stage_for(database_url, slip, permission("slips", "slip", "global", privileges=ALL))
    for owned in ("alice", "carol", "bob"):
        with contextlib.suppress(Denied):
            alone(stage, stage.alice, "slip", {"owner": stage.contacts[owned]})
    assert [row["no"] for row in rows(stage, "slip")] == ["1", "2"]
    stage.engine.dispose()


def test_a_row_made_alone_costs_one_statement_where_one_can_write_two_tables(stage):
    seen = []
    stage.engine.dispose()
    note_statements(stage.engine, seen)
    with counting(seen) as statements:
        alone(stage, stage.alice, "boat", of_acme(stage, owner=stage.contacts["alice"]))
    # SQLite counts, writes the row, and writes the trail.
    assert len(statements) == (1 if stage.engine.dialect.name == "postgresql" else 3), statements


def test_whoever_else_is_told_of_a_new_row_is_told_in_its_transaction(stage):
    told = []
    listeners = AUDITED.plus(lambda connection, snapshot, change: told.append((change.id, change.after["name"])))
    made = alone(stage, stage.alice, "boat", of_acme(stage), listeners)
    assert told == [(made.id, "x")]


def test_a_row_that_its_own_creation_brings_within_reach_can_be_made_alone(database_url):
    whole = permission("group", "account", "account", subsidiaries=True, roles=("founder",), privileges=ALL)
    stage = stage_for(database_url, whole, WebRole(key="founder", site=SITE))
    founder = stage.person("alice", "founder")
    below = {"name": "new", "parent_account": stage.accounts["acme north"]}
    alone(stage, founder, "account", below)
    with pytest.raises(Denied):
        alone(stage, founder, "account", {"name": "x", "parent_account": stage.accounts["other"]})
    assert [row["name"] for row in rows(stage, "account")] == ["acme", "other", "acme north", "new"]
    stage.engine.dispose()
