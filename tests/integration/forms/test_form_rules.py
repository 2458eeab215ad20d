"""What the rules of a form make of what is sent, whatever the browser made of it."""

import dataclasses
import datetime as dt
import json
import re

import pytest

from metadata.checks import check
from metadata.model import Attribute, FormDefault, FormRule, component_id
from support.pottery import FIRING, POTTERY, hidden, text
from support.ruled import RULES, in_steps, publish, ruled
from support.walking import Walk, line

NEW = "/firings/new"


@pytest.fixture
def ruled_pottery(pottery):
    publish(pottery, ruled("firing-new", success_page="firing"), ruled("firing-edit"))
    return pottery


def send(browser, path, **typed):
    kept = hidden(browser.get(path).text)
    return browser.client.post(path, data={**kept, **typed})


def said(answer):
    return re.findall(r'<span class="error" id="([^"]+)-e">.*?<span>([^<]*)', answer.text)


def absent(page):
    return set(re.findall(r'data-field="?(\w+)"? data-absent', page.text))


BASE = {"title": "Bowls", "peak": "900", "insured": "0", "weight": "", "note": "", "risk": "", "wanted": "2030-01-01"}


@pytest.mark.parametrize(
    ("typed", "faults", "stored"),
    [
        ({"risk": "posted all the same"}, [], {"risk": None, "insured": False}),
        ({"insured": "1"}, [("f-risk", "Enter Risk.")], None),
        ({"insured": "1", "risk": "cracks"}, [], {"risk": "cracks"}),
        ({"peak": "1,250"}, [("f-weight", "Enter Weight.")], None),
        ({"peak": "1,250", "weight": "12.5", "note": "hot"}, [], {"note": "hot", "peak": 1250}),
        ({"note": "not asked for"}, [], {"note": None}),
        ({"insured": "1", "risk": "glass", "peak": "1001"}, [("f-risk", "Glass melts there")], None),
        ({"insured": "0", "risk": "glass", "peak": "1001"}, [], {"risk": None}),
        ({"atmosphere": "reduction"}, [], {"wanted": "kept"}),
    ],
)
def test_a_form_is_taken_as_its_rules_have_it(ruled_pottery, typed, faults, stored):
    answer = send(ruled_pottery.as_("ada"), NEW, **{**BASE, **typed})
    assert (answer.status_code, said(answer)) == (422 if faults else 303, faults)
    rows = ruled_pottery.rows("firing")
    if stored is None:
        assert rows == []
        return
    (row,) = rows
    in_a_week = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=7)
    for key, value in stored.items():
        if value == "kept":
            assert abs((row[key] - in_a_week).days) <= 1
        else:
            assert row[key] == value


def test_an_empty_field_is_filled_in_and_a_given_one_is_not(ruled_pottery):
    bert = str(ruled_pottery.ids["Little Bert"])
    send(ruled_pottery.as_("ada"), NEW, **{**BASE, "peak": "", "kiln": bert})
    send(ruled_pottery.as_("ada"), NEW, **{**BASE, "peak": "700", "kiln": bert})
    send(ruled_pottery.as_("ada"), NEW, **{**BASE, "peak": ""})
    assert [row["peak"] for row in ruled_pottery.rows("firing")] == [650, 700, None]


def test_what_is_refused_as_a_whole_is_said_at_the_head_in_the_persons_language(ruled_pottery):
    today = dt.datetime.now(dt.UTC).astimezone().date()
    days = [(today + dt.timedelta(days=shift)).isoformat() for shift in (-1, 0, 1)]
    heavy = {**BASE, "weight": "101"}
    answers = [send(ruled_pottery.as_("ada"), f"/sv-SE{NEW}", **{**heavy, "wanted": day}) for day in days]
    refused = [answer for answer in answers if answer.status_code == 422]
    assert len(refused) == 1
    assert "Inte så tungt i dag" in refused[0].text.split("<form class=")[0]
    assert len(ruled_pottery.rows("firing")) == 2


