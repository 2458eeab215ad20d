"""A component in a browser: rows of the person, the effective query behind a summary, sound to axe."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from metadata.model import Block, Page, WebRole, WebTemplate
from runtime.identity.roles import grant_roles
from support.axe import assert_no_axe_violations
from support.marina import SITE, text
from support.marina_site import CAST, PASSWORD, open_marina, served
from support.screens import sideways

ROWS = """\
{% query rows = view "bookings-all" %}
<h2>Boats</h2>
<ul>{% for row in rows %}<li>{{ row.number }}</li>{% endfor %}</ul>
"""
EXTRA = (
    WebTemplate(key="rows", source=ROWS),
    WebTemplate(key="top", source='<div class="wrap"><a href="/">{{ user.name|default("Guest") }}</a></div>'),
    WebRole(key="builder", queries=True),
    Page(
        key="boats",
        label=text("Boats"),
        parent="home",
        partial_url="boats",
        blocks=(Block(type="component", web_template="rows"),),
    ),
    WebTemplate(key="end", source="<p class='own-end'>The end</p>"),
    replace(SITE, header="top", footer="end"),
)


@pytest.fixture
def address(sqlite_url: str, tmp_path: Path) -> Iterator[str]:
    with open_marina(sqlite_url, tmp_path, *EXTRA) as site:
        site.book("B-1")
        with site.engine.begin() as connection:
            grant_roles(connection, site.people["alice"], "marina", ("skipper", "builder"))
        with served(site.app) as url:
            yield url


@pytest.mark.parametrize("width", [360, 1280])
def test_a_component_with_its_query(page: BrowserPage, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{address}/signin")
    page.fill("input[name=email]", CAST["alice"][0])
    page.fill("input[name=password]", PASSWORD)
    with page.expect_navigation(url=lambda url: "/signin" not in url):
        page.locator("main form button[type=submit]").click()
    page.goto(f"{address}/boats")
    inset = "name => document.querySelector(name).getBoundingClientRect().left"
    assert page.evaluate(inset, ".own-end") == page.evaluate(inset, "main h1")
    bar = page.locator(".thumb-bar")
    if bar.count() and bar.is_visible():
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        assert page.evaluate("document.querySelector('.own-end').getBoundingClientRect().bottom") <= bar.bounding_box()["y"]
    expect(page.locator(".component li")).to_have_text("B-1")
    expect(page.locator("header")).to_contain_text("Alice")
    assert_no_axe_violations(page)
    page.locator(".component summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".component pre")).to_contain_text("SELECT")
    assert_no_axe_violations(page)
    assert sideways(page) <= 0


SCRIPTS = """\
<p id="ran">{{ page.title }}</p>
<script nonce="{{ request.csp_nonce }}">document.getElementById("ran").dataset.with = "yes"</script>
<style nonce="{{ request.csp_nonce }}">#ran { font-weight: 700 }</style>
<script>document.getElementById("ran").dataset.without = "yes"</script>
<script nonce="AAAAAAAAAAAAAAAAAAAAAA">document.getElementById("ran").dataset.guessed = "yes"</script>
<style>#ran { text-transform: uppercase }</style>
"""


def test_a_script_with_the_nonce_of_the_request_runs_and_no_other(page: BrowserPage, sqlite_url: str, tmp_path: Path) -> None:
    block = Block(type="component", web_template="scripts")
    shown = Page(key="scripts", label=text("Scripts"), parent="home", partial_url="scripts", blocks=(block,))
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    with open_marina(sqlite_url, tmp_path, WebTemplate(key="scripts", source=SCRIPTS), shown) as site, served(site.app) as url:
        for _ in range(2):  # with a nonce of its own each time
            page.goto(f"{url}/scripts")
            ran = page.locator("#ran")
            expect(ran).to_have_attribute("data-with", "yes")
            assert ran.evaluate("ran => Object.keys(ran.dataset)") == ["with"]
            assert ran.evaluate("ran => [getComputedStyle(ran).fontWeight, getComputedStyle(ran).textTransform]") == [
                "700",
                "none",
            ]
    assert len([text for text in said if "Content Security Policy" in text]) == 6
