"""Links that people share: what they give, to whom, for how long and how often, and that none gives more than its maker."""

import dataclasses
import datetime as dt
import html
import re

import pytest
import sqlalchemy as sa

from metadata.model import Attribute, Block, Entity, EntityPermission, FurtherAccounts, ManyToMany, Page
from runtime.access.sharing import links
from runtime.database import writing
from runtime.identity.logins import set_disabled
from runtime.identity.sessions import utc_now
from runtime.identity.tables import contact_roles
from runtime.records.tables import AUDIT
from support.marina import MARINA
from support.marina_site import open_marina
from support.portal import components, make_portal

CREW = EntityPermission(
    key="crew",
    entity="contact",
    scope="account",
    via="account",
    privileges=("read", "write"),
    roles=("member",),
    share_read=("full_name", "email"),
    share_write=("full_name",),
    share_days=7,
)
GIVEN = {"read": ["full_name"], "write": ["full_name"], "days": "3", "uses": "", "name": "Pilot"}


@pytest.fixture
def portal(database_url, tmp_path):
    made = make_portal(database_url, tmp_path)
    made.publish(CREW)
    yield made
    made.engine.dispose()


@pytest.fixture
def local_portal(sqlite_url, tmp_path):
    made = make_portal(sqlite_url, tmp_path)
    made.publish(CREW)
    yield made
    made.engine.dispose()


def ask(portal, browser, who="bob", **other):
    sent = {"entity": "contact", "row": str(portal.ids[who]), **GIVEN, **other}
    return browser.post("/shares/new", sent)


def address(answer):
    assert answer.status_code == 200, answer.text
    return html.unescape(re.search(r'value="http://[^/]+(/share\?link=[^"]+)"', answer.text)[1])


def make(portal, **other):
    return address(ask(portal, portal.signed_in("alice"), **other))


def opened(portal, link):
    """A visitor who has used a link: the browser, and the address of what it gives."""
    browser = portal.browser()
    assert browser.get(link).status_code == 200
    answer = browser.post("/share", {"link": link.partition("=")[2]})
    return browser, answer.location or ""


def test_a_link_gives_what_was_chosen_to_who_has_it_and_says_who_made_it(portal):
    browser, place = opened(portal, make(portal))
    shown = browser.get(place).text
    assert ("Bob" in shown, "bob@harbour.example" in shown, browser.who()) == (True, False, "nobody")
    version = re.search(r'name="version" value="(\d+)"', shown)[1]
    row = str(portal.ids["bob"])
    sent = {"row": row, "version": version, "full_name": "Bobby", "email": "evil@elsewhere.example"}
    assert browser.post(place, sent).status_code == 303
    person = portal.person("bob")
    assert (person.name, person.email) == ("Bobby", "bob@harbour.example")
    assert browser.post(place, sent | {"full_name": "Twice"}).status_code == 422, "it was changed meanwhile"
    assert browser.post(place, sent | {"row": str(portal.ids["alice"]), "version": "1"}).status_code == 404
    acts = [row.changes for row in portal.rows(sa.select(AUDIT).where(AUDIT.c.privilege == "share_link").order_by(AUDIT.c.id))]
    assert [word for act in acts for word in ("made", "opened", "changed") if word in act] == ["made", "opened", "changed"]
    (changed,) = portal.rows(sa.select(AUDIT).where(AUDIT.c.privilege == "write", AUDIT.c.row == portal.ids["bob"]))
    assert (changed.contact, changed.origin) == (portal.ids["alice"], "share")


def test_a_link_is_of_the_account_that_its_maker_acted_for_while_he_may(database_url, tmp_path):
    further = FurtherAccounts(relationship="accounts")
    contact = Entity(key="contact", many_to_many=(ManyToMany(key="accounts", target="account"),), further_accounts=further)
    portal = make_portal(database_url, tmp_path, (*components(), contact))
    portal.publish(CREW)
    quay = portal.person("carol").account
    tie = portal.snapshot.entities["contact"].relationships["accounts"]
    with writing(portal.engine).begin() as connection:
        connection.execute(sa.insert(tie.link).values({tie.near: portal.ids["alice"], tie.far: quay}))
    alice = portal.signed_in("alice")
    assert ask(portal, alice, "carol").status_code == 404
    assert alice.post("/accounts", {"account": str(quay)}).status_code == 303
    link = address(ask(portal, alice, "carol"))
    browser, place = opened(portal, link)
    assert "Carol" in browser.get(place).text
    with writing(portal.engine).begin() as connection:
        connection.execute(sa.delete(tie.link))
    assert browser.get(place).status_code == 404
    portal.engine.dispose()


