"""Permission tests in the studio: kept with one click while looking through somebody's eyes, and asked."""

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from metadata.compiler import compile_snapshot
from metadata.model import Entity, EntityPermission, FurtherAccounts, ManyToMany
from metadata.store import MetadataStore
from support.marina import MARINA
from support.studio import data_of, words

WIDE = EntityPermission(
    key="all-bookings", site="marina", entity="booking", scope="global", privileges=("read",), roles=("skipper",)
)
COMPANY = next(one for one in MARINA if isinstance(one, EntityPermission) and one.key == "own-bookings")


@pytest.fixture
def dora(site, maker):
    """Keeps the harbour, and looks through Alice's eyes; Alice has the booking A1, Carol has C1."""
    site.book("A1")
    site.book("C1", "carol", boat="Curlew")
    dora = maker("dora")
    look = {"csrf_token": token(dora), "who": f"contact-{site.people['alice']}"}
    assert dora.browser.client.post("/studio/look", data=look).status_code == 303
    return dora


def token(maker):
    """The token of somebody's session."""
    return re.search(r'name="csrf_token" value="([^"]+)"', maker.get("").text)[1]


def keep(dora, path, who="", state="draft"):
    """Presses the button of the window at a page of the site; gives what the page says then."""
    form = dora.form(f"view?path={path}&state={state}", "at")
    typed = {"at": f"/studio/as/{state}/{who}{path}"} if who else {}
    answer = dora.send("seen", form, ("", ""), **typed)
    assert answer.status_code == 303
    return dora.browser.get(answer.location).text


def kept(site, key="alice.sail.example-recorded"):
    return [(one["record"], one.get("allowed", True)) for one in data_of(site, "permission_test", key)["expects"]]


def test_what_somebody_sees_and_what_not_is_kept_with_one_click(site, dora):
    assert "alice@sail.example sees A1" in keep(dora, "/bookings/A1")
    assert "alice@sail.example does not see C1" in keep(dora, "/bookings/C1")
    assert kept(site) == [("A1", True), ("C1", False)]
    keep(dora, "/bookings/A1", state="served")
    assert kept(site) == [("C1", False), ("A1", True)]
    keep(dora, "/sv-SE/bookings/C1", "anonymous")
    assert kept(site, "anonymous-recorded") == [("C1", False)]
    assert dora.publish().status_code == 303


def test_what_no_holder_of_a_role_may_see_is_kept_and_holds_whoever_has_it(site, dora):
    """A role has no rows of its own: what it must not reach is named without any person."""
    assert "signed-in skipper does not see C1" in keep(dora, "/bookings/C1", "role-skipper")
    assert "signed-in master sees C1" in keep(dora, "/bookings/C1", "role-master")
    test = data_of(site, "permission_test", "signed-in-skipper-recorded")
    assert (test["who"], test["roles"], kept(site, "signed-in-skipper-recorded")) == ("signed-in", ["skipper"], [("C1", False)])
    assert dora.publish().status_code == 303
    store = MetadataStore(site.engine)
    store.save((WIDE,), "tester")
    said = "signed-in with skipper should not be allowed to read booking C1, but is: all-bookings lets it"
    assert said in dora.publish("check").text
    assert said in words(dora.get("tests"))
    narrowed = next(one for one in MARINA if isinstance(one, EntityPermission) and one.key == "all")
    store.save((replace(WIDE, active=False), replace(narrowed, site="marina", active=False)), "tester")
    said = "signed-in with master should be allowed to read booking C1, but is not: "
    assert said in dora.publish("check").text


@pytest.fixture
def member(site, dora):
    """Alice may act for the club Row too, whose booking is C1; gives what takes her out of it again."""
    club = Entity(
        key="contact",
        many_to_many=(ManyToMany(key="clubs", target="account"),),
        further_accounts=FurtherAccounts(relationship="clubs"),
    )
    store = MetadataStore(site.engine)
    store.publish("tester", components=(club,))
    clubs = compile_snapshot(store.released().values()).entities["contact"].relationships["clubs"]
    with site.engine.begin() as connection:
        values = {clubs.near: site.people["alice"], clubs.far: site.accounts["row"]}
        connection.execute(sa.insert(clubs.link).values(values))

    def part():
        with site.engine.begin() as connection:
            connection.execute(sa.delete(clubs.link))

    return part


