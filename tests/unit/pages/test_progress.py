"""The way of a record through its states."""

import datetime as dt

import pytest

from metadata.model import Progress
from runtime.pages.progress import Stage, progress_line

PROGRESS = Progress(
    attribute="state", steps=("asked", "confirmed", "moored"), dates=(("confirmed", "confirmed_on"), ("moored", "arrival"))
)
STAGES = {
    "asked": Stage("Asked for"),
    "confirmed": Stage("Confirmed", partly=True),
    "moored": Stage("Moored"),
    "cancelled": Stage("Cancelled"),
}
TODAY = dt.date(2026, 7, 1)


def line(**values):
    return progress_line(PROGRESS, STAGES, values, lambda path, value: f"{path} {value}", TODAY)


def states(**values) -> list[str]:
    return [step.state for step in line(**values).steps]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("asked", ["current", "next", "next"]),
        ("confirmed", ["done", "current", "next"]),
        ("moored", ["done", "done", "done"]),
        (None, ["next", "next", "next"]),
    ],
)
def test_steps_before_the_state_are_done_and_the_last_one_is_done_when_reached(state, expected):
    assert states(state=state) == expected


def test_a_state_off_the_line_stops_it_after_what_did_happen():
    values = {"state": "cancelled", "confirmed_on": TODAY, "arrival": dt.date(2026, 8, 1)}
    assert states(**values) == ["done", "done", "next"]
    assert line(**values).stopped == "Cancelled"


def test_dates_stand_under_their_steps():
    assert [step.when for step in line(state="confirmed", confirmed_on=TODAY).steps] == ["", "confirmed_on 2026-07-01", ""]


def test_a_moment_counts_by_its_day():
    assert states(state="cancelled", arrival=dt.datetime(2026, 6, 30, tzinfo=dt.UTC)) == ["done", "done", "done"]


def test_a_state_that_is_marked_so_is_reached_in_part_only_while_it_lasts():
    assert [step.partly for step in line(state="confirmed").steps] == [False, True, False]
    assert [step.partly for step in line(state="moored").steps] == [False, False, False]
