"""`foyer canary` on a folder of metadata: what it prints, and its exit code."""

import json
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from runtime.cli.canary import command
from support.canary_faults import SITE, elevated

pytestmark = pytest.mark.timeout(600)
FEEDS = ("--folder", str(SITE), "--surface", "feeds", "--who", "warden", "--json")


def run(*given: str):
    found = CliRunner().invoke(command, given)
    return found.exit_code, json.loads(found.stdout), found.stderr


def test_a_clean_site_ends_with_0_and_says_who_asked():
    code, told, progress = run(*FEEDS)

    assert (code, told["ok"], told["complete"], told["findings"], told["people"]) == (0, True, True, [], 1)
    assert told["requests"] > 20
    assert "aviary: warden:" in progress


@pytest.mark.parametrize("surface", ["lists", "writes"])
def test_a_crawl_that_time_ends_says_that_it_shows_no_clean_site(monkeypatch, surface):
    monkeypatch.setattr("runtime.canary.crawl.time", SimpleNamespace(monotonic=count(0, 60).__next__))
    whole = CliRunner().invoke(
        command, [*FEEDS[:2], "--surface", surface, "--who", "warden", "--seconds", "120", "--processes", "1"]
    )

    assert "Ended early: there was no time for " in whole.stdout.splitlines()[-1], whole.stdout


def test_a_leak_ends_with_1_and_says_whose_it_is(monkeypatch):
    elevated("runtime.pages.feed:plan_list", "runtime.pages.feed:fetch_list")(monkeypatch)

    code, told, _ = run(*FEEDS, "--most", "1")

    assert (code, told["ok"]) == (1, False)
    found = told["findings"][0]
    assert (found["kind"], found["who"], found["surface"]) == ("mark", "warden", "feeds")
    assert found["request"].startswith("GET /_feed/birds")
    assert " of " in found["whose"]


def test_faulty_metadata_is_told_as_by_check(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("kind: view\nkey: x\n")

    code, told, _ = run("--folder", str(tmp_path), "--json")

    assert code == 1
    assert told["problems"]
