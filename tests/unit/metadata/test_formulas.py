"""What is said of formulas that cannot be: with their place, all at once."""

import pytest

from metadata.checks import check
from metadata.model import Component, component_id
from metadata.schema import load


def problems(*formulas: dict[str, object], keys: object = (), more: tuple[Component, ...] = ()) -> list[str]:
    attributes = [
        {"key": "quantity", "type": "integer"},
        {"key": "price", "type": "money"},
        {"key": "state", "type": "choice", "choice": "state"},
        {"key": "order", "type": "lookup", "target": "order", "relationship": "lines"},
        *formulas,
    ]
    declared = (
        load("choice", {"key": "state", "options": [{"value": "open"}]}),
        load("entity", {"key": "order", "attributes": [{"key": "total", "type": "money", "formula": "sum(lines, price)"}]}),
        load("entity", {"key": "line", "attributes": attributes, "keys": keys}),
        *more,
    )
    found = check({component_id(item): item for item in declared})
    return [f"{problem.position.path}: {problem.message} [{problem.code}]" for problem in found]


def formula(text: str, kind: str = "money", **more: object) -> dict[str, object]:
    return {"key": "worked", "type": kind, "formula": text, **more}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("quantity * price", "money"),
        ("if(state = 'open', @today, empty)", "date"),
        ("order.total / 2", "decimal"),
        ("state = 'open' and @contact.account = order", "boolean"),
        ("created_at > '2026-01-01'", "boolean"),
    ],
)
def test_a_formula_that_fits(text: str, kind: str) -> None:
    assert problems(formula(text, kind)) == []


@pytest.mark.parametrize(
    ("attribute", "said"),
    [
        (formula("quantty * price"), "There is no quantty. Did you mean 'quantity'? (at ▸ in '▸quantty * price')."),
        (formula("quantity *"), "A value was expected, the text ends (at ▸ in 'quantity *▸')."),
        (formula("quantity > 1"), "This gives yes or no, where a number is needed"),
        (formula("state = 'opn'", "boolean"), "'opn' is none of the options. Did you mean 'open'?"),
        (formula("@nobody = order", "boolean"), "There is no @nobody."),
        (formula("order", "lookup", target="order"), "A formula cannot give lookup"),
        (formula("price", default=1), "worked is worked out by its formula, so default has no meaning"),
        (formula("price", required="required"), "nobody can be required to fill it in"),
        (formula("worked + 1"), "The formula of worked leads back to itself"),
    ],
)
def test_a_formula_that_does_not(attribute: dict[str, object], said: str) -> None:
    found = problems(attribute)
    assert any(said in problem and problem.startswith("attributes.4") for problem in found), found


def test_a_circle_over_two_entities_is_found() -> None:
    attributes = [
        {"key": "price", "type": "money", "formula": "order.total"},
        {"key": "order", "type": "lookup", "target": "order"},
    ]
    attributes[1]["relationship"] = "lines"
    declared = (
        load("entity", {"key": "order", "attributes": [{"key": "total", "type": "money", "formula": "sum(lines, price)"}]}),
        load("entity", {"key": "line", "attributes": attributes}),
    )
    found = check({component_id(item): item for item in declared})
    assert [problem.code for problem in found if "formula" in problem.code] == ["formula-circle", "formula-circle"]


def test_a_key_is_made_of_stored_attributes() -> None:
    found = problems(formula("price"), keys=[{"key": "k", "attributes": ["worked"]}])
    assert any("a key is made of attributes that are stored" in problem for problem in found)
