"""Deleting a row of a list: a question first, then the deed, for those who may delete this row."""

import re

import pytest
import sqlalchemy as sa


@pytest.fixture
def bookings(site):
    for number, skipper in (("B-1", "alice"), ("B-2", "bob"), ("B-3", "carol")):
        site.book(number, skipper)
    return site


def left(site) -> list[str]:
    table = site.snapshot.entities["booking"].table
    with site.engine.connect() as connection:
        return list(connection.scalars(sa.select(table.c.number).order_by(table.c.number)))


def version(page) -> str:
    return re.search(r'name="version" value="(\d+)"', page.text)[1]


def test_the_question_is_the_lists_own(bookings):
    page = bookings.as_("alice").get("/bookings?delete=B-1")
    assert page.status_code == 200
    assert "<h1><bdi>Delete B-1?</bdi></h1>" in page.text
    assert "Give up this booking?" in page.text
    assert left(bookings) == ["B-1", "B-2", "B-3"]


def test_saying_yes_deletes_and_leads_back_with_a_message(bookings):
    browser = bookings.as_("alice")
    asked = browser.get("/bookings?scope=company&delete=B-1")
    answer = browser.post("/bookings?scope=company&delete=B-1", {"version": version(asked)}, token_from="/bookings")
    assert (answer.status_code, answer.location) == (303, "/bookings?scope=company")
    assert left(bookings) == ["B-2", "B-3"]
    assert "B-1 is deleted." in browser.get(answer.location).text


def test_without_its_token_nothing_is_deleted(bookings):
    browser = bookings.as_("alice")
    assert browser.client.post("/bookings?delete=B-1", data={"version": "1"}).status_code == 400
    assert left(bookings) == ["B-1", "B-2", "B-3"]


def test_a_row_that_may_be_read_only_is_refused(bookings):
    browser = bookings.as_("alice")
    assert browser.get("/bookings?delete=B-2").status_code == 403
    assert browser.post("/bookings?delete=B-2", {"version": "1"}).status_code == 403
    assert left(bookings) == ["B-1", "B-2", "B-3"]


def test_a_row_of_another_company_is_as_missing_as_one_that_does_not_exist(bookings):
    browser = bookings.as_("alice")
    assert [browser.get(f"/bookings?delete={number}").status_code for number in ("B-3", "B-99")] == [404, 404]
    assert browser.post("/bookings?delete=B-3", {"version": "1"}).status_code == 404
    assert left(bookings) == ["B-1", "B-2", "B-3"]


def test_a_row_that_was_changed_meanwhile_is_kept(bookings):
    table = bookings.snapshot.entities["booking"].table
    with bookings.engine.begin() as connection:
        connection.execute(sa.update(table).values(version=7))
    assert bookings.as_("alice").post("/bookings?delete=B-1", {"version": "1"}).status_code == 409
    assert left(bookings) == ["B-1", "B-2", "B-3"]


def test_a_version_that_is_none_is_refused(bookings):
    browser = bookings.as_("alice")
    for wrong in ("", "x", "-1", "9" * 40):
        assert browser.post("/bookings?delete=B-1", {"version": wrong}).status_code == 400
    assert left(bookings) == ["B-1", "B-2", "B-3"]


def test_a_post_that_is_for_no_block_of_the_page_is_refused(bookings):
    browser = bookings.as_("alice")
    assert browser.post("/bookings", {"block": "7"}).status_code == 405
    assert browser.post("/", {}).status_code == 405
