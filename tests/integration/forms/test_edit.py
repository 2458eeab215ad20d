import html
import re

import pytest

from support.pottery import hidden, shown_errors, title_of

ME = "/me"


def typed(page):
    """What stands in the form's inputs, as a browser would send it."""
    found = {
        name: html.unescape(value)
        for name, value in re.findall(r'<input class="form-control[^>]*? name="([^"]+)" value="([^"]*)"', page)
    }
    areas = re.findall(r'<textarea[^>]*? name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.S)
    return {**hidden(page), **found, **{name: html.unescape(value) for name, value in areas}}


@pytest.fixture
def firing(pottery):
    row = pottery.firing("ada", title="Bowls", peak=1000, note="old", kiln=pottery.ids["Big Bertha"])
    return next(found for found in pottery.rows("firing") if found["id"] == row)


@pytest.fixture
def address(firing):
    return f"/firings/{firing['number']}/edit"


def test_a_change_is_saved_and_the_record_is_shown(pottery, firing, address):
    browser = pottery.as_("ada")
    page = browser.get(address).text
    assert all(part in page for part in ('value="Bowls"', 'value="1000"', 'value="Big Bertha"'))
    answer = browser.client.post(address, data={**typed(page), "title": "Plates", "peak": ""})
    assert (answer.status_code, answer.location) == (303, f"/firings/{firing['number']}")
    (row,) = pottery.rows("firing")
    assert (row["title"], row["peak"], row["version"], row["kiln"]) == ("Plates", None, 2, pottery.ids["Big Bertha"])


def test_who_touches_nothing_changes_nothing_of_what_came_from_outside(pottery, firing, address):
    pottery.change("firing", firing["id"], title=" Bowls\nof May ", note="one\r\ntwo ", kiln_name="Big Bertha")
    before = pottery.rows("firing")
    browser = pottery.as_("ada")
    page = typed(browser.get(address).text)
    sent = {**page, "title": page["title"].replace("\n", ""), "note": "one\r\ntwo "}
    assert browser.client.post(address, data=sent).status_code == 303
    assert pottery.rows("firing") == before


def test_what_may_be_read_only_is_shown_and_not_taken(pottery, firing, address):
    browser = pottery.as_("ada")
    page = browser.get(address).text
    assert "Approved" in page
    assert 'name="approved"' not in page
    browser.client.post(address, data={**typed(page), "approved": "1", "number": "F-9", "title": "Plates"})
    (row,) = pottery.rows("firing")
    assert (row["title"], row["approved"], row["number"]) == ("Plates", None, firing["number"])


def test_without_the_right_to_write_the_form_is_read_only(pottery, firing, address):
    browser = pottery.as_("dirk")
    page = browser.get(address)
    assert (page.status_code, "Bowls" in page.text, '<form class="panel"' in page.text) == (200, True, False)
    answer = browser.post(address, {"title": "stolen", "_version": "1"})
    assert pottery.rows("firing")[0]["title"] == "Bowls"
    assert answer.status_code == 403


def test_another_customers_record_looks_like_a_missing_one(pottery, firing, address):
    browser = pottery.as_("cleo")
    theirs, none = browser.get(address), browser.get("/firings/nothing/edit")
    assert (theirs.status_code, none.status_code) == (404, 404)
    # Only what the request itself says may differ: the token of a form and the address that was asked for.
    told = [re.sub(r'(name="csrf_token" value|href|value)="[^"]*"', "", page.text) for page in (theirs, none)]
    assert told[0] == told[1]
    assert browser.post(address, {"title": "stolen", "_version": "1"}).status_code == 404
    assert pottery.rows("firing")[0]["title"] == "Bowls"


def test_a_conflict_shows_both_values_and_loses_nothing(pottery, firing, address):
    browser = pottery.as_("ada")
    mine = {**typed(browser.get(address).text), "title": "Mine", "note": "my note", "weight": "3"}
    pottery.change("firing", firing["id"], title="Theirs", peak=1200, note="old")
    answer = browser.client.post(address, data=mine)
    assert answer.status_code == 409
    page = answer.text
    assert all(part in page for part in ("Mine", "Theirs", "my note", "1,200", 'name="_keep.title"'))
    assert "was Bowls" in page
    assert 'name="_keep.peak"' not in page
    assert "Insured" not in page
    assert pottery.rows("firing")[0]["title"] == "Theirs"
    saved = browser.client.post(address, data={**hidden(page), "_keep.title": "mine"})
    assert saved.status_code == 303
    (row,) = pottery.rows("firing")
    assert (row["title"], row["note"], row["peak"], str(row["weight"])[:1], row["version"]) == ("Mine", "my note", 1200, "3", 3)


def test_changes_of_other_values_are_both_kept_without_a_question(pottery, firing, address):
    browser = pottery.as_("ada")
    mine = {**typed(browser.get(address).text), "note": "my note"}
    pottery.change("firing", firing["id"], title="Theirs", peak=1200)
    answer = browser.client.post(address, data=mine)
    assert answer.status_code == 303
    (row,) = pottery.rows("firing")
    assert (row["title"], row["peak"], row["note"], row["version"]) == ("Theirs", 1200, "my note", 3)
    assert "Both changes are kept" in browser.get(answer.headers["Location"]).text


def test_without_what_the_person_saw_a_change_of_another_value_is_asked_about(pottery, firing, address):
    browser = pottery.as_("ada")
    mine = {**typed(browser.get(address).text), "note": "my note", "_base": "{}"}
    pottery.change("firing", firing["id"], peak=1200)
    assert browser.client.post(address, data=mine).status_code == 409
    assert pottery.rows("firing")[0]["peak"] == 1200


def test_the_other_sides_value_can_be_kept(pottery, firing, address):
    browser = pottery.as_("ada")
    mine = {**typed(browser.get(address).text), "title": "Mine", "note": "my note"}
    pottery.change("firing", firing["id"], title="Theirs")
    page = browser.client.post(address, data=mine).text
    assert browser.client.post(address, data={**hidden(page), "_keep.title": "theirs"}).status_code == 303
    (row,) = pottery.rows("firing")
    assert (row["title"], row["note"]) == ("Theirs", "my note")


def test_one_may_go_back_from_a_conflict_to_the_form_with_everything_typed(pottery, firing, address):
    browser = pottery.as_("ada")
    mine = {**typed(browser.get(address).text), "title": "Mine", "note": "my <note>"}
    pottery.change("firing", firing["id"], title="Theirs", peak=1200)
    page = browser.client.post(address, data=mine).text
    back = browser.client.post(address, data={**hidden(page), "_keep.title": "mine", "_action": "edit"})
    assert back.status_code == 200
    assert all(part in back.text for part in ('value="Mine"', "my &lt;note&gt;", 'value="1200"'))
    assert browser.client.post(address, data=typed(back.text)).status_code == 303
    assert pottery.rows("firing")[0]["title"] == "Mine"


@pytest.mark.parametrize("version", ["", "0", "abc", "99", "-1", "9" * 40])
def test_a_tampered_version_is_a_conflict_and_never_overwrites(pottery, firing, address, version):
    browser = pottery.as_("ada")
    fields = {**typed(browser.get(address).text), "title": "Mine", "_version": version}
    for tampered in (fields, {**fields, "_base": "{broken"}):
        assert browser.client.post(address, data=tampered).status_code == 409
    assert pottery.rows("firing")[0]["title"] == "Bowls"


def test_a_change_that_cannot_be_saved_is_said_and_kept(pottery, firing, address):
    browser = pottery.as_("ada")
    page = browser.get(address).text
    answer = browser.client.post(address, data={**typed(page), "title": "", "note": "typed"})
    assert (answer.status_code, shown_errors(answer.text)) == (422, ["Give it a title"])
    assert title_of(answer.text).startswith("Error:")
    assert "typed" in answer.text


def test_a_row_that_is_stored_but_may_not_be_chosen_any_more_stays(pottery, firing, address):
    pottery.change("firing", firing["id"], kiln=pottery.ids["Old Smoke"])
    browser = pottery.as_("ada")
    page = browser.get(address).text
    assert 'value="Old Smoke"' in page
    assert browser.client.post(address, data={**typed(page), "title": "Plates"}).status_code == 303
    assert pottery.rows("firing")[0]["kiln"] == pottery.ids["Old Smoke"]


def test_a_person_changes_their_own_profile_and_not_what_decides_their_reach(pottery):
    browser = pottery.as_("dirk")
    page = browser.get(ME).text
    assert "dirk@clay.example" in page
    answer = browser.client.post(
        ME,
        data={
            **typed(page),
            "full_name": "Dirk the Dry",
            "email": "x@y.example",
            "account": str(pottery.ids["mud"]),
            "active": "0",
        },
    )
    assert answer.status_code == 303
    row = next(row for row in pottery.rows("contact") if row["id"] == pottery.ids["dirk"])
    assert (row["full_name"], row["email"], row["account"]) == ("Dirk the Dry", "dirk@clay.example", pottery.ids["clay"])
    assert row["active"]


def test_the_profile_is_only_for_people_who_are_signed_in(pottery):
    answer = pottery.app.test_client().get(ME)
    assert (answer.status_code, answer.location) == (302, f"/signin?next={ME}")
