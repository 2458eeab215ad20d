"""Where people are led once something is saved, done or deleted: to a page or outside, and with what in the address."""

import dataclasses
import html
import re

import pytest

from metadata.checks import check
from metadata.model import (
    Argument,
    Block,
    EntityPermission,
    ListComponent,
    ListFilter,
    Onwards,
    Page,
    RecordAction,
    Removal,
    SetValue,
    Step,
    View,
    ViewColumn,
    component_id,
)
from support.pottery import FIELDS, POTTERY, STEPS, form, hidden, make_pottery, page, text
from support.ruled import publish
from support.walking import Walk, line

PAY = "https://pay.example/check"


def given(**values):
    return tuple(Argument(name=name, value=value) for name, value in values.items())


def new(**more):
    return form("firing-new", "firing", *FIELDS, success_message=text("It is booked"), **more)


def firings(*filters):
    view = View(key="firings", entity="firing", columns=(ViewColumn(attribute="number"), ViewColumn(attribute="title")))
    shown = ListComponent(key="firings", site="pottery", views=("firings",), filters=filters)
    return view, shown, page("firings", Block(type="list", list="firings"))


@pytest.fixture
def pottery(database_url, tmp_path):
    made = make_pottery(database_url, tmp_path)
    yield made
    made.engine.dispose()


def book(pottery, who="ada", query="", **typed):
    browser = pottery.as_(who)
    held = hidden(browser.get(f"/firings/new{query}").text)
    answer = browser.client.post(f"/firings/new{query}", data={**held, "title": "Bowls & cups", "peak": "1000", **typed})
    return browser, answer


def test_an_address_outside_gets_values_of_the_record_by_a_page_that_leads_there(pottery):
    query = given(
        order="number", what="title", id="id", hot="peak", due="wanted", ours="insured", nothing="note", by="'portal'"
    )
    publish(pottery, new(onwards=Onwards(url=f"{PAY}?shop=7", query=query)))
    browser, answer = book(pottery, wanted="", insured="y")
    row = pottery.rows("firing")[0]
    expected = f"{PAY}?shop=7&order=F-0001&what=Bowls+%26+cups&id={row['id']}&hot=1000&ours=true&by=portal"
    assert (answer.status_code, answer.headers["Refresh"]) == (200, f"0; url={expected}")
    assert f'href="{html.escape(expected)}"' in answer.text
    assert ("It is booked" in answer.text, "pay.example" in answer.text) == (True, True)
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    again = browser.client.post("/firings/new", data=hidden(browser.get("/firings/new").text) | {"title": "Other"})
    assert "order=F-0002" in again.headers["Refresh"]


def test_a_page_of_the_site_gets_what_it_knows(pottery):
    query = given(**{"f.title": "title", "unknown": "number", "q": "number"})
    filters = ListFilter(key="title", attribute="title")
    publish(pottery, *firings(filters), new(success_page="firings", onwards=Onwards(query=query)))
    browser, answer = book(pottery, title="Bowls")
    assert (answer.status_code, answer.location) == (303, "/firings?f.title=Bowls&q=F-0001")
    shown = browser.get(answer.location)
    assert (shown.status_code, "F-0001" in shown.text) == (200, True)


def test_what_stood_in_the_address_goes_along(pottery):
    publish(pottery, new(success_page="new", onwards=Onwards(keep_query=True)))
    assert book(pottery, query="?title=Pots")[1].location == "/firings/new?title=Pots"
    publish(pottery, new(onwards=Onwards(url=PAY, keep_query=True, query=given(title="number"))))
    assert book(pottery, query="?title=Pots")[1].headers["Refresh"] == f"0; url={PAY}?title=F-0002"


def test_what_the_person_may_not_read_is_not_given_away(pottery):
    hidden_from = EntityPermission(key="kilns", entity="kiln", scope="global", roles=("potter",), privileges=("append_to",))
    publish(pottery, new(onwards=Onwards(url=PAY, query=given(kiln="kiln.name", no="number"))))
    kiln = str(pottery.ids["Big Bertha"])
    assert book(pottery, kiln=kiln)[1].headers["Refresh"] == f"0; url={PAY}?kiln=Big+Bertha&no=F-0001"
    publish(pottery, hidden_from)
    assert book(pottery, kiln="")[1].headers["Refresh"] == f"0; url={PAY}?no=F-0002"
    row = pottery.rows("firing")[0]["id"]
    pottery.change("firing", row, kiln=pottery.ids["Big Bertha"])
    publish(pottery, form("firing-edit", "firing", FIELDS[0], onwards=Onwards(url=PAY, query=given(kiln="kiln.name"))))
    browser = pottery.as_("ada")
    at = "/firings/F-0001/edit"
    answer = browser.client.post(at, data={**hidden(browser.get(at).text), "title": "Tiles"})
    assert (answer.headers["Refresh"], pottery.rows("firing")[0]["title"]) == (f"0; url={PAY}", "Tiles")


