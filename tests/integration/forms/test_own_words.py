"""What a form demands of values is held on the server, for new records and changed ones, and said in the form's own words or
the engine's, in the language of the page."""

import datetime as dt

import pytest

from metadata.model import (
    AlternateKey,
    Attribute,
    Block,
    Choice,
    Entity,
    EntityPermission,
    Form,
    FormField,
    Option,
    Page,
    Section,
    Tab,
)
from metadata.text import Text
from support.pottery import hidden, make_pottery, shown_errors

OWN = {
    "required_message": Text.of({"en": "We need it", "sv": "Vi behöver det"}),
    "pattern_message": Text.of({"en": "Two letters, a dash, digits", "sv": "Två bokstäver, streck, siffror"}),
    "range_message": Text.of({"en": "That is out of our range", "sv": "Det är utom vårt område"}),
}
CLAY = Choice(key="clay", options=tuple(Option(value=value) for value in ("stone", "earth", "china")))
ORDER = Entity(
    key="clay_order",
    primary_name="code",
    keys=(AlternateKey(key="code", attributes=("code",)),),
    attributes=(
        Attribute(key="code", type="text", required="required", max_length=10),
        Attribute(key="bags", type="integer", min=1, max=40),
        Attribute(key="price", type="decimal", scale=2, min="0.5"),
        Attribute(key="wanted", type="date", min=dt.date(2020, 1, 1), max=dt.date(2030, 12, 31)),
        Attribute(key="kinds", type="choices", choice="clay"),
        Attribute(key="approved", type="boolean"),
    ),
)
DEMANDS = {
    "code": {"pattern": "[A-Z]{2}-[0-9]+"},
    "bags": {"required": True},
    "price": {},
    "wanted": {},
    "kinds": {"required": True, "fewest": 2, "most": 2},
}
SOUND = {"code": "AB-1", "bags": "3", "price": "1.50", "wanted": "2026-05-01", "kinds": ["", "stone", "earth"]}
RIGHTS = ("read", "create", "write")
NEW, EDIT = "/clays/clay-new", "/clays/AB-1/clay-edit"


def pages():
    def page(key, parent, block, **more):
        blocks = (block,) if block else ()
        return Page(key=key, label=Text.of(key), parent=parent, **{"partial_url": key, **more}, blocks=blocks)

    return (
        page("clays", "home", None),
        page("clay-new", "clays", Block(type="form", form="clay", mode="insert")),
        page("clay", "clays", Block(type="form", form="clay"), partial_url="", record_entity="clay_order"),
        page("clay-edit", "clay", Block(type="form", form="clay", mode="edit")),
    )


@pytest.fixture(params=[OWN, {}], ids=["own", "engine"])
def pottery(database_url, tmp_path, request):
    fields = tuple(FormField(attribute=key, **demand, **request.param) for key, demand in DEMANDS.items())
    form = Form(key="clay", entity="clay_order", tabs=(Tab(sections=(Section(fields=fields),)),))
    right = EntityPermission(key="clays", entity="clay_order", scope="global", roles=("potter",), privileges=RIGHTS)
    made = make_pottery(database_url, tmp_path, CLAY, ORDER, form, right, *pages())
    made.own = bool(request.param)
    yield made
    made.engine.dispose()


FAULTS = [
    ({"code": " "}, ("Code", "We need it"), "Enter Code."),
    ({"bags": ""}, ("Bags", "We need it"), "Enter Bags."),
    ({"kinds": [""]}, ("Kinds", "We need it"), "Choose Kinds."),
    ({"code": "ab-1"}, ("Code", "Two letters, a dash, digits"), ""),
    ({"code": "AB-1 "}, None, ""),
    ({"code": "AB-1\nx"}, ("Code", "Two letters, a dash, digits"), ""),
    ({"bags": "0"}, ("Bags", "That is out of our range"), "1"),
    ({"bags": "41"}, ("Bags", "That is out of our range"), "40"),
    ({"price": "0.49"}, ("Price", "That is out of our range"), "0.5"),
    ({"wanted": "2019-12-31"}, ("Wanted", "That is out of our range"), "2020"),
    ({"wanted": "2031-01-01"}, ("Wanted", "That is out of our range"), "2030"),
    ({"kinds": ["", "stone"]}, ("Kinds", "That is out of our range"), "at least 2"),
    ({"kinds": ["", "stone", "earth", "china"]}, ("Kinds", "That is out of our range"), "at most 2"),
]


@pytest.mark.parametrize(("changed", "own", "engine"), FAULTS)
def test_a_demand_is_held_for_new_records_and_changed_ones(pottery, changed, own, engine):
    browser = pottery.as_("ada")

    def send(path, **fields):
        return browser.client.post(path, data={**hidden(browser.get(path).text), **SOUND, **fields})

    for path in (NEW, EDIT):
        before = pottery.rows("clay_order")
        answer = send(path, **changed)
        if own is None:
            assert answer.status_code == 303
            return
        assert (answer.status_code, pottery.rows("clay_order")) == (422, before)
        (said,) = shown_errors(answer.text)
        if pottery.own:
            assert said == f"{own[0]}: {own[1]}"
        else:
            assert own[0] in said
            assert engine in said
            assert own[1] not in said
        if path == NEW:
            assert send(NEW).status_code == 303


def test_own_words_are_said_in_the_language_of_the_page(pottery):
    browser, path = pottery.as_("ada"), f"/sv-SE{NEW}"
    bad = {**SOUND, "price": "1,5", "code": "x", "bags": "99", "kinds": [""]}
    answer = browser.client.post(path, data={**hidden(browser.get(path).text), **bad})
    said = shown_errors(answer.text)
    own = ["Code: Två bokstäver, streck, siffror", "Bags: Det är utom vårt område", "Kinds: Vi behöver det"]
    assert (said == own) is pottery.own
    assert len(said) == 3
