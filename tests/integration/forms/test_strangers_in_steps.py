"""Multistep forms for people who are not signed in: whose what was entered is, and the captcha at the last step."""

import datetime as dt

import pytest
import sqlalchemy as sa

from metadata.checks import check
from metadata.model import component_id
from metadata.store import MetadataStore
from runtime.forms.drafts import LARGEST_OF_STRANGER, STRANGER_DAYS, drafts
from runtime.housekeeping import tidy
from runtime.pages.multistep_strangers import BEGUN_PER_MINUTE
from support.enquiries import ASK_IN_STEPS, enquiries, in_steps, solved
from support.portal import Browser
from support.pottery import POTTERY, hidden, make_pottery, shown_errors
from support.walking import Walk

WRONG = "That is not right, or too late. Answer the new question."


@pytest.fixture
def asked(database_url, tmp_path):
    """The pottery with enquiries in two steps, the last of which asks strangers for a captcha."""
    made = make_pottery(database_url, tmp_path, *enquiries(), *in_steps())
    yield made
    made.engine.dispose()


def publish(pottery, *changed):
    MetadataStore(pottery.engine).publish("tester", components=changed)


def stranger(pottery):
    return Walk(Browser(pottery.app.test_client()), ASK_IN_STEPS)


def at_last(pottery):
    return stranger(pottery).press(subject="Do you fire porcelain?")


def subjects(pottery):
    return [(row["subject"], row["email"]) for row in pottery.rows("enquiry")]


def test_a_stranger_goes_through_the_steps_and_on_where_they_left(asked):
    walk = at_last(asked)
    assert "kept in this browser until you close it" in walk.text
    again = Walk(walk.browser, ASK_IN_STEPS)
    assert again.step == "who"
    again.press("back")
    assert (again.step, 'value="Do you fire porcelain?"' in again.text) == ("what", True)
    again.press().press(email="passer@by.example", **solved(again.text))
    assert subjects(asked) == [("Do you fire porcelain?", "passer@by.example")]
    assert Walk(walk.browser, ASK_IN_STEPS).step == "what"


def test_nobody_reaches_what_another_stranger_entered(asked):
    theirs = at_last(asked)
    thief = stranger(asked)
    assert (thief.step, "porcelain" in thief.text) == ("what", False)
    fields = {**hidden(theirs.text), "csrf_token": hidden(thief.text)["csrf_token"], "email": "thief@by.example"}
    thief.browser.client.post(ASK_IN_STEPS, data={**fields, **solved(theirs.text), "_action": "next"})
    thief.browser.client.post(ASK_IN_STEPS, data={**fields, "_action": "restart"})
    assert "porcelain" not in thief.browser.get(ASK_IN_STEPS).text
    assert "porcelain" not in asked.as_("ada").get(ASK_IN_STEPS).text
    assert subjects(asked) == []
    assert Walk(theirs.browser, ASK_IN_STEPS).step == "who"


def test_the_last_step_asks_and_what_has_passed_makes_one_record(asked):
    walk = at_last(asked)
    assert solved(walk.text)
    assert shown_errors(walk.press(email="passer@by.example", _captcha_answer="999").text) == [WRONG]
    assert walk.answer.status_code == 422
    walk.press(email="", **solved(walk.text))
    assert (walk.answer.status_code, shown_errors(walk.text), solved(walk.text)) == (422, ["Enter Your email."], {})
    fields = {**hidden(walk.text), "email": "passer@by.example", "_action": "next"}
    assert [walk.browser.client.post(ASK_IN_STEPS, data=fields).status_code for _ in range(2)] == [303, 303]
    assert len(subjects(asked)) == 1


def test_an_answer_is_for_one_form_and_counts_once(asked):
    plain = Browser(asked.app.test_client()).get("/ask").text
    walk = at_last(asked)
    moved = {"_captcha": hidden(plain)["_captcha"], **solved(plain)}
    assert shown_errors(walk.press(email="passer@by.example", **moved).text) == [WRONG]
    right = {"_captcha": hidden(walk.text)["_captcha"], **solved(walk.text)}
    walk.press(email="passer@by.example", **right)
    assert len(subjects(asked)) == 1
    assert shown_errors(at_last(asked).press(email="other@by.example", **right).text) == [WRONG]


