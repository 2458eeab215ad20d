"""Defaults of attributes that are expressions: the same through every door, shown where they are known, checked at import."""

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest

from metadata.checks import check
from metadata.model import component_id
from metadata.store import MetadataStore
from runtime.access import Principal
from runtime.records import Invalid, create
from runtime.records.bulk import SqlRowStore
from support.pottery import FIRING, POTTERY, hidden
from support.walking import Walk, line

NEW = "/firings/new"
DEFAULTS = {
    "weight": "@=peak / 3",
    "risk": "@=if(weight > 400, concat('hot in ', kiln.name), 'low')",
    "note": "@=concat('Booked by ', @contact.full_name)",
    "wanted": "@=add_days(@today, 30)",
}


def with_defaults(**defaults):
    """The firing, with defaults by attribute."""
    changed = (dataclasses.replace(item, default=defaults.get(item.key, item.default)) for item in FIRING.attributes)
    return dataclasses.replace(FIRING, attributes=tuple(changed))


@pytest.fixture
def kilns(pottery):
    """The pottery in which firings have these defaults."""
    snapshot = MetadataStore(pottery.engine).publish("tester", components=(with_defaults(**DEFAULTS),)).snapshot
    return dataclasses.replace(pottery, snapshot=snapshot)


def test_a_form_shows_what_is_known_and_leaves_the_rest_to_the_save(kilns):
    browser = kilns.as_("ada")
    page = browser.get(NEW).text
    assert "Booked by Ada" in page
    typed = {"title": "Cups", "peak": "1250", "weight": "", "risk": "", "kiln": str(kilns.ids["Big Bertha"])}
    assert browser.client.post(NEW, data={**hidden(page), **typed, "note": ""}).status_code == 303
    (row,) = kilns.rows("firing")
    assert (row["weight"], row["risk"], row["note"]) == (Decimal("416.666667"), "hot in Big Bertha", None)


def test_what_is_typed_counts_and_others_are_worked_out_of_it(kilns):
    browser = kilns.as_("ada")
    data = {**hidden(browser.get(NEW).text), "title": "Cups", "peak": "1250", "weight": "2"}
    assert browser.client.post(NEW, data=data).status_code == 303
    (row,) = kilns.rows("firing")
    assert (row["weight"], row["risk"]) == (2, "low")


def test_a_form_in_steps_has_them_too(kilns):
    Walk(kilns.as_("ada")).press(title="Cups", peak="900", weight="").press(**line(kilns, 0)).press()
    (row,) = kilns.rows("firing")
    assert (row["weight"], row["risk"]) == (300, "low")


def test_a_program_that_gives_nothing_gets_them_and_synchronised_rows_do_not(kilns):
    system = Principal.system("system")
    today = dt.datetime.now(dt.UTC).date()
    with kilns.engine.begin() as connection:
        create(connection, kilns.snapshot, system, "firing", {"title": "a", "peak": 600, "risk": None})
        rows = SqlRowStore(connection, kilns.snapshot, system)
        rows.upsert("firing", ("number",), [{"number": "S-1", "title": "b", "peak": 600}])
        rows.bulk_load("firing", ("number",), ("number", "title", "peak"), [("S-2", "c", 600)])
    made, *synced = kilns.rows("firing")
    assert (made["weight"], made["risk"]) == (200, None)
    assert abs((made["wanted"] - today).days - 30) <= 1
    assert [(row["weight"], row["risk"], row["wanted"]) for row in synced] == [(None, None, None)] * 2


def test_what_the_attribute_cannot_have_is_refused_at_it(pottery):
    changed = with_defaults(peak="@=length(title)")
    snapshot = MetadataStore(pottery.engine).publish("tester", components=(changed,)).snapshot
    with pottery.engine.begin() as connection, pytest.raises(Invalid) as refused:
        create(connection, snapshot, Principal.system("system"), "firing", {"title": "Cups"})
    assert refused.value.codes == {"peak": "too_small"}
    browser = pottery.as_("ada")
    data = {**hidden(browser.get(NEW).text), "title": "Cups", "peak": ""}
    answer = browser.client.post(NEW, data=data)
    assert (answer.status_code, pottery.rows("firing")) == (422, [])


def test_a_required_attribute_may_be_left_to_its_default(pottery):
    changed = with_defaults(risk="@=concat('like ', title)")
    required = (dataclasses.replace(item, required="required") if item.key == "risk" else item for item in changed.attributes)
    entity = dataclasses.replace(changed, attributes=tuple(required))
    MetadataStore(pottery.engine).publish("tester", components=(entity,))
    browser = pottery.as_("ada")
    data = {**hidden(browser.get(NEW).text), "title": "Cups", "risk": ""}
    assert browser.client.post(NEW, data=data).status_code == 303
    (row,) = pottery.rows("firing")
    assert row["risk"] == "like Cups"
    edit = f"/firings/{row['number']}/edit"
    data = {**hidden(browser.get(edit).text), "title": "Cups", "risk": ""}
    assert browser.client.post(edit, data=data).status_code == 422


@pytest.mark.parametrize(
    ("defaults", "said"),
    [
        ({"weight": "@=peek / 3"}, "There is no peek. Did you mean 'peak'?"),
        ({"weight": "@=title"}, "text"),
        ({"weight": "@="}, ""),
        ({"weight": "@=count(pieces)"}, "A new row has no rows of pieces yet"),
        ({"risk": "@=number"}, "number is given to a row when it is saved"),
        ({"kiln": "@=kiln"}, "An expression cannot give kiln, which is of type lookup."),
        ({"note": "@=risk", "risk": "@=note"}, "leads back to itself"),
    ],
)
def test_one_that_cannot_be_is_refused_with_its_place(defaults, said):
    changed = with_defaults(**defaults)
    components = {component_id(item): item for item in (*POTTERY, changed)}
    found = [problem for problem in check(components) if problem.code.startswith("formula")]
    assert len(found) == len(defaults), found
    assert all(said in problem.message and problem.position.path.endswith(".default") for problem in found), found
