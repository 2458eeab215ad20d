"""Steps that depend on an expression over what has been entered, and ways that end at another page."""

import dataclasses

import pytest

from metadata.checks import check
from metadata.model import Step, component_id
from metadata.store import MetadataStore
from support.pottery import POTTERY, STEPS
from support.walking import Walk, line

BASICS, _, DANGER, PIECES, CHECK = STEPS.steps


@pytest.fixture
def walk_with(pottery):
    """Somebody at the first step of the form with other steps."""

    def publish(*steps, who="ada"):
        site = next(iter(pottery.snapshot.sites))
        MetadataStore(pottery.engine).publish("tester", components=(dataclasses.replace(STEPS, steps=steps, site=site),))
        return Walk(pottery.as_(who))

    return publish


def asks(when, *, otherwise="pieces", **more):
    return Step(key="asks", type="condition", when=when, otherwise=otherwise, **more)


@pytest.mark.parametrize(
    ("when", "typed", "following"),
    [
        ("peak > 1200 & !(kiln.rate < 10 | kiln is empty)", {"peak": "1250", "kiln": "Big Bertha"}, "danger"),
        ("peak > 1200 & !(kiln.rate < 10 | kiln is empty)", {"peak": "1250"}, "pieces"),
        ("peak > 1200 & !(kiln.rate < 10 | kiln is empty)", {"peak": "1100", "kiln": "Big Bertha"}, "pieces"),
        ("(peak > 1200 | title = 'Cups') & !insured", {"peak": "700"}, "danger"),
        ("weight * 2 >= 5.5 and wanted > '2026-01-01'", {"weight": "2.75", "wanted": "2026-05-01"}, "danger"),
        ("weight * 2 >= 5.5 and wanted > '2026-01-01'", {"weight": "2.7", "wanted": "2026-05-01"}, "pieces"),
        ("atmosphere is empty and days_between(@today, wanted) > 100000", {"wanted": "2026-05-01"}, "pieces"),
        ("@contact.full_name = 'Ada' and potter is empty", {}, "danger"),
    ],
)
def test_the_expression_decides_which_step_follows(pottery, walk_with, when, typed, following):
    walk = walk_with(BASICS, asks(when), DANGER, PIECES, CHECK)
    kiln = {"kiln": str(pottery.ids[typed["kiln"]])} if "kiln" in typed else {}
    assert walk.press(title="Cups", **{**typed, **kiln}).step == following


def test_a_row_that_the_person_may_not_read_is_empty_to_a_condition(pottery, walk_with):
    walk = walk_with(BASICS, asks("studio.number is empty and kiln.name is empty"), DANGER, PIECES, CHECK)
    assert walk.press(title="Cups").step == "danger"


@pytest.mark.parametrize(("coats", "following"), [("2", "check"), ("3", "danger")])
def test_lines_count_as_they_were_entered(pottery, walk_with, coats, following):
    asked = asks("count(pieces, coats > 1) >= 2 & sum(pieces, coats) > 5", otherwise="check")
    walk = walk_with(BASICS, PIECES, asked, DANGER, CHECK).press(title="Cups")
    walk.press(**line(pottery, 0, coats="3"), **line(pottery, 1, coats=coats))
    assert walk.step == following


def test_a_step_that_is_no_longer_on_the_way_is_not_sent(pottery, walk_with):
    walk = walk_with(BASICS, asks("peak > 1200"), DANGER, PIECES, CHECK)
    assert walk.press(title="Cups", peak="1250").press(risk="Glaze runs").step == "pieces"
    walk.press("back").press("back").press(peak="1000")
    assert walk.press(**line(pottery, 0)).step == "check"
    walk.press()
    assert [(row["title"], row["risk"]) for row in pottery.rows("firing") if row["title"] == "Cups"] == [("Cups", None)]


def test_a_way_may_end_at_another_page_and_be_taken_up_again(pottery, walk_with):
    away = Step(key="away", type="redirect", page="firings")
    walk = walk_with(BASICS, asks("peak > 1200"), away, PIECES, CHECK)
    walk.press(title="Cups", peak="1250")
    assert walk.answer.request.path == "/firings"
    again = Walk(pottery.as_("ada"))
    assert (again.step, 'value="Cups"' in again.text) == ("basics", True)
    assert again.press(peak="1000").step == "pieces"
    assert not [row for row in pottery.rows("firing") if row["title"] == "Cups"]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (asks("peek > 1200"), "steps.1.when: There is no peek. Did you mean 'peak'?"),
        (asks("peak + 1"), "steps.1.when: "),
        (asks("count(shards) > 1"), "steps.1.when: "),
        (Step(key="asks", type="condition"), "steps.1: A step of type condition needs either condition: or when:."),
        (Step(key="asks", type="redirect"), "steps.1.page: A step of type redirect needs a page."),
    ],
)
def test_a_step_that_cannot_be_is_refused_with_its_place(step, said):
    changed = dataclasses.replace(STEPS, steps=(BASICS, step, DANGER, PIECES, CHECK))
    components = {component_id(item): item for item in (*POTTERY, changed)}
    found = [f"{problem.position.path}: {problem.message}" for problem in check(components)]
    assert [text for text in found if text.startswith(said)], found


def test_only_lines_that_the_form_enters_can_be_asked_for():
    changed = dataclasses.replace(STEPS, steps=(BASICS, asks("count(pieces) > 1", otherwise="check"), DANGER, CHECK))
    found = check({component_id(item): item for item in (*POTTERY, changed)})
    assert [problem.message for problem in found if problem.position.path == "steps.1.when"] == [
        "No step of this form enters pieces."
    ]


def test_somebody_at_a_step_that_is_taken_away_is_led_to_one_that_there_is(pottery, walk_with):
    walk = walk_with(BASICS, DANGER, PIECES, CHECK).press(title="Cups")
    assert walk.step == "danger"
    walk_with(BASICS, PIECES, CHECK)
    assert walk.press(risk="Glaze runs").step in ("basics", "pieces")
    again = Walk(pottery.as_("ada"))
    while again.step == "basics":
        again.press()
    again.press(**line(pottery, 0)).press()
    assert [(row["title"], row["risk"]) for row in pottery.rows("firing")] == [("Cups", None)]
