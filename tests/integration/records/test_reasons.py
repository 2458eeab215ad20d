"""Why somebody may or may not: each permission with what it comes to, in agreement with what the records layer does."""

from dataclasses import replace

import pytest

from metadata.model import WebRole
from metadata.model.base import Privilege
from runtime.exposure.explained import tell
from runtime.exposure.flips import Question
from runtime.records import create, fetch_record
from runtime.records.reasons import explain
from runtime.records.ways import name_of
from support.cast import SITE, permission, stage_for

MORE = (
    WebRole(key="dreamer", site=SITE),
    permission("off-boats", "boat", "global", roles=("member",), active=False),
    permission("under-clerks", "trip", "parent", relationship="boat", parent="all-boats", roles=("member",)),
    permission("between", "trip", "parent", relationship="boat", parent="group-boats", roles=("member",)),
    permission("nobodys", "boat", "global", roles=()),
)
PRIVILEGES: tuple[Privilege, ...] = ("read", "write", "create", "delete", "append", "append_to")


@pytest.fixture
def stage(database_url):
    stage = stage_for(database_url, *MORE)
    with stage.transaction() as connection:
        for name, owner, customer in (("one", "alice", "acme"), ("two", "carol", "other")):
            values = {"name": name, "owner": stage.contacts[owner], "customer": stage.accounts[customer]}
            create(connection, stage.snapshot, stage.system, "boat", values)
    yield stage
    stage.engine.dispose()


@pytest.fixture
def ask(stage):
    def told(principal, privilege, entity, key=""):
        with stage.engine.connect() as connection:
            return explain(connection, stage.snapshot, principal, entity, privilege, key)

    return told


def by_key(told):
    return {part.permission: part for part in told.parts}


def test_each_permission_says_whether_it_counts_and_what_it_lacks(stage, ask):
    parts = by_key(ask(stage.alice, "read", "boat", "B-001"))
    assert (parts["boats"].lacks, parts["boats"].reaches, parts["boats"].scope) == ("", True, "account")
    assert parts["all-boats"].lacks == "it is for the web role clerk"
    assert parts["off-boats"].lacks == "it, or a permission above it, is inactive or missing"
    assert parts["nobodys"].lacks == "it is for no web role"
    assert next(iter(parts)) == "boats"
    assert by_key(ask(stage.alice, "write", "boat"))["group-boats"].lacks == "it does not give write"
    trips = by_key(ask(stage.alice, "read", "trip"))
    both = by_key(ask(stage.person("alice", "member", "reader"), "read", "trip"))
    assert both["between"].lacks == "no one web role of the person is on it and on all permissions above it"
    assert trips["under-clerks"].lacks == "the permission above it, all-boats, is for the web role clerk"


def test_the_own_contact_is_reached_without_any_permission(stage, ask):
    told = ask(stage.person("alice"), "write", "contact", str(stage.contacts["alice"]))
    assert (told.allowed, by_key(told)["(profile)"].reaches) == (True, True)
    assert ask(stage.person("alice"), "write", "contact", str(stage.contacts["bob"])).allowed is False


def test_a_row_that_is_not_there_is_said_to_be_missing(stage, ask):
    assert ask(stage.alice, "read", "boat", "B-999").found is False
    assert ask(stage.alice, "read", "boat", "9" * 40).found is False
    assert ask(stage.alice, "read", "boat", "2").found is True


@pytest.mark.parametrize("name", ["alice", "carol", "erin", "nobody"])
def test_the_answer_is_that_of_the_records(stage, ask, name):
    principal = getattr(stage, name)
    for number, row in (("B-001", 1), ("B-002", 2)):
        with stage.engine.connect() as connection:
            record = fetch_record(connection, stage.snapshot, principal, "boat", "id", row, ())
        held = record.can if record else frozenset()
        for privilege in PRIVILEGES:
            if privilege != "create" and (record is not None or privilege == "read"):
                assert ask(principal, privilege, "boat", number).allowed == (privilege in held), (number, privilege)


def test_a_permission_for_an_account_and_those_below_is_told_with_its_condition_and_the_accounts_between(stage):
    with stage.transaction() as connection:
        values = {"name": "three", "owner": stage.contacts["dave"], "customer": stage.accounts["acme north"]}
        create(connection, stage.snapshot, stage.system, "boat", values)
    reader, stranger = stage.person("alice", "reader"), stage.person("carol", "reader")
    with stage.engine.connect() as connection:
        told = tell(connection, stage.snapshot, reader, Question("boat", "read", "B-003"))
        line = next(line for line in told.lines if line.part.permission == "group-boats")
        lost = tell(connection, stage.snapshot, stranger, Question("boat", "read", "B-003"))
        far = next(line for line in lost.lines if line.part.permission == "group-boats")
        called = [name_of(connection, stage.snapshot, "account", stage.accounts[key]) for key in ("acme north", "acme")]
    assert line.way[1:] == (f"customer -> account {called[0]}", f"parent_account -> account {called[1]}")
    assert (line.part.reaches, far.part.reaches, far.way) == (True, False, line.way)
    condition, rows = line.predicate.split("; ")
    assert condition.startswith("boat.customer IN (SELECT")
    assert rows.startswith("WITH RECURSIVE")


@pytest.mark.parametrize("why", ["the person belongs to no account", "the person is not signed in"])
def test_a_permission_that_reaches_no_row_of_the_person_says_so_and_is_no_mend(stage, why):
    homeless = replace(stage.person("erin", "reader"), account=None)
    person = homeless if "account" in why else replace(stage.nobody, roles=frozenset({"keeper"}))
    with stage.engine.connect() as connection:
        told = tell(connection, stage.snapshot, person, Question("boat", "read"))
        denied = tell(connection, stage.snapshot, person, Question("boat", "delete"))
    assert why in {line.part.vain for line in told.lines}
    assert f"counts, and reaches no row, as {why}" in {line.state for line in told.lines}
    assert "add the privilege delete" not in denied.change.said
