"""Invitations: a code binds a new sign-in to a prepared contact; every code that will not do gets the same answer."""

import dataclasses
import datetime as dt

import pytest
import sqlalchemy as sa

from runtime.identity import tables
from runtime.identity.invitations import ContactNotReady, find_invitation, redeem
from runtime.identity.roles import UnknownRoles, roles_of
from support.portal import CAST, HARBOUR, PASSWORD, SITE, make_portal

BOB = CAST["bob"][0]
NEW = {"password": "a new long password", "repeat": "a new long password"}


def account_of(portal, name):
    return portal.person(name).account


def test_a_code_makes_a_sign_in_and_gives_account_and_roles(portal):
    code = portal.invite("bob", roles=("member",), account=account_of(portal, "carol"))
    browser = portal.browser()
    page = browser.get("/invitation", query_string={"code": code})
    assert page.status_code == 200
    assert BOB in page.text
    answer = browser.post("/invitation", {"code": code, **NEW})
    assert (answer.status_code, answer.location) == (303, "/")
    assert browser.who() == "Bob"
    assert browser.get("/club").status_code == 200
    assert account_of(portal, "bob") == account_of(portal, "carol")
    assert portal.browser().sign_in(BOB, NEW["password"]).status_code == 303


def test_the_redemption_is_logged(portal):
    code = portal.invite("bob")
    portal.browser().post("/invitation", {"code": code, **NEW})
    assert portal.rows(sa.select(tables.redemptions.c.contact_id)) == [(portal.ids["bob"],)]


@pytest.mark.parametrize("write", [str.lower, lambda code: code.replace("-", " "), lambda code: code.replace("-", "")])
def test_a_code_may_be_typed_as_people_type(local_portal, write):
    code = write(local_portal.invite("bob"))
    assert local_portal.browser().post("/invitation", {"code": code}).status_code == 200
    assert local_portal.browser().post("/invitation", {"code": code, **NEW}).status_code == 303


def test_codes_that_will_not_do_are_refused_alike(portal):
    used, old, other = (portal.invite("bob") for _ in range(3))
    assert portal.browser().post("/invitation", {"code": used, **NEW}).status_code == 303
    portal.change(tables.invitations, tables.invitations.c.id == 2, expires_at=dt.datetime.now(dt.UTC))
    portal.change(tables.invitations, tables.invitations.c.id == 3, site="other")
    codes = [used, old, other, "AAAA-BBBB", "", "x" * 5000]
    answers = [portal.browser().post("/invitation", {"code": code, **NEW}) for code in codes]
    assert [answer.status_code for answer in answers] == [422] * len(codes)
    assert all("not valid, is too old or has been used" in answer.text for answer in answers)


def test_a_code_for_two_works_twice_and_not_three_times(portal):
    code = portal.invite("bob", max_redemptions=2)
    first = portal.browser().post("/invitation", {"code": code, **NEW})
    second = portal.browser().post("/invitation", {"code": code, "password": NEW["password"]})
    third = portal.browser().post("/invitation", {"code": code, "password": NEW["password"]})
    assert [answer.status_code for answer in (first, second, third)] == [303, 303, 422]


def test_the_last_use_is_given_to_one_only(portal):
    code = portal.invite("bob")
    site = portal.snapshot.sites[SITE]
    with portal.engine.begin() as connection:
        found = find_invitation(connection, SITE, code)
        assert [redeem(connection, portal.snapshot, site, found) for _ in range(2)] == [True, False]


def test_somebody_who_signs_in_already_proves_it_with_the_password(portal):
    code = portal.invite("alice", roles=("keeper",))
    taking_over = portal.browser().post("/invitation", {"code": code, **NEW})
    assert taking_over.status_code == 422
    assert portal.browser().sign_in(CAST["alice"][0], NEW["password"]).status_code == 422
    accepted = portal.browser().post("/invitation", {"code": code, "password": PASSWORD})
    assert accepted.status_code == 303
    with portal.engine.connect() as connection:
        assert roles_of(connection, portal.ids["alice"], SITE) == {"member", "keeper"}


@pytest.mark.parametrize(
    ("password", "repeat", "words"),
    [
        ("short", "short", "at least 12"),
        ("x" * 300, "x" * 300, "at most 128"),
        (BOB, BOB, "your email"),
        ("long enough now", "another one", "differ"),
        ("", "", "at least 12"),
    ],
)
def test_a_password_that_will_not_do_is_told_and_the_code_stays_good(local_portal, password, repeat, words):
    code = local_portal.invite("bob")
    answer = local_portal.browser().post("/invitation", {"code": code, "password": password, "repeat": repeat})
    assert answer.status_code == 422
    assert words in answer.text
    assert password not in answer.text.replace(BOB, "") or not password or password == BOB
    assert local_portal.browser().post("/invitation", {"code": code, **NEW}).status_code == 303


def test_a_contact_that_is_not_ready_is_not_invited_and_what_is_missing_is_named(portal):
    contact = portal.snapshot.entities["contact"].table
    cases = [
        ({"email": None}, "no e-mail"),
        ({"email": "ALICE@harbour.example"}, "same e-mail"),
        ({"email": BOB, "active": False}, "not active"),
    ]
    for values, words in cases:
        portal.change(contact, contact.c.id == portal.ids["bob"], **values)
        with pytest.raises(ContactNotReady, match=words):
            portal.invite("bob")
    assert portal.rows(sa.select(tables.invitations)) == []


def test_a_role_that_the_site_does_not_give_is_refused(local_portal):
    for role in ("nonsense", "signed", "visitor"):
        with pytest.raises(UnknownRoles, match=role):
            local_portal.invite("bob", roles=(role,))


def test_a_contact_that_left_meanwhile_cannot_redeem(portal):
    code = portal.invite("bob")
    contact = portal.snapshot.entities["contact"].table
    portal.change(contact, contact.c.id == portal.ids["bob"], active=False)
    assert portal.browser().post("/invitation", {"code": code, **NEW}).status_code == 422


def test_a_closed_site_takes_no_invitations(sqlite_url, tmp_path):
    portal = make_portal(sqlite_url, tmp_path)
    code = portal.invite("bob")
    portal.publish(dataclasses.replace(HARBOUR, registration="closed"))
    assert portal.browser().get("/invitation").status_code == 404
    assert portal.browser().post("/invitation", {"code": code, **NEW}).status_code == 404
    assert "/invitation" not in portal.browser().get("/signin").text
    # Nobody is sent an address that is not there.
    with pytest.raises(ContactNotReady, match="closed"):
        portal.invite("bob")


def test_nothing_is_saved_when_a_listener_fails(portal):
    code = portal.invite("bob")

    def fail(*values):
        raise RuntimeError("no")

    portal.services.hooks.listen("invitation_redeemed", fail)
    assert portal.browser().post("/invitation", {"code": code, **NEW}).status_code == 500
    assert portal.rows(sa.select(tables.redemptions)) == []
    assert portal.rows(sa.select(tables.invitations.c.redeemed)) == [(0,)]
    assert portal.browser().sign_in(BOB, NEW["password"]).status_code == 422
