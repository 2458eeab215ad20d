"""A form that is sent once its session is over loses nothing to the same person, and shows nothing to anybody else."""

import dataclasses
import datetime as dt

import pytest
import sqlalchemy as sa

from metadata.model import Block, Entity, FurtherAccounts, ManyToMany, PageAccessRule, Snippet, Terms
from metadata.text import Text
from runtime.forms.drafts import drafts
from runtime.housekeeping import tidy
from runtime.identity.tables import sessions
from support.portal import PASSWORD
from support.pottery import CAST, FORMS, form, hidden, make_pottery, page
from support.ruled import publish
from support.walking import BOOK, Walk, line

NEW = "/firings/new"
AGAIN = "What you had typed is here again"
SECRET = "a glaze nobody knows"
LINKS = FurtherAccounts(relationship="accounts")


@pytest.fixture
def pottery(database_url, tmp_path):
    made = make_pottery(database_url, tmp_path, PageAccessRule(key="in", page="firings", roles=("potter", "reader")))
    yield made
    made.engine.dispose()


def end_sessions(pottery):
    with pottery.engine.begin() as connection:
        connection.execute(sa.update(sessions).values(expires_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)))


def kept(pottery):
    with pottery.engine.connect() as connection:
        return connection.execute(sa.select(drafts).where(drafts.c.form.startswith("over:"))).all()


def sign_in(browser, who, answer):
    """Sign in on the page where an answer leads, and follow to the page after."""
    shown = browser.get(answer.location).text
    data = {**hidden(shown), "email": CAST[who][0], "password": PASSWORD}
    return browser.client.post(answer.location.partition("?")[0], data=data)


def sent_after_the_end(pottery, browser, path, **typed):
    data = {**hidden(browser.get(path).text), **typed}
    end_sessions(pottery)
    return browser.client.post(path, data=data)


@pytest.mark.parametrize("restricted", [True, False])
def test_what_was_typed_is_there_after_signing_in_again(pottery, restricted):
    if not restricted:
        publish(pottery, PageAccessRule(key="in", page="me", roles=("potter",)))
    browser = pottery.as_("ada")
    answer = sent_after_the_end(pottery, browser, NEW, title="Bowls", peak="12x", note=SECRET)
    assert answer.status_code in (302, 303)
    assert answer.location.startswith("/signin?next=")
    assert pottery.rows("firing") == []
    answer = sign_in(browser, "ada", answer)
    assert (answer.status_code, answer.location) == (303, f"{NEW}?kept=1")
    shown = browser.get(answer.location).text
    assert AGAIN in shown
    assert 'value="Bowls"' in shown
    assert 'value="12x"' in shown
    assert SECRET in shown
    assert pottery.rows("firing") == []
    data = {**hidden(shown), "title": "Bowls", "peak": "1100", "note": SECRET}
    assert browser.client.post(answer.location, data={**data, "peak": "2x"}).status_code == 422
    assert SECRET in browser.get(answer.location).text
    assert browser.client.post(answer.location, data=data).status_code == 303
    (made,) = pottery.rows("firing")
    assert (made["title"], made["note"], made["potter"]) == ("Bowls", SECRET, pottery.ids["ada"])
    assert kept(pottery) == []
    assert SECRET not in browser.get(answer.location).text


def test_another_person_who_signs_in_there_finds_nothing(pottery):
    browser = pottery.as_("ada")
    answer = sent_after_the_end(pottery, browser, NEW, title="Bowls", note=SECRET)
    assert kept(pottery)
    answer = sign_in(browser, "ben", answer)
    shown = browser.get(answer.location).text
    assert SECRET not in shown
    assert AGAIN not in shown
    assert kept(pottery) == []
    browser.post("/signout")
    assert browser.sign_in(CAST["ada"][0]).status_code == 303
    assert SECRET not in browser.get(f"{NEW}?kept=1").text


def test_it_waits_in_the_browser_it_was_sent_from(pottery):
    browser = pottery.as_("ada")
    sent_after_the_end(pottery, browser, NEW, title="Bowls", note=SECRET)
    elsewhere = pottery.as_("ada")
    assert SECRET not in elsewhere.get(f"{NEW}?kept=1").text
    (waiting,) = kept(pottery)
    assert waiting.visitor


