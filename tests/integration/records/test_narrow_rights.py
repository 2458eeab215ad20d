"""Rights that reach less than one would think: offers of lookups, both sides of a lookup, attributes that reach fewer rows."""

import pytest

from metadata.model import AttributePermission, AttributeRight, WebRole
from runtime.records import Denied, create, fetch_list, fetch_record, plan_entity, plan_list, update
from runtime.records.ask import ListAsk
from runtime.records.lookups import offer, resolve_offer
from runtime.records.people import find_contacts_by_email
from support.cast import SITE, permission, stage_for

MORE = (
    *(WebRole(key=key, site=SITE) for key in ("looker", "builder", "namer")),
    permission("everybody-seen", "contact", "global", roles=("looker",), privileges=("read",)),
    permission("boats-built", "boat", "global", roles=("builder",), privileges=("read", "write")),
    permission("boats-tied", "boat", "account", via="customer", roles=("builder",), privileges=("append",)),
    permission("colleagues", "contact", "account", via="account", roles=("namer",), privileges=("read", "write")),
    AttributePermission(
        key="names-only",
        site=SITE,
        entity="contact",
        roles=("namer",),
        attributes=(
            AttributeRight(attribute="full_name", read=True, update=True),
            AttributeRight(attribute="note", read=True, update=True),
        ),
    ),
)


@pytest.fixture
def stage(database_url):
    stage = stage_for(database_url, *MORE)
    with stage.transaction() as connection:
        for name, customer in (("one", "acme"), ("two", "other")):
            create(connection, stage.snapshot, stage.system, "boat", {"name": name, "customer": stage.accounts[customer]})
        for name in ("alice", "bob"):
            row = stage.contacts[name]
            update(connection, stage.snapshot, stage.system, "contact", row, 1, {"phone": f"+46 {name}", "note": f"of {name}"})
    yield stage
    stage.engine.dispose()


@pytest.fixture
def connection(stage):
    with stage.transaction() as connection:
        yield connection


def test_a_lookup_offers_only_rows_that_may_be_pointed_at(stage, connection):
    alice = stage.person("alice", "member", "looker")
    assert len(fetch_list(connection, plan_entity(stage.snapshot, alice, "contact"), alice).ids) == len(stage.contacts)
    offered = [found.label for found in offer(connection, stage.snapshot, alice, "contact")]
    assert offered == ["alice", "bob"]
    assert resolve_offer(connection, stage.snapshot, alice, "contact", stage.contacts["carol"]) is None
    with pytest.raises(Denied):
        offer(connection, stage.snapshot, stage.person("alice", "looker"), "contact")


def test_a_row_that_may_be_changed_is_not_one_whose_lookups_may_be_set(stage, connection):
    alice = stage.person("alice", "builder", "member")
    row = {"name": "mine"}
    assert update(connection, stage.snapshot, alice, "boat", 2, 1, row).version == 2
    with pytest.raises(Denied):
        update(connection, stage.snapshot, alice, "boat", 2, 2, {"owner": stage.contacts["alice"]})
    assert update(connection, stage.snapshot, alice, "boat", 1, 1, {"owner": stage.contacts["alice"]}).version == 2


def test_an_attribute_read_on_ones_own_row_is_empty_on_those_of_others(stage, connection):
    alice = stage.person("alice", "namer")
    plan = plan_entity(stage.snapshot, alice, "contact")
    rows = fetch_list(connection, plan, alice).ids
    assert rows == [stage.contacts["alice"], stage.contacts["bob"]]

    def read(name):
        row = fetch_record(
            connection, stage.snapshot, alice, "contact", "id", stage.contacts[name], ("full_name", "phone", "note")
        )
        return tuple(row.values[path] for path in ("full_name", "phone", "note"))

    assert read("alice") == ("alice", "+46 alice", "of alice")
    assert read("bob") == ("bob", None, "of bob")


def test_an_attribute_written_on_ones_own_row_is_refused_on_those_of_others(stage, connection):
    alice = stage.person("alice", "namer")
    own, other = stage.contacts["alice"], stage.contacts["bob"]
    assert update(connection, stage.snapshot, alice, "contact", own, 2, {"phone": "1"}).version == 3
    assert update(connection, stage.snapshot, alice, "contact", other, 2, {"note": "n"}).version == 3
    for values in ({"phone": "1"}, {"phone": "1", "note": "n"}):
        with pytest.raises(Denied):
            update(connection, stage.snapshot, alice, "contact", other, 3, values)


@pytest.mark.parametrize(("typed", "found"), [("a_c", {"a_c"}), ("a%c", {"a%c"}), ("a\\c", {"a\\c"}), ("a*c", None)])
def test_what_somebody_searches_for_has_no_wild_cards_but_the_star(stage, connection, typed, found):
    names = {"a_c", "a%c", "a\\c", "abc"}
    for name in names:
        create(connection, stage.snapshot, stage.system, "boat", {"name": name, "customer": stage.accounts["acme"]})
    plan = plan_list(stage.snapshot, stage.alice, "boats")
    page = fetch_list(connection, plan, stage.alice, ListAsk("boats", page_size=10, terms=(typed,)))
    name = plan.column("name").index
    assert {row[name] for row in page.rows} == (names if found is None else found)


@pytest.mark.parametrize("written", ["bob@acme.example", " BOB@acme.Example "])
def test_people_are_found_by_their_address_whatever_its_case(stage, connection, written):
    update(connection, stage.snapshot, stage.system, "contact", stage.contacts["bob"], 2, {"email": "Bob@Acme.example"})
    assert [person.name for person in find_contacts_by_email(connection, stage.snapshot, written)] == ["bob"]
