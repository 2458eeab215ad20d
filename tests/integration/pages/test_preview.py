"""A page that visitors do not see is not there for them; previewers see it, and that it is so."""

import pytest

from metadata.model import Page, WebRole
from runtime.identity.roles import grant_roles
from support.marina import text
from support.marina_site import open_marina


def page(key, parent="home", **more):
    return Page(key=key, label=text(key.capitalize()), parent=parent, partial_url=key, **more)


EXTRA = (
    WebRole(key="previewer", site="marina", preview=True),
    page("sketch", state="draft"),
    page("below", parent="sketch"),
    page("fair", visible_from="2100-01-10T08:00"),
    page("over", visible_until="2001-01-10"),
    page("plain"),
)


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, *EXTRA) as marina:
        with marina.engine.begin() as connection:
            grant_roles(connection, marina.people["bob"], "marina", ("previewer",))
        yield marina


@pytest.mark.parametrize(
    ("path", "said", "why"),
    [
        ("/sketch", "Draft: visitors do not see this page.", ""),
        ("/sketch/below", "Draft: visitors do not see this page.", "It is because of the page “Sketch” above."),
        ("/fair", "Visitors see this page from", ""),
        ("/over", "Visitors have not seen this page since", ""),
    ],
)
def test_previewers_are_told_why_visitors_do_not_see_a_page(site, path, said, why):
    answer = site.as_("bob").get(path)
    assert (answer.status_code, said in answer.text, why in answer.text) == (200, True, True)
    assert ("It is because" in answer.text) == bool(why)
    for nobody in (site.as_("alice"), site.stranger()):
        missing = nobody.get(path)
        assert (missing.status_code, said in missing.text) == (404, False)


def test_they_are_told_in_their_language(site):
    assert "Utkast: besökare ser inte den här sidan." in site.as_("bob").get("/sv-SE/sketch").text


def test_nothing_is_said_of_a_page_that_visitors_see(site):
    assert "isitors" not in site.as_("bob").get("/plain").text


def test_it_costs_no_statement(site):
    browser = site.as_("bob")
    numbers = []
    for path in ("/plain", "/sketch"):
        for _ in range(3):
            browser.get(path)
        with site.counting() as statements:
            browser.get(path)
        numbers.append(len(statements))
    assert numbers == [1, 1]
