"""Rows of a related list that are made, changed, deleted, added and taken off on the page of their record."""

import re

import pytest

from metadata.checks import check
from metadata.model import EntityPermission, FormField, component_id
from support.pottery import POTTERY, form, hidden, text
from support.related import related_components, related_pottery
from support.ruled import publish
from support.statements import counting, note_statements

PAGE = "/firings/F-0001"


@pytest.fixture
def pottery(database_url, tmp_path):
    made = related_pottery(database_url, tmp_path)
    yield made
    made.engine.dispose()


def links(answer):
    return {
        name: href.replace("&amp;", "&")
        for href, name in re.findall(r'href="([^"]*row=[^"]*)"[^>]*>.*?</svg>([^<]*)</a>', answer.text)
    }


def offers(answer):
    return [href.replace("&amp;", "&") for href in re.findall(r'href="([^"]*row=[^"]*)" aria-label', answer.text)]


def send(browser, address, **typed):
    page = browser.get(address).text
    held = dict(re.findall(r'<input class="form-control[^>]*? name="([^"]+)" value="([^"]*)"', page))
    return browser.client.post(address, data={**hidden(page), **held, **typed})


def linked(browser):
    """The samples that the page shows."""
    return re.findall(r'scope="row"[^>]*>(?:<a[^>]*>)?([^<]+)', browser.get(PAGE).text.split("Samples", 1)[1])


def test_a_row_is_made_changed_and_deleted_where_its_record_is(pottery):
    browser, glaze = pottery.as_("ada"), str(pottery.ids["Celadon"])
    address = links(browser.get(PAGE))["New piece"]
    page = browser.get(address)
    assert "<title>New piece" in page.text
    assert 'name="firing"' not in page.text
    refused = send(browser, address, title="Cup", glaze=glaze, coats="0")
    assert (refused.status_code, pottery.rows("piece")) == (422, [])
    made = send(browser, address, title="Cup", glaze=glaze, coats="2", firing="2")
    assert (made.status_code, made.location) == (303, f"{PAGE}#related-0-0")
    (row,) = pottery.rows("piece")
    assert (row["title"], row["firing"]) == ("Cup", pottery.rows("firing")[0]["id"])
    edit, remove = offers(browser.get(PAGE))
    assert send(browser, edit, title="Mug", coats="3").location == f"{PAGE}#related-0-0"
    assert pottery.rows("piece")[0]["title"] == "Mug"
    question = browser.get(remove)
    assert (question.status_code, "Mug" in question.text, len(pottery.rows("piece"))) == (200, True, 1)
    assert send(browser, remove).location == f"{PAGE}#related-0-0"
    assert pottery.rows("piece") == []


def test_rows_that_there_are_are_added_and_taken_off(pottery):
    browser = pottery.as_("ada")
    address = links(browser.get(PAGE))["Add …"]
    page = browser.get(f"{address}&find=cel")
    assert (("Celadon" in page.text), page.text.count('name="chosen"')) == (True, 1)
    assert send(browser, address).status_code == 422
    celadon = pottery.ids["Celadon"]
    assert send(browser, address, chosen=[str(celadon), str(celadon)]).location == f"{PAGE}#related-0-1"
    assert linked(browser) == ["Celadon"]
    (off,) = offers(browser.get(PAGE))
    assert "stays where it is" in browser.get(off).text
    assert send(browser, off).location == f"{PAGE}#related-0-1"
    assert (linked(browser), len(pottery.rows("glaze")) > 0) == ([], True)
    assert browser.client.post(off, data=hidden(browser.get(address).text)).status_code == 404


def test_all_are_added_or_none(pottery):
    browser = pottery.as_("ada")
    address = links(browser.get(PAGE))["Add …"]
    answer = send(browser, address, chosen=[str(pottery.ids["Celadon"]), "99999"])
    assert (answer.status_code, linked(browser)) == (422, [])


def test_a_row_of_another_record_is_not_reached(pottery):
    theirs = pottery.add("piece", title="Theirs", glaze=pottery.ids["Celadon"], coats=1, firing=pottery.rows("firing")[1]["id"])
    mine = pottery.add("piece", title="Mine", glaze=pottery.ids["Celadon"], coats=1, firing=pottery.rows("firing")[0]["id"])
    browser = pottery.as_("ada")
    for action in ("edit", "delete"):
        assert browser.client.get(f"{PAGE}?row=0.{action}.{mine}").status_code == 200
        for bad in (theirs, "999", "x", "", "-1"):
            assert browser.client.get(f"{PAGE}?row=0.{action}.{bad}").status_code == 404
    for bad in ("0.paint.1", "7.edit.1", "1.edit.1", "0.link", "0.unlink.1", "x"):
        assert browser.client.get(f"{PAGE}?row={bad}").status_code == 404
    token = hidden(browser.get(f"{PAGE}?row=0.new").text)
    assert browser.client.post(f"{PAGE}?row=0.delete.{theirs}", data=token).status_code == 404
    assert browser.client.post(PAGE, data=token).status_code == 403
    assert pottery.as_("cleo").client.get(f"{PAGE}?row=0.edit.{mine}").status_code == 404
    assert len(pottery.rows("piece")) == 2