def test_what_somebody_sees_for_a_further_account_is_kept_and_asked_for_that(site, dora, member):
    look = f"contact-{site.people['alice']}-for-{site.accounts['row']}"
    assert "alice@sail.example (row) sees C1" in keep(dora, "/bookings/C1", look)
    assert "alice@sail.example does not see C1" in keep(dora, "/bookings/C1", f"contact-{site.people['alice']}")
    recorded = "alice.sail.example-for-row-recorded"
    test = data_of(site, "permission_test", recorded)
    assert (test["who"], test["account"], kept(site, recorded)) == ("alice@sail.example", "row", [("C1", True)])
    assert kept(site) == [("C1", False)]
    asked = dora.get("tests")
    assert "All that could be asked holds 2 hold, 0 could not be asked" in words(asked)
    way = "why?who=alice%40sail.example&account=row&action=read&entity=booking&record=C1&attribute="
    assert f"/studio/{way.replace('&', '&amp;')}" in asked.text
    assert "Yes alice@sail.example (row) read booking C1" in words(dora.get(way))
    assert 'id="account" name="account" value="row"' in dora.get(way).text
    answer = dora.send("why", dora.form(way, "csrf_token"), ("do", "keep"))
    assert answer.location.endswith(f"/studio/edit/permission_test/{recorded}")
    assert kept(site, recorded) == [("C1", True)]
    assert dora.publish().status_code == 303
    MetadataStore(site.engine).save((replace(COMPANY, site="marina", active=False),), "tester")
    fault = "alice@sail.example for row should be allowed to read booking C1, but is not: "
    assert fault in dora.publish("check").text
    member()  # now she is no member
    assert "2 expectations" not in words(dora.get("tests"))
    assert "who may act for one account row" in words(dora.get("tests"))
    left = dora.get(way)
    assert (left.status_code, "alice@sail.example may not act for an account row" in words(left)) == (422, True)


def test_the_explainer_asks_for_an_account_where_people_have_several_alone(dora):
    assert 'name="account"' not in dora.get("why").text


@pytest.mark.parametrize(
    ("path", "who", "said"),
    [
        ("/bookings", "", "not about one record"),
        ("/nothing/here", "", "not about one record"),
        ("/bookings/Z9", "", "no record Z9"),
        ("/bookings/A1", "role-unheard-of", "choose nobody signed in"),
        ("/bookings/A1", "contact-99999", "choose nobody signed in"),
    ],
)
def test_nothing_is_kept_where_there_is_no_such_question(site, dora, path, who, said):
    assert said in keep(dora, path, who)
    assert dora.get("edit/permission_test/alice.sail.example-recorded").status_code == 404


def test_an_address_that_is_no_look_is_refused(dora):
    form = dora.form("view", "at")
    assert dora.send("seen", form, ("", ""), at="/bookings/A1").status_code == 400


def test_they_are_asked_of_the_drafts_and_say_what_is_to_blame(site, dora):
    keep(dora, "/bookings/A1")
    keep(dora, "/bookings/C1")
    assert "All that could be asked holds 2 hold, 0 could not be asked" in words(dora.get("tests"))
    MetadataStore(site.engine).save((WIDE,), "tester")
    fault = "alice@sail.example should not be allowed to read booking C1, but is: all-bookings lets it"
    asked = dora.get("tests")
    assert "1 expectation does not hold 1 hold, 0 could not be asked. alice.sail.example-recorded" in words(asked)
    assert words(asked).index(fault) < words(asked).index("may read booking A1")
    assert "/studio/why?who=alice%40sail.example&amp;action=read&amp;entity=booking&amp;record=C1" in asked.text
    assert fault in dora.publish("check").text


def test_they_are_for_who_works_on_security(site, dora, maker):
    """Bob may work on other things."""
    at = dict(dora.form("view", "at").fields)["at"]
    bob = maker("bob")
    assert bob.get("").status_code == 200
    assert bob.get("tests").status_code == 403
    assert bob.browser.client.post("/studio/seen", data={"csrf_token": token(bob), "at": at}).status_code == 403
