"""What the access log tells of a request: which page answered, and what it asked of the database, whichever way it asked."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.origin import current_origin
from runtime.meter import METER
from support.logged import noted
from support.marina_site import Marina, open_marina
from support.portal import Browser

ACCESS = "foyer.access"
LIST, DETAIL = "/bookings", "/bookings/B-1"
WARM = 6
"""Requests after which a statement of the hot path is sent by libpq alone."""
CONTROL = 2
"""BEGIN and COMMIT."""


@pytest.fixture
def marina(database_url: str, tmp_path: Any) -> Iterator[Marina]:
    with open_marina(database_url, tmp_path) as made:
        for number, skipper in (("B-1", "alice"), ("B-2", "bob"), ("B-3", "carol")):
            made.book(number, skipper)
        yield made


def line_of(browser: Browser, path: str, **more: Any) -> dict[str, Any]:
    with noted(ACCESS) as lines:
        browser.get(path, **more)
    (line,) = lines
    return line


def test_each_statement_counts_once_however_it_is_sent(marina):
    alice = marina.as_("alice")
    found = []
    for path in (LIST, DETAIL) * WARM:
        with marina.counting() as statements:
            line = line_of(alice, path)
        assert line["statements"] == len(statements), (path, statements)
        assert 0 < line["sql_ms"] < line["ms"]
        found.append(line["statements"])
    assert found[-2:] == [1, 2]


def test_transactions_count_with_their_beginning_and_their_end(marina):
    stranger = marina.stranger()
    fields = {"email": "alice@sail.example", "password": "wrong", "csrf_token": stranger.token()}
    with noted(ACCESS) as lines, marina.counting() as statements:
        stranger.client.post("/signin", data=fields)
    assert lines[-1]["page"] == "foyer:identity.signin_submit"
    assert lines[-1]["statements"] - len(statements) in (CONTROL, 2 * CONTROL)


def test_who_asks_for_nothing_of_the_database_costs_nothing_there(marina):
    line = line_of(marina.stranger(), "/_static/_tokens/none.css")
    assert (line["page"], line["statements"], line["sql_ms"]) == ("foyer:tokens", 0, 0)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        (LIST, "bookings"),
        (f"{LIST}?q=B-1&token=secret", "bookings"),
        (DETAIL, "booking"),
        ("/bookings/B-404", "booking"),
        ("/", "home"),
        ("/nowhere/B-1", "foyer:unknown"),
        ("/B-1/../wp-login.php", "foyer:unknown"),
        ("/signin", "foyer:identity.signin_show"),
    ],
)
def test_a_page_is_named_by_its_key_and_an_address_by_nothing_of_its_own(marina, path, page):
    alice = marina.as_("alice")
    assert line_of(alice, path)["page"] == page


def test_a_thread_counts_what_it_asked_itself(marina):
    before = METER.statements
    marina.as_("alice").get(LIST)
    assert METER.statements > before


def test_each_request_is_a_trace_of_its_own_or_a_step_of_who_asked(marina):
    stranger, trace = marina.stranger(), "4bf92f3577b34da6a3ce929d0e0e4736"
    given = f"00-{trace}-00f067aa0ba902b7-01"
    lines = [line_of(stranger, path, headers=headers) for path in ("/", "/nowhere") for headers in ({}, {"traceparent": given})]
    assert [line["trace_id"] == trace for line in lines] == [False, True, False, True]
    assert len({line["trace_id"] for line in lines}) == 3
    assert len({line["span_id"] for line in lines}) == 4
    assert current_origin() is None


def test_a_fault_is_told_for_its_request(marina, monkeypatch):
    def fail(*given):
        raise RuntimeError("broken")

    monkeypatch.setattr("runtime.routes.find_page", fail)
    with noted("foyer.errors") as faults, noted(ACCESS) as lines:
        assert marina.stranger().get("/").status_code == 500
    assert {(line["request"], line["trace_id"]) for line in faults} == {(lines[0]["request"], lines[0]["trace_id"])}
