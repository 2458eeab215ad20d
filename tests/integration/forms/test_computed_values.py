"""Fields that a form fills in by an expression: when it is opened, and when it is saved, on all that is known by then."""

import dataclasses
import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from metadata.checks import check
from metadata.model import FormField, Section, Tab, component_id
from metadata.store import MetadataStore
from support.pottery import FORMS, POTTERY, hidden
from support.walking import Walk, line

NEW = "/firings/new"
NEW_FIRING, EDIT_FIRING, _, BASICS, *_ = FORMS


def with_fields(form, *fields):
    """The form with these fields in the place of those about the same attributes."""
    own = {field.attribute: field for field in (*form.tabs[0].sections[0].fields, *fields)}
    return dataclasses.replace(form, tabs=(Tab(sections=(Section(fields=tuple(own.values())),)),))


@pytest.fixture
def saved(pottery, book_with):
    """The row that a form with these fields makes of what is typed."""

    def save(*fields, **typed):
        answer = book_with(with_fields(NEW_FIRING, *fields), **typed)
        assert answer.status_code == 303, answer.text
        return pottery.rows("firing")[0]

    return save


@pytest.fixture
def book_with(pottery):
    """Send a changed form."""

    def send(form, **typed):
        MetadataStore(pottery.engine).publish("tester", components=(form,))
        browser = pottery.as_("ada")
        return browser.client.post(NEW, data={**hidden(browser.get(NEW).text), "title": "Cups", **typed})

    return send


def today():
    """The day of the site's people."""
    return dt.datetime.now(ZoneInfo("Europe/Stockholm")).date()


def test_an_empty_form_holds_what_its_expressions_give(pottery):
    days = dt.timedelta(days=10)
    changed = with_fields(
        NEW_FIRING,
        FormField(attribute="title", prepopulate="@=concat('For ', @contact.full_name)"),
        FormField(attribute="wanted", prepopulate="@=add_days(@today, 10)"),
        FormField(attribute="peak", prepopulate="@=if(@contact.full_name = 'Ada', 1000 + 60.4, 700)"),
    )
    MetadataStore(pottery.engine).publish("tester", components=(changed,))
    before = today()
    page = pottery.as_("ada").get(NEW).text
    assert 'value="For Ada"' in page
    assert 'value="1,060"' in page or 'value="1060"' in page
    assert any(f'value="{day + days:%Y-%m-%d}"' in page for day in (before, today()))


@pytest.mark.parametrize(
    ("attribute", "formula", "typed", "stored"),
    [
        ("weight", "peak / 3", {"peak": "1000"}, Decimal("333.333333")),
        ("peak", "weight * 100", {"weight": "7.996"}, 800),
        ("risk", "if(peak > 1200 & !insured, 'high', empty)", {"peak": "1250"}, "high"),
        ("risk", "if(peak > 1200 & !insured, 'high', empty)", {"peak": "1250", "insured": "1"}, None),
        ("insured", "peak > 1200", {"peak": "1250", "insured": ""}, True),
        ("atmosphere", "if(peak > 1200, 'reduction', 'oxidation')", {"peak": "1250"}, "reduction"),
        ("peak", "weight * 100", {"weight": ""}, None),
        ("note", "concat(title, ' of ', @contact.full_name)", {}, "Cups of Ada"),
    ],
)
def test_what_an_expression_sets_on_save_counts_whatever_was_typed(saved, attribute, formula, typed, stored):
    typed = {attribute: "", **typed}
    assert saved(FormField(attribute=attribute, hidden=True, set_on_save=f"@={formula}"), **typed)[attribute] == stored


def test_an_expression_looks_over_a_lookup_as_far_as_the_person_may_read(pottery, saved):
    kiln = str(pottery.ids["Big Bertha"])
    row = saved(FormField(attribute="risk", hidden=True, set_on_save="@=concat(kiln.name, '/', studio.number)"), kiln=kiln)
    assert row["risk"] == "Big Bertha/"


def test_a_hidden_field_that_was_posted_is_not_taken(saved):
    assert (
        saved(FormField(attribute="risk", hidden=True, prepopulate="@=concat('by ', 'me')"), risk="forged")["risk"] == "by me"
    )


def test_what_cannot_be_stored_is_said_and_nothing_is_made(pottery, book_with):
    field = FormField(attribute="atmosphere", set_on_save="@=concat('vac', 'uum')")
    answer = book_with(with_fields(NEW_FIRING, field))
    assert answer.status_code == 422
    assert pottery.rows("firing") == []


def test_a_change_is_worked_out_of_what_is_typed_and_what_is_kept(pottery):
    pottery.firing("ada", title="Bowls", peak=1250, weight=Decimal("2.5"))
    (row,) = pottery.rows("firing")
    rule = FormField(attribute="risk", set_on_save="@=if(peak > 1200 & weight > 2, concat(title, ' at risk'), empty)")
    MetadataStore(pottery.engine).publish("tester", components=(with_fields(EDIT_FIRING, rule),))
    browser, address = pottery.as_("ada"), f"/firings/{row['number']}/edit"
    for title, peak, stored in (("Plates", "1250", "Plates at risk"), ("Plates", "1100", None)):
        answer = browser.client.post(
            address, data={**hidden(browser.get(address).text), "title": title, "peak": peak, "risk": "none at all"}
        )
        assert (answer.status_code, pottery.rows("firing")[0]["risk"]) == (303, stored)


def test_a_step_sets_by_expressions_too(pottery):
    changed = with_fields(BASICS, FormField(attribute="risk", hidden=True, set_on_save="@=concat(title, '!')"))
    MetadataStore(pottery.engine).publish("tester", components=(changed,))
    walk = Walk(pottery.as_("ada")).press(title="Cups", peak="700")
    walk.press(**line(pottery, 0)).press()
    assert pottery.rows("firing")[0]["risk"] == "Cups!"


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (FormField(attribute="peak", set_on_save="@=wieght * 2"), "There is no wieght. Did you mean 'weight'?"),
        (FormField(attribute="peak", set_on_save="@=title"), ""),
        (FormField(attribute="peak", set_on_save="@="), ""),
        (FormField(attribute="peak", set_on_save="@=count(pieces)"), "A form knows no rows of pieces"),
        (FormField(attribute="peak", prepopulate="@=weight * 2"), "An empty form has no weight yet"),
        (
            FormField(attribute="peak", set_on_save="@=length(number)"),
            "number is not on the form firing-new; add it as a field",
        ),
        (FormField(attribute="kiln", set_on_save="@=kiln"), "An expression cannot give kiln, which is of type lookup."),
    ],
)
def test_an_expression_that_cannot_be_is_refused_with_its_place(field, said):
    changed = with_fields(NEW_FIRING, field)
    components = {component_id(item): item for item in (*POTTERY, changed)}
    found = [problem for problem in check(components) if problem.code == "formula"]
    assert [problem.message for problem in found if said in problem.message], found
    assert all(problem.position.path.endswith(("prepopulate", "set_on_save")) for problem in found)
