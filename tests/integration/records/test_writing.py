"""Writes: refusals, conflicts, values, numbers, and what follows a change."""

import json
from decimal import Decimal

import pytest
from sqlalchemy import select

from runtime.records import (
    Conflict,
    Denied,
    Invalid,
    Listeners,
    Missing,
    associate,
    create,
    delete,
    fetch_record,
    update,
)
from runtime.records.tables import AUDIT


def record(connection, stage, principal, id, *paths):
    return fetch_record(connection, stage.snapshot, principal, "boat", "id", id, paths)


def test_a_row_cannot_be_made_out_of_reach(stage, connection):
    for values in ({"name": "x"}, {"name": "x", "customer": stage.accounts["other"]}):
        with pytest.raises(Denied):
            create(connection, stage.snapshot, stage.alice, "boat", values)


def test_a_row_cannot_be_moved_out_of_reach(stage, connection):
    with pytest.raises(Denied):
        update(connection, stage.snapshot, stage.alice, "boat", 1, 1, {"customer": None})
    assert record(connection, stage, stage.alice, 1, "customer").values == {"customer": stage.accounts["acme"]}


def test_a_missing_right_on_a_lookup_names_the_attribute_and_the_side(stage, connection):
    values = {"name": "x", "customer": stage.accounts["acme"], "owner": stage.contacts["carol"]}
    with pytest.raises(Denied) as refused:
        create(connection, stage.snapshot, stage.alice, "boat", values)
    assert (refused.value.attribute, refused.value.side) == ("owner", "append_to")
    with pytest.raises(Denied) as refused:
        update(connection, stage.snapshot, stage.person("bob", "keeper"), "boat", 2, 1, {"about": ("contact", 1)})
    assert (refused.value.attribute, refused.value.side) == ("about", "append")


def test_a_row_out_of_reach_and_one_that_is_not_there_look_alike(stage, connection):
    for row in (3, 999):
        with pytest.raises(Missing):
            update(connection, stage.snapshot, stage.alice, "boat", row, 1, {"name": "x"})
        with pytest.raises(Missing):
            delete(connection, stage.snapshot, stage.alice, "boat", row, 1)


def test_a_row_changed_meanwhile_is_a_conflict_that_shows_what_may_be_read(stage, connection):
    update(connection, stage.snapshot, stage.bob, "boat", 1, 1, {"name": "new"})
    with pytest.raises(Conflict) as refused:
        update(connection, stage.snapshot, stage.alice, "boat", 1, 1, {"name": "other"})
    current = refused.value.current
    assert (current.version, current.values["name"], "secret" in current.values) == (2, "new", False)


def test_an_attribute_that_may_not_be_changed_is_refused(stage, connection):
    with pytest.raises(Denied) as refused:
        update(connection, stage.snapshot, stage.alice, "boat", 1, 1, {"secret": "x"})
    assert refused.value.attribute == "secret"


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"name": None}, {"name": "required"}),
        ({"name": "  "}, None),
        ({"name": "x" * 11}, {"name": "too_long"}),
        ({"name": 5}, {"name": "type"}),
        ({"name": "a\0"}, {"name": "type"}),
        ({"name": "a\ud800"}, {"name": "type"}),
        ({"price": Decimal("-1")}, {"price": "too_small"}),
        ({"price": Decimal("1.00001")}, {"price": "scale"}),
        ({"price": Decimal("1e30")}, {"price": "too_large"}),
        ({"price": Decimal("NaN")}, {"price": "type"}),
        ({"price": 1.5}, {"price": "type"}),
        ({"state": "lost"}, {"state": "option"}),
        ({"tags": ("new", "lost")}, {"tags": "option"}),
        ({"built": "2024-01-01"}, {"built": "type"}),
        ({"owner": True}, {"owner": "type"}),
        ({"about": ("boat", 1)}, {"about": "target"}),
        ({"about": 1}, {"about": "type"}),
        ({"version": 7}, {"version": "unknown"}),
        ({"nothing": 7}, {"nothing": "unknown"}),
        ({"number": "B-1"}, {"number": "automatic"}),
        ({"name": 1, "state": "lost"}, {"name": "type", "state": "option"}),
    ],
)
def test_values_are_checked_and_all_faults_told_at_once(stage, connection, values, codes):
    if codes is None:
        assert update(connection, stage.snapshot, stage.alice, "boat", 1, 1, values).version == 2
        return
    with pytest.raises(Invalid) as refused:
        update(connection, stage.snapshot, stage.alice, "boat", 1, 1, values)
    assert refused.value.codes == codes