def test_nobody_shares_what_the_metadata_does_not_let_them(portal):
    alice, carol = portal.signed_in("alice"), portal.signed_in("carol")
    for who, other in ((carol, {}), (alice, {"who": "carol"}), (alice, {"entity": "account"}), (alice, {"entity": "nothing"})):
        assert ask(portal, who, **other).status_code == 404, other
    for other in ({"read": ["language"]}, {"read": []}, {"write": ["email"], "read": ["email"]}):
        assert ask(portal, alice, **other).status_code == 422, other
    portal.publish(dataclasses.replace(CREW, share_read=(), share_write=()))
    assert ask(portal, alice).status_code == 404
    assert portal.rows(sa.select(links)) == []
    assert portal.browser().get("/shares").location.startswith("/signin")


def test_what_has_no_uses_left_is_not_handed_on_and_says_so(portal):
    """Who has it open goes on with it; before, they were told that they had chosen too much."""
    browser, place = opened(portal, make(portal, uses="2"))
    assert f'href="{place}/narrow"' in browser.get(place).text
    number = place.rpartition("/")[2]
    with writing(portal.engine).begin() as connection:
        connection.execute(sa.update(links).where(links.c.id == int(number)).values(used=2))
    assert f'href="{place}/narrow"' not in browser.get(place).text
    row = str(portal.ids["bob"])
    answer = browser.post(
        f"{place}/narrow", {"row": row, "keep": row, "read": ["full_name"], "days": "1", "uses": "", "name": ""}
    )
    assert (answer.status_code, "This link has no uses left" in answer.text) == (422, True)


@pytest.mark.parametrize("forms", [("booking-edit",), ("booking-read", "booking-edit")])
def test_the_page_of_a_record_offers_to_share_it_whatever_form_is_on_it(database_url, tmp_path, forms):
    own = next(one for one in MARINA if isinstance(one, EntityPermission) and one.key == "own-bookings")
    shared = dataclasses.replace(own, share_read=("number",), share_days=3)
    page = next(one for one in MARINA if isinstance(one, Page) and one.key == "booking")
    blocks = tuple(Block(type="form", form=key, mode="edit" if key == "booking-edit" else "read") for key in forms)
    with open_marina(database_url, tmp_path, shared, dataclasses.replace(page, blocks=blocks)) as site:
        site.book("M-1", "alice")
        alice = site.as_("alice")
        offer = "/shares/new?entity=booking"
        assert offer in alice.get("/bookings/M-1").text
        assert offer not in alice.get("/bookings/M-1/edit").text, "it stands on the record's own page"


def test_how_often_a_link_was_used_is_said_in_the_right_number(portal):
    alice = portal.signed_in("alice")
    limited = make(portal, uses="1")
    assert "used 0 of 1 time<" in alice.get("/shares").text
    free = make(portal)
    opened(portal, limited)
    opened(portal, free)
    shown = alice.get("/shares").text
    assert ("used 1 of 1 time<" in shown, "used 1 time<" in shown) == (True, True)
    opened(portal, free)
    assert "used 2 times<" in alice.get("/shares").text


