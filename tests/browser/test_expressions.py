"""The browser's evaluator gives the answer of the server's."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from metadata.expressions import evaluate
from metadata.expressions.catalogue import FUNCTIONS
from metadata.expressions.data import to_data
from metadata.expressions.tree import aggregates
from support.expressions import SCALAR, PlainRow, rows, trees

SCRIPT = Path(__file__).parents[2] / "themes/base/static/js/expressions.js"
CASES = 400
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
ASK = """async ([script, cases]) => {
  const { evaluate, plainOf, valueOf } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  return cases.map(([data, row, kind]) => plainOf(kind, evaluate(data, (path, kind) => valueOf(kind, row[path]))));
}"""


def test_the_browser_gives_the_same_answers(page: Page) -> None:
    cases: list[tuple[Any, dict[str, Any], str]] = []
    expected: list[Any] = []

    @settings(max_examples=CASES, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None)
    @given(tree=st.sampled_from(SCALAR).flatmap(lambda kind: trees(kind, 3, False)), row=rows)
    def collect(tree: Any, row: dict[str, Any]) -> None:
        if not aggregates(tree):
            cases.append((to_data(tree), {key: _sent(value) for key, value in row.items()}, tree.kind))
            expected.append(_plain(evaluate(tree, PlainRow(row))))

    collect()
    assert len(cases) > CASES // 2
    answers = page.evaluate(ASK, [SCRIPT.read_text(encoding="utf-8"), cases])
    different = [(case, want, got) for case, want, got in zip(cases, expected, answers, strict=True) if want != got]
    assert different[:3] == []


def test_the_browser_knows_every_function() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert [name for name in FUNCTIONS if f"  {name}:" not in text and f'case "{name}":' not in text] == []


def _sent(value: Any) -> Any:
    match value:
        case Decimal():
            return f"{value:f}"
        case dt.datetime() | dt.date():
            return value.isoformat()
        case tuple():
            return list(value)
    return value


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            text = f"{value:f}"
            text = text.rstrip("0").rstrip(".") if "." in text else text
            return "0" if text in ("-0", "") else text
        case dt.datetime():
            return str((value - EPOCH) // dt.timedelta(microseconds=1))
        case dt.date():
            return value.isoformat()
        case tuple():
            return list(value)
    return value