def test_nothing_is_offered_that_the_person_may_not(pottery):
    pottery.add("piece", title="Mine", glaze=pottery.ids["Celadon"], coats=1, firing=pottery.rows("firing")[0]["id"])
    rights = {"entity": "piece", "scope": "parent", "relationship": "firing", "parent": "mine", "roles": ("potter",)}
    publish(pottery, EntityPermission(key="pieces", privileges=("read",), **rights))
    browser = pottery.as_("ada")
    page = browser.get(PAGE)
    assert ("New piece" in page.text, offers(page)) == (False, [])
    number = pottery.rows("piece")[0]["id"]
    assert browser.client.get(f"{PAGE}?row=0.delete.{number}").status_code == 403
    assert (
        "you may not" in browser.get(f"{PAGE}?row=0.new").text.lower()
        or browser.client.get(f"{PAGE}?row=0.new").status_code == 403
    )


def test_a_row_that_may_only_be_read_is_shown_by_its_own_form_and_leaves_the_page_of_its_record_alone(pottery):
    firing = pottery.rows("firing")[0]["id"]
    row = pottery.add("piece", title="Mine", glaze=pottery.ids["Celadon"], coats=7, firing=firing)
    rights = {"entity": "piece", "scope": "parent", "relationship": "firing", "parent": "mine", "roles": ("potter",)}
    publish(pottery, EntityPermission(key="pieces", privileges=("read",), **rights))
    browser = pottery.as_("ada")
    shown = browser.get(f"{PAGE}?row=0.edit.{row}").text  # the first of all: what is kept of it serves the next ones
    assert ("<dt>Coats</dt>" in shown, "Celadon" in shown, "Samples" in shown) == (True, True, False)
    page = browser.get(PAGE).text
    assert ("<dt>Title</dt>" in page, "Samples" in page, "<dt>Coats</dt>" in page) == (True, True, False)
    again = browser.get(f"{PAGE}?row=0.edit.{row}").text
    assert ("<dt>Coats</dt>" in again, "Samples" in again) == (True, False)


def test_a_row_that_its_form_locks_is_shown_by_that_form(pottery):
    firing = pottery.rows("firing")[0]["id"]
    row = pottery.add("piece", title="Mine", glaze=pottery.ids["Celadon"], coats=7, firing=firing)
    fields = (FormField(attribute="title"), FormField(attribute="coats"))
    publish(pottery, form("piece-edit", "piece", *fields, locked_when="coats > 5", locked_message=text("It is fired.")))
    browser = pottery.as_("ada")
    shown = browser.get(f"{PAGE}?row=0.edit.{row}").text
    assert ("It is fired." in shown, "<dt>Coats</dt>" in shown, "Samples" in shown) == (True, True, False)
    assert "Samples" in browser.get(PAGE).text


def test_notes_are_shown_in_time(database_url, tmp_path):
    pottery = related_pottery(
        database_url, tmp_path, pieces={"layout": "timeline", "create_form": "piece-new", "edit_form": "piece-edit"}
    )
    browser, glaze = pottery.as_("ada"), str(pottery.ids["Celadon"])
    address = links(browser.get(PAGE))["New piece"]
    for title in ("First <b>", "Second"):
        send(browser, address, title=title, glaze=glaze, coats="2")
    page = browser.get(PAGE).text
    entries = re.findall(r"<li>\s*<div class=\"entry-head\">.*?</li>", page, re.DOTALL)
    assert len(entries) == 2
    first = next(entry for entry in entries if "First" in entry)
    assert "<b>" not in first.split("entry-title")[1]
    assert "Ada" in first.split("entry-title")[0]
    assert "<dt>Coats</dt>" in first
    assert len(offers(browser.get(PAGE))) == 2
    pottery.engine.dispose()


def test_the_page_asks_no_more_of_the_database_for_it(pottery):
    seen = []
    note_statements(pottery.engine, seen)
    pottery.engine.dispose()
    browser = pottery.as_("ada")
    browser.get(PAGE)
    with counting(seen) as few:
        browser.get(PAGE)
    for number in range(12):
        pottery.add("piece", title=f"P{number}", glaze=pottery.ids["Celadon"], coats=1, firing=pottery.rows("firing")[0]["id"])
    browser.get(PAGE)
    with counting(seen) as many:
        browser.get(PAGE)
    assert 0 < len(many) <= len(few)


@pytest.mark.parametrize(
    ("pieces", "place", "message"),
    [
        ({"create_form": "kiln-x"}, "create_form", ""),
        ({"create_form": "me"}, "create_form", "The form me is of contact, but the rows are of piece."),
        ({"edit_form": "basics"}, "edit_form", "The form basics is of firing"),
        ({"link_view": "kilns"}, "link_view", "The view kilns is of kiln"),
    ],
)
def test_what_does_not_fit_the_rows_is_named(pieces, place, message):
    components = {component_id(item): item for item in (*POTTERY, *related_components(pieces=pieces))}
    (problem,) = check(components)
    assert problem.position.path.endswith(f"related.{place}")
    assert message in problem.message
