import datetime as dt

import pytest

from metadata.model import Attribute
from runtime.forms.words import Words, contact_paths, is_query

NOW = dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC)
WORDS = Words(NOW, "Europe/Stockholm", {"@contact": 5}, {"account": 9, "full_name": "Jane"}, {"n": "12", "bad": "x"})


@pytest.mark.parametrize(
    ("given", "kind", "value"),
    [
        ("@today", "date", dt.date(2026, 11, 21)),
        ("@now", "datetime", NOW),
        ("@contact", "lookup", 5),
        ("@contact.account", "lookup", 9),
        ("@contact.full_name", "text", "Jane"),
        ("@contact.unknown", "text", None),
        ("@query.n", "integer", 12),
        ("@query.bad", "integer", None),
        ("@query.none", "text", None),
        ("@@handle", "text", "@handle"),
        ("plain", "text", "plain"),
        (12, "integer", 12),
        (True, "boolean", True),
        (False, "boolean", False),
        (["a", "b"], "choices", ("a", "b")),
        ("@nonsense", "text", None),
    ],
)
def test_a_word_stands_for_a_value_of_the_attributes_type(given, kind, value):
    assert WORDS.value(given, Attribute(key="x", type=kind)) == value


def test_only_the_paths_that_are_needed_are_read_of_the_contact():
    assert contact_paths(["@contact.a", "@today", None, 3, "@contact.b.c", "@contact.a"]) == ("a", "b.c")
    assert is_query("@query.x")
    assert not is_query("@contact.x")