def test_a_review_asks_and_no_step_before_it_does(asked):
    publish(asked, *in_steps(review=True))
    walk = at_last(asked)
    assert solved(walk.text) == {}
    walk.press(email="passer@by.example")
    assert (walk.step, bool(solved(walk.text))) == ("check", True)
    assert shown_errors(walk.press().text) == [WRONG]
    walk.press(**solved(walk.text))
    assert len(subjects(asked)) == 1


def test_of_whom_it_is_asked(asked):
    walk = Walk(asked.as_("ada"), ASK_IN_STEPS).press(subject="Clay?")
    assert solved(walk.text) == {}
    publish(asked, *in_steps("everybody", anonymous=False))
    walk = Walk(asked.as_("ada"), ASK_IN_STEPS)
    assert (walk.step, bool(solved(walk.text))) == ("who", True)
    assert shown_errors(walk.press(email="ada@clay.example").text) == [WRONG]
    walk.press(email="ada@clay.example", **solved(walk.text))
    assert subjects(asked) == [("Clay?", "ada@clay.example")]
    assert stranger(asked).answer.location == f"/signin?next={ASK_IN_STEPS}"


def test_who_may_not_make_the_record_signs_in(asked):
    publish(asked, *[item for item in in_steps() if component_id(item).kind != "page"])
    permission = next(item for item in enquiries() if component_id(item).key == "enquiries")
    publish(
        asked, type(permission)(key="enquiries", entity="enquiry", scope="global", roles=("potter",), privileges=("create",))
    )
    answer = asked.app.test_client().get(ASK_IN_STEPS)
    assert (answer.status_code, answer.location) == (302, f"/signin?next={ASK_IN_STEPS}")
    assert ASK_IN_STEPS not in asked.app.test_client().get("/sitemap.xml").text


def test_one_address_begins_so_many_in_a_minute(asked):
    walk = stranger(asked)
    fields = {**hidden(walk.text), "_action": "save", "subject": "Again"}
    codes = [
        walk.browser.client.post(ASK_IN_STEPS, data={**fields, "_draft": f"{number:032x}"}).status_code
        for number in range(BEGUN_PER_MINUTE + 2)
    ]
    assert (codes[0], codes[-1]) == (303, 429)
    with asked.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(drafts)) <= BEGUN_PER_MINUTE


def test_what_strangers_leave_is_short_and_goes_soon(asked):
    walk = at_last(asked)
    assert "for 7 days at most" in walk.text
    long = walk.press(email="a" * (LARGEST_OF_STRANGER + 1))
    assert long.answer.status_code == 413
    Walk(asked.as_("ada"), ASK_IN_STEPS).press(subject="Clay?")
    now = dt.datetime.now(dt.UTC)
    for days, left in ((STRANGER_DAYS - 1, 2), (STRANGER_DAYS + 1, 1)):
        tidy(asked.engine, now + dt.timedelta(days=days), snapshot=asked.snapshot)
        with asked.engine.connect() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(drafts)) == left


def test_what_cannot_be_is_told_with_its_place():
    def faults(*components):
        named = {component_id(item): item for item in (*POTTERY, *components)}
        return [(problem.position.path, problem.code) for problem in check(named) if problem.code != "anonymous-write"]

    assert faults(*enquiries(), *in_steps(), *in_steps("everybody")) == []
    assert faults(*enquiries(), *in_steps(requires=("account",))) == [("requires", "anonymous")]
    form = next(item for item in in_steps() if component_id(item).key == "enquiry-who")
    asking = type(form)(**{**{name: getattr(form, name) for name in form.__slots__}, "captcha": "anonymous"})
    assert faults(*enquiries(), *in_steps(), asking) == []
    assert faults(*enquiries(), *in_steps("", anonymous=False), asking) == []
    assert faults(*enquiries(), *in_steps(""), asking) == [("steps.1.form", "captcha")]
