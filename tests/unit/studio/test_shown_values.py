"""Values of metadata as differences and conflicts show them."""

import pytest

from runtime.studio.editing import shown


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        ("two\nlines", "two\nlines"),
        (5, "5"),
        ({"label": {"en": "x"}, "page": "y"}, "label:\n  en: x\npage: y"),
        ([{"page": "x", "label": "y"}], "- page: x\n  label: y"),
    ],
)
def test_what_a_value_holds_begins_in_one_line_below_the_other(value, said):
    assert shown(value) == said
