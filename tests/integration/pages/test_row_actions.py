"""Actions of forms on the rows of a list and of a related list, and where deleting a row leads."""

import dataclasses
import datetime as dt
import re

import pytest

from metadata.checks import check
from metadata.model import (
    Argument,
    AttributePermission,
    AttributeRight,
    Block,
    EntityPermission,
    ListComponent,
    Onwards,
    RecordAction,
    RelatedAction,
    RowAction,
    SetValue,
    View,
    ViewColumn,
    component_id,
)
from support.pottery import POTTERY, form, hidden, make_pottery, page, text
from support.related import related_components, related_pottery
from support.ruled import FIELDS, publish
from support.statements import counting, note_statements

LIST = "/firings"
APPROVE = RecordAction(key="approve", icon="check-lg", values=(SetValue(attribute="approved", value=True),))
CANCEL = RecordAction(
    key="cancel",
    label=text({"en": "Cancel it", "sv": "Avboka"}),
    when="wanted >= @today and kiln.name = 'Big Bertha' and potter = @contact",
    values=(SetValue(attribute="note", value="off"), SetValue(attribute="wanted", value=None)),
    confirm=text("The kiln goes to somebody else."),
    message=text("It is cancelled"),
)
READ = dataclasses.replace(form("firing-read", "firing", *FIELDS[:2]), actions=(CANCEL, APPROVE))
VIEW = View(key="firings", entity="firing", columns=(ViewColumn(attribute="number"), ViewColumn(attribute="title")))
ROW = RowAction(type="action", form="firing-read", action="cancel")


def listed(*actions, **more):
    return ListComponent(key="firings", site="pottery", views=("firings",), actions=actions, page_size=2, **more)


def with_list(*actions, **more):
    return (READ, VIEW, listed(*actions, **more), page("firings", Block(type="list", list="firings")))


@pytest.fixture
def pottery(database_url, tmp_path):
    deletes = EntityPermission(
        key="mine-to-delete", entity="firing", scope="contact", via="potter", roles=("potter",), privileges=("delete",)
    )
    made = make_pottery(database_url, tmp_path, deletes)
    publish(made, *with_list(RowAction(type="details", page="firing"), ROW, RowAction(type="delete")))
    bertha = made.ids["Big Bertha"]
    made.firing("ada", number="F-1", wanted=dt.date(2999, 1, 1), kiln=bertha)
    made.firing("ada", number="F-2", wanted=dt.date(2999, 1, 1), kiln=made.ids["Little Bert"])
    made.firing("ben", number="F-3", wanted=dt.date(2999, 1, 1), kiln=bertha)
    made.firing("cleo", number="F-4", wanted=dt.date(2999, 1, 1), kiln=bertha)
    yield made
    made.engine.dispose()


def offered(answer, word="act"):
    return [found.replace("&amp;", "&") for found in re.findall(rf'href="([^"]*[?&;]{word}=[^"]*)" aria-label', answer.text)]


def press(browser, address):
    return browser.client.post(address, data=hidden(browser.get(address).text))


def test_an_action_stands_on_the_rows_that_meet_its_condition(pottery):
    browser = pottery.as_("ada")
    assert offered(browser.get(LIST)) == [f"{LIST}?act=cancel.F-1"]
    assert offered(browser.get(f"{LIST}?page=2")) == []
    assert offered(pottery.as_("ben").get(f"{LIST}?page=2")) == [f"{LIST}?page=2&act=cancel.F-3"]
    assert offered(pottery.as_("dirk").get(LIST)) == []
    assert "Avboka: F-1" in browser.get(f"/sv-SE{LIST}").text


def test_it_asks_first_writes_and_leads_back_to_the_same_rows(pottery):
    browser = pottery.as_("ada")
    (address,) = offered(browser.get(f"{LIST}?q=F-1&sort=-title"))
    question = browser.get(address).text
    assert ("Cancel it: F-1?" in question, "The kiln goes to somebody else." in question) == (True, True)
    assert pottery.rows("firing")[0]["note"] is None
    answer = press(browser, address)
    assert (answer.status_code, answer.location) == (303, f"{LIST}?q=F-1&sort=-title")
    row = pottery.rows("firing")[0]
    assert (row["note"], row["wanted"], row["version"]) == ("off", None, 2)
    after = browser.get(answer.location)
    assert ("It is cancelled" in after.text, offered(after)) == (True, [])


def test_what_the_row_or_its_person_does_not_allow_is_not_done(pottery):
    browser = pottery.as_("ada")
    for key, status in (("F-4", 404), ("F-9", 404), ("", 404), ("F-2", 303)):
        assert browser.client.get(f"{LIST}?act=cancel.{key}").status_code == status
    assert "“Cancel it” is not possible as this is now." in browser.get(LIST).text
    assert browser.client.get(f"{LIST}?act=approve.F-1").status_code == 404
    assert pottery.as_("cleo").client.get(f"{LIST}?act=cancel.F-1").status_code == 404
    assert pottery.as_("dirk").client.get(f"{LIST}?act=cancel.F-1").status_code == 404
    token = hidden(browser.get(f"{LIST}?act=cancel.F-1").text)
    for address in (f"{LIST}?act=cancel.F-4", f"{LIST}?act=approve.F-1"):
        assert browser.client.post(address, data=token).status_code == 404
    assert browser.client.post(f"{LIST}?act=cancel.F-1", data={"version": "1"}).status_code == 400
    assert [row["note"] for row in pottery.rows("firing")] == [None] * 4


