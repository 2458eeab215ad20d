"""Design tokens: only what is safe in CSS and can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.render.tokens import TOKENS, check_tokens, contrast, tokens_sheet

SOUND = {"brand": "#0f5a6b", "brand-dark": "#74c5d6", "on-brand": "#ffffff", "on-brand-dark": "#07191d"}


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("#000", "#fff", 21.0), ("#fff", "#ffffff", 1.0), ("#777", "#fff", 4.48)]
)
def test_contrast_is_that_of_wcag(one, other, expected):
    assert round(contrast(one, other), 2) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("brand", "red; } body { display: none"),
        ("brand", "url(https://x.example)"),
        ("brand", "#12345"),
        ("neutral-hue", "361"),
        ("font", "x; background: url(y)"),
        ("font", "Inter}"),
        ("radius", "1em;"),
        ("radius", "-1px"),
        ("shadow", "none"),
    ],
)
def test_what_could_break_a_sheet_is_a_problem_and_is_not_written(name, value):
    assert [problem.code for problem in check_tokens([(name, value)], SOUND, "site main")] == ["token"]
    assert value not in tokens_sheet("main", {name: value}).text


@pytest.mark.parametrize(
    ("name", "value"),
    [("brand", "#8c2f1b"), ("neutral-hue", "0"), ("font", 'Georgia, "DejaVu Serif", serif'), ("radius", ".125rem")],
)
def test_sound_values_are_written(name, value):
    assert check_tokens([(name, value)], SOUND, "site main") == ()
    assert f"--fy-{name}: {value};" in tokens_sheet("main", {name: value}).text


@pytest.mark.parametrize(
    "tokens", [[("brand", "#f0c000")], [("on-brand", "#0f5a6b")], [("brand-dark", "#333333")], [("on-brand-dark", "#fff")]]
)
def test_a_pair_that_cannot_be_read_is_a_problem(tokens):
    problems = check_tokens(tokens, SOUND, "site main")
    assert {problem.code for problem in problems} == {"token-contrast"}
    assert "4.5" in problems[0].message


@given(st.dictionaries(st.sampled_from(sorted(TOKENS)), st.text()))
def test_no_value_leaves_its_declaration(tokens):
    text = tokens_sheet("main", tokens).text
    assert text.count("{") == text.count("}") == 1
    assert "url(" not in text


def test_the_address_follows_the_text():
    one, other = (tokens_sheet("main", {"brand": colour}) for colour in ("#111111", "#222222"))
    assert one.url.startswith("/_static/_tokens/main-")
    assert one.url != other.url
