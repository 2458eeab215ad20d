"""Signing in with a SAML provider in a browser, whose post from another site brings no cookie with it."""

import pytest
from playwright.sync_api import expect

pytest.importorskip("onelogin", reason="needs the extra saml")
pytest.importorskip("saml2")

from metadata.model import IdentityProvider
from support.axe import assert_no_axe_violations
from support.marina_site import served
from support.portal import CAST, make_portal, text
from support.ports import free_port
from support.town_hall import ENTITY, SEAL, Seal, TownHall, open_to_browsers

NARROW = 600
PEOPLE = {"carol": {"mail": CAST["carol"][0]}, "stranger": {"mail": "stranger@elsewhere.example"}}


@pytest.mark.parametrize("same_site", ["lax", "strict"])
def test_a_person_signs_in_with_the_town_hall_and_a_stranger_does_not(tmp_path, browser, same_site):
    port, elsewhere = free_port(), free_port()
    hall_address = f"http://localhost:{elsewhere}"  # another site than 127.0.0.1 to a browser
    cookies = {"FOYER_COOKIE_SAME_SITE": same_site, "FOYER_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    portal = make_portal(f"sqlite:///{tmp_path}/portal.db", tmp_path, **cookies)
    names = {"key": "hall", "label": text("the town hall"), "issuer": ENTITY, "sign_in_url": f"{hall_address}/sso"}
    found = IdentityProvider(
        **names, protocol="saml", certificates=(SEAL.certificate,), match="email", email_claim="urn:mace:dir:attribute-def:mail"
    )
    portal.publish(found)
    hall = TownHall(portal.browser().get("/signin/with/hall/metadata").text, hall_address)
    with open_to_browsers(hall, elsewhere, PEOPLE), served(portal.app, port) as url:
        for width in (360, 1280):
            context = browser.new_context(base_url=url, viewport={"width": width, "height": 740}, locale="en-US")
            page = context.new_page()
            page.goto("/signin?next=/sessions")
            assert_no_axe_violations(page)
            page.get_by_role("link", name="Continue with the town hall").click()
            page.get_by_role("button", name="stranger").click()
            expect(page.get_by_role("alert")).to_contain_text("Nobody here signs in")
            assert_no_axe_violations(page)
            page.goto("/signin?next=/sessions")
            page.get_by_role("link", name="Continue with the town hall").click()
            page.get_by_role("button", name="carol").click()
            expect(page).to_have_url(f"{url}/sessions")
            context.close()
    portal.engine.dispose()


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_who_signs_out_is_led_to_the_town_hall_and_back(tmp_path, browser, monkeypatch, binding):
    """By a page that goes on by itself, as no browser lets the form that signs out be led to another site."""
    seal, port, elsewhere = Seal.new(), free_port(), free_port()
    monkeypatch.setenv("HALL_KEY", seal.pem.decode() + seal.certificate)
    site, hall_address = f"http://127.0.0.1:{port}", f"http://localhost:{elsewhere}"
    portal = make_portal(f"sqlite:///{tmp_path}/portal.db", tmp_path, FOYER_PUBLIC_URL=site)
    addresses = {"sign_in_url": f"{hall_address}/sso", "sign_out_url": f"{hall_address}/slo"}
    names = {"key": "hall", "label": text("the town hall"), "issuer": ENTITY, "protocol": "saml", **addresses}
    signed = {"certificates": (SEAL.certificate,), "key_pair": "${HALL_KEY}", "sign_out": True, "sign_out_binding": binding}
    portal.publish(IdentityProvider(**names, **signed, match="email", email_claim="urn:mace:dir:attribute-def:mail"))
    hall = TownHall(portal.browser().get("/signin/with/hall/metadata").text, hall_address)
    out = f"{site}/signin/with/hall/out"
    with open_to_browsers(hall, elsewhere, PEOPLE, out), served(portal.app, port) as url:
        for width in (360, 1280):
            context = browser.new_context(base_url=url, viewport={"width": width, "height": 740}, locale="en-US")
            page = context.new_page()
            page.goto("/signin?next=/sessions")
            page.get_by_role("link", name="Continue with the town hall").click()
            page.get_by_role("button", name="carol").click()
            expect(page).to_have_url(f"{url}/sessions")
            if width < NARROW:  # the page that leads there is looked at: it must not go on by itself
                page.route(f"{url}/signout", stay)
                page.route("**/onward.js*", lambda route: route.abort())
                sign_out(page)
                link = page.get_by_role("link" if binding == "redirect" else "button", name="Go on to the town hall")
                expect(link).to_be_visible()
                assert_no_axe_violations(page)
                link.click()
            else:
                sign_out(page)
            expect(page).to_have_url(f"{url}/")
            page.goto("/signin")
            expect(page.get_by_text("You are signed out.")).to_be_visible()
            assert "did not confirm" not in page.content()
            context.close()
    portal.engine.dispose()


def stay(route):
    answer = route.fetch()
    route.fulfill(response=answer, headers={name: value for name, value in answer.headers.items() if name != "refresh"})


def sign_out(page):
    """Send the form with which every page of a site lets people sign out."""
    page.evaluate("""() => {
        const form = document.createElement("form"), field = document.createElement("input");
        const token = document.querySelector("[name=csrf_token], [name=csrf-token]");
        Object.assign(form, {method: "post", action: "/signout"});
        Object.assign(field, {name: "csrf_token", value: token.value || token.content});
        form.append(field); document.body.append(form); form.submit();
    }""")
