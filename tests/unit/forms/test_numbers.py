from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.forms.faults import Unparsable
from runtime.forms.numbers import parse_number, plain

LANGUAGES = ["en", "en-US", "sv-SE", "nl-NL", "de", "xx-unknown"]


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("sv-SE", "1 234,50", "1234.50"),
        ("sv-SE", "1\u00a0234,50", "1234.50"),
        ("nl-NL", "1.234,50", "1234.50"),
        ("en-US", "1,234.50", "1234.50"),
        ("sv-SE", "1.234,50", "1234.50"),
        ("nl-NL", "1234.5", "1234.5"),
        ("nl-NL", "1.234", "1234"),
        ("en-US", "1,234", "1234"),
        ("sv-SE", "1.234", "1.234"),
        ("en-US", "12,50", "12.50"),
        ("en", "1'234.5", "1234.5"),
        ("sv", "\u221212", "-12"),
        ("en", "+7", "7"),
        ("en", ".5", "0.5"),
    ],
)
def test_a_number_is_read_as_the_person_means_it(language, text, value):
    assert parse_number(text, language) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "abc", "1e5", "1.2.3", "1,23,4.5", "--3", "5.", "12 kr", "NaN", "Infinity", "١٢", "1_000", "9" * 200, "."]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_number_is_refused_and_never_guessed(language, text):
    with pytest.raises(Unparsable):
        parse_number(text, language)


@given(st.decimals(-(10**12), 10**12, places=3), st.sampled_from(LANGUAGES))
def test_a_stored_number_shown_in_an_input_reads_back_as_itself(number, language):
    assert parse_number(plain(number, language, least=4), language) == number


@given(st.text(max_size=80), st.sampled_from(LANGUAGES))
def test_any_text_is_a_number_or_a_clear_fault(text, language):
    with suppress(Unparsable):
        assert isinstance(parse_number(text, language), Decimal)
