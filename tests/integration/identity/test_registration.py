"""People register themselves, or ask for access, where the site says so: by a proved e-mail, with what was declared."""

import dataclasses
import datetime as dt
import re

import pytest
import sqlalchemy as sa

from metadata.checks import check
from metadata.model import Attribute, Entity, EntityPermission, Joining, SiteSetting, WebRole, component_id
from runtime.housekeeping import tidy
from runtime.identity import tables
from runtime.identity.roles import roles_of
from runtime.records.people import find_contacts_by_email
from support.portal import CAST, PASSWORD, SITE, components, make_portal

JOINING = Joining(attributes=("full_name", "phone"), roles=("member",), approvers=("keeper",))
CONTACT = Entity(key="contact", attributes=(Attribute(key="phone", type="phone"),))
ACCOUNT = Entity(key="account", attributes=(Attribute(key="domain", type="text"), Attribute(key="code", type="text")))
DORA, REGISTRATIONS = "dora@quay.example", tables.registrations


def metadata(registration, **joining):
    return (*components(registration=registration, joining=dataclasses.replace(JOINING, **joining)), CONTACT, ACCOUNT)


@pytest.fixture
def opened(database_url, tmp_path):
    made = make_portal(database_url, tmp_path, metadata("open", account="domain", account_attribute="domain"))
    account = made.snapshot.entities["account"].table
    made.change(account, account.c.name == "Quay", domain="quay.example")
    yield made
    made.engine.dispose()


@pytest.fixture
def asked(database_url, tmp_path):
    made = make_portal(database_url, tmp_path, metadata("request", account="domain", account_attribute="domain"))
    account = made.snapshot.entities["account"].table
    made.change(account, account.c.name == "Quay", domain="quay.example")
    yield made
    made.engine.dispose()


def register(portal, email=DORA, name="Dora", **more):
    return portal.browser().post("/register", {"email": email, "a_full_name": name, **more}, token_from="/register")


def confirm(portal, browser=None, link=""):
    token = (link or portal.outbox.link()).partition("token=")[2]
    return (browser or portal.browser()).post("/register/confirm", {"token": token}, token_from="/register")


def said(answer):
    """A page without its token."""
    return re.sub(r'content="[^"]*">|value="[^"]*"', "", answer.text)


def people(portal, email=DORA):
    with portal.engine.connect() as connection:
        found = find_contacts_by_email(connection, portal.snapshot, email)
        return [(person.name, person.account_name, roles_of(connection, person.contact, SITE)) for person in found]


def test_who_registers_proves_the_email_chooses_a_password_and_is_in(opened):
    assert register(opened, a_phone="+46 8 123 456").status_code == 200
    link = opened.outbox.link()
    browser = opened.browser()
    assert browser.get(link).status_code == 200
    assert people(opened) == []
    answer = confirm(opened, browser)
    assert answer.status_code == 303
    assert people(opened) == [("Dora", "Quay", frozenset())]
    code = answer.headers["Location"].partition("code=")[2]
    chosen = browser.post("/invitation", {"code": code, "password": PASSWORD, "repeat": PASSWORD})
    assert chosen.status_code == 303
    assert browser.who() == "Dora"
    assert people(opened) == [("Dora", "Quay", {"member"})]
    assert confirm(opened, link=link).status_code == 422


def test_a_known_email_gets_the_same_answer_and_no_second_contact(opened):
    new, known = register(opened), register(opened, CAST["carol"][0])
    assert said(new).replace(DORA, "") == said(known).replace(CAST["carol"][0], "")
    assert [mail.to for mail in opened.outbox.sent] == [DORA, CAST["carol"][0]]
    assert "/register/confirm" not in opened.outbox.sent[1].text
    register(opened)
    first, second = (mail.text.partition("token=")[2].split()[0] for mail in opened.outbox.sent if mail.to == DORA)
    assert confirm(opened, link=f"token={first}").status_code == 303
    assert confirm(opened, link=f"token={second}").status_code == 422
    assert len(people(opened)) == 1


def test_what_is_missing_or_wrong_is_said_at_the_field(opened):
    assert "Enter Name" in register(opened, name="").text
    assert register(opened, "nowhere").status_code == 422
    assert opened.outbox.sent == []


