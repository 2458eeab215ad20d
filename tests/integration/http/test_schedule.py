"""Pages with dates: there from one moment to another, for visitors; previewers see them at any time."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import runtime.snapshots
from metadata.checks import check
from metadata.model import WebLink, WebLinkSet, component_id
from runtime.sitemap import readable_pages
from support.portal import Portal, components, make_portal, page

# 08:00 in Stockholm, which is an hour ahead of UTC in winter.
OPENING = dt.datetime(2100, 1, 10, 7, 0, tzinfo=dt.UTC)
CLOSING = dt.datetime(2100, 1, 12, 23, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
FAIR = page("fair", visible_from="2100-01-10T08:00", visible_until="2100-01-12")
MENU = WebLinkSet(key="main", links=(WebLink(page="news"), WebLink(page="fair")))


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    kept = tuple(item for item in components(time_zone="Europe/Stockholm") if not isinstance(item, WebLinkSet))
    made = make_portal(database_url, tmp_path, (*kept, MENU, FAIR, page("stalls", parent="fair")))
    yield made
    made.engine.dispose()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    """Sets the clock by which pages come and go."""
    return lambda moment: monkeypatch.setattr(runtime.snapshots, "utc_now", lambda: moment)


def found(browser, path="/fair") -> int:
    return browser.get(path).status_code


def test_a_page_comes_and_goes_by_its_dates_with_all_below_it(portal, at):
    browser = portal.browser()
    seen = []
    for moment in (OPENING - SECOND, OPENING, CLOSING - SECOND, CLOSING):
        at(moment)
        seen.append((found(browser), found(browser, "/fair/stalls"), found(browser, "/news")))
    assert seen == [(404, 404, 200), (200, 200, 200), (200, 200, 200), (404, 404, 200)]


def test_a_previewer_sees_it_at_any_time(portal, at):
    portal.grant("alice", "previewer")
    at(OPENING - SECOND)
    assert found(portal.signed_in("alice")) == 200
    assert found(portal.signed_in("carol")) == 404
    at(CLOSING)
    assert found(portal.signed_in("alice")) == 200


def test_what_leads_to_pages_knows_it_while_it_is_there(portal, at):
    seen = []
    for moment in (OPENING - SECOND, OPENING, CLOSING):
        at(moment)
        snapshot = portal.snapshot
        seen.append("fair" in readable_pages(snapshot, snapshot.sites["portal"], frozenset()))
    assert seen == [False, True, False]


def test_what_is_derived_is_kept_between_two_turns(portal, at):
    at(OPENING)
    first = portal.snapshot
    at(CLOSING - SECOND)
    assert portal.snapshot is first
    at(CLOSING)
    assert portal.snapshot is not first
    assert portal.snapshot.release == first.release


def test_a_newer_release_counts_at_once_whatever_the_clock_says(portal, at):
    browser = portal.browser()
    at(CLOSING)
    assert found(browser) == 404
    portal.publish(replace(FAIR, site="portal", visible_until=""))
    assert found(browser) == 200


@pytest.mark.parametrize(
    ("changed", "path", "said"),
    [
        (page("fair", visible_from="2100-02-30"), "visible_from", "no date of the calendar"),
        (page("fair", visible_until="2100-01-10T24:61"), "visible_until", "no date of the calendar"),
        (page("fair", visible_from="2100-01-10", visible_until="2100-01-09"), "visible_until", "disappear before it appears"),
        (page("home", parent="", partial_url="/", visible_from="2100-01-10"), "visible_from", "always there"),
    ],
)
def test_dates_that_cannot_be_are_told_with_their_place(changed, path, said):
    given = {component_id(item): item for item in components()} | {component_id(changed): changed}
    problems = [problem for problem in check(given) if problem.code == "schedule"]
    assert [problem.position.path for problem in problems] == [path]
    assert said in problems[0].message


def test_a_page_of_one_day_is_allowed():
    one_day = page("fair", visible_from="2100-01-10", visible_until="2100-01-10")
    given = {component_id(item): item for item in (*components(), one_day)}
    assert [problem for problem in check(given) if problem.code == "schedule"] == []