def test_a_form_of_the_session_before_goes_on_for_the_same_person(pottery):
    browser = pottery.as_("ada")
    data = {**hidden(browser.get(NEW).text), "title": "Bowls", "note": SECRET}
    browser.post("/signout")
    assert browser.sign_in(CAST["ada"][0]).status_code == 303
    answer = browser.client.post(NEW, data=data)
    assert (answer.status_code, answer.location) == (303, f"{NEW}?kept=1")
    assert pottery.rows("firing") == []
    assert SECRET in browser.get(answer.location).text


def test_a_form_of_another_person_is_refused_and_not_shown(pottery):
    browser = pottery.as_("ada")
    data = {**hidden(browser.get(NEW).text), "title": "Bowls", "note": SECRET}
    browser.post("/signout")
    assert browser.sign_in(CAST["ben"][0]).status_code == 303
    answer = browser.client.post(NEW, data=data)
    assert answer.status_code == 400
    assert SECRET not in answer.text
    assert kept(pottery) == []
    assert SECRET not in browser.get(f"{NEW}?kept=1").text


def test_a_form_that_was_open_when_the_terms_changed_goes_on_once_they_are_accepted(pottery):
    browser = pottery.as_("ada")
    data = {**hidden(browser.get(NEW).text), "title": "Bowls", "note": SECRET}
    site = pottery.snapshot.sites["pottery"].model
    publish(pottery, Snippet(key="rules", value=Text.of("Wash your hands.")))
    publish(pottery, dataclasses.replace(site, terms=Terms(snippet="rules", published="2026-01-01")))
    refused = browser.client.post(NEW, data=data, headers={"HX-Request": "true"})
    assert (refused.status_code, kept(pottery)) == (403, [])
    answer = browser.client.post(NEW, data=data)
    assert (answer.status_code, answer.location, pottery.rows("firing")) == (303, f"{NEW}?kept=1", [])
    asked = browser.get(answer.location)
    assert asked.location.startswith("/consent?next=")
    accepting = {**hidden(browser.get(asked.location).text), "accepted": "1"}
    back = browser.client.post("/consent", data=accepting)
    assert (back.status_code, back.location) == (303, f"{NEW}?kept=1")
    shown = browser.get(back.location).text
    assert (AGAIN in shown, SECRET in shown, 'value="Bowls"' in shown) == (True, True, True)


MEMBERS = Entity(key="contact", many_to_many=(ManyToMany(key="accounts", target="account"),), further_accounts=LINKS)


def acting_for(browser, number, **fields):
    data = {**hidden(browser.get("/accounts").text), "account": str(number), **fields}
    return browser.client.post("/accounts", data=data)


def test_a_form_of_another_account_waits_there_and_says_so(database_url, tmp_path):
    pottery = make_pottery(database_url, tmp_path, MEMBERS)
    try:
        link = pottery.snapshot.entities["contact"].relationships["accounts"]
        with pottery.engine.begin() as connection:
            connection.execute(sa.insert(link.link).values({link.near: pottery.ids["ada"], link.far: pottery.ids["mud"]}))
        browser = pottery.as_("ada")
        data = {**hidden(browser.get(NEW).text), "title": "Bowls", "note": SECRET}
        assert acting_for(browser, pottery.ids["mud"]).status_code == 303
        answer = browser.client.post(NEW, data=data)
        assert (answer.status_code, answer.location) == (303, "/accounts?next=%2Ffirings%2Fnew%3Fkept%3D1")
        shown = browser.get(answer.location).text
        assert ("Nothing was sent" in shown, 'name="next" value="/firings/new?kept=1"' in shown) == (True, True)
        assert pottery.rows("firing") == []
        assert SECRET not in browser.get(f"{NEW}?kept=1").text, "it is not there for this account"
        assert "act for Mud now" in browser.get("/firings/nowhere").text
        back = acting_for(browser, pottery.ids["clay"], next=f"{NEW}?kept=1")
        assert (back.status_code, back.location) == (303, f"{NEW}?kept=1")
        assert SECRET in browser.get(back.location).text
        for away in ("https://evil.example", "//evil.example"):
            assert acting_for(browser, pottery.ids["mud"], next=away).location == "/"
    finally:
        pottery.engine.dispose()


@pytest.mark.parametrize("token", ["", "made up", "Ijk5Ljkui.x.y"])
def test_a_token_that_is_not_ours_keeps_nothing(pottery, token):
    browser = pottery.as_("ada")
    data = {**hidden(browser.get(NEW).text), "title": "Bowls", "csrf_token": token}
    end_sessions(pottery)
    assert browser.client.post(NEW, data=data).status_code == 400
    assert kept(pottery) == []


