"""The header and footer of a site, changed in the studio: published, they stand on all pages from the next request on."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from metadata.model import WebTemplate
from runtime.app import create_app
from runtime.identity.roles import grant_roles
from support.marina import SITE
from support.marina_site import CAST
from support.portal import Browser
from support.studio import open_studio

TOP = '<b class="own-top">Harbour for {{ user.name|default("guests") }}</b>{% include "call" %}'
CALL = "<i>Call 100</i>"
END = '<p class="own-end">Quay 1 {{ request.url }} {{ user.name|default("guests") }}</p>'
OLD, NEW = ("Harbour for", "Call 100", "Quay 1"), ("Marina for", "Call 200", "Quay 2")
"""What the header says, the template that it includes, and the footer."""
PEOPLE = ("guests", "Alice", "Erin", "Dora", "guests", "Alice")
"""What the header calls who looks. Erin has Alice's account and roles: her pages are made of what was kept of Alice's."""
UNSEEN = {"/nowhere", "/season", "/sv-SE/season"}
"""Where nobody sees a page: there is none, or a draft."""
OWN_TEMPLATES = (
    WebTemplate(key="top", site="marina", source=TOP),
    WebTemplate(key="call", site="marina", source=CALL),
    WebTemplate(key="end", site="marina", source=END),
)
THEMES = ('class="site-header"', 'class="site-footer"')


def changed(source):
    """A template with what it says now."""
    for old, new in zip(OLD, NEW, strict=True):
        source = source.replace(old, new)
    return source


@pytest.fixture
def site(database_url, tmp_path):
    """The marina's studio with a header and a footer of the site's own, and a booking of Alice's."""
    with open_studio(database_url, tmp_path, *OWN_TEMPLATES, replace(SITE, header="top", footer="end")) as opened:
        opened.book("100", "alice")
        with opened.engine.begin() as connection:
            contacts = opened.snapshot.entities["contact"].table
            moved = contacts.update().where(contacts.c.id == opened.people["erin"])
            connection.execute(moved.values(account=opened.accounts[CAST["alice"][1]]))
            grant_roles(connection, opened.people["erin"], "marina", CAST["alice"][2])
        yield opened


@contextmanager
def visitors(site):
    """Those of `PEOPLE` in this process, and the last two in another one on the same database."""
    other = create_app(site.app.extensions["foyer"].config)
    alice = Browser(other.test_client())
    assert alice.sign_in(CAST["alice"][0]).status_code == 303
    try:
        yield site.stranger(), site.as_("alice"), site.as_("erin"), site.as_("dora"), Browser(other.test_client()), alice
    finally:
        other.extensions["foyer"].engine.dispose()


def seen(site, who):
    """What these people see at every page of the site, in both of its languages, and where there is none.

    It is looked at twice: the second time a page is put together of what was kept of the first.
    """
    paths = [node.path.replace("{number}", "100") for node in site.snapshot.sites["marina"].pages.values()]
    everywhere = [*paths, "/nowhere", *(f"/sv-SE{path}" for path in paths)]
    asked = [(number, path, turn) for turn in (1, 2) for number in range(len(who)) for path in everywhere]
    pages = {(number, path, turn): who[number].get(path) for number, path, turn in asked}
    led_to_sign_in = {path for (_, path, _), answer in pages.items() if answer.status_code == 302}
    assert led_to_sign_in == {"/office", "/sv-SE/office"}
    assert {answer.status_code for answer in pages.values()} == {200, 302, 403, 404}
    assert {path for (_, path, _), answer in pages.items() if answer.status_code == 200} == set(everywhere) - UNSEEN
    return {place: answer.text for place, answer in pages.items() if answer.status_code != 302}


def lacking(pages, said, unsaid):
    """The pages that do not say each of `said` once, or say any of `unsaid`."""
    return [
        place
        for place, text in pages.items()
        if any(text.count(words) != 1 for words in said) or any(words in text for words in unsaid)
    ]


def test_a_changed_header_and_footer_are_on_all_pages_with_the_next_request_and_back_again(site, maker):
    dora = maker("dora")
    with visitors(site) as who:
        assert lacking(seen(site, who), OLD, (*NEW, *THEMES)) == []
        for key, source in (("top", TOP), ("call", CALL), ("end", END)):
            dora.edit(f"web_template/{key}", p__source=changed(source))
        assert lacking(seen(site, who), OLD, (*NEW, *THEMES)) == []
        assert dora.publish().status_code == 303
        pages = seen(site, who)
        assert lacking(pages, NEW, (*OLD, *THEMES)) == []
        for (number, path, turn), text in pages.items():
            name = PEOPLE[number]
            assert f"Marina for {name}<" in text, (number, path, turn)
            assert f"Quay 2 {path} {name}<" in text, (number, path, turn)
        assert dora.send("rollback/1", dora.form("rollback/1", "note")).status_code == 303
        assert lacking(seen(site, who), OLD, (*NEW, *THEMES)) == []


def test_a_site_takes_another_header_and_footer_and_gives_them_back_to_the_theme(site, maker):
    dora = maker("dora")
    for key, source in (("top", TOP), ("end", END)):
        dora.send("new/web_template", dora.form("new/web_template", "key"), key=f"other-{key}")
        dora.edit(f"web_template/other-{key}", p__source=changed(source).replace('{% include "call" %}', CALL))
    with visitors(site) as who:
        dora.edit("site/marina", p__header="other-top", p__footer="other-end")
        assert lacking(seen(site, who), OLD, (*NEW, *THEMES)) == []
        assert dora.publish().status_code == 303
        others = ("Marina for", "Call 100", "Quay 2")
        assert lacking(seen(site, who), others, ("Harbour for", "Quay 1", *THEMES)) == []
        dora.edit("site/marina", p__header="", p__footer="")
        assert dora.publish().status_code == 303
        assert lacking(seen(site, who), THEMES, (*OLD, *NEW)) == []


def test_a_header_that_cannot_be_drawn_is_not_published_and_the_old_one_stands(site, maker):
    dora, stranger = maker("dora"), site.stranger()
    dora.edit("web_template/top", p__source="Marina for {{ user.name")
    assert dora.publish().status_code == 422
    dora.edit("web_template/top", p__source='{% include "nothing" %}')
    assert dora.publish().status_code == 422
    assert [text in stranger.get("/terms").text for text in OLD] == [True] * 3