def test_what_is_locked_or_hidden_of_a_record_stays_as_it_is_stored(ruled_pottery):
    publish(ruled_pottery, ruled("firing-edit", (*RULES, FormRule(when="approved", lock=("title", "weight", "kiln")))))
    values = {"title": "Bowls", "peak": 1000, "note": "soft", "insured": True, "risk": "old", "weight": 5, "approved": True}
    firing = ruled_pottery.add("firing", number="F-0001", potter=ruled_pottery.ids["ada"], **values)
    browser = ruled_pottery.as_("ada")
    page = browser.get("/firings/F-0001/edit")
    assert absent(page) == {"note"}
    locked = re.findall(r'<fieldset class="lockable"[^>]* disabled>\s*<(?:input|div)[^>]*(?:name|data-name)="(\w+)"', page.text)
    assert locked == ["title", "kiln", "weight"]
    typed = {"title": "Mine", "kiln": str(ruled_pottery.ids["Big Bertha"]), "weight": "9", "note": "x", "insured": "0"}
    assert browser.client.post("/firings/F-0001/edit", data={**hidden(page.text), **typed}).status_code == 303
    row = ruled_pottery.rows("firing")[0]
    assert (row["title"], row["weight"], row["note"], row["kiln"], row["risk"]) == ("Bowls", 5, "soft", None, "old")
    assert (row["insured"], row["id"]) == (False, firing)


def test_a_rule_holds_of_what_somebody_else_saved_meanwhile(ruled_pottery):
    publish(ruled_pottery, ruled("firing-edit", (FormRule(when="approved", lock=("title",)),)))
    firing = ruled_pottery.add("firing", number="F-0001", potter=ruled_pottery.ids["ada"], title="Bowls", note="soft")
    browser = ruled_pottery.as_("ada")
    fields = hidden(browser.get("/firings/F-0001/edit").text)
    ruled_pottery.change("firing", firing, approved=True)
    answer = browser.client.post("/firings/F-0001/edit", data={**fields, "title": "Mine", "note": "hard"})
    row = ruled_pottery.rows("firing")[0]
    assert (answer.status_code, row["title"], row["note"]) == (303, "Bowls", "hard")


def test_steps_and_rows_have_their_rules_over_what_was_entered_before(pottery):
    publish(pottery, *in_steps())
    walk = Walk(pottery.as_("ada")).press(title="Cups", kiln=str(pottery.ids["Big Bertha"]), peak="1250", weight="3")
    assert walk.step == "danger"
    walk.press(risk="")
    assert (walk.step, said(walk.answer)) == ("danger", [("f-risk", "Enter Risk.")])
    walk.press(risk="cracks")
    assert walk.step == "pieces"
    walk.press(**line(pottery, 0, coats="6", title="cup"))
    assert "Too thick" in walk.text
    walk.press(**line(pottery, 0, coats="5", title="cup")).press()
    assert [row["coats"] for row in pottery.rows("piece")] == [5]


def test_the_browser_gets_no_value_that_the_person_may_not_read(ruled_pottery):
    publish(
        ruled_pottery,
        ruled("firing-new", (FormRule(when="studio.number = 'clay' and @contact.email is empty", show=("note",)),)),
    )
    page = ruled_pottery.as_("ada").get(NEW).text
    found = re.search(r'data-rules="([^"]*)"', page)
    known = json.loads(found[1].replace("&#34;", '"'))["known"]
    assert set(known) == {"studio.number", "@contact.email"}
    lookup = ruled_pottery.as_("ada").client.get(f"/_lookup/firing-new/kiln?row={ruled_pottery.ids['Big Bertha']}")
    assert lookup.json == {"values": {}}


def test_the_row_of_a_lookup_is_told_where_rules_ask_for_it(ruled_pottery):
    bertha = ruled_pottery.ids["Big Bertha"]
    found = ruled_pottery.as_("ada").client.get(f"/_lookup/firing-new/kiln?row={bertha}").json["values"]
    assert found["kiln.name"] == "Big Bertha"
    assert set(found) == {"kiln.name", "kiln.rate"}
    closed = ruled_pottery.ids.get("Shut")
    for row in (closed, 99999, "x", "1:2", "-1", ""):
        assert ruled_pottery.as_("ada").client.get(f"/_lookup/firing-new/kiln?row={row}").json == {"values": {}}


