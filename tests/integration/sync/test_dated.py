"""Rows with dates: what is still to come is accepted and switched on by its date, and what has run out leaves."""

import datetime as dt
from dataclasses import replace

import pytest

from connectors.compare import compare
from connectors.tablemap import compiled_map
from support.harbour import World, boat_row, boats

TODAY = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def at(world: World, days: float):
    """Our side so many days after today."""
    return replace(world.home, now=lambda: TODAY + dt.timedelta(days=days))


def pull(world, days=0.0):
    station = world.station()
    station.home = at(world, days)
    try:
        runs = station.pull(station.maps)
    finally:
        station.close()
    assert {run.outcome for run in runs} == {"done"}
    return names(world)


def names(world):
    return {no: name for no, name, active in world.rows("boat", "number", "name", "active") if active}


def version(number, name, starts=None, ends=None, seq=1):
    day = dt.date(2026, 3, 1)
    begin = None if starts is None else day + dt.timedelta(days=starts)
    end = None if ends is None else (day + dt.timedelta(days=ends)).isoformat()
    return boat_row(number, seq=seq, name=name, harbour=None) | {"valid_from": begin, "valid_to": end}


def put(world, *rows):
    with world.outside.lock:
        there = world.outside.tables["boat"]
        same = {(row["no"], row["valid_from"]) for row in rows}
        there[:] = [*(row for row in there if (row["no"], row["valid_from"]) not in same), *rows]


@pytest.fixture(params=["seq", ""])
def world(world_of, request):
    dates = {"effective_from": "valid_from", "effective_to": "valid_to"}
    marks = {"delete": "deactivate", "inactive": (("active", False),)}
    return world_of(boats(change_column=request.param, **dates, **marks))


def test_a_row_of_the_future_is_accepted_and_there_when_its_day_begins(world):
    put(world, version(1, "Now", -5), version(2, "In ten days", 10), version(3, "Always"))
    assert pull(world) == {1: "Now", 3: "Always"}
    assert world.rejects() == []
    assert pull(world, 9.4) == {1: "Now", 3: "Always"}
    assert pull(world, 9.5) == {1: "Now", 2: "In ten days", 3: "Always"}
    before = world.rows("boat", "number", "version")
    assert pull(world, 20) == {1: "Now", 2: "In ten days", 3: "Always"}
    assert world.rows("boat", "number", "version") == before


def test_of_several_versions_the_last_that_has_begun_holds_in_whatever_order_they_came(world):
    put(world, version(1, "Third", 20), version(1, "First", -5, 10), version(1, "Second", 10, 20))
    told = [pull(world, days)[1] for days in (0, 5, 10, 19, 20, 400)]
    assert told == ["First", "First", "Second", "Second", "Third", "Third"]


def test_what_has_run_out_leaves_as_the_map_says_and_a_later_version_brings_it_back(world):
    put(world, version(1, "Summer", -5, 10), version(1, "Next summer", 300), version(2, "Over long ago", -90, -30))
    assert pull(world) == {1: "Summer"}
    assert pull(world, 11) == {}
    assert pull(world, 301) == {1: "Next summer"}


def test_a_version_that_is_changed_before_or_while_it_holds_counts_as_it_is_now(world):
    put(world, version(1, "Now", -5), version(1, "Soon", 10))
    pull(world)
    put(world, version(1, "Now, renamed", -5, seq=2), version(1, "Soon, renamed", 10, seq=3))
    assert pull(world, 1) == {1: "Now, renamed"}
    assert pull(world, 12) == {1: "Soon, renamed"}
    put(world, version(1, "Soon, renamed", 10, 13, seq=4))
    assert pull(world, 12.2) == {1: "Soon, renamed"}
    assert pull(world, 14) == {1: "Now, renamed"}


def test_a_date_that_is_none_is_refused_and_comparison_knows_what_holds(world):
    put(world, version(1, "Now", -5), version(1, "Later", 10), version(3, "Much later", 100))
    put(world, version(2, "When", -5) | {"valid_to": "some day"})
    assert pull(world) == {1: "Now"}
    assert [(reject.key, reject.code) for reject in world.rejects()] == [("2", "type")]
    put(world, version(2, "When", -5, seq=2))
    pull(world)
    assert list(compare(at(world, 0), world.adapter, compiled_map(world.snapshot, "boats"))) == []
