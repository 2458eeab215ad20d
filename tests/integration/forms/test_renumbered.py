"""Who was shown a record before the outside system numbered it finds it under the address of then; nobody else learns of it."""

import pytest

from runtime.forms.ports import Queued
from support.pottery import hidden
from support.walking import Walk, line

NEW = "/firings/new"


@pytest.fixture
def placed(pottery):
    """A browser of Ada's, and the address of a firing that the outside numbers later."""
    pottery.oven.asks = True
    pottery.oven.answers = [Queued()]
    browser = pottery.as_("ada")
    answer = browser.client.post(NEW, data={**hidden(browser.get(NEW).text), "title": "Bowls"})
    return browser, answer.location


def renumber(pottery, number):
    (firing,) = pottery.rows("firing")
    pottery.change("firing", firing["id"], number=number)


def test_the_address_of_before_leads_to_the_record(pottery, placed):
    browser, address = placed
    assert browser.get(address).status_code == 200
    renumber(pottery, "SO 7")
    answer = browser.get(address)
    assert (answer.status_code, answer.location) == (307, "/firings/SO%207")
    assert browser.get(answer.location).status_code == 200
    assert browser.get(f"/sv-SE{address}").location == "/sv-SE/firings/SO%207"
    assert browser.get(f"{address}/edit").location == "/firings/SO%207/edit"


def test_the_same_holds_for_what_was_entered_in_steps(pottery):
    pottery.oven.asks = True
    pottery.oven.answers = [Queued()]
    browser = pottery.as_("ada")
    walk = Walk(browser).press(title="Cups", peak="1000").press(**line(pottery, 0))
    answer = browser.client.post(walk.path, data={**hidden(walk.text), "_action": "next"})
    renumber(pottery, "SO-9")
    assert browser.get(answer.location).location == "/firings/SO-9"


@pytest.mark.parametrize("who", ["ben", "cleo", "dirk"])
def test_it_leads_nobody_else_there(pottery, placed, who):
    _, address = placed
    renumber(pottery, "SO-7")
    assert pottery.as_(who).get(address).status_code == 404
    assert pottery.app.test_client().get(address).status_code == 404


def test_who_may_not_read_it_any_more_is_told_nothing(pottery, placed):
    browser, address = placed
    (firing,) = pottery.rows("firing")
    pottery.change("firing", firing["id"], number="SO-7", potter=pottery.ids["cleo"], studio=pottery.ids["mud"])
    assert browser.get(address).status_code == 404


def test_an_address_that_is_another_record_now_shows_that_one(pottery, placed):
    browser, address = placed
    renumber(pottery, "SO-7")
    pottery.firing(number=address.rpartition("/")[2], title="Another")
    answer = browser.get(address)
    assert answer.status_code == 200
    assert "Another" in answer.text