def test_defaults_numbers_and_stamps_are_filled(stage, connection):
    written = create(connection, stage.snapshot, stage.alice, "boat", {"name": "x", "customer": stage.accounts["acme"]})
    found = record(connection, stage, stage.alice, written.id, "number", "state", "created_by", "created_from", "version")
    assert found.values == {
        "number": "B-005",
        "state": "new",
        "created_by": stage.contacts["alice"],
        "created_from": "portal",
        "version": 1,
    }


def test_a_value_that_is_taken_names_the_attributes_of_the_key(stage, connection):
    with pytest.raises(Invalid) as refused:
        create(connection, stage.snapshot, stage.system, "boat", {"name": "x", "number": "B-001"})
    assert refused.value.codes == {"number": "taken"}
    assert record(connection, stage, stage.system, 1, "name") is not None  # the transaction goes on


def test_a_fixed_value_stays(stage, connection):
    with pytest.raises(Invalid) as refused:
        update(connection, stage.snapshot, stage.system, "boat", 1, 1, {"hull": "z"})
    assert refused.value.codes == {"hull": "immutable"}


def test_saving_what_is_there_already_changes_nothing(stage, connection):
    assert update(connection, stage.snapshot, stage.alice, "boat", 1, 1, {"name": "alices"}).version == 1


def test_deleting_takes_what_cascades_and_clears_what_is_to_be_cleared(stage, connection):
    delete(connection, stage.snapshot, stage.alice, "boat", 1, 1)
    assert fetch_record(connection, stage.snapshot, stage.system, "trip", "id", 1, ()) is None
    stop = fetch_record(connection, stage.snapshot, stage.system, "stop", "id", 1, ("trip",))
    assert stop.values == {"trip": None}
    assert stop.version == 2, "who has the stop open must be told that it has changed"


def test_a_row_that_is_pointed_at_stays(stage, connection):
    with pytest.raises(Invalid) as refused:
        delete(connection, stage.snapshot, stage.system, "account", stage.accounts["other"], 1)
    assert refused.value.codes == {"": "referenced"}


def test_the_audit_trail_tells_who_changed_what(stage, connection):
    update(connection, stage.snapshot, stage.alice, "boat", 1, 1, {"name": "new"})
    found = connection.execute(select(AUDIT).order_by(AUDIT.c.id.desc())).mappings().first()
    told = (found["contact"], found["entity"], found["row"], found["privilege"], found["origin"])
    assert told == (stage.contacts["alice"], "boat", 1, "write", "portal")
    assert json.loads(found["changes"]) == {"name": ["alices", "new"]}


def test_a_listener_that_fails_undoes_the_change(stage, connection):
    def refuse(connection, snapshot, change):
        raise Invalid({"": "no"})

    with pytest.raises(Invalid):
        update(connection, stage.snapshot, stage.alice, "boat", 1, 1, {"name": "new"}, listeners=Listeners((refuse,)))
    assert record(connection, stage, stage.alice, 1, "name").values == {"name": "alices"}


def test_linking_needs_both_ends(stage, connection):
    associate(connection, stage.snapshot, stage.alice, "boat", 1, "crew", stage.contacts["bob"])
    with pytest.raises(Denied) as refused:
        associate(connection, stage.snapshot, stage.alice, "boat", 1, "crew", stage.contacts["carol"])
    assert refused.value.side == "append_to"
    with pytest.raises(Missing):
        associate(connection, stage.snapshot, stage.alice, "boat", 3, "crew", stage.contacts["bob"])


def test_people_change_their_own_profile_without_any_permission_and_nothing_else(stage, connection):
    plain = stage.person("alice")
    alice = stage.contacts["alice"]
    assert update(connection, stage.snapshot, plain, "contact", alice, 1, {"phone": "1"}).version == 2
    for values in ({"account": stage.accounts["other"]}, {"email": "a@example.org"}, {"note": "x"}, {"active": False}):
        with pytest.raises(Denied):
            update(connection, stage.snapshot, plain, "contact", alice, 2, values)
    with pytest.raises(Missing):
        update(connection, stage.snapshot, plain, "contact", stage.contacts["bob"], 1, {"phone": "1"})
