"""Traces as W3C Trace Context has them: taken up where they are well-formed, begun where not, and kept with what is owed."""

import re
from collections.abc import Iterator
from concurrent.futures import wait

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.origin import LONGEST, begin_origin, carried, common, current_origin, end_origin, origin_text, trace_headers
from runtime.aside import Aside

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    end_origin()


def test_a_trace_goes_on_with_a_step_of_ours() -> None:
    made = begin_origin("request-1", GOOD)
    assert (made.request, made.trace, made.flags) == ("request-1", TRACE, "01")
    assert re.fullmatch("[0-9a-f]{16}", made.span)
    assert made.span != SPAN
    assert trace_headers() == {"traceparent": f"00-{TRACE}-{made.span}-01"}


def test_a_later_version_is_taken_for_what_is_known_of_it() -> None:
    assert begin_origin("r", f"01-{TRACE}-{SPAN}-01-more").trace == TRACE


@pytest.mark.parametrize(
    "header",
    [
        "",
        "no trace",
        GOOD.upper(),
        f"{GOOD}-more",
        f"{GOOD}\n",
        f" {GOOD}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"{GOOD},{GOOD}",
    ],
)
def test_what_is_no_trace_begins_one(header: str) -> None:
    made = begin_origin("r", header)
    assert re.fullmatch(f"00-(?!{TRACE})[0-9a-f]{{32}}-[0-9a-f]{{16}}-00", made.parent)


@given(st.text())
def test_no_text_comes_through_that_is_no_trace(header: str) -> None:
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", begin_origin("r", header).parent)


def test_what_is_kept_is_taken_up_as_a_further_step_and_put_down_again() -> None:
    first = begin_origin("r" * 64, GOOD)
    kept = origin_text()
    assert len(kept) <= LONGEST
    end_origin()
    with carried(kept):
        found = current_origin()
        assert found is not None
        assert (found.request, found.trace, found.flags) == (first.request, first.trace, "01")
        assert found.span != first.span
    assert current_origin() is None
    with carried(None):
        assert trace_headers() == {}


def test_what_is_sent_together_has_an_origin_only_where_all_have_it() -> None:
    assert (common(["a b", "a b"]), common(["a b", "c d"]), common(["a b", None]), common([None]), common([])) == (
        "a b", "", "", "", "",
    )  # fmt: skip


def test_what_is_done_aside_tells_for_which_request() -> None:
    made = begin_origin("request-1")
    with Aside(max_workers=1) as aside:
        found = aside.submit(current_origin)
        end_origin()
        nobody = aside.submit(current_origin)
        wait([found, nobody])
    origin = found.result()
    assert origin is not None
    assert (origin.request, origin.trace) == ("request-1", made.trace)
    assert nobody.result() is None