def test_nobody_registers_himself_more_than_is_declared(opened):
    register(opened, account="1", roles="keeper", active="0", a_account="1", a_active="", a_email="x@y.example")
    confirm(opened)
    assert people(opened) == [("Dora", "Quay", frozenset())]
    register(opened, "eve@elsewhere.example", name="Eve")
    confirm(opened)
    assert people(opened, "eve@elsewhere.example") == [("Eve", "", frozenset())]


def test_a_code_finds_the_account_and_a_wrong_one_none(database_url, tmp_path):
    portal = make_portal(database_url, tmp_path, metadata("open", account="code", account_attribute="code"))
    account = portal.snapshot.entities["account"].table
    portal.change(account, account.c.name == "Quay", code="Q-77")
    assert [register(portal, code=code).status_code for code in ("", "Q-78", "%", " q-77 ")] == [422, 422, 422, 200]
    confirm(portal)
    assert people(portal) == [("Dora", "Quay", frozenset())]
    portal.engine.dispose()


@pytest.mark.parametrize("registration", ["closed", "invitation"])
def test_nobody_registers_where_it_is_not_open(sqlite_url, tmp_path, registration):
    portal = make_portal(sqlite_url, tmp_path, components(registration=registration))
    assert {portal.browser().post(path, {"email": DORA}).status_code for path in ("/register", "/register/confirm")} == {404}
    assert portal.outbox.sent == []
    assert "/register" not in portal.browser().get("/signin").text
    portal.engine.dispose()


@pytest.mark.parametrize(
    ("registration", "said", "leads"),
    [
        ("invitation", "You come in here by invitation", {"/invitation", "/signin"}),
        ("closed", "Nobody registers here", {"/signin"}),
    ],
)
def test_who_wants_to_register_where_nobody_does_reads_how_people_come_in(sqlite_url, tmp_path, registration, said, leads):
    """An address that people guess, or have from a link of the time before: the same for everybody, with no form."""
    portal = make_portal(sqlite_url, tmp_path, components(registration=registration))
    for path in ("/register", "/register/confirm?token=old"):
        page = portal.browser().get(path)
        card = page.text[page.text.index("<h1") : page.text.index("</main>")]
        assert (page.status_code, said in card, "<form" in card) == (200, True, False)
        assert set(re.findall(r'href="(/(?:invitation|signin|register)[^"]*)"', card)) == leads
    assert "nbjudan" in portal.browser().get("/sv-SE/register").text or registration == "closed"
    portal.engine.dispose()


def test_registering_is_counted_and_a_captcha_asks_where_it_is_configured(opened):
    opened.publish(SiteSetting(key="captcha/pages", site=SITE, value="registration"))
    assert register(opened).status_code == 422
    assert opened.outbox.sent == []
    opened.publish(SiteSetting(key="identity/attempts_per_minute", site=SITE, value="1"))
    assert [register(opened).status_code for _ in range(2)][-1] == 429


def test_a_request_waits_until_somebody_with_the_role_approves(asked):
    register(asked, a_phone="+46 8 123 456")
    assert confirm(asked).status_code == 200
    assert people(asked) == []
    assert [mail.to for mail in asked.outbox.sent] == [DORA, CAST["carol"][0]]
    assert asked.signed_in("alice").get("/access-requests").status_code == 404
    assert asked.browser().get("/access-requests").status_code == 302
    carol = asked.signed_in("carol")
    shown = carol.get("/access-requests").text
    assert "Dora" in shown
    nothing = {"request": str(asked.rows(sa.select(REGISTRATIONS.c.id))[0][0])}
    assert carol.post("/access-requests", nothing, token_from="/access-requests").status_code == 400, "what to do is not said"
    assert 'value="QUAY"' in shown
    number = asked.rows(sa.select(REGISTRATIONS.c.id))[0][0]
    fields = {"request": str(number), "act": "approve", "account": "nowhere"}
    assert carol.post("/access-requests", fields, token_from="/access-requests").status_code == 422
    answer = carol.post("/access-requests", {**fields, "account": "QUAY"}, token_from="/access-requests")
    assert answer.status_code == 303
    assert "Nobody is waiting" in carol.get("/access-requests").text
    assert asked.outbox.sent[-1].to == DORA
    dora = asked.browser()
    code = asked.outbox.link().partition("code=")[2]
    dora.post("/invitation", {"code": code, "password": PASSWORD, "repeat": PASSWORD})
    assert dora.who() == "Dora"
    assert people(asked) == [("Dora", "Quay", {"member"})]
    row = asked.rows(sa.select(REGISTRATIONS.c.state, REGISTRATIONS.c.decided_by, REGISTRATIONS.c.answers))[0]
    assert tuple(row) == ("admitted", asked.ids["carol"], "{}")


