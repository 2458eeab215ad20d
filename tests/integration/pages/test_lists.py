"""A list over HTTP: what it shows, to whom, and how its address changes it."""

import re

import pytest


def numbers(page) -> list[str]:
    return re.findall(r'<a class="rec"[^>]*>([^<]+)</a>', page.text)


@pytest.fixture
def bookings(site):
    for number, skipper, status in (("B-1", "alice", "moored"), ("B-2", "bob", "asked"), ("B-3", "carol", "moored"),
                                    ("B-4", "alice", "asked"), ("B-5", "alice", "moored")):
        site.book(number, skipper, status=status)
    return site


def test_a_list_shows_a_persons_own_rows_first(bookings):
    assert numbers(bookings.as_("alice").get("/bookings")) == ["B-1", "B-4", "B-5"]
