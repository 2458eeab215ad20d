"""The state of blocks in a query string."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.pages.queries import Query, UnknownArgument, UnusableArgument, read_arguments, refuse_unknown


def test_a_block_sees_its_own_arguments_and_keeps_those_of_others():
    query = Query("/x", {"q": "a", "2.q": "b", "2.page": "3"}, "2.")
    assert query.own == {"q": "b", "page": "3"}
    assert query.link(page=None) == "/x?q=a&2.q=b"
    assert Query("/x", {"q": "a", "2.q": "b"}).own == {"q": "a"}


def test_a_link_without_arguments_is_the_path():
    assert Query("/x", {"q": "a"}).link(q=None) == "/x"


def test_a_form_keeps_what_it_does_not_set():
    assert Query("/x", {"q": "a", "sort": "b", "page": "2"}).hidden("q", "page") == (("sort", "b"),)


def test_an_opening_ends_where_the_value_begins():
    assert Query("/x", {"page": "2", "delete": "old"}).opening("delete") == "/x?page=2&delete="


@given(st.dictionaries(st.text("abc", min_size=1), st.text(min_size=1, max_size=30), max_size=5))
def test_what_a_link_says_is_read_back_as_it_was(arguments):
    arguments = {name: value for name, value in arguments.items() if value.isprintable()}
    assert dict(parse_qsl(urlsplit(Query("/x", arguments).link()).query)) == arguments


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "1"), ("a", "2")],
        [("a", "x" * 5000)],
        [("a", "\0")],
        [(str(n), "") for n in range(50)],
    ],
)
def test_arguments_that_repeat_or_overflow_are_refused(pairs):
    with pytest.raises(UnusableArgument):
        read_arguments(pairs)


def test_the_unknown_argument_is_named():
    with pytest.raises(UnknownArgument, match="colour"):
        refuse_unknown(["q", "colour"], frozenset({"q"}))
