"""A missing service skips a test with a sentence, or fails it where it is required."""

import pytest

from support.services import missing, required, summary_lines


def test_a_missing_service_skips(monkeypatch):
    monkeypatch.delenv("FOYER_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no mariadb: asleep"):
        missing("mariadb", "asleep")


def test_a_missing_service_fails_where_it_is_required(monkeypatch):
    monkeypatch.setenv("FOYER_REQUIRE", "browser, mariadb")
    with pytest.raises(pytest.fail.Exception, match="mariadb is required"):
        missing("mariadb", "asleep")


def test_a_required_service_that_nobody_knows_is_refused(monkeypatch):
    monkeypatch.setenv("FOYER_REQUIRE", "postgres")
    with pytest.raises(pytest.UsageError, match=r"known are browser, mariadb, .*postgresql"):
        required()


def test_the_summary_has_one_line_for_each_service():
    reasons = [
        "Skipped: no browser: none",
        "Skipped: no mariadb: asleep",
        "Skipped: no browser: none",
        "Skipped: later",
    ]
    assert summary_lines(reasons) == ["browser: 2 tests skipped: none", "mariadb: 1 test skipped: asleep"]
