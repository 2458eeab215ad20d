"""Asking for access, terms, several accounts and the security page in a browser, without script on a phone, and on a screen."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from metadata.model import Attribute, Entity, EntityPermission, FurtherAccounts, Joining, ManyToMany, Snippet, Terms
from runtime.database import writing
from runtime.identity import tables
from support.axe import assert_no_axe_violations
from support.marina_site import served
from support.portal import CAST, PASSWORD, components, make_portal, text
from support.screens import sideways

CAROL, DORA = CAST["carol"][0], "dora@quay.example"
METADATA = (
    *components(
        registration="request",
        joining=Joining(attributes=("full_name", "phone"), roles=("member",), approvers=("keeper",)),
        terms=Terms(snippet="terms", page="news", published="2026-01-01"),
    ),
    Entity(
        key="contact",
        attributes=(Attribute(key="phone", type="phone", label=text("Phone")),),
        many_to_many=(ManyToMany(key="accounts", target="account"),),
        further_accounts=FurtherAccounts(relationship="accounts"),
    ),
    EntityPermission(key="every", entity="account", scope="global", privileges=("read",), roles=("keeper",)),
    EntityPermission(key="own", entity="account", scope="account", privileges=("read", "history"), roles=("keeper",)),
    Snippet(key="terms", value=text("## Boats\n\nBe **kind** to boats, and to those who sail them."), format="markdown"),
)


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    folder = tmp_path_factory.mktemp("register")
    made = make_portal(f"sqlite:///{folder}/portal.db", folder, METADATA)
    account, link = made.snapshot.entities["account"].table, made.snapshot.entities["contact"].relationships["accounts"]
    with writing(made.engine).begin() as connection:
        harbour = connection.execute(sa.select(account.c.id).where(account.c.name == "Harbour")).scalar_one()
        connection.execute(sa.insert(link.link).values({link.near: made.ids["carol"], link.far: harbour}))
    yield made
    made.engine.dispose()


def fits(page, script):
    assert sideways(page) <= 0
    if script:  # axe itself is one
        assert_no_axe_violations(page)


@pytest.mark.parametrize(("width", "script"), [(360, True), (1280, True), (360, False)])
def test_people_ask_for_access_accept_the_terms_and_choose_an_account(portal, browser, width, script):
    dora = f"{width}-{int(script)}-{DORA}"
    portal.outbox.sent.clear()
    with writing(portal.engine).begin() as connection:
        connection.execute(sa.delete(tables.consents))
    with served(portal.app) as url:
        context = browser.new_context(
            base_url=url, viewport={"width": width, "height": 740}, locale="en-US", java_script_enabled=script
        )
        page = context.new_page()
        page.goto("/signin")
        page.get_by_role("link", name="Ask for access").click()
        fits(page, script)
        page.get_by_label("Email").fill(dora)
        page.get_by_label("Name").fill("Dora")
        page.get_by_label("Phone").fill("12")
        page.get_by_role("button", name="Send the link").click()
        fits(page, script)
        page.get_by_label("Phone").fill("+46 8 123 456")
        page.get_by_role("button", name="Send the link").click()
        expect(page.get_by_role("heading", name="Look in your mail")).to_be_visible()
        page.goto(portal.outbox.link())
        fits(page, script)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", name="Your request is on its way")).to_be_visible()
        fits(page, script)
        page.goto("/signin?next=/access-requests")
        page.get_by_label("Email").fill(CAROL)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Terms")).to_be_visible()
        fits(page, script)
        page.get_by_label("I accept these terms").check()
        page.get_by_role("button", name="Accept and go on").click()
        expect(page).to_have_url(f"{url}/access-requests")
        fits(page, script)
        page.get_by_role("button", name="Refuse").click()
        expect(page.get_by_label("Reason, which the person is told")).to_have_attribute("aria-invalid", "true")
        fits(page, script)
        page.get_by_label("Account (number or name)").fill("QUAY")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("Nobody is waiting.")).to_be_visible()
        assert portal.outbox.sent[-1].to == dora
        page.get_by_role("link", name="Switch account").click()
        fits(page, script)
        page.get_by_role("button", name="Act for this account").first.click()
        expect(page.get_by_role("heading", name="home")).to_be_visible()
        for address in ("/security", "/activity", "/email"):
            page.goto(address)
            expect(page.get_by_text("You act for")).to_have_count(1 if address == "/security" else 0)
            fits(page, script)
        context.close()
