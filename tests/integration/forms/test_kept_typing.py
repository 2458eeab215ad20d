"""What is typed in a form and not saved is kept for its person, offered again, and gone once it is saved or too old."""

import dataclasses
import datetime as dt

import pytest
import sqlalchemy as sa

from metadata.model import AttributePermission, AttributeRight, SiteSetting
from metadata.store import MetadataStore
from runtime.forms.drafts import drafts
from runtime.housekeeping import tidy
from support.pottery import FORMS, STEPS, hidden, make_pottery
from support.ruled import publish
from support.walking import Walk

NEW = "/firings/new"
NEW_FIRING, EDIT_FIRING, *_ = FORMS
OFFER = "You have unsaved changes of"


@pytest.fixture
def pottery(database_url, tmp_path):
    made = make_pottery(database_url, tmp_path)
    publish(made, *(dataclasses.replace(item, autosave=True) for item in (NEW_FIRING, EDIT_FIRING)))
    yield made
    made.engine.dispose()


def keep(browser, address, page, **typed):
    return browser.client.post(address, data={**hidden(page), **typed, "_action": "keep"})


def test_typing_is_offered_again_continued_and_gone_when_saved(pottery):
    browser = pottery.as_("ada")
    page = browser.get(NEW).text
    assert OFFER not in page
    assert keep(browser, NEW, page, title="Bow", peak="not yet").status_code == 204
    assert keep(browser, NEW, page, title="Bowls", peak="12x").status_code == 204
    assert pottery.rows("firing") == []
    assert OFFER in browser.get(NEW).text
    assert OFFER in pottery.as_("ada").get(NEW).text
    for other in ("ben", "cleo"):
        assert OFFER not in pottery.as_(other).get(NEW).text
    going_on = browser.get(f"{NEW}?kept=1").text
    assert OFFER not in going_on
    assert 'value="Bowls"' in going_on
    assert 'value="12x"' in going_on
    data = {**hidden(going_on), "title": "Bowls", "peak": "1200"}
    assert browser.client.post(NEW, data={**data, "peak": "1x"}).status_code == 422
    assert browser.client.post(NEW, data=data).status_code == 303
    assert OFFER not in browser.get(NEW).text
    assert keep(browser, NEW, page, title="late").status_code == 204
    assert keep(browser, NEW, going_on, title="later").status_code == 204
    assert OFFER not in browser.get(NEW).text or "late" not in browser.get(f"{NEW}?kept=1").text


def test_typing_is_discarded(pottery):
    browser = pottery.as_("ada")
    keep(browser, NEW, browser.get(NEW).text, title="Bowls")
    answer = browser.client.post(NEW, data={**hidden(browser.get(NEW).text), "_action": "discard"})
    assert (answer.status_code, answer.location) == (303, NEW)
    assert OFFER not in browser.get(NEW).text
    assert 'value="Bowls"' not in browser.get(f"{NEW}?kept=1").text


def test_a_change_that_is_continued_is_still_told_from_what_others_changed_meanwhile(pottery):
    first, second = (pottery.firing("ada", title=title, note="old") for title in ("Bowls", "Cups"))
    browser = pottery.as_("ada")
    (one, other) = (f"/firings/{row['number']}/edit" for row in pottery.rows("firing"))
    keep(browser, one, browser.get(one).text, title="Plates")
    assert OFFER not in browser.get(other).text
    pottery.change("firing", first, note="of somebody else", title="Dishes")
    going_on = browser.get(f"{one}?kept=1").text
    assert 'value="Plates"' in going_on
    data = {**hidden(going_on), "title": "Plates", "note": "old", "peak": "1000"}
    answer = browser.client.post(f"{one}?kept=1", data=data)
    assert answer.status_code == 409
    assert pottery.rows("firing")[0]["title"] == "Dishes"
    assert second


def test_nothing_is_kept_that_the_person_may_give_and_not_see_nor_of_strangers(pottery):
    rights = AttributePermission(
        key="approval",
        entity="firing",
        roles=("potter",),
        others=("read", "create", "update"),
        attributes=(AttributeRight(attribute="risk", read=False, create=True, update=True),),
    )
    publish(pottery, rights, dataclasses.replace(NEW_FIRING, autosave=True))
    browser = pottery.as_("ada")
    page = browser.get(NEW).text
    keep(browser, NEW, page, title="Bowls", risk="pin 1234", number="F-9", approved="1")
    with pottery.engine.connect() as connection:
        (data,) = connection.execute(sa.select(drafts.c.data)).scalars().all()
    assert "Bowls" in data
    assert not any(word in data for word in ("1234", "F-9", "csrf", "_draft"))
    assert pottery.app.test_client().post(NEW, data={"_action": "keep"}).status_code in (303, 400, 401, 403)


def test_it_is_kept_for_as_long_as_the_site_says(pottery):
    publish(pottery, SiteSetting(key="forms/kept_days", value="3"))
    browser = pottery.as_("ada")
    keep(browser, NEW, browser.get(NEW).text, title="Bowls")

    def age(days):
        with pottery.engine.begin() as connection:
            connection.execute(sa.update(drafts).values(changed_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=days)))

    age(2)
    assert OFFER in browser.get(NEW).text
    age(4)
    assert OFFER not in browser.get(NEW).text


@pytest.mark.parametrize("tidied", [False, True])
def test_a_form_in_steps_keeps_for_its_days_and_tells_when_they_are_over(pottery, tidied):
    publish(pottery, dataclasses.replace(STEPS, keep_days=5, site=next(iter(pottery.snapshot.sites))))
    Walk(pottery.as_("ada")).press(title="Cups", peak="900")
    assert "kept for 5 days" in Walk(pottery.as_("ada")).text
    with pottery.engine.begin() as connection:
        connection.execute(sa.update(drafts).values(changed_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=6)))
    if tidied:
        newest = MetadataStore(pottery.engine).publish("tester", components=()).snapshot
        assert tidy(pottery.engine, dt.datetime.now(dt.UTC), snapshot=newest)["foyer_draft"] == 1
        with pottery.engine.connect() as connection:
            assert connection.scalars(sa.select(drafts.c.data)).all() == ["{}"]
    late = Walk(pottery.as_("ada"))
    assert late.step == "basics"
    assert "was kept for 5 days and is gone" in late.text
    assert "Cups" not in late.text
    assert "is gone" not in Walk(pottery.as_("ada")).text


def test_a_form_that_does_not_keep_is_as_it_was(pottery):
    publish(pottery, NEW_FIRING)
    browser = pottery.as_("ada")
    page = browser.get(NEW).text
    assert "autosave" not in page
    assert keep(browser, NEW, page, title="Bowls", peak="12x").status_code == 422
    going_on = browser.get(f"{NEW}?kept=1").text
    assert OFFER not in going_on
    assert "Bowls" not in going_on
