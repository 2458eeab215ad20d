"""What tests draw by chance is the same in each run, unless FOYER_TEST_SEED says otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.seeds import USUAL, VARIABLE, seed, seed_lines

ROOT = Path(__file__).parents[2]
DRAWS = """
from hypothesis import given, strategies


@given(strategies.integers())
def test_drawn(number):
    print("drew", number)
"""


@pytest.fixture(autouse=True)
def no_seed(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")


def test_it_is_the_usual_one_where_nothing_is_said_and_the_given_one_where_something_is(monkeypatch):
    assert (seed(), [*seed_lines(failed=False)]) == (USUAL, [])
    assert f"{VARIABLE}={USUAL} draws the same again" in "".join(seed_lines(failed=True))
    monkeypatch.setenv(VARIABLE, "4711")
    assert seed() == 4711
    assert f"{VARIABLE}=4711 " in "".join(seed_lines(failed=False))


def test_one_that_nobody_chose_is_the_same_for_all_processes_of_the_run(monkeypatch):
    monkeypatch.setenv(VARIABLE, "random")
    drawn = seed()
    assert (seed(), os.environ[VARIABLE]) == (drawn, str(drawn))


@pytest.mark.parametrize("word", ["x", "-1", "1.5"])
def test_anything_else_is_refused(monkeypatch, word):
    monkeypatch.setenv(VARIABLE, word)
    with pytest.raises(pytest.UsageError, match=VARIABLE):
        seed()


def test_hypothesis_draws_the_same_in_two_runs_and_something_else_from_another_seed(tmp_path):
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (tmp_path / "test_drawn.py").write_text(DRAWS)

    def drawn(number):
        quiet = ("-s", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", tmp_path)
        command = [sys.executable, "-m", "pytest", *quiet, tmp_path]
        paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        environment = {**os.environ, "PYTHONPATH": paths, VARIABLE: number}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        return [line for line in done.stdout.splitlines() if "drew" in line]

    first = drawn("1")
    assert len(first) > 20
    assert drawn("1") == first
    assert drawn("2") != first