def test_a_rule_over_what_is_counted_of_other_rows_is_told_where_that_can_be_asked_instead():
    counted = Attribute(key="load", type="integer", formula="count(pieces)")
    doubled = Attribute(key="twice", type="integer", formula="peak * 2")
    firing = dataclasses.replace(FIRING, attributes=(*FIRING.attributes, counted, doubled))
    for key, said in (("load", "only locked_when"), ("twice", "write out its formula")):
        components = {component_id(item): item for item in (*POTTERY, firing)}
        form = ruled("firing-new", (FormRule(when=f"{key} > 1", show=("note",)),))
        (problem,) = check({**components, component_id(form): form})
        assert (problem.position.path, said in problem.message) == ("rules.0.when", True), problem.message
    locked = dataclasses.replace(next(item for item in POTTERY if item.key == "firing-edit"), locked_when="load > 1")
    assert not check({**components, component_id(locked): locked})


@pytest.mark.parametrize(
    ("rule", "place", "message"),
    [
        (FormRule(when="peek > 1", show=("note",)), "rules.0.when", "Did you mean 'peak'?"),
        (FormRule(when="peak", show=("note",)), "rules.0.when", ""),
        (FormRule(when="count(pieces) > 1", show=("note",)), "rules.0.when", "only locked_when"),
        (FormRule(when="insured", show=("nota",)), "rules.0.show.0", "Did you mean 'note'?"),
        (FormRule(when="insured", lock=("potter",)), "rules.0.lock.0", "never asked for (hidden)"),
        (FormRule(when="insured", show=("title",)), "rules.0.show.0", "give the attribute a default"),
        (FormRule(when="insured"), "rules.0", "does nothing"),
        (FormRule(when="insured", require=("note",), at="note"), "rules.0.at", "there is none"),
        (FormRule(when="insured", refuse=text("No"), at="nota"), "rules.0.at", "Did you mean 'note'?"),
        (FormRule(when="note is empty", show=("note",)), "rules", "note needs note"),
        (
            FormRule(when="insured", default=(FormDefault(attribute="peak", value="'hot'"),)),
            "rules.0.default.0.value",
            "",
        ),
    ],
)
def test_a_rule_that_has_no_meaning_is_named(rule, place, message):
    components = {component_id(item): item for item in (*POTTERY, ruled("firing-new", (rule,)))}
    problems = [found for found in check(components) if found.position.path.startswith("rules")]
    assert [(found.position.path, message in found.message) for found in problems] == [(place, True)]


def test_rules_that_wait_for_each_other_are_named():
    circle = (FormRule(when="weight > 1", show=("note",)), FormRule(when="note is empty", lock=("weight",)))
    components = {component_id(item): item for item in (*POTTERY, ruled("firing-new", circle))}
    (problem,) = [found for found in check(components) if found.code == "rule-circle"]
    assert problem.position.path == "rules"
    assert "note needs weight needs note" in problem.message or "weight needs note needs weight" in problem.message


def test_a_locked_field_may_be_the_one_that_locks_it(ruled_pottery):
    publish(ruled_pottery, dataclasses.replace(ruled("firing-edit", (FormRule(when="title = 'Final'", lock=("title",)),))))
    ruled_pottery.add("firing", number="F-0001", potter=ruled_pottery.ids["ada"], title="Draft")
    for title in ("Final", "Draft again"):
        assert send(ruled_pottery.as_("ada"), "/firings/F-0001/edit", title=title).status_code == 303
        assert ruled_pottery.rows("firing")[0]["title"] == "Final"


def test_the_radio_that_is_chosen_counts_and_not_the_empty_value_before_it(ruled_pottery):
    send(ruled_pottery.as_("ada"), NEW, **{**BASE, "atmosphere": ["", "reduction"]})
    assert ruled_pottery.rows("firing")[0]["atmosphere"] == "reduction"