def test_a_change_goes_on_as_if_the_page_had_stood_open(pottery):
    firing = pottery.firing(title="Bowls", note="old")
    number = pottery.rows("firing")[0]["number"]
    path = f"/firings/{number}/edit"
    browser = pottery.as_("ada")
    answer = sent_after_the_end(pottery, browser, path, title="Bowls", note="mine")
    pottery.change("firing", firing, note="theirs")
    answer = sign_in(browser, "ada", answer)
    shown = browser.get(answer.location).text
    assert "mine" in shown
    answer = browser.client.post(answer.location, data={**hidden(shown), "title": "Bowls", "note": "mine"})
    assert "theirs" in answer.text  # both changed it: the page asks which one is to stay
    assert "mine" in answer.text
    assert pottery.rows("firing")[0]["note"] == "theirs"


def test_numbers_are_read_as_they_were_typed(pottery):
    browser = pottery.as_("ada")
    answer = sent_after_the_end(pottery, browser, f"/sv-SE{NEW}", title="Skålar", weight="1 234,5")
    answer = sign_in(browser, "ada", answer)
    assert answer.location == f"/sv-SE{NEW}?kept=1"
    shown = browser.get(f"{NEW}?kept=1").text  # in English, which writes 1,234.5
    assert 'value="Sk\u00e5lar"' in shown
    assert 'name="weight" value="1234.5"' in shown or 'value="1,234.5"' in shown


def test_a_step_goes_on_with_what_was_typed(pottery):
    browser = pottery.as_("ada")
    walk = Walk(browser, BOOK).press(title="Bowls", peak="1000")
    assert walk.step == "pieces"
    data = {**hidden(walk.text), **line(pottery, 0, coats="7"), "_action": "next"}
    data = {name: value for name, value in data.items() if "__n__" not in name}
    end_sessions(pottery)
    answer = browser.client.post(BOOK, data=data)
    answer = sign_in(browser, "ada", answer)
    answer = browser.get(answer.location)
    assert (answer.status_code, answer.location) == (303, f"{BOOK}?step=pieces")
    shown = browser.get(answer.location).text
    assert AGAIN in shown
    assert 'value="7"' in shown
    assert kept(pottery) == []


def test_values_that_a_person_may_not_see_are_not_shown(pottery):
    browser = pottery.as_("ada")
    answer = sent_after_the_end(pottery, browser, NEW, title="Bowls", studio=SECRET, kiln_name=SECRET)
    answer = sign_in(browser, "ada", answer)
    shown = browser.get(answer.location).text
    assert 'value="Bowls"' in shown
    assert SECRET not in shown


def test_what_nobody_comes_back_for_goes(pottery):
    browser = pottery.as_("ada")
    sent_after_the_end(pottery, browser, NEW, title="Bowls")
    sent_again = browser.client.post(NEW, data={})
    assert sent_again.status_code == 400
    assert len(kept(pottery)) == 1
    tidy(pottery.engine, dt.datetime.now(dt.UTC) + dt.timedelta(days=8), snapshot=pottery.snapshot)
    assert kept(pottery) == []


def test_what_is_too_long_is_not_kept(pottery):
    browser = pottery.as_("ada")
    answer = sent_after_the_end(pottery, browser, NEW, title="Bowls", note="x" * 300_000)
    assert answer.location == f"/signin?next={NEW}"
    assert kept(pottery) == []


def test_an_address_may_send_so_many_a_minute(pottery):
    browser = pottery.as_("ada")
    data = {**hidden(browser.get(NEW).text), "title": "Bowls"}
    end_sessions(pottery)
    answers = [browser.client.post(NEW, data=data).status_code for _ in range(31)]
    assert answers == [302] * 30 + [429]
    assert len(kept(pottery)) == 1


def test_the_second_of_two_forms_goes_on_where_it_stands(pottery):
    more = form("extra", "firing", *FORMS[0].tabs[0].sections[0].fields, success_page="firing")
    both = (Block(type="form", form="firing-new", mode="insert"), Block(type="form", form="extra", mode="insert"))
    publish(pottery, more, dataclasses.replace(page("new", *both, parent="firings")))
    browser = pottery.as_("ada")
    data = {**hidden(browser.get(NEW).text), "title": "Bowls", "block": "1"}
    end_sessions(pottery)
    answer = browser.client.post(NEW, data=data)
    answer = sign_in(browser, "ada", answer)
    assert answer.location == f"{NEW}?2.kept=1"
    first, second = browser.get(answer.location).text.split('id="form-1"')
    assert 'value="Bowls"' not in first
    assert 'value="Bowls"' in second
