"""Layouts and charts in a browser: a calendar that is an agenda on a phone, a board with and without script, figures, axe."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.axe import assert_no_axe_violations
from support.charts import CHARTS
from support.marina_site import CAST, PASSWORD, Marina, open_marina, served
from support.screens import sideways
from support.theatre import theatre

WIDE = """\
---
kind: view
key: wide
entity: show
columns: [{attribute: code}, {attribute: title}, {attribute: begins}, {attribute: ends}, {attribute: whole_day},
  {attribute: opens}, {attribute: closes}, {attribute: stage}, {attribute: hall}, {attribute: seats}, {attribute: takings},
  {attribute: price}, {attribute: created_at}, {attribute: created_from}, {attribute: changed_at}, {attribute: changed_from}]
---
{kind: list, key: wide, views: [wide]}
---
kind: form
key: wide
entity: show
tabs:
- sections:
  - fields: [{attribute: code}, {attribute: stage}]
  - columns: 2
    fields: [{attribute: code}, {attribute: stage}, {attribute: hall}, {attribute: title, width: full}, {attribute: seats}]
  - columns: 3
    fields: [{attribute: code}, {attribute: stage}, {attribute: hall}, {attribute: title}, {attribute: seats}]
---
{kind: page, key: wide, label: Wide, parent: home, partial_url: wide, blocks: [{type: list, list: wide}]}
---
{kind: page, key: wide-show, label: Wide, parent: wide, record_entity: show, blocks: [{type: form, form: wide}]}
"""
PHONE = {"width": 360, "height": 740}
MARCH = "programme?on=2026-03-10"


@pytest.fixture
def marina(sqlite_url: str, tmp_path: Path) -> Iterator[Marina]:
    with open_marina(sqlite_url, tmp_path, *theatre(more=CHARTS + WIDE)) as site:
        halls = [site.add("hall", name=name) for name in ("Great hall", "Cellar")]
        noon = dt.datetime(2026, 3, 10, 11, tzinfo=dt.UTC)
        for n, name in enumerate(("Hamlet", "Macbeth", "Lear", "Othello", "Antigone")):
            later = noon + dt.timedelta(hours=n)
            placed = {"stage": "planned" if n else "running", "hall": halls[n % 2], "takings": 1000 * n, "seats": 90 + 9 * n}
            site.add("show", code=name, begins=later, ends=later, **placed)
        tour = {"begins": noon + dt.timedelta(days=2), "ends": noon + dt.timedelta(days=5), "stage": "done"}
        site.add("show", code="Premiere", begins=noon - dt.timedelta(days=70), stage="done")
        site.add("show", code="A tour with a very long name that has to be broken somewhere", **tour)
        yield site


@pytest.fixture
def address(marina: Marina) -> Iterator[str]:
    with served(marina.app) as url:
        yield url


def sign_in(page: Page, address: str) -> list[str]:
    """Signs in, and gives what will be complained of."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/signin")
    page.fill("input[name=email]", CAST["dora"][0])
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{address}/")
    return complaints


def test_a_calendar_is_a_grid_on_a_desk_and_an_agenda_on_a_phone(page, address):
    page.set_viewport_size({"width": 1280, "height": 900})
    complaints = sign_in(page, address)
    page.goto(f"{address}/{MARCH}")
    assert page.locator(".cal-cell:visible").count() == 42
    assert_no_axe_violations(page)
    page.get_by_role("link", name="Later").click()
    expect(page.locator(".cal-title")).to_have_text("April 2026")
    page.goto(f"{address}/{MARCH}")
    page.get_by_role("link", name="Day", exact=True).click()
    expect(page.locator(".cal-day tbody tr")).to_have_count(5)
    assert_no_axe_violations(page)
    page.get_by_role("link", name="Cards").click()
    expect(page.locator(".card-grid .row-card")).to_have_count(5)
    assert_no_axe_violations(page)
    assert sideways(page) == 0
    page.set_viewport_size(PHONE)
    assert sideways(page) == 0
    page.goto(f"{address}/{MARCH}")
    assert page.locator(".cal-cell:visible time").first.inner_text() == "Tuesday, March 10, 2026"
    assert page.locator(".cal-cell:visible").count() == 5
    assert page.get_by_role("link", name="3 more on Tuesday, March 10, 2026").is_visible()
    assert sideways(page) == 0
    assert_no_axe_violations(page)
    page.goto(f"{address}/{MARCH}&span=day")
    assert sideways(page) == 0
    page.goto(f"{address}/programme?on=2026-07-10")
    assert_no_axe_violations(page)
    assert complaints == []


def test_a_card_is_dragged_to_another_column(page, address):
    complaints = sign_in(page, address)
    page.goto(f"{address}/programme")
    page.get_by_role("link", name="Board").click()
    expect(page.locator("[data-lane=planned] .count")).to_have_text("4")
    assert_no_axe_violations(page)
    page.locator("[data-lane=running] [data-card]").drag_to(page.locator("[data-lane=done]"))
    expect(page.locator("[data-lane=done] .count")).to_have_text("3")
    expect(page.locator("[data-toasts]")).to_contain_text("Hamlet is moved to Over.")
    page.set_viewport_size(PHONE)
    assert sideways(page) == 0
    assert_no_axe_violations(page)
    assert complaints == []


def test_a_card_is_moved_without_script(browser: Browser, address):
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/programme?layout=board")
    page.locator("summary[aria-label='Move Hamlet']").click()
    page.get_by_role("button", name="Move Hamlet to Over").click()
    expect(page.locator("[data-lane=done] .count")).to_have_text("3")
    expect(page).to_have_url(re.compile("layout=board"))
    context.close()


def test_charts_stand_beside_their_tables_and_a_bar_leads_to_its_rows(page, address):
    complaints = sign_in(page, address)
    for size in ({"width": 1280, "height": 900}, PHONE):
        page.set_viewport_size(size)
        page.goto(f"{address}/figures")
        expect(page.locator(".chart-bar").first).to_be_visible()
        assert sideways(page) == 0
        assert_no_axe_violations(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator(".chart-svg a", has_text="Planned").click()
    expect(page.locator(".data .rec")).to_have_text(["Antigone", "Lear", "Macbeth", "Othello"])
    assert complaints == []


def test_a_table_of_many_columns_scrolls_by_itself(page, address):
    sign_in(page, address)
    page.goto(f"{address}/wide")
    table = page.locator(".data-wrap")
    assert table.evaluate("found => found.scrollWidth > found.clientWidth")
    assert sideways(page) == 0
    assert_no_axe_violations(page)


def test_a_record_has_as_many_fields_beside_each_other_as_its_form_says(page, address):
    sign_in(page, address)
    page.goto(f"{address}/wide/Hamlet")
    for width, beside in ((1280, [1, 2, 3]), (360, [1, 1, 1])):
        page.set_viewport_size({"width": width, "height": 800})
        places = page.locator("dl.facts").evaluate_all(
            "lists => lists.map(list => new Set([...list.children].map(fact => fact.getBoundingClientRect().left)).size)"
        )
        assert places == beside
        assert sideways(page) == 0
    page.set_viewport_size({"width": 1280, "height": 800})
    lengths = [page.locator(found).evaluate("found => found.clientWidth") for found in (".facts-of-2", ".facts-of-2 > .wide")]
    assert lengths[0] == lengths[1]
