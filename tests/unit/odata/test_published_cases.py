"""The published cases of OData's grammar: what is valid is understood or named as not offered, what is not valid is refused.

FOYER_TEST_ODATA_ABNF names a folder with `testcases.dev.jsonl`; each line is a case with its rule, its text, and whether it
is valid.
"""

import contextlib
import json
import os
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.odata.addresses import read_address
from runtime.odata.expressions import parse, parse_value
from runtime.odata.faults import NotOffered, SyntaxFault
from runtime.odata.options import read_options

VARIABLE = "FOYER_TEST_ODATA_ABNF"
FILE = Path(os.environ.get(VARIABLE, "")) / "testcases.dev.jsonl"
TOLD_BY_NAMES = {
    "Categories(1)/Address/$value",
    "$apply=groupby((Product/Price/Quantity))",
    "$apply=groupby((Sales/Product/Name))",
}
"""Not valid because of what the names mean, which the grammar alone cannot tell."""


def options(text):
    pairs = (part.partition("=") for part in text.split("&"))
    return read_options((unquote(name), unquote(value)) for name, _, value in pairs)


def relative(text):
    path, _, query = text.partition("?")
    if path.startswith("$"):
        raise NotOffered(path.partition("/")[0])
    read_address(unquote(path) if "%2F" not in path else path.replace("%2F", "/"))
    if query:
        options(query)


RULES = {
    "queryOptions": options,
    "systemQueryOption": options,
    "filter": options,
    "select": options,
    "orderby": options,
    "expand": options,
    "commonExpr": lambda text: parse_value(unquote(text)),
    "firstMemberExpr": lambda text: parse_value(unquote(text)),
    "boolCommonExpr": lambda text: parse(unquote(text)),
    "notExpr": lambda text: parse(unquote(text)),
    "anyExpr": lambda text: parse_value(f"Items/{unquote(text)}"),
    "resourcePath": relative,
    "odataRelativeUri": relative,
}
FEWEST = {"commonExpr": 10, "boolCommonExpr": 12, "firstMemberExpr": 9, "filter": 5, "queryOptions": 20, "resourcePath": 8}
"""How many valid cases are understood at least, so that nothing passes by being refused."""


def answered(rule, text):
    try:
        RULES[rule](text)
    except SyntaxFault as fault:
        return f"refused: {fault.message}"
    except NotOffered as fault:
        return f"not offered: {fault.what}"
    return "understood"


@pytest.mark.skipif(not FILE.is_file(), reason=f"{VARIABLE} names no folder with the published cases")
def test_published_cases_are_understood_or_named_as_not_offered():
    cases = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    wrong, understood = [], Counter()
    for case in (case for case in cases if case["rule"] in RULES):
        found = answered(case["rule"], case["input"])
        understood[case["rule"]] += case["valid"] and found == "understood"
        if case["valid"] and found.startswith("refused"):
            wrong.append((case["rule"], case["input"], found))
        if not case["valid"] and found == "understood" and case["input"] not in TOLD_BY_NAMES:
            wrong.append((case["rule"], case["input"], found))
    assert wrong == []
    assert {rule: understood[rule] for rule, fewest in FEWEST.items() if understood[rule] < fewest} == {}


@pytest.mark.parametrize(
    "text",
    ["", "(",
     ")", "a eq", "eq 1", "a eq 'x", "a eq 1 b", "a and", "a/", "x/any(", "x/any(a b)", "x/all()", "contains(a)",
     "a in ()()", "1", "a eq 1)", "a eq @b", "a eq 2026-13-01", "a eq 1e", "'a' and b eq 1", "a eq 1 and length(b)"],
)  # fmt: skip
def test_what_is_no_condition_is_refused_with_its_place(text):
    with pytest.raises(SyntaxFault):
        parse(text)


@pytest.mark.parametrize("text", ["(" * 400 + "a" + ")" * 400, "not " * 400 + "a", "a eq 1" + " or a eq 1" * 900])
def test_what_is_far_too_deep_or_long_is_refused(text):
    with pytest.raises(SyntaxFault):
        parse(text)


PIECES = st.sampled_from(
    [
        "name",
        "a/b",
        "'x'",
        "''",
        "5",
        "-3",
        "1e400",
        "null",
        "true",
        "2024-02-30",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "now()",
        "$it",
        "@p",
        "[",
        "{",
        "(",
        ")",
        ",",
        ";",
        "/",
        ":",
        "=",
        "eq",
        "ne",
        "and",
        "or",
        "not",
        "in",
        "has",
        "add",
        "any(x:x",
        "all(",
        "$count",
        "$filter=",
        "contains(",
        "length(",
        "$select=",
        "$expand=",
        "as",
        "with",
        "sum",
        "groupby((",
        "'",
        '"',
        "%",
        "\\",
    ]
)
TEXTS = st.lists(PIECES, max_size=14).flatmap(lambda parts: st.sampled_from([" ".join(parts), "".join(parts)])) | st.text(
    max_size=40
)


@given(TEXTS, st.sampled_from(("$filter", "$orderby", "$select", "$expand", "$apply", "$search", "$top", "path")))
def test_any_text_is_understood_refused_or_not_offered(text, option):
    with contextlib.suppress(SyntaxFault, NotOffered):  # anything else would be a fault of ours
        if option == "path":
            read_address(text)
        else:
            read_options([(option, text), ("@p", text)])