def test_an_action_and_a_removal_lead_outside(pottery):
    onwards = Onwards(url=PAY, query=given(no="number", note="note"))
    act = RecordAction(key="pay", values=(SetValue(attribute="note", value="sent"),), onwards=onwards)
    publish(
        pottery,
        dataclasses.replace(form("firing-read", "firing", FIELDS[0]), actions=(act,)),
        EntityPermission(key="away", entity="firing", scope="contact", via="potter", roles=("potter",), privileges=("delete",)),
        _with_removal(Removal(onwards=onwards)),
    )
    pottery.firing(number="F-9")
    browser = pottery.as_("ada")

    def press(address):
        return browser.client.post(address, data=hidden(browser.get(address).text))

    assert press("/firings/F-9?do=pay").headers["Refresh"] == f"0; url={PAY}?no=F-9&note=sent"
    assert press("/firings/F-9/edit?delete=1").headers["Refresh"] == f"0; url={PAY}?no=F-9&note=sent"
    assert pottery.rows("firing") == []


def _with_removal(removal: Removal) -> Page:
    return page("edit", Block(type="form", form="firing-edit", mode="edit", removal=removal), parent="firing")


def test_a_form_in_steps_leads_on_with_its_record_and_from_a_step_with_what_was_entered(pottery):
    away = Step(
        key="away",
        type="redirect",
        onwards=Onwards(url=PAY, query=given(what="title", pots="sum(pieces, coats)", hot="peak > 1")),
    )
    hot = Step(key="hot", type="condition", when="peak > 1200", otherwise="check")
    steps = (STEPS.steps[0], STEPS.steps[3], hot, away, STEPS.steps[4])
    onwards = Onwards(url=PAY, query=given(no="number"))
    publish(pottery, dataclasses.replace(STEPS, steps=steps, success_page="", onwards=onwards, site="pottery"))
    walk = Walk(pottery.as_("ada")).press(title="Cups", peak="1250").press(**line(pottery, 0, coats="3"))
    assert walk.answer.headers["Refresh"] == f"0; url={PAY}?what=Cups&pots=3&hot=true"
    assert pottery.rows("firing") == []
    again = Walk(pottery.as_("ada"), "/firings/book?step=basics").press(peak="1000").press()
    assert again.step == "check"
    again.press()
    assert again.answer.headers["Refresh"] == f"0; url={PAY}?no=F-0001"


def test_far_too_long_values_are_left_out_and_an_own_address_needs_no_page(pottery):
    publish(pottery, new(onwards=Onwards(url="/firings/new", query=given(title="note"))))
    assert book(pottery, note="x" * 1000)[1].location == f"/firings/new?title={'x' * 1000}"
    assert book(pottery, note="x" * 1001)[1].location == "/firings/new"


@pytest.mark.parametrize(
    ("onwards", "success", "place", "message"),
    [
        (Onwards(), "", "onwards", "Name either a page or, in onwards, a url"),
        (Onwards(url=PAY), "firing", "onwards", "Name either a page or, in onwards, a url"),
        (Onwards(url="mailto:a@b.example"), "", "onwards.url", "is no page that people can be led to"),
        (Onwards(url="javascript:alert(1)"), "", "onwards.url", "is no address"),
        (Onwards(query=given(a="numbre")), "firing", "onwards.query.0.value", "Did you mean 'number'?"),
        (Onwards(query=given(a="count(pieces)")), "firing", "onwards.query.0.value", "reads no rows of pieces"),
        (Onwards(query=given(a="number") + given(a="title")), "firing", "onwards.query.1.name", "a is given twice"),
    ],
)
def test_a_way_that_cannot_be_is_named(onwards, success, place, message):
    problems = check({component_id(item): item for item in (*POTTERY, new(success_page=success, onwards=onwards))})
    found = [(problem.position.path, problem.message) for problem in problems]
    assert any(path == place and re.search(re.escape(message), said) for path, said in found), found
