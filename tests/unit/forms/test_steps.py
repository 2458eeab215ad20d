from decimal import Decimal

import pytest

from metadata.model import Filter, MultistepForm, Step
from runtime.forms.steps import furthest, holds, step_after, step_before, steps_for
from runtime.forms.totals import product, total, total_paths

MOORING = MultistepForm(
    key="mooring",
    entity="stay",
    steps=(
        Step(key="boat"),
        Step(key="long", type="condition", condition=Filter(attribute="nights", operator="gt", value=7), otherwise="check"),
        Step(key="contract", back=False),
        Step(key="check", type="review"),
    ),
)


def by(values):
    """The conditions of steps, asked of values."""
    return lambda step: holds(step.condition, values.get)


def keys(steps):
    return [step.key for step in steps]


def test_a_condition_leads_one_way_or_the_other():
    assert keys(steps_for(MOORING, by({"nights": 10}))) == ["boat", "contract", "check"]
    assert keys(steps_for(MOORING, by({"nights": 2}))) == ["boat", "check"]
    assert keys(steps_for(MOORING, by({}))) == ["boat", "check"]


def test_steps_that_lead_in_a_circle_end():
    circle = MultistepForm(key="c", entity="stay", steps=(Step(key="a", next="b"), Step(key="b", next="a")))
    assert keys(steps_for(circle, by({}))) == ["a", "b"]


def test_no_step_beyond_the_first_incomplete_one_may_be_opened():
    steps = steps_for(MOORING, by({"nights": 10}))
    assert furthest(steps, lambda step: step.key == "boat").key == "contract"
    assert furthest(steps, lambda step: True).key == "check"


def test_one_may_go_back_unless_the_step_forbids_it():
    boat, contract, check = steps_for(MOORING, by({"nights": 10}))
    assert (step_before((boat, contract, check), contract), step_before((boat, contract, check), check)) == (None, contract)
    assert step_after((boat, contract, check), check) is None


@pytest.mark.parametrize(
    ("operator", "held", "wanted", "answer"),
    [
        ("eq", "a", "a", True),
        ("ne", None, "a", True),
        ("gt", Decimal("2.5"), "2.4", True),
        ("lt", 3, 3, False),
        ("in", "a", ["a", "b"], True),
        ("not_in", "a", ["a"], False),
        ("between", 3, [1, 3], True),
        ("contains", "Vega II", "vega", True),
        ("starts_with", "Vega", "V", True),
        ("ends_with", "Vega", "x", False),
        ("empty", "", None, True),
        ("not_empty", "", None, False),
        ("eq", ("a", "b"), "b", True),
        ("gt", "a", 3, False),
        ("eq", True, True, True),
        ("in", ("a",), ["a", "c"], True),
        ("gt", 3, "x", False),
    ],
)
def test_conditions_compare_what_was_entered(operator, held, wanted, answer):
    assert holds(Filter(attribute="x", operator=operator, value=wanted), {"x": held}.get) is answer


def test_conditions_are_grouped():
    yes, no = Filter(attribute="x", value=1), Filter(attribute="x", value=2)
    assert holds(Filter(any=(no, yes)), {"x": 1}.get)
    assert not holds(Filter(all=(no, yes)), {"x": 1}.get)


def test_an_estimate_multiplies_and_leaves_out_what_is_not_known():
    paths = total_paths(" nights * berth.price ")
    assert paths == ("nights", "berth.price")
    rows = [{"nights": 3, "berth.price": Decimal("12.50")}, {"nights": 2}, {"nights": True, "berth.price": Decimal(1)}]
    assert total(product(paths, row.get) for row in rows) == (Decimal("37.50"), 1)
