"""Leaks planted into the engine: the canary crawler finds each of them, and nothing where there is none."""

import os

import pytest

from runtime.canary.crawl import SURFACES, Terms, crawl
from runtime.canary.worlds import worlds
from support.canary_faults import FAULTS, release_aviary
from support.canary_faults_people import PEOPLE_FAULTS

SECONDS = 600
pytestmark = pytest.mark.timeout(SECONDS)
WHOLE = os.environ.get("FOYER_TEST_CANARY", "") == "whole"
QUICK = {
    "lists": 1,
    "feeds": 1,
    "lookups": 1,
    "pages": 3,
    "files": 1,
    "api": 1,
    "writes": 1,
    "people": 3,
    "imports": 1,
    "languages": 1,
}
"""Faults of each surface that are tried whenever tests run; the others at night."""
ALL = (*FAULTS, *PEOPLE_FAULTS)


def chosen():
    left = dict(QUICK)
    for fault in ALL:
        left[fault.surface] = left.get(fault.surface, 0) - 1
        if WHOLE or left[fault.surface] >= 0:
            yield pytest.param(fault, id=fault.name.replace(" ", "_"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("canary")
    release_aviary(found)
    return found


@pytest.fixture
def both(folder):
    with worlds(folder) as found:
        yield found


@pytest.mark.parametrize("fault", chosen())
def test_a_planted_leak_is_found(both, monkeypatch, fault):
    fault.plant(monkeypatch)

    outcome = crawl(*both, Terms(frozenset({fault.surface}), SECONDS, fault.who, most=1))

    monkeypatch.undo()
    assert outcome.findings.kept, f"{outcome.asked} requests and nothing was found"
    found = outcome.findings.kept[0]
    assert found.kind != "failure", found
    assert found.who in fault.who
    assert fault.surface in found.surface


@pytest.mark.parametrize("surface", SURFACES if WHOLE else ("pages", "lookups", "feeds", "people", "imports", "languages"))
def test_nothing_is_found_where_nothing_leaks(both, surface):

    outcome = crawl(*both, Terms(frozenset({surface}), SECONDS, ("warden",)))

    assert [str(one) for one in outcome.findings.kept] == []
    assert outcome.asked > 0


def test_thirty_leaks_and_more_are_planted():
    assert len({fault.name for fault in ALL}) == len(ALL) >= 66
