"""Grants and their union, without a database."""

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import sqlite

from metadata.compiler import compile_snapshot
from metadata.model import EntityPermission, WebRole
from runtime.access import Person, Principal, access_for
from support.cast import DECLARED, SITE, permission


def snapshot_of(*more, without=()):
    kept = (item for item in DECLARED if not (isinstance(item, EntityPermission) and item.key in without))
    return compile_snapshot((*kept, *more))


def signed_in(snapshot, *roles, contact=1, account=1):
    return Principal.signed_in(snapshot, SITE, Person(contact, account), roles)


def where(snapshot, principal, entity, privilege):
    table = snapshot.entities[entity].table
    predicate = access_for(snapshot, principal, entity, privilege).predicate(table)
    return str(select(table.c.id).where(predicate).compile(dialect=sqlite.dialect())).partition("WHERE ")[2]


def test_nothing_granted_is_nothing_shown_and_never_everything():
    snapshot = snapshot_of()
    access = access_for(snapshot, signed_in(snapshot), "boat", "read")
    assert (access.allowed, access.unrestricted, access.attributes) == (False, False, frozenset())
    assert where(snapshot, signed_in(snapshot), "boat", "read") == "0 = 1"


@pytest.mark.parametrize("entity", ["", "nothing", "BOAT"])
def test_there_is_no_access_to_an_entity_that_is_not_there(entity):
    snapshot = snapshot_of()
    assert not access_for(snapshot, signed_in(snapshot, "clerk"), entity, "read").allowed
    assert not access_for(snapshot, Principal.system("sync"), entity, "read").allowed


def test_the_system_may_everything_and_nobody_else_becomes_it():
    snapshot = snapshot_of()
    assert access_for(snapshot, Principal.system("sync"), "boat", "delete").unrestricted
    assert not access_for(snapshot, Principal("contact", SITE, 1, 1), "boat", "delete").allowed


def test_a_statement_depends_on_roles_alone():
    snapshot = snapshot_of()
    one, other = signed_in(snapshot, "member"), signed_in(snapshot, "member", contact=77, account=88)
    assert access_for(snapshot, one, "boat", "read") is access_for(snapshot, other, "boat", "read")
    assert "77" not in where(snapshot, other, "boat", "read")


def test_an_inactive_permission_grants_nothing_and_neither_do_its_children():
    stopped = permission("boats", "boat", "account", via="customer", active=False)
    snapshot = snapshot_of(stopped, without=("boats",))
    member = signed_in(snapshot, "member")
    assert not any(access_for(snapshot, member, entity, "read").allowed for entity in ("boat", "trip", "stop"))


def test_a_child_counts_only_for_roles_that_its_parent_has():
    wider = permission("trips", "trip", "parent", relationship="boat", parent="boats", roles=("member", "reader"))
    snapshot = snapshot_of(wider, without=("trips",))
    assert access_for(snapshot, signed_in(snapshot, "member"), "trip", "read").allowed
    assert not access_for(snapshot, signed_in(snapshot, "reader"), "trip", "read").allowed


@pytest.mark.parametrize(
    "broken",
    [
        {"parent": "nothing", "relationship": "boat"},
        {"parent": "trips", "relationship": "boat"},
    ],
)
def test_a_chain_that_leads_nowhere_or_in_a_circle_grants_nothing(broken):
    snapshot = snapshot_of(permission("trips", "trip", "parent", **broken), without=("trips",))
    assert not access_for(snapshot, signed_in(snapshot, "member"), "trip", "read").allowed


@pytest.mark.parametrize(
    ("scope", "more"),
    [
        ("contact", {"via": "customer"}),
        ("account", {"via": "owner"}),
        ("account", {}),
        ("contact", {}),
        ("self", {}),
        ("parent", {"parent": "accounts", "relationship": "owner"}),
        ("parent", {"parent": "accounts", "relationship": "crew"}),
    ],
)
def test_a_scope_that_cannot_be_told_reaches_no_row(scope, more):
    snapshot = snapshot_of(permission("boats", "boat", scope, **more), without=("boats",))
    assert where(snapshot, signed_in(snapshot, "member"), "boat", "read") in ("0 = 1", "NULL")


def test_attribute_permissions_limit_each_right_by_itself():
    snapshot = snapshot_of()
    member, clerk = signed_in(snapshot, "member"), signed_in(snapshot, "member", "clerk")
    for privilege in ("read", "create", "write"):
        assert "secret" not in access_for(snapshot, member, "boat", privilege).attributes
        assert "name" in access_for(snapshot, member, "boat", privilege).attributes
    assert "version" in access_for(snapshot, member, "boat", "read").attributes
    assert "version" not in access_for(snapshot, member, "boat", "write").attributes
    assert "secret" not in access_for(snapshot, clerk, "boat", "read").attributes


def test_everybody_holds_the_default_role_and_unknown_roles_are_dropped():
    snapshot = snapshot_of(WebRole(key="extra", site=SITE))
    assert signed_in(snapshot, "member", "made up").roles == {"member", "everybody"}
    assert Principal.anonymous(snapshot, SITE).roles == {"visitor"}


def test_the_role_of_strangers_is_nobody_elses_though_it_was_granted_before():
    snapshot = snapshot_of()
    assert signed_in(snapshot, "member", "visitor").roles == {"member", "everybody"}
    assert not access_for(snapshot, signed_in(snapshot, "visitor"), "stop", "read").allowed


def test_the_profile_grants_the_own_row_and_the_attributes_on_its_form_to_who_is_signed_in():
    snapshot = snapshot_of()
    access = access_for(snapshot, signed_in(snapshot), "contact", "write")
    assert access.attributes == {"full_name", "phone"}
    assert not access_for(snapshot, Principal.anonymous(snapshot, SITE), "contact", "write").allowed
    assert not access_for(snapshot, signed_in(snapshot), "contact", "delete").allowed
