"""The language's grammar, its kinds, and what it says of mistakes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from metadata.expressions import Call, ExpressionError, Literal, Name, evaluate, parse, typed
from metadata.expressions.catalogue import AGGREGATES, FUNCTIONS, OPERATORS
from metadata.expressions.evaluate import LAZY, PLAIN, WHOLE
from metadata.expressions.postgresql import FUNCTIONS as IN_POSTGRESQL
from metadata.expressions.sql import value_sql
from metadata.expressions.typing import DEEPEST
from support.expressions import THINGS, PlainRow, TableColumns, ThingNames

DIALECTS = {"postgresql": postgresql.dialect(), "sqlite": sqlite.dialect()}

ROW: dict[str, Any] = {
    "whole": 3,
    "amount": Decimal("12.50"),
    "weight": None,
    "flag": True,
    "word": "bike",
    "other": None,
    "day": dt.date(2026, 1, 31),
    "due": dt.date(2026, 3, 1),
    "at": dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC),
    "tags": ("red",),
    "owner": 7,
}


def value(text: str, parts: tuple[dict[str, Any], ...] = ()) -> Any:
    found = typed(parse(text), ThingNames())
    assert found.node is not None, [str(fault) for fault in found.faults]
    return evaluate(found.node, PlainRow(ROW, parts))


def faults(text: str, *wanted: Any) -> list[str]:
    return [fault.message for fault in typed(parse(text), ThingNames(), *wanted).faults]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("-whole + 5", 2),
        ("2 / 3", Decimal("0.6666666667")),
        ("-2 / 3", Decimal("-0.6666666667")),
        ("1 / 0", None),
        ("round(2.5, 0)", 3),
        ("round(-2.5, 0)", -3),
        ("amount * weight", None),
        ("coalesce(weight, 4) + 1", 5),
        ("least(whole, 2, weight)", 2),
        ("concat(word, other, '!')", "bike!"),
        ("length('é😀')", 2),
        ("trim('  a b ')", "a b"),
        ("'it''s'", "it's"),
        ("days_between(day, due)", 29),
        ("add_days(day, 1)", dt.date(2026, 2, 1)),
        ("year(day) * 100 + month(day)", 202601),
        ("if(weight > 1, 'heavy', 'light')", "light"),
        ("if(flag, amount, 0)", Decimal("12.50")),
    ],
)
def test_computing(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("whole = 3 and not flag", False),
        ("whole = 3 & ! flag | word = 'bike'", True),
        ("whole = 1 or whole = 3 and flag", True),
        ("(whole = 1 or whole = 3) and not flag", False),
        ("not not flag", True),
        ("weight = 1", False),
        ("weight != 1", True),
        ("not (weight > 1)", True),
        ("weight is empty and word is not empty", True),
        ("other is empty", True),
        ("whole in (1, 2, 3)", True),
        ("word not in ('car', 'boat')", True),
        ("weight in (1, empty)", True),
        ("day < '2026-02-01'", True),
        ("at >= '2026-01-31T12:00:00+00:00'", True),
        ("has(tags, 'red')", True),
        ("contains(word, 'IK')", False),
        ("starts_with(word, 'bi') and ends_with(word, 'ke')", True),
        ("owner = owner", True),
    ],
)
def test_conditions_hold_or_do_not_and_are_never_unknown(text: str, holds: bool) -> None:
    assert value(text) is holds


def test_aggregates_look_at_the_related_rows() -> None:
    parts = ({**ROW, "amount": Decimal(2)}, {**ROW, "amount": None}, {**ROW, "amount": Decimal(5), "flag": False})
    assert value("count(parts)", parts) == 3
    assert value("sum(parts, amount * whole)", parts) == 21
    assert value("sum(parts, amount, flag)", parts) == 2
    assert value("avg(parts, amount)", parts) == Decimal("3.5")
    assert value("min(parts, day)", parts) == dt.date(2026, 1, 31)
    assert value("any(parts, amount > 4) and not all(parts, flag)", parts) is True
    assert (value("sum(parts, amount)"), value("max(parts, amount)"), value("all(parts, flag)")) == (0, None, True)


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("", 0, "a value was expected, the text ends"),
        ("whole +", 7, "a value was expected"),
        ("whole word", 6, "an operator was expected, found 'word'"),
        ("word = 'open", 7, "has no meaning here"),
        ("lenght(word)", 0, "there is no function lenght Did you mean 'length'?"),
        ("eq(whole, 1)", 0, "there is no function eq"),
        ("(whole", 6, "')' was expected"),
        ("sum(parts)", 0, "sum takes a relationship, a value"),
        ("count('x')", 0, "count begins with the name of a relationship"),
        ("1234567890123456789", 0, "at most 18 digits"),
        ("whole; drop", 5, "';' has no meaning here"),
        ("(" * 41 + "1" + ")" * 41, 40, "nested more than 40 deep"),
        ("1" + " + 1" * 2000, 5000, "at most 5000 characters"),
    ],
)
def test_a_slip_is_named_with_its_place(text: str, at: int, said: str) -> None:
    with pytest.raises(ExpressionError, match=r".") as caught:
        parse(text)
    assert said in caught.value.message
    assert caught.value.at == at


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wole + 1", "there is no wole. Did you mean 'whole'?"),
        ("whole + word", "this cannot be done with a number, a text; it is used like net + tax"),
        ("word < 'x'", "this cannot be done with a text, a text"),
        ("if(whole, 1, 2)", "this cannot be done with a number, a number, a number"),
        ("coalesce(empty, empty)", "this cannot be done with nothing, nothing"),
        ("round(amount, whole + 1)", "here a name or a value is needed"),
        ("sum(lines, amount)", "there is no relationship lines"),
        ("sum(parts, word)", "sum cannot be taken of a text"),
        ("count(parts, amount)", "a condition is yes or no, this gives a number"),
        ("count(parts, count(parts) > 1)", "there is no relationship parts"),
        ("day < 'tomorrow'", "this cannot be done with a date, a text"),
        (" + ".join(["whole"] * 150), "at most 200 parts"),
    ],
)
def test_a_mistake_in_meaning_is_named(text: str, said: str) -> None:
    assert [said in message for message in faults(text)] == [True], faults(text)


@pytest.mark.parametrize(
    "text", ["1" + "+1" * 2400, "whole" + "/2" * 2000, "-(" * 30 + "whole" + ")" * 30, "whole" + " * 2" * 30]
)
def test_an_expression_that_is_too_deep_is_refused_in_words(text: str) -> None:
    assert ["an expression " in message for message in faults(text)] == [True]


@pytest.mark.parametrize("part", [" / 2", " * 2", " + 2"])
@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_the_deepest_that_is_taken_can_be_written_out_far_down_a_stack(part: str, dialect: str) -> None:
    node = typed(parse("whole" + part * (DEEPEST - 1)), ThingNames()).node
    assert node is not None

    def below(frames: int) -> object:
        return (
            below(frames - 1)
            if frames
            else value_sql(node, TableColumns(THINGS), dialect, 4).compile(dialect=DIALECTS[dialect])
        )

    assert below(200)


def test_all_mistakes_are_told_at_once() -> None:
    assert len(faults("wole + amont > 1 and dai is empty")) == 3


def test_the_whole_must_be_of_the_kind_that_is_needed() -> None:
    assert faults("whole + 1", "boolean") == ["this gives a number, where yes or no is needed"]
    assert faults("'2026-01-01'", "date") == []
    assert faults("empty", "date") == []


def test_an_option_that_is_none_is_a_slip() -> None:
    class Names(ThingNames):
        def find(self, path: str) -> Any:
            from metadata.expressions.typing import Named

            return Named("text", ("open", "closed")) if path == "status" else super().find(path)

    said = [fault.message for fault in typed(parse("status = 'opne' or status in ('closed', 'x')"), Names()).faults]
    assert said == ["'opne' is none of the options. Did you mean 'open'?", "'x' is none of the options."]


def test_every_function_is_known_to_every_evaluator() -> None:
    everywhere = set(FUNCTIONS)
    assert set(LAZY) | set(WHOLE) | set(PLAIN) == everywhere
    assert set(IN_POSTGRESQL) | {"or", "and", "not", "if", "is_empty"} == everywhere


def test_every_example_of_the_catalogue_is_an_expression() -> None:
    for function in FUNCTIONS.values():
        assert isinstance(parse(function.example), (Call, Literal, Name))


@given(st.text(max_size=60) | st.text(st.sampled_from("()+-*/=<>!&|,'\"ab1.@ "), max_size=60))
def test_any_text_is_parsed_or_refused_with_a_place(text: str) -> None:
    assert 0 <= _place_of_the_fault(text) <= len(text)


def _place_of_the_fault(text: str) -> int:
    try:
        parse(text)
    except ExpressionError as refused:
        return refused.at
    return 0


def test_the_guide_names_every_function() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "expressions.md").read_text(encoding="utf-8")
    named = (set(FUNCTIONS) - OPERATORS) | set(AGGREGATES)
    assert [name for name in sorted(named) if f"{name}(" not in guide and f"`{name}`" not in guide] == []
