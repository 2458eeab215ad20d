"""A button on a form that deletes its record: a question first, then the deed, for those who may delete this record."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from metadata.checks import check
from metadata.model import Page, Removal, component_id
from metadata.store import MetadataStore
from support.marina import MARINA, text

EDIT = next(item for item in MARINA if isinstance(item, Page) and item.key == "booking-edit")
ADDRESS = "/bookings/B-1/edit"


def with_removal(**words) -> Page:
    return replace(EDIT, site="marina", blocks=(replace(EDIT.blocks[0], removal=Removal(**words)),))


@pytest.fixture
def bookings(site):
    for number, skipper in (("B-1", "alice"), ("B-2", "bob"), ("B-3", "carol")):
        site.book(number, skipper)
    declared = with_removal(label=text("Give it up"), confirm=text("The berth goes to the next in line."))
    MetadataStore(site.engine).publish("tester", components=(declared,))
    return site


def left(site) -> list[str]:
    table = site.snapshot.entities["booking"].table
    with site.engine.connect() as connection:
        return list(connection.scalars(sa.select(table.c.number).order_by(table.c.number)))


def test_the_question_is_asked_before_anything_is_deleted(bookings):
    browser = bookings.as_("alice")
    assert f'href="{ADDRESS}?delete=1"' in browser.get(ADDRESS).text
    page = browser.get(f"{ADDRESS}?delete=1")
    assert all(part in page.text for part in ("Delete B-1?", "The berth goes to the next in line.", "Give it up</button>"))
    assert left(bookings) == ["B-1", "B-2", "B-3"]


def test_saying_yes_deletes_and_leads_to_the_page_above(bookings):
    browser = bookings.as_("alice")
    answer = browser.post(f"{ADDRESS}?delete=1", {"version": "1", "block": "0"}, token_from=ADDRESS)
    assert (answer.status_code, answer.location) == (303, "/bookings")
    assert left(bookings) == ["B-2", "B-3"]
    assert "B-1 is deleted." in browser.get("/bookings").text


def test_the_page_afterwards_can_be_named(bookings):
    MetadataStore(bookings.engine).publish("tester", components=(with_removal(page="home"),))
    answer = bookings.as_("alice").post(f"{ADDRESS}?delete=1", {"version": "1", "block": "0"}, token_from=ADDRESS)
    assert answer.location == "/"


@pytest.mark.parametrize(("number", "status"), [("B-2", 403), ("B-3", 404), ("B-9", 404)])
def test_a_record_that_may_not_be_deleted_stays(bookings, number, status):
    browser, address = bookings.as_("alice"), f"/bookings/{number}/edit"
    assert "?delete=1" not in browser.get(address).text
    assert browser.get(f"{address}?delete=1").status_code == status
    assert browser.post(f"{address}?delete=1", {"version": "1", "block": "0"}, token_from="/").status_code == status
    assert left(bookings) == ["B-1", "B-2", "B-3"]


def test_a_record_that_was_changed_meanwhile_stays(bookings):
    table = bookings.snapshot.entities["booking"].table
    with bookings.engine.begin() as connection:
        connection.execute(sa.update(table).where(table.c.number == "B-1").values(version=2))
    answer = bookings.as_("alice").post(f"{ADDRESS}?delete=1", {"version": "1", "block": "0"}, token_from=ADDRESS)
    assert answer.status_code == 409
    assert left(bookings) == ["B-1", "B-2", "B-3"]


def test_without_the_word_the_address_knows_no_such_argument(site):
    site.book("B-1", "alice")
    assert site.as_("alice").get(f"{ADDRESS}?delete=1").status_code == 400


def test_a_form_that_changes_nothing_deletes_nothing():
    wrong = replace(EDIT, blocks=(replace(EDIT.blocks[0], mode="read", removal=Removal()),))
    found = check({component_id(item): item for item in (*MARINA, wrong)})
    assert [problem.position.path for problem in found if problem.code == "removal"] == ["blocks.0.removal"]
