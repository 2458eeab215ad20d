"""Whole sites, asked for everything by everybody: at night each to the end, else a part of one."""

import os
from pathlib import Path

import pytest

from metadata.compiler import assign_site
from metadata.files import read_folder
from runtime.canary.crawl import LATE, Terms
from runtime.canary.together import crawl_together
from runtime.canary.worlds import release
from support.marina import MARINA
from support.pottery import POTTERY

WHOLE = os.environ.get("FOYER_TEST_CANARY", "") == "whole"
ROOT = Path(__file__).parents[3]
FOLDERS = {"starter": ROOT / "metadata" / "starters" / "customer-portal", "example": ROOT / "docs" / "example"}
SITES = {"marina": MARINA, "pottery": POTTERY}
pytestmark = pytest.mark.timeout(6 * 3600 if WHOLE else 600)
"""At night it takes what it takes; what is not asked for want of time makes the test fail."""


def released(name, folder):
    if name in SITES:
        release(assign_site(SITES[name]), folder)
    else:
        reading = read_folder(str(FOLDERS[name]))
        release(reading.components, folder, reading.contents)
    return folder


@pytest.mark.parametrize("name", (*FOLDERS, *SITES) if WHOLE else ("pottery",))
def test_nobody_sees_or_learns_or_changes_what_is_not_theirs(tmp_path, name):
    terms = Terms(seconds=0) if WHOLE else Terms(frozenset({"pages", "people"}), 0, ("no role",))

    outcome = crawl_together(released(name, tmp_path), terms, (os.cpu_count() or 1) if WHOLE else 1)

    assert [str(one) for one in outcome.findings.kept] == []
    assert (LATE in outcome.left, outcome.asked > 50) == (False, True)


def test_several_processes_ask_what_one_asks(tmp_path):
    folder, terms = released("pottery", tmp_path), Terms(frozenset({"pages"}), 0, ("anonymous", "no role"))
    said = []

    one, two = crawl_together(folder, terms, 1), crawl_together(folder, terms, 2, said.append)

    assert (two.people, two.asked, two.left) == (one.people, one.asked, one.left)
    assert (two.people, len(said), LATE in two.left) == (2, 2, False)
