"""Buttons on a record page that write declared values."""

import dataclasses
import datetime as dt

import pytest

from metadata.checks import check
from metadata.model import AttributePermission, AttributeRight, RecordAction, SetValue, component_id
from support.pottery import POTTERY, form, hidden, make_pottery, text
from support.ruled import FIELDS, publish

PAGE = "/firings/F-0001"
CANCEL = RecordAction(
    key="cancel",
    label=text({"en": "Cancel it", "sv": "Avboka"}),
    icon="x-lg",
    when="wanted >= @today and not insured and potter = @contact",
    values=(SetValue(attribute="note", value="off"), SetValue(attribute="wanted", value=None), SetValue(attribute="kiln")),
    confirm=text("The kiln goes to somebody else."),
    message=text("It is cancelled"),
)
RENAME = RecordAction(key="rename", primary=True, values=(SetValue(attribute="title", value="@contact.full_name"),))


def reading(*actions):
    return dataclasses.replace(form("firing-read", "firing", *FIELDS[:2]), actions=actions)


@pytest.fixture
def pottery(database_url, tmp_path):
    made = make_pottery(database_url, tmp_path)
    publish(made, reading(CANCEL, RENAME))
    made.add(
        "firing",
        number="F-0001",
        title="Bowls",
        wanted=dt.date(2999, 1, 1),
        potter=made.ids["ada"],
        studio=made.ids["clay"],
        kiln=made.ids["Big Bertha"],
    )
    yield made
    made.engine.dispose()


def press(browser, key):
    address = f"{PAGE}?do={key}"
    return browser.client.post(address, data=hidden(browser.get(address).text))


def test_an_action_asks_first_and_writes_what_it_declares(pottery):
    browser = pottery.as_("ada")
    page = browser.get(PAGE).text
    assert f'href="{PAGE}?do=cancel"' in page
    assert "Avboka" in browser.get(f"/sv-SE{PAGE}").text
    question = browser.get(f"{PAGE}?do=cancel").text
    assert "Cancel it: F-0001?" in question
    assert "The kiln goes to somebody else." in question
    assert pottery.rows("firing")[0]["note"] is None
    answer = press(browser, "cancel")
    assert (answer.status_code, answer.location) == (303, PAGE)
    row = pottery.rows("firing")[0]
    assert (row["note"], row["wanted"], row["kiln"], row["version"]) == ("off", None, None, 2)
    after = browser.get(PAGE).text
    assert "It is cancelled" in after
    assert "do=cancel" not in after
    press(browser, "rename")
    assert pottery.rows("firing")[0]["title"] == "Ada"


def test_an_action_is_gone_when_its_condition_no_longer_holds(pottery):
    browser = pottery.as_("ada")
    fields = hidden(browser.get(f"{PAGE}?do=cancel").text)
    pottery.change("firing", pottery.rows("firing")[0]["id"], insured=True)
    for ask in (lambda: browser.client.post(f"{PAGE}?do=cancel", data=fields), lambda: browser.client.get(f"{PAGE}?do=cancel")):
        answer = ask()
        assert (answer.status_code, answer.location) == (303, PAGE)
        page = browser.get(PAGE).text
        assert "“Cancel it” is not possible as this is now." in page
        assert "do=cancel" not in page
    assert pottery.rows("firing")[0]["note"] is None
    assert browser.client.get(f"{PAGE}?do=nothing").status_code == 404


def test_who_presses_twice_is_led_to_the_record_as_it_is(pottery):
    browser = pottery.as_("ada")
    fields = hidden(browser.get(f"{PAGE}?do=cancel").text)
    for _ in range(2):
        answer = browser.client.post(f"{PAGE}?do=cancel", data=fields)
        assert (answer.status_code, answer.location) == (303, PAGE)
    assert pottery.rows("firing")[0]["version"] == 2


def test_of_two_people_one_is_told_that_the_other_was_quicker(pottery):
    browser = pottery.as_("ada")
    fields = hidden(browser.get(f"{PAGE}?do=rename").text)
    pottery.change("firing", pottery.rows("firing")[0]["id"], note="theirs")
    assert browser.client.post(f"{PAGE}?do=rename", data=fields).status_code == 409
    assert pottery.rows("firing")[0]["title"] == "Bowls"


def test_nobody_takes_an_action_on_what_they_may_not_write(pottery):
    token = hidden(pottery.as_("ben").get("/firings/new").text)["csrf_token"]
    assert "do=rename" in pottery.as_("ben").get(PAGE).text
    reader = pottery.as_("dirk")
    assert "do=" not in reader.get(PAGE).text
    assert reader.client.get(f"{PAGE}?do=rename").status_code == 404
    assert pottery.as_("cleo").client.get(f"{PAGE}?do=rename").status_code == 404
    approve = RecordAction(key="approve", values=(SetValue(attribute="approved", value=True),))
    publish(pottery, reading(approve))
    assert pottery.as_("ada").client.get(f"{PAGE}?do=approve").status_code == 404
    right = AttributeRight(attribute="approved", read=True, update=True)
    publish(
        pottery,
        AttributePermission(
            key="approval", entity="firing", roles=("potter",), others=("read", "create", "update"), attributes=(right,)
        ),
    )
    assert press(pottery.as_("ada"), "approve").status_code == 303
    assert pottery.rows("firing")[0]["approved"] is True
    without = pottery.as_("ada").client.post(f"{PAGE}?do=approve", data={"version": "2"})
    assert (without.status_code >= 400, token != "") == (True, True)


@pytest.mark.parametrize(
    ("action", "place", "message"),
    [
        ({"values": ()}, "values", "Say what is set"),
        ({"values": (SetValue(attribute="peek", value=1),)}, "values.0.attribute", "Did you mean 'peak'?"),
        ({"values": (SetValue(attribute="atmosphere", value="blue"),)}, "values.0.value", ""),
        ({"values": (SetValue(attribute="title", value=None),)}, "values.0.value", "is required and cannot be cleared"),
        ({"when": "peek > 1"}, "when", "Did you mean 'peak'?"),
        ({"when": "count(pieces) > 1"}, "when", "reads no rows of pieces"),
    ],
)
def test_an_action_that_cannot_work_is_named(action, place, message):
    wrong = reading(dataclasses.replace(RENAME, **action))
    problems = check({component_id(item): item for item in (*POTTERY, wrong)})
    assert [(found.position.path, message in found.message) for found in problems] == [(f"actions.0.{place}", True)]


def test_actions_have_names_of_their_own():
    problems = check({component_id(item): item for item in (*POTTERY, reading(RENAME, RENAME))})
    assert {found.code for found in problems} == {"duplicate-key", "record-action"}
