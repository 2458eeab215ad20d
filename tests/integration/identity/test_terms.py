"""Terms are accepted before anything else is served, and again after each publication."""

import dataclasses
import datetime as dt
from unittest import mock

import pytest
import sqlalchemy as sa

from metadata.checks import check
from metadata.model import Page, Site, SiteSetting, Snippet, Terms, component_id
from metadata.text import Text
from runtime.database import writing
from runtime.identity import api_tokens, tables
from runtime.identity.consents import terms_due
from support.portal import HARBOUR, SITE, components, make_portal, text

FIRST = Terms(snippet="terms", page="news", published="2026-01-01")
LATER = dataclasses.replace(FIRST, published="2026-02-01T08:00")
WORDS = Snippet(key="terms", site=SITE, value=text("Be **kind** to boats."), format="markdown")


def site(terms=FIRST):
    return dataclasses.replace(HARBOUR, terms=terms)


def with_terms(terms=FIRST):
    return (*components(terms=terms), dataclasses.replace(WORDS, site=""))


@pytest.fixture
def portal(database_url, tmp_path):
    made = make_portal(database_url, tmp_path, with_terms())
    yield made
    made.engine.dispose()


def accept(browser, version=FIRST.published, **fields):
    return browser.post("/consent", {"accepted": "1", "version": version, "next": "/club", **fields}, token_from="/consent")


def held_up(browser, path="/club"):
    answer = browser.get(path)
    return answer.status_code == 302 and answer.headers["Location"].startswith("/consent")


def test_nothing_else_is_served_before_the_terms_are_accepted(portal):
    browser = portal.signed_in("alice")
    for path in ("/", "/club", "/sessions", "/email", "/accounts", "/password/change", "/studio/"):
        assert held_up(browser, path), path
    assert browser.get("/news").status_code == 200
    assert browser.get("/club", headers={"HX-Request": "true"}).status_code == 403
    assert browser.get("/_api/").json["error"]["code"] == "terms_needed"
    assert browser.post("/sessions", {"session": "others"}, token_from="/consent").status_code == 403
    shown = browser.get("/consent?next=/club").text
    assert "<strong>kind</strong>" in shown
    answer = accept(browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/club")
    assert browser.get("/club").status_code == 200
    assert browser.get("/_api/").status_code == 200
    assert browser.get("/consent").status_code == 303


def test_who_does_not_accept_may_leave(portal):
    browser = portal.signed_in("alice")
    assert browser.post("/signout", token_from="/consent").status_code == 303
    assert browser.get("/").status_code == 200


def test_a_consent_is_written_down_with_version_words_and_time(portal):
    accept(portal.signed_in("alice"))
    consents = tables.consents
    found = portal.rows(sa.select(consents.c.contact_id, consents.c.version, consents.c.language, consents.c.accepted_at))
    assert [row[:3] for row in found] == [(portal.ids["alice"], FIRST.published, "en-US")]
    assert abs(dt.datetime.now(dt.UTC) - found[0][3]) < dt.timedelta(minutes=5)
    assert len(portal.rows(sa.select(consents.c.words_hash))[0][0]) == 64
    audit = sa.table("foyer_audit", sa.column("contact"), sa.column("privilege"))
    assert portal.rows(sa.select(audit.c.contact).where(audit.c.privilege == "terms")) == [(portal.ids["alice"],)]


def test_a_new_publication_asks_everybody_again(portal):
    here, there = portal.signed_in("alice"), portal.signed_in("alice")
    assert (held_up(here), held_up(there)) == (True, True)
    accept(here)
    assert (held_up(here), held_up(there), held_up(portal.signed_in("alice"))) == (False, False, False)
    assert held_up(portal.signed_in("carol"))
    portal.publish(site(LATER))
    assert held_up(here)
    assert accept(here, FIRST.published).status_code == 422
    assert held_up(here)
    accept(here, LATER.published)
    assert not held_up(here)
    third = dataclasses.replace(LATER, published="2026-03-01")
    portal.publish(site(third))
    assert (held_up(here), held_up(portal.signed_in("alice"))) == (True, True)
    assert accept(here, LATER.published).status_code == 422, "what was accepted twice before is not accepted now"
    accept(here, third.published)
    assert not held_up(here)
    versions = portal.rows(sa.select(tables.consents.c.version).order_by(tables.consents.c.version))
    assert [row[0] for row in versions] == [FIRST.published, LATER.published, third.published]


def test_the_tick_is_needed(portal):
    browser = portal.signed_in("alice")
    assert browser.post("/consent", {"version": FIRST.published}, token_from="/consent").status_code == 422
    assert held_up(browser)


def test_terms_begin_when_their_date_comes(portal):
    late = dataclasses.replace(FIRST, published="2999-01-01")
    compiled = dataclasses.replace(portal.snapshot.sites[SITE], model=site(late))
    assert terms_due(compiled) is None
    assert terms_due(compiled, dt.datetime(2999, 1, 2, tzinfo=dt.UTC)) == late
    portal.publish(site(late))
    assert not held_up(portal.signed_in("alice"))


def test_a_program_is_told_by_a_code_until_its_person_has_accepted(portal):
    with writing(portal.engine).begin() as connection:
        new = api_tokens.NewToken(portal.ids["alice"], SITE, "x", (), False, dt.timedelta(days=1))
        bearer = {"Authorization": f"Bearer {api_tokens.give(connection, new)[1]}"}
    refused = portal.browser().get("/_api/", headers=bearer)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "terms_needed")
    accept(portal.signed_in("alice"))
    assert portal.browser().get("/_api/", headers=bearer).status_code == 200


def test_a_second_factor_comes_before_the_terms(portal):
    portal.publish(SiteSetting(key="identity/second_factor_roles", site=SITE, value="member"))
    browser = portal.signed_in("alice")
    assert browser.get("/club").headers["Location"] == "/second-factor"
    assert browser.get("/second-factor").status_code == 200


def test_terms_that_were_accepted_cost_no_statement(portal):
    browser = portal.signed_in("alice")
    accept(browser)
    browser.get("/club")
    with mock.patch("runtime.terms_step.has_accepted") as asked:
        assert browser.get("/club").status_code == 200
    assert not asked.called


@pytest.mark.parametrize(
    ("terms", "path"),
    [(Terms(published="2026-01-01"), "terms"), (Terms(page="p", published="2026-02-30"), "terms.published")],
)
def test_terms_that_stand_nowhere_or_begin_never_are_told(terms, path):
    parts = (Site(key="s", terms=terms), Page(key="p", site="s", label=Text.of("P"), partial_url="/"))
    found = check({component_id(one): one for one in parts})
    assert [problem.position.path for problem in found if problem.severity == "error" and "terms" in problem.position.path] == [
        path
    ]
