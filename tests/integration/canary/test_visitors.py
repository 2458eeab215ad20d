"""Who asks in a crawl, where people may act for accounts besides their own, and who is there in both of its worlds."""

from dataclasses import replace

import pytest
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from metadata.compiler import compile_snapshot
from metadata.model import Attribute, Choice, Entity, FurtherAccounts, ListComponent, Option
from runtime.canary.asking import difference, reply
from runtime.canary.marks import Marks
from runtime.canary.otherwise import judged, otherwise
from runtime.canary.people import Visitor, visitors
from runtime.canary.seeding import plan
from runtime.sharing.views import OPENED
from support.marina import MARINA

MEMBER = (
    Choice(key="works", options=(Option(value="skipper"), Option(value="master"))),
    Entity(
        key="member",
        attributes=(
            Attribute(key="contact", type="lookup", target="contact"),
            Attribute(key="account", type="lookup", target="account"),
            Attribute(key="works_as", type="choice", choice="works"),
            Attribute(key="role", type="text"),
            Attribute(key="holds", type="boolean"),
        ),
    ),
)


def acting(further):
    contact = Entity(key="contact", further_accounts=further)
    snapshot = compile_snapshot((*(one for one in MARINA if one.key != "contact"), *MEMBER, contact))
    site = snapshot.sites["marina"]
    return snapshot, site, [one for one in visitors(snapshot, site) if one.acting]


@pytest.mark.parametrize("role", ["works_as", "role"])
def test_who_acts_for_another_account_has_the_roles_that_its_membership_gives_in_both_worlds(role):
    snapshot, site, (visitor,) = acting(FurtherAccounts(entity="member", role=role, active="holds"))
    marks = Marks()
    planted = plan(snapshot, marks)
    asker = visitor.asker(snapshot, site, planted)

    own = planted.rows["contact"][asker.contact]["account"]
    assert (asker.contact, own) == (planted.people["own"], planted.accounts["own"])
    assert asker.account not in (None, own)
    assert asker.roles & {"skipper", "master"}
    judge = judged(snapshot, site, planted, asker)
    far = otherwise(judge, planted, marks)
    assert judged(snapshot, site, far, asker).acts_for == judge.acts_for
    for key in (role, "holds", "contact", "account"):
        held = [
            {row: one[key] for row, one in rows["member"].items() if one["contact"] == asker.contact}
            for rows in (planted.rows, far.rows)
        ]
        assert held[0] == held[1], key


def test_where_memberships_give_no_roles_each_role_asks_for_another_account():
    snapshot, site, found = acting(FurtherAccounts(entity="member"))
    planted = plan(snapshot, Marks())

    assert [one.name for one in found] == ["master (for a further account)", "skipper (for a further account)"]
    for one in found:
        asker = one.asker(snapshot, site, planted)
        assert asker.account not in (None, planted.accounts["own"])
        assert set(one.roles) <= asker.roles


def test_where_nobody_acts_for_others_nobody_asks_so():
    snapshot = compile_snapshot(MARINA)

    assert not any(one.acting for one in visitors(snapshot, snapshot.sites["marina"]))


@pytest.mark.parametrize(("saved", "all_there"), [("shared", True), ("own", False)])
def test_colleagues_who_share_views_are_there_in_both_worlds_though_their_contacts_are_hidden(saved, all_there):
    snapshot = compile_snapshot([replace(one, saved=saved) if isinstance(one, ListComponent) else one for one in MARINA])
    site, marks = snapshot.sites["marina"], Marks()
    planted = plan(snapshot, marks)
    asker = Visitor("own").asker(snapshot, site, planted)
    colleagues = {row for row, one in planted.rows["contact"].items() if one["account"] == asker.account}

    there = otherwise(judged(snapshot, site, planted, asker), planted, marks).rows["contact"].keys()

    assert len(colleagues) > 1
    assert (colleagues <= there) is all_there
    assert not planted.rows["contact"].keys() <= there


def test_what_happened_in_another_minute_of_the_crawl_is_no_difference():
    def shown(moment, said):
        return reply(Response(f'<li><time datetime="{moment}">{said}</time></li>', mimetype="text/html"))

    near, far = shown("2026-11-21T22:24:59.990000Z", "11:24 PM"), shown("2026-11-21T22:25:00.020000Z", "11:25 PM")
    assert difference(near, far) == ""
    planted = shown("2024-05-06T07:08:00Z", "7:08 AM"), shown("2024-05-06T07:09:00Z", "7:09 AM")
    assert difference(*planted)


def test_when_a_shared_link_was_opened_is_no_difference_and_which_is():
    """The cookie keeps the second of it; the two worlds are asked one after the other."""

    def answer(opened):
        signed = URLSafeTimedSerializer("key", salt="cookie").dumps({OPENED: opened})
        return reply(Response("", headers={"Set-Cookie": f"foyer={signed}; Path=/"}))

    assert difference(answer({"68": 1795385859}), answer({"68": 1795385860})) == ""
    assert "68" in difference(answer({"68": 1795385859}), answer({"69": 1795385859}))
