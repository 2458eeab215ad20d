"""Which page numbers a list offers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.pages.windows import GAP, page_window


@pytest.mark.parametrize(
    ("page", "pages", "window"),
    [
        (1, 1, (1,)),
        (1, 10, (1, 2, GAP, 10)),
        (5, 10, (1, GAP, 4, 5, 6, GAP, 10)),
        (3, 5, (1, 2, 3, 4, 5)),
        (10, 10, (1, GAP, 9, 10)),
        (4, 7, (1, 2, 3, 4, 5, 6, 7)),
    ],
)
def test_the_ends_and_the_neighbours_are_offered(page, pages, window):
    assert page_window(page, pages) == window


@given(st.data(), st.integers(1, 5000))
def test_a_window_is_short_ordered_and_holds_the_page(data, pages):
    page = data.draw(st.integers(1, pages))
    window = page_window(page, pages)
    shown = [number for number in window if number is not GAP]
    assert len(window) <= 7
    assert shown == sorted(set(shown))
    assert {1, page, pages} <= set(shown)
