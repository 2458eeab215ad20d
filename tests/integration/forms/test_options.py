"""How many options are to be chosen: enforced on the server, in the form's own words or the engine's."""

import pytest

from metadata.checks import check
from metadata.model import (
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
    component_id,
)
from metadata.text import Text
from support.pottery import POTTERY, hidden, make_pottery, shown_errors

TASTE = Choice(key="taste", options=tuple(Option(value=value) for value in ("matte", "glossy", "rough", "speckled")))
WISH = Entity(
    key="wish",
    primary_name="name",
    attributes=(Attribute(key="name", type="text"), Attribute(key="tastes", type="choices", choice="taste")),
)
PAGE = Page(
    key="wish",
    label=Text.of("Wish"),
    parent="home",
    partial_url="wish",
    blocks=(Block(type="form", form="wish", mode="insert"),),
)
RIGHT = EntityPermission(key="wishes", entity="wish", scope="global", roles=("potter",), privileges=("read", "create"))


def form(**more):
    field = FormField(**{"attribute": "tastes", "fewest": 2, "most": 3, **more})
    return Form(key="wish", entity="wish", tabs=(Tab(sections=(Section(fields=(FormField(attribute="name"), field)),)),))


@pytest.fixture
def pottery(database_url, tmp_path, request):
    made = make_pottery(database_url, tmp_path, TASTE, WISH, PAGE, RIGHT, form(**getattr(request, "param", {})))
    yield made
    made.engine.dispose()


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ((), ""),
        (("matte",), "Choose at least 2 options."),
        (("matte", "rough"), ""),
        (("matte", "matte", "rough"), ""),
        (("matte", "rough", "glossy", "speckled"), "Choose at most 3 options."),
        (("matte", "unknown"), "Choose one of the values offered."),
    ],
)
def test_as_many_options_are_taken_as_are_asked_for(pottery, chosen, said):
    browser = pottery.as_("ada")
    answer = browser.client.post("/wish", data={**hidden(browser.get("/wish").text), "name": "w", "tastes": ["", *chosen]})
    assert answer.status_code == (422 if said else 303)
    assert shown_errors(answer.text) == ([f"Tastes: {said}"] if said else [])
    assert len(pottery.rows("wish")) == (0 if said else 1)


@pytest.mark.parametrize("pottery", [{"range_message": Text.of("Two or three, please")}], indirect=True)
def test_the_form_may_say_it_in_its_own_words(pottery):
    browser = pottery.as_("ada")
    answer = browser.client.post("/wish", data={**hidden(browser.get("/wish").text), "tastes": ["matte"]})
    assert shown_errors(answer.text) == ["Tastes: Two or three, please"]


@pytest.mark.parametrize(
    ("more", "place"),
    [({"fewest": 3, "most": 2}, "fewest"), ({"attribute": "name"}, "fewest"), ({"attribute": "name", "fewest": 0}, "most")],
)
def test_numbers_that_cannot_be_are_refused(more, place):
    components = {component_id(item): item for item in (*POTTERY, TASTE, WISH, PAGE, RIGHT, form(**more))}
    places = [problem.position.path for problem in check(components) if problem.severity == "error"]
    assert places == [f"tabs.0.sections.0.fields.1.{place}"]
