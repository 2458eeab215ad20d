"""The rules of a form in the browser, beside what the server says of the same values."""

import random

import pytest
from playwright.sync_api import expect

from support.axe import assert_no_axe_violations
from support.marina_site import served
from support.pottery import make_pottery
from support.ruled import in_steps, publish, ruled
from support.seeds import seed

TRIES = 25
VALUES = {
    "title": ["", "cup"],
    "peak": ["", "900", "1,250", "1.200,5", "hot", "1200.5"],
    "weight": ["", "12.5", "101"],
    "wanted": ["", "2030-01-01"],
    "risk": ["", "glass"],
    "note": ["", "soft"],
}


@pytest.fixture
def pottery(tmp_path):
    made = make_pottery(f"sqlite:///{tmp_path}/pottery.db", tmp_path)
    publish(made, ruled("firing-new"))
    yield made
    made.engine.dispose()


@pytest.fixture
def at(pottery, browser):
    cookie = pottery.as_("ada").client.get_cookie("foyer")
    with served(pottery.app) as url:
        context = browser.new_context(base_url=url, viewport={"width": 360, "height": 740}, locale="en-US")
        context.add_cookies([{"name": "foyer", "value": cookie.value, "url": url}])
        page = context.new_page()
        complaints = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "warning" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert complaints == []
        context.close()


STATE = """() => Object.fromEntries([...document.querySelectorAll("form [data-field]")].map((place) => [place.dataset.field, [
  place.hasAttribute("data-absent"),
  place.querySelector("[data-lock]")?.disabled ?? false,
  place.querySelector("[data-optional]")?.hidden ?? null,
]]))"""


def test_a_form_changes_while_it_is_filled_in(at):
    at.goto("/firings/new")
    risk, note, weight = at.get_by_label("Risk"), at.get_by_label("Note"), at.get_by_label("Weight")
    expect(risk).to_be_hidden()
    at.get_by_label("Insured").check()
    expect(risk).to_be_visible()
    expect(risk).to_have_attribute("aria-required", "true")
    expect(note).to_be_hidden()
    at.get_by_label("Peak").fill("1,201")
    expect(note).to_be_visible()
    expect(weight).to_have_attribute("aria-required", "true")
    risk.fill("glass")
    expect(at.get_by_text("Glass melts there")).to_be_visible()
    assert_no_axe_violations(at)
    at.get_by_label("Peak").fill("")
    expect(at.get_by_text("Glass melts there")).to_be_hidden()
    at.get_by_label("Reduction").check()
    expect(at.get_by_label("Wanted")).to_be_disabled()
    assert_no_axe_violations(at)


def test_the_row_that_a_lookup_points_at_is_asked_of_the_server(at):
    at.goto("/firings/new")
    kiln = at.get_by_role("combobox", name="Kiln")
    kiln.fill("Little")
    at.locator(".options [role=option]").first.click()
    expect(at.get_by_label("Peak")).to_have_value("650")


def test_rows_have_rules_of_their_own(pottery, at):
    publish(pottery, *in_steps())
    at.goto("/firings/book")
    at.get_by_label("Title").fill("Cups")
    at.get_by_role("button", name="Next").click()
    at.get_by_role("button", name="Add").first.click()
    second = at.locator(".rows tbody tr").nth(1)
    glaze = second.get_by_role("combobox")
    glaze.fill("e")
    at.locator(".options [role=option]:visible").first.click()
    expect(second.locator("[name$='-glaze']")).not_to_have_value("")


def test_the_browser_and_the_server_make_the_same_of_the_same_values(at):
    draw = random.Random(seed())
    at.goto("/firings/new")
    for number in range(TRIES):
        for key, values in VALUES.items():
            control = at.locator(f'[name="{key}"]').last
            if control.is_visible() and control.is_enabled():
                control.fill(draw.choice(values))
        insured = at.get_by_label("Insured")
        insured.set_checked(draw.random() < 0.5)
        at.locator(f"[name=atmosphere][value={draw.choice(['oxidation', 'reduction'])}]").check()
        here = at.evaluate(STATE)
        there = at.evaluate(
            """async () => {
              const form = document.querySelector("form[data-rules]");
              const data = new FormData(form);
              data.set("_find", "kiln");
              const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(data) });
              const page = new DOMParser().parseFromString(await answer.text(), "text/html");
              return Object.fromEntries([...page.querySelectorAll("form [data-field]")].map((place) => [place.dataset.field, [
                place.hasAttribute("data-absent"),
                place.querySelector("[data-lock]")?.disabled ?? false,
                place.querySelector("[data-optional]")?.hidden ?? null,
              ]]));
            }"""
        )
        assert {key: state[:2] for key, state in here.items()} == {key: state[:2] for key, state in there.items()}, number
        needed = {key: state[2] for key, state in here.items() if not state[0]}
        assert needed == {key: state[2] for key, state in there.items() if not state[0]}, number