def test_an_attribute_that_the_person_may_not_write_has_no_action(pottery):
    act = RowAction(type="action", form="firing-read", action="approve", label=text("Wave through"))
    publish(pottery, *with_list(act))
    assert offered(pottery.as_("ada").get(LIST)) == []
    right = AttributeRight(attribute="approved", read=True, update=True)
    given = AttributePermission(
        key="approval", entity="firing", roles=("potter",), others=("read", "create", "update"), attributes=(right,)
    )
    publish(pottery, given)
    browser = pottery.as_("ada")
    shown = browser.get(LIST)
    assert offered(shown) == [f"{LIST}?act=approve.F-1", f"{LIST}?act=approve.F-2"]
    assert re.search(r'aria-label="Wave through: F-1" title="Wave through"><svg', shown.text)
    assert press(browser, offered(shown)[0]).location == LIST
    assert pottery.rows("firing")[0]["approved"] is True


def test_statements_do_not_grow_with_rows(pottery):
    statements: list[str] = []
    note_statements(pottery.engine, statements)
    pottery.engine.dispose()
    browser = pottery.as_("ada")
    counts = []
    for size in (1, 60):
        publish(pottery, dataclasses.replace(listed(ROW), page_size=size))
        for _ in range(2):
            browser.get(LIST)
        with counting(statements) as seen:
            browser.get(LIST)
        counts.append(len(seen))
        for number in range(40 if size == 1 else 0):
            pottery.firing("ada", number=f"G-{number}", wanted=dt.date(2999, 1, 1), kiln=pottery.ids["Big Bertha"])
    assert counts[0] == counts[1]
    assert len(offered(browser.get(LIST))) > 40


def test_deleting_leads_to_the_page_that_the_list_names(pottery):
    publish(pottery, *with_list(RowAction(type="delete", page="home")))
    browser = pottery.as_("ada")
    (first, _) = offered(browser.get(LIST), "delete")
    answer = press(browser, first)
    assert (answer.status_code, answer.location) == (303, "/")
    onwards = Onwards(url="https://scrap.example/in?a=1#top", query=(Argument(name="gone", value="number"),))
    publish(pottery, *with_list(RowAction(type="delete", onwards=onwards)))
    (second,) = offered(browser.get(LIST), "delete")
    answer = press(browser, second)
    assert answer.headers["Refresh"] == "0; url=https://scrap.example/in?a=1&gone=F-2#top"
    assert [row["number"] for row in pottery.rows("firing")] == ["F-3", "F-4"]


def test_an_action_stands_on_related_rows(database_url, tmp_path):
    pieces = {"actions": (RelatedAction(form="piece-read", action="glaze", label=text("Once more")),), "delete": True}
    pottery = related_pottery(database_url, tmp_path)
    coat = RecordAction(key="glaze", when="coats < 3", values=(SetValue(attribute="coats", value=9),))
    publish(pottery, *related_components(pieces=pieces), dataclasses.replace(form("piece-read", "piece"), actions=(coat,)))
    firing, other = (row["id"] for row in pottery.rows("firing"))
    for title, coats, of in (("Cup", 1, firing), ("Jug", 4, firing), ("Vase", 1, other)):
        pottery.add("piece", title=title, coats=coats, firing=of, glaze=pottery.ids["Celadon"])
    cup, jug, vase = (row["id"] for row in pottery.rows("piece"))
    browser, at = pottery.as_("ada"), "/firings/F-0001"
    shown = browser.get(at)
    assert re.findall(r'href="([^"]*)" aria-label="Once more: ', shown.text) == [f"{at}?row=0.do.glaze.{cup}"]
    address = f"{at}?row=0.do.glaze.{cup}"
    assert "Once more: Cup?" in browser.get(address).text
    answer = press(browser, address)
    assert (answer.status_code, answer.location) == (303, f"{at}#related-0-0")
    assert [row["coats"] for row in pottery.rows("piece")] == [9, 4, 1]
    for key, status in ((jug, 303), (vase, 404), ("x", 404)):
        assert browser.client.get(f"{at}?row=0.do.glaze.{key}").status_code == status
    assert browser.client.get(f"{at}?row=0.do.none.{cup}").status_code == 404
    pottery.engine.dispose()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"action": "cansel"}, "The form firing-read has no action 'cansel'. Did you mean 'cancel'?"),
        ({"form": ""}, "Name a form and one of its actions, which is done with the row."),
        ({"form": "piece"}, "The form piece is of piece, but the rows are of firing."),
    ],
)
def test_an_action_that_is_not_there_is_named(row, message):
    changed = dataclasses.replace(ROW, **row)
    problems = check({component_id(item): item for item in (*POTTERY, *with_list(changed))})
    assert [(found.position.path, found.message) for found in problems] == [("actions.0", message)]
    related = RelatedAction(form="piece", action="cancel")
    components = (*POTTERY, *related_components(pieces={"actions": (related, related)}))
    found = check({component_id(item): item for item in components})
    place = "tabs.0.sections.1.related.actions"
    assert [problem.position.path for problem in found] == [f"{place}.0", f"{place}.1", f"{place}.1.action"]


def test_one_action_stands_in_a_list_once():
    problems = check({component_id(item): item for item in (*POTTERY, *with_list(ROW, ROW))})
    assert [found.code for found in problems] == ["duplicate-key"]
