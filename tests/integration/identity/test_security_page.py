"""What people see of their own sign-in and of their account's doings, and the file with what is kept of them."""

import dataclasses
import json

import pytest

from metadata.model import Attribute, AttributePermission, AttributeRight, Entity, EntityPermission, Terms
from runtime.access import Principal
from runtime.database import writing
from runtime.records.doings import account_doings
from runtime.records.people import change_person
from runtime.records.write import create, update
from support.portal import CAST, SITE, components, make_portal

TICKET = Entity(
    key="ticket",
    primary_name="subject",
    attributes=(
        Attribute(key="subject", type="text"),
        Attribute(key="secret", type="text"),
        Attribute(key="customer", type="lookup", target="account"),
    ),
)
RIGHTS = (
    EntityPermission(
        key="tickets",
        entity="ticket",
        scope="account",
        via="customer",
        privileges=("read", "create", "write"),
        roles=("signed",),
    ),
    EntityPermission(key="own", entity="account", scope="account", privileges=("read", "history"), roles=("member",)),
    EntityPermission(key="all", entity="contact", scope="account", via="account", privileges=("read",), roles=("member",)),
    AttributePermission(
        key="hidden", entity="ticket", roles=("signed",), others=("read",), attributes=(AttributeRight(attribute="secret"),)
    ),
)


@pytest.fixture
def portal(database_url, tmp_path):
    made = make_portal(database_url, tmp_path, (*components(), TICKET, *RIGHTS))
    yield made
    made.engine.dispose()


def acting(portal, name):
    person = portal.person(name)
    return dataclasses.replace(Principal.system("portal"), contact=person.contact, account=person.account, site=SITE)


def make(portal, name, subject, account=None):
    """A ticket that somebody made, for their own account or another one."""
    values = {"subject": subject, "secret": "hush", "customer": account or portal.person(name).account}
    with writing(portal.engine).begin() as connection:
        return create(connection, portal.snapshot, acting(portal, name), "ticket", values).id


def test_a_person_sees_how_they_sign_in_where_and_what_happened(portal):
    portal.browser().sign_in(CAST["alice"][0], "wrong password")
    portal.browser().sign_in(CAST["carol"][0], "wrong password")
    browser = portal.signed_in("alice")
    shown = browser.get("/security").text
    assert shown.count("Wrong password") == 1
    assert shown.count("Signed in") >= 1
    for path in ("/email", "/password/change", "/second-factor", "/sessions"):
        assert f'href="{path}"' in shown
    assert "Who did what" in shown
    assert portal.browser().get("/security").status_code == 302


def test_who_did_what_is_told_of_rows_that_may_be_read_without_values(portal):
    mine, moved = make(portal, "bob", "Leak"), make(portal, "bob", "Moved away")
    make(portal, "carol", "Theirs")
    with writing(portal.engine).begin() as connection:
        update(connection, portal.snapshot, acting(portal, "bob"), "ticket", mine, 1, {"secret": "louder"})
        quay = {"customer": portal.person("carol").account}
        update(connection, portal.snapshot, acting(portal, "carol"), "ticket", moved, 1, quay)
    shown = portal.signed_in("alice").get("/activity").text
    assert shown.count("Leak") == 2
    assert "Bob" in shown
    for hidden in ("Theirs", "Moved away", "hush", "louder"):
        assert hidden not in shown


def test_the_doings_of_an_account_take_the_right_to_its_history(portal):
    assert portal.signed_in("carol").get("/activity").status_code == 404
    assert "/activity" not in portal.signed_in("carol").get("/security").text
    assert portal.browser().get("/activity").status_code == 302
    assert portal.signed_in("alice").get("/activity?before=x").status_code == 400


def test_older_doings_follow_page_by_page(portal):
    for number in range(5):
        make(portal, "bob", f"Ticket {number}")
    person = portal.person("alice")
    who = Principal("contact", SITE, person.contact, person.account, roles=frozenset({"member", "signed"}), name="Alice")
    found, before = [], None
    with portal.engine.connect() as connection:
        while True:
            page = account_doings(connection, portal.snapshot, who, before, 2)
            found += [doing.name for doing in page.found]
            before = page.older
            if before is None:
                break
    assert found == [f"Ticket {number}" for number in (4, 3, 2, 1, 0)]


def test_ones_own_data_has_what_one_made_and_may_read_and_nothing_else(portal):
    make(portal, "alice", "Mine")
    make(portal, "bob", "Of a colleague")
    make(portal, "alice", "Given away", portal.person("carol").account)
    with writing(portal.engine).begin() as connection:
        change_person(connection, portal.snapshot, portal.ids["alice"], {"time_zone": "Europe/Oslo"})
    answer = portal.signed_in("alice").post("/my-data", token_from="/security")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    data = json.loads(answer.text)
    assert (data["contact"]["full_name"], data["contact"]["time_zone"]) == ("Alice", "Europe/Oslo")
    assert [row["subject"] for row in data["made"]["ticket"]] == ["Mine"]
    assert "secret" not in data["made"]["ticket"][0]
    assert data["made"]["ticket"][0]["customer.name"] == "Harbour"
    assert [event["kind"] for event in data["sign_in"]["events"]] == ["my_data", "sign_in"]
    for hidden in ("hush", "Of a colleague", "Given away", "password", "token"):
        assert hidden not in answer.text


def test_ones_own_data_is_given_three_times_an_hour_and_takes_a_token(portal):
    browser = portal.signed_in("alice")
    codes = [browser.post("/my-data", token_from="/security").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    assert browser.client.post("/my-data").status_code == 400
    assert browser.get("/my-data").status_code == 404
    assert portal.browser().post("/my-data").status_code == 302


def test_accepted_terms_are_listed_and_in_the_data(portal):
    portal.publish(dataclasses.replace(portal.snapshot.sites[SITE].model, terms=Terms(page="news", published="2026-01-01")))
    browser = portal.signed_in("alice")
    browser.post("/consent", {"accepted": "1", "version": "2026-01-01"}, token_from="/consent")
    assert "Terms of January 1, 2026, accepted" in browser.get("/security").text, "as on the page where they are accepted"
    data = json.loads(browser.post("/my-data", token_from="/security").text)
    assert [one["version"] for one in data["sign_in"]["terms"]] == ["2026-01-01"]
