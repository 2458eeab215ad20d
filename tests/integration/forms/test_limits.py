"""Records that are locked, and forms that everybody sends once."""

import dataclasses

import pytest

from metadata.checks import check
from metadata.model import Form, component_id
from metadata.store import MetadataStore
from metadata.text import Text
from support.pottery import POTTERY, STEPS, hidden
from support.walking import BOOK, Walk, line

EDIT = next(item for item in POTTERY if isinstance(item, Form) and item.key == "firing-edit")
SAID = "The kiln is lit"


def publish(pottery, *changed):
    MetadataStore(pottery.engine).publish("tester", components=changed)


def locked(when, said=SAID):
    return dataclasses.replace(EDIT, locked_when=when, locked_message=Text.of(said) if said else Text())


@pytest.fixture
def firing(pottery):
    values = {"title": "Bowls", "peak": 1000, "potter": pottery.ids["ada"], "studio": pottery.ids["clay"]}
    return pottery.add("firing", number="F-0001", kiln=pottery.ids["Big Bertha"], **values)


ADDRESS = "/firings/F-0001/edit"


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("peak >= 1000 and not insured", True),
        ("peak > 1000", False),
        ("kiln.rate > 100 and kiln.name = 'Big Bertha'", True),
        ("potter = @contact and @contact.full_name = 'Ada'", True),
        ("wanted is empty & risk is not empty", False),
        ("studio.number = 'mud'", False),
    ],
)
def test_a_record_is_changed_only_while_nothing_locks_it(pottery, firing, when, holds):
    browser = pottery.as_("ada")
    fields = {**hidden(browser.get(ADDRESS).text), "title": "Plates"}
    publish(pottery, locked(when))
    page = browser.get(ADDRESS)
    assert (page.status_code, SAID in page.text, 'name="title"' in page.text) == (200, holds, not holds)
    assert "Bowls" in page.text
    answer = browser.client.post(ADDRESS, data=fields)
    assert answer.status_code == (409 if holds else 303)
    assert pottery.rows("firing")[0]["title"] == ("Bowls" if holds else "Plates")


def test_what_is_said_is_the_engines_own_where_the_form_says_nothing(pottery, firing):
    publish(pottery, locked("peak = 1000", said=""))
    assert "This record can no longer be changed." in pottery.as_("ada").get(ADDRESS).text
    assert "kan inte längre ändras" in pottery.as_("ada").get(f"/sv-SE{ADDRESS}").text


def test_who_has_sent_a_form_is_led_to_what_it_made(pottery):
    publish(pottery, dataclasses.replace(STEPS, once_by="potter", site=next(iter(pottery.snapshot.sites))))
    walk = Walk(pottery.as_("ada")).press(title="Cups", kiln=str(pottery.ids["Big Bertha"]), peak="1000")
    walk.press(**line(pottery, 0)).press()
    (made,) = pottery.rows("firing")
    again = pottery.as_("ada").get(BOOK)
    assert (again.status_code, again.location) == (303, f"/firings/{made['number']}")
    browser = pottery.as_("ada")
    browser.get(BOOK)
    assert "You have sent this form already." in browser.get(again.location).text
    token = hidden(browser.get("/firings/new").text)["csrf_token"]
    posted = browser.client.post(BOOK, data={"csrf_token": token, "_step": "basics", "title": "More"})
    assert (posted.status_code, len(pottery.rows("firing"))) == (303, 1)
    assert Walk(pottery.as_("ben")).step == "basics"


@pytest.mark.parametrize(
    ("changed", "place", "said"),
    [
        (locked("peek > 1"), "locked_when", "There is no peek. Did you mean 'peak'?"),
        (locked("peak + 1"), "locked_when", ""),
        (locked("count(pieces) > 1"), "locked_when", "A form reads no rows of pieces"),
        (dataclasses.replace(STEPS, once_by="studio"), "once_by", "studio does not point at the contact alone"),
    ],
)
def test_limits_that_cannot_be_are_refused_with_their_place(changed, place, said):
    found = check({component_id(item): item for item in (*POTTERY, changed)})
    assert [problem.position.path for problem in found if said in problem.message and problem.severity == "error"] == [place]