def test_a_link_ends_with_its_time_its_uses_its_maker_and_when_it_is_ended(portal):
    once = make(portal, uses="1")
    browser, place = opened(portal, once)
    later = portal.browser()
    assert later.get(once).status_code == 404, "who comes when it is used up is told so at once"
    assert later.post("/share", {"link": once.partition("=")[2]}).status_code == 404
    assert browser.get(place).status_code == 200, "one use, and it goes on where it was opened"
    lasting = make(portal, days="300")
    (until,) = portal.rows(sa.select(links.c.expires_at).where(links.c.uses == 0))
    assert until.expires_at - utc_now() < dt.timedelta(days=7, minutes=1)
    other, there = opened(portal, lasting)
    alice = portal.signed_in("alice")
    number = there.rpartition("/")[2]
    assert portal.signed_in("carol").post("/shares", {"end": number}).status_code == 303
    assert other.get(there).status_code == 200, "it is not Carol's to end"
    alice.post("/shares", {"end": number})
    assert (other.get(there).status_code, other.get(lasting).status_code) == (404, 404)
    with portal.engine.begin() as connection:
        set_disabled(connection, portal.ids["alice"], disabled=True)
    assert browser.get(place).status_code == 404
    with portal.engine.begin() as connection:
        set_disabled(connection, portal.ids["alice"], disabled=False)
    assert browser.get(place).status_code == 200
    with portal.engine.begin() as connection:
        connection.execute(sa.delete(contact_roles).where(contact_roles.c.contact_id == portal.ids["alice"]))
    assert browser.get(place).status_code == 404, "what its maker may do no longer, it gives no longer"
    portal.grant("alice", "member")
    assert browser.get(place).status_code == 200
    portal.change(links, links.c.uses == 1, expires_at=utc_now() - dt.timedelta(seconds=1))
    assert browser.get(place).status_code == 404


def test_a_link_is_narrowed_again_and_never_widened(portal):
    first = make(portal, read=["full_name", "email"], uses="3", days="2")
    browser, place = opened(portal, first)
    narrow = f"{place}/narrow"
    assert browser.get(narrow).status_code == 200
    sent = {"row": str(portal.ids["bob"]), "keep": str(portal.ids["bob"]), "days": "90", "uses": "", "name": ""}
    others = {"read": ["email"], "keep": str(portal.ids["alice"])}
    for wider in ({"read": ["language"]}, {"read": ["email"], "write": ["email"]}, others):
        assert browser.post(narrow, sent | wider).status_code == 422, wider
    second = address(browser.post(narrow, sent | {"read": ["email"], "uses": "9"}))
    above, below = portal.rows(sa.select(links).order_by(links.c.id))
    assert (below.expires_at <= above.expires_at, below.uses, below.writing) == (True, 2, "")
    other, there = opened(portal, second)
    shown = other.get(there).text
    assert ("bob@harbour.example" in shown, "full_name" in shown) == (True, False)
    assert other.post(there, {"row": str(portal.ids["bob"]), "version": "1", "full_name": "Evil"}).status_code in (403, 303)
    assert portal.person("bob").name == "Bob"
    opened(portal, second)
    assert portal.browser().get(first).status_code == 404, "a use of the narrower one is a use of the first"
    portal.signed_in("alice").post("/shares", {"end": str(above.id)})
    ended = (other.get(there), other.post(there, {"row": str(portal.ids["bob"]), "version": "1"}))
    assert [(answer.status_code, "This link does not work" in answer.text) for answer in ended] == [(404, True)] * 2
    assert "This link does not work" not in portal.browser().get(there).text, "who has not opened it learns nothing of it"


def test_a_secret_is_known_by_its_hash_alone_and_strangers_learn_nothing(local_portal, caplog):
    link = make(local_portal)
    secret = link.partition("=")[2]
    kept = str(local_portal.rows(sa.select(links)))
    browser = local_portal.browser()
    assert browser.get("/share/1").status_code == 404, "the number alone opens nothing"
    assert browser.get("/share?link=wrong").status_code == browser.get("/share").status_code == 404
    opened(local_portal, link)
    assert secret not in kept
    assert secret not in caplog.text


def test_what_can_be_chosen_is_called_as_on_a_form_where_it_has_no_label(sqlite_url, tmp_path):
    berth = Entity(key="contact", attributes=(Attribute(key="berth_place", type="text"),))
    portal = make_portal(sqlite_url, tmp_path, (*components(), berth))
    portal.publish(dataclasses.replace(CREW, share_read=("berth_place",), share_write=()))
    page = portal.signed_in("alice").get(f"/shares/new?entity=contact&row={portal.ids['bob']}").text
    portal.engine.dispose()
    said = re.findall(r'<label[^>]*for="read-[^"]*"[^>]*>([^<]*)</label>', page)
    assert [text.strip() for text in said] == ["Berth place"]
