"""Signing in with another provider in a browser: from the sign-in page and back, and adding one to what one has."""

import dataclasses

import pytest
from playwright.sync_api import expect

pytest.importorskip("authlib", reason="needs the extra oidc")
mock = pytest.importorskip("oidc_provider_mock")

from metadata.model import IdentityProvider  # noqa: E402 - after the libraries it may lack
from support.axe import assert_no_axe_violations  # noqa: E402
from support.marina_site import served  # noqa: E402
from support.portal import CAST, PASSWORD, make_portal, text  # noqa: E402
from support.ports import free_port  # noqa: E402
from support.screens import sideways  # noqa: E402

CAROL = CAST["carol"][0]
# What the provider that is run here warns of in itself.
pytestmark = [pytest.mark.filterwarnings(f"ignore:{start}") for start in ("get_jwt_config", "authlib.jose", "The httpx")]


def fits(page):
    assert sideways(page) <= 0
    assert_no_axe_violations(page)


def there(page, subject):
    """Sign in at the provider."""
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize", exact=True).click()


@pytest.mark.parametrize(("width", "same_site"), [(360, "lax"), (1280, "strict")])
def test_a_provider_is_added_and_leads_in(tmp_path, browser, width, same_site, monkeypatch):
    monkeypatch.setenv("GUILD_SECRET", "the secret of the guild")
    port = free_port()
    cookies = {"FOYER_COOKIE_SAME_SITE": same_site, "FOYER_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    portal = make_portal(f"sqlite:///{tmp_path}/portal.db", tmp_path, **cookies)
    with mock.run_server_in_thread() as provider, served(portal.app, port) as url:
        issuer, label = f"http://localhost:{provider.server_port}", text("the guild of river pilots")
        guild = IdentityProvider(key="guild", label=label, issuer=issuer, client_id="portal", client_secret="${GUILD_SECRET}")
        portal.publish(
            guild, dataclasses.replace(guild, key="harbour", label=text("the harbour"), issuer="https://harbour.example")
        )
        context = browser.new_context(base_url=url, viewport={"width": width, "height": 740}, locale="en-US")
        page, complaints = context.new_page(), []
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto("/signin?next=/logins")
        expect(page.get_by_role("link", name="Continue with the harbour")).to_be_visible()
        fits(page)
        page.get_by_role("link", name="Continue with the guild of river pilots").click()
        there(page, f"stranger-{width}")
        expect(page.get_by_role("alert")).to_contain_text("Nobody here signs in")
        fits(page)
        page.goto("/signin?next=/logins")
        page.get_by_label("Email").fill(CAROL)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_text("There is none yet.")).to_be_visible()
        page.get_by_label("Current password").fill(PASSWORD)
        fits(page)
        page.get_by_role("button", name="Add a sign-in").click()
        fits(page)
        page.get_by_role("link", name="Continue with the guild of river pilots").click()
        there(page, f"carol-{width}")
        expect(page.get_by_text("The sign-in was added.")).to_be_visible()
        fits(page)
        context.clear_cookies()
        page.goto("/signin?next=/logins")
        page.get_by_role("link", name="Continue with the guild of river pilots").click()
        there(page, f"carol-{width}")
        expect(page.get_by_role("button", name="Remove the guild of river pilots")).to_be_visible()
        assert {cookie["sameSite"] for cookie in context.cookies(url)} == {same_site.capitalize()}
        page.get_by_label("Current password").fill(PASSWORD)
        page.get_by_role("button", name="Remove the guild of river pilots").click()
        expect(page.get_by_text("There is none yet.")).to_be_visible()
        assert complaints == []
        context.close()
    portal.engine.dispose()
