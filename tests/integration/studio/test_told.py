"""Operators in the studio see what webhooks told outside systems, what failed, and have it sent again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.jobs.queue import messages
from runtime.records.tables import AUDIT
from support.marina_site import Marina
from support.studio import Maker, words
from support.told import open_told


@pytest.fixture
def site(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Marina]:
    monkeypatch.setenv("HOOK_SECRET", "whsec_bmV3IHNlY3JldCBvZiBob29r")
    with open_told(database_url, tmp_path) as opened:
        yield opened


def listed(erin: Maker, query: str = "") -> list[str]:
    """The addresses of the messages that are listed."""
    html = erin.get(f"webhooks{query}").text.partition("<main")[2]
    return [part.partition('"')[0] for part in html.split('href="/studio/webhooks/')[1:]]


def test_messages_are_listed_newest_first_and_found_by_state_and_webhook(site: Marina) -> None:
    erin = Maker.of(site, "erin")
    assert listed(erin) == ["4", "3", "2", "1"]
    assert (listed(erin, "?state=done"), listed(erin, "?state=parked"), listed(erin, "?state=waiting")) == (
        ["1"],
        ["2"],
        ["4", "3"],
    )
    assert listed(erin, "?webhook=office") == ["3", "1"]
    assert listed(erin, "?webhook=office-2&before=4") == ["2"]
    assert "gone (410)" in words(erin.get("webhooks"))
    for wrong in ("?state=lost", "?before=x", "?before=-1"):
        assert erin.get(f"webhooks{wrong}").status_code == 400


def test_a_message_shows_what_it_says_and_no_secret(site: Marina) -> None:
    erin = Maker.of(site, "erin")
    page = erin.get("webhooks/1")
    assert "booking.changed" in page.text
    assert "&lt;b&gt;B1&lt;/b&gt;" in page.text
    for secret in ("SECRET-TOKEN", "HOOK_SECRET", "whsec_"):
        assert secret not in page.text
        assert secret not in erin.get("webhooks").text
    assert erin.get("webhooks/99").status_code == 404


def test_a_message_is_sent_again_and_the_trail_says_by_whom(site: Marina) -> None:
    erin = Maker.of(site, "erin")
    for number in (1, 2):
        form = erin.form(f"webhooks/{number}", "csrf_token")
        answer = erin.send(f"webhooks/{number}", form, button=("do", "again"))
        assert answer.status_code == 303
    with site.engine.connect() as connection:
        assert [job.state for job in messages(connection, 9)] == ["waiting"] * 4
        kept = connection.execute(AUDIT.select().where(AUDIT.c.entity == "webhook")).mappings().all()
    assert [(row["contact"], row["row"]) for row in kept] == [(site.people["erin"], 1), (site.people["erin"], 2)]


def test_only_who_operates_sees_them_and_only_those_of_the_site(site: Marina) -> None:
    for name in ("carol", "bob"):
        for path in ("webhooks", "webhooks/1"):
            assert Maker.of(site, name).get(path).status_code == 403
    with site.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE foyer_job SET site = 'other' WHERE id = 2")
    erin = Maker.of(site, "erin")
    assert listed(erin) == ["4", "3", "1"]
    assert erin.get("webhooks/2").status_code == 404
