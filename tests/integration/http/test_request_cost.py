"""What the access log tells of a request: which page answered, and what it asked of the database, whichever way it asked."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from runtime.logs import JsonLines
from runtime.meter import METER
from support.marina_site import Marina, open_marina
from support.portal import Browser

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


class Lines(logging.Handler):
    """Keeps the lines of the access log as they are written."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(json.loads(JsonLines().format(record)))


@contextmanager
def noted() -> Iterator[list[dict[str, Any]]]:
    lines, log = Lines(), logging.getLogger("foyer.access")
    log.addHandler(lines)
    try:
        yield lines.said
    finally:
        log.removeHandler(lines)


def line_of(browser: Browser, path: str, **more: Any) -> dict[str, Any]:
    with noted() as lines:
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
    with noted() as lines, marina.counting() as statements:
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
