"""The page that asks anew who somebody is, in a browser: by the password, a code, a passkey, and a provider."""

import re
from contextlib import contextmanager

import pyotp
import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

pytest.importorskip("authlib", reason="needs the extra oidc")
pytest.importorskip("webauthn", reason="needs the extra webauthn")
mock = pytest.importorskip("oidc_provider_mock")

import requests  # noqa: E402 - after the libraries it may lack

from metadata.model import IdentityProvider  # noqa: E402
from runtime import recent_proof  # noqa: E402
from runtime.identity.tables import logins, second_factors  # noqa: E402
from support.axe import assert_no_axe_violations  # noqa: E402
from support.browsers import with_device  # noqa: E402
from support.marina_site import served  # noqa: E402
from support.portal import CAST, PASSWORD, make_portal, text  # noqa: E402
from support.ports import free_port  # noqa: E402
from support.screens import sideways  # noqa: E402

CAROL = CAST["carol"][0]
# What the provider that is run here warns of in itself.
pytestmark = [pytest.mark.filterwarnings(f"ignore:{start}") for start in ("get_jwt_config", "authlib.jose", "The httpx")]
AN_HOUR = 3600


class Clock:
    """Makes proofs old: adds to what the page that asks for them takes for the time."""

    def __init__(self, monkeypatch):
        self.ahead, real = 0, recent_proof._now
        monkeypatch.setattr(recent_proof, "_now", lambda: real() + self.ahead)

    def strike(self):
        self.ahead += AN_HOUR


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@contextmanager
def at_security(tmp_path, browser, *components, width=1280, scheme="light"):
    """Carol before her page of safety: the portal, the page."""
    port = free_port()
    url = f"http://localhost:{port}"
    portal = make_portal(f"sqlite:///{tmp_path}/portal.db", tmp_path, FOYER_PUBLIC_URL=url)
    portal.publish(*components)
    with served(portal.app, port):
        size = {"width": width, "height": 740}
        context = browser.new_context(base_url=url, viewport=size, locale="en-US", color_scheme=scheme)
        page, complaints = context.new_page(), []
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto("/signin?next=/security")
        page.get_by_label("Email").fill(CAROL)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("button", name="Download your data")).to_be_visible()
        yield portal, page
        assert complaints == []
        context.close()
    portal.engine.dispose()


def ask(page):
    """Want one's own data, and be asked who one is."""
    page.goto("/security")
    page.get_by_role("button", name="Download your data").click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    assert sideways(page) <= 0
    assert_no_axe_violations(page)


def gets_the_data(page, press):
    with page.expect_download() as found:
        press()
    assert found.value.suggested_filename.startswith("my-data-")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_password_is_given_again_and_what_was_asked_for_comes(tmp_path, browser, clock, width, scheme):
    with at_security(tmp_path, browser, width=width, scheme=scheme) as (_, page):
        clock.strike()
        ask(page)
        expect(page.get_by_label("Current password")).to_be_focused()
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_text("That is not right.")).to_be_visible()
        assert sideways(page) <= 0
        assert_no_axe_violations(page)
        page.get_by_label("Current password").fill(PASSWORD)
        gets_the_data(page, page.get_by_role("button", name="Go on").click)


def test_a_code_is_given_by_who_has_no_password(tmp_path, browser, clock):
    with at_security(tmp_path, browser, width=360) as (portal, page):
        page.goto("/second-factor")
        page.get_by_label("Current password").fill(PASSWORD)
        page.locator("button[value=app]").click()
        app = pyotp.TOTP(re.sub(r"\s", "", page.locator("main code").first.inner_text()))
        page.get_by_role("textbox", name="Code").fill(app.now())
        page.locator("main form button[type=submit]").first.click()
        expect(page.locator(".codes code")).to_have_count(10)
        portal.change(logins, logins.c.email == CAROL, password_hash="")
        portal.change(second_factors, sa.true(), spent_at=None)
        clock.strike()
        ask(page)
        page.get_by_role("textbox", name="Code").fill(app.now())
        gets_the_data(page, page.get_by_role("button", name="Go on").click)
        portal.change(second_factors, sa.true(), method="mail")
        portal.outbox.sent.clear()
        clock.strike()
        ask(page)
        page.get_by_role("button", name="Send another code").click()
        expect(page.get_by_text("Enter the code from the mail")).to_be_visible()
        assert len(portal.outbox.sent) > 1
        page.get_by_role("textbox", name="Code").fill(re.match(r"\d{6}", portal.outbox.sent[-1].text)[0])
        gets_the_data(page, page.get_by_role("button", name="Go on").click)


def test_a_passkey_takes_the_place_of_the_password(tmp_path, browser, clock):
    with at_security(tmp_path, browser) as (_, page):
        with_device(page)
        page.goto("/passkeys")
        page.get_by_label("Current password").fill(PASSWORD)
        page.get_by_label("Name of a new passkey").fill("Pocket")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("button", name="Make the passkey").click()
        expect(page.locator(".codes code")).to_have_count(10)
        clock.strike()
        ask(page)
        gets_the_data(page, page.get_by_role("button", name="Use a passkey").click)


@pytest.mark.parametrize("width", [360, 1280])
def test_who_comes_from_a_provider_signs_in_there_again_and_comes_back(tmp_path, browser, clock, monkeypatch, width):
    monkeypatch.setenv("GUILD_SECRET", "the secret of the guild")
    with mock.run_server_in_thread() as provider:
        issuer = f"http://localhost:{provider.server_port}"
        names = {"key": "guild", "label": text("the guild of river pilots"), "issuer": issuer, "match": "email"}
        guild = IdentityProvider(**names, client_id="portal", client_secret="${GUILD_SECRET}")
        with at_security(tmp_path, browser, guild, width=width) as (portal, page):
            claims = {"email": CAROL, "email_verified": True}
            requests.put(f"{issuer}/users/carol", json=claims, timeout=60).raise_for_status()
            page.context.clear_cookies()
            for step in ("in", "anew"):
                if step == "anew":
                    with portal.engine.begin() as connection:
                        connection.execute(sa.delete(logins).where(logins.c.email == CAROL))
                    clock.strike()
                    ask(page)
                else:
                    page.goto("/signin?next=/security")
                page.get_by_role("link", name="Continue with the guild of river pilots").click()
                page.get_by_placeholder("sub").fill("carol")
                page.get_by_role("button", name="Authorize", exact=True).click()
                expect(page.get_by_role("button", name="Download your data")).to_be_visible()
            expect(page.get_by_text("You can go on now.")).to_be_visible()
            clock.ahead = 0
            gets_the_data(page, page.get_by_role("button", name="Download your data").click)
