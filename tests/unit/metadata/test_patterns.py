"""What makers' regular expressions do with texts that were made to keep them busy."""

import time

import pytest

from metadata.patterns import PATIENCE_S, matches


@pytest.mark.parametrize(
    ("pattern", "text", "fits"), [("[A-Z]{2}[0-9]+", "AB12", True), ("[A-Z]{2}", "ABC", False), ("å|ö", "å", True)]
)
def test_a_text_matches_as_a_whole(pattern, text, fits):
    assert matches(pattern, text) is fits


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a|aa)*b", "a" * 60 + "b!"),
        ("(a{1,20}){1,20}b", "a" * 60 + "b!"),
        ("(.*?,){11}P", "1," * 60 + "P!"),
        (r"\s*a*\s*a*\s*a*\s*x", " a" * 500_000 + "x!"),
    ],
)
def test_no_text_keeps_a_pattern_busy_for_long(pattern, text):
    matches("warm", "up")
    begun = time.process_time()
    assert not matches(pattern, text)
    assert time.process_time() - begun < PATIENCE_S + 0.5