def test_approvers_are_told_in_their_own_language(asked):
    asked.browser().post("/sv-SE/register", {"email": DORA, "a_full_name": "Dora"}, token_from="/sv-SE/register")
    assert "/sv-SE/register/confirm" in asked.outbox.sent[-1].text
    confirm(asked)
    mail = asked.outbox.sent[-1]
    assert (mail.to, "/sv-SE" in mail.text, "asks for access" in mail.text) == (CAST["carol"][0], False, True)


def test_an_approver_learns_nothing_of_accounts_that_he_may_not_read(asked):
    register(asked, email="dora@elsewhere.example")
    confirm(asked)
    carol = asked.signed_in("carol")
    number = asked.rows(sa.select(REGISTRATIONS.c.id))[0][0]
    fields = {"request": str(number), "act": "approve"}
    asked_for = ({**fields, "account": name} for name in ("nowhere", "QUAY"))
    answers = [carol.post("/access-requests", one, token_from="/access-requests") for one in asked_for]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert said(answers[0]) == said(answers[1])
    asked.publish(EntityPermission(key="accounts", entity="account", scope="global", privileges=("read",), roles=("keeper",)))
    assert carol.post("/access-requests", {**fields, "account": "QUAY"}, token_from="/access-requests").status_code == 303
    assert people(asked, "dora@elsewhere.example") == [("Dora", "Quay", frozenset())]


def test_a_request_is_refused_with_a_reason_that_the_person_is_told(asked):
    register(asked)
    confirm(asked)
    carol, number = asked.signed_in("carol"), asked.rows(sa.select(REGISTRATIONS.c.id))[0][0]
    fields = {"request": str(number), "act": "refuse"}
    assert carol.post("/access-requests", fields, token_from="/access-requests").status_code == 422
    assert carol.post("/access-requests", {**fields, "reason": "Not ours."}, token_from="/access-requests").status_code == 303
    assert (asked.outbox.sent[-1].to, "Not ours." in asked.outbox.sent[-1].text) == (DORA, True)
    assert people(asked) == []
    carol.post("/access-requests", {**fields, "act": "approve"}, token_from="/access-requests")
    assert people(asked) == []
    audit = sa.table("foyer_audit", sa.column("contact"), sa.column("privilege"), sa.column("changes"))
    found = portal_acts(asked, audit)
    assert [row[0] for row in found] == [None, asked.ids["carol"]]
    assert "Not ours." in found[1][1]


def portal_acts(portal, audit):
    return portal.rows(sa.select(audit.c.contact, audit.c.changes).where(audit.c.privilege == "registration"))


def test_registrations_go_that_nobody_confirmed_or_that_are_long_decided(opened):
    register(opened)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    assert tidy(opened.engine, later)["foyer_registration"] == 1


@pytest.mark.parametrize(
    ("registration", "joining", "path"),
    [
        ("open", None, "joining"),
        ("open", dataclasses.replace(JOINING, attributes=("email",)), "joining.attributes.0"),
        ("open", dataclasses.replace(JOINING, attributes=("fone",)), "joining.attributes.0"),
        ("open", dataclasses.replace(JOINING, account="code"), "joining.account_attribute"),
        ("open", dataclasses.replace(JOINING, roles=("signed",)), "joining.roles.0"),
        ("open", dataclasses.replace(JOINING, roles=("maker",)), "joining.roles.0"),
        ("request", dataclasses.replace(JOINING, approvers=()), "joining.approvers"),
    ],
)
def test_registration_that_gives_too_much_or_asks_amiss_is_told(registration, joining, path):
    parts = (*components(registration=registration, joining=joining), CONTACT, ACCOUNT, WebRole(key="maker", studio=("pages",)))
    sited = [dataclasses.replace(one, site=SITE) if isinstance(one, WebRole) else one for one in parts]
    found = check({component_id(one): one for one in sited})
    assert [problem.position.path for problem in found if problem.code == "registration"] == [path]
