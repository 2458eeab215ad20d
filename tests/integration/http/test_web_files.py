"""Web files: read from a folder, given at their addresses to those who may read their page, and exported as they were."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

import runtime.snapshots
from metadata.checks.pages import ENGINE
from metadata.compiler import assign_site
from metadata.files import read_folder
from metadata.store import MetadataStore, OtherContent
from metadata.store.tables import content
from runtime.app import create_app
from runtime.cli import main
from support.portal import Portal, components, make_portal

CHART = b"%PDF-1.7\n" + bytes(range(256)) * 9000  # more than two pieces of the store
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
NOTES = "Tide at nine, gate at ten. Åska i väst.\n".encode()
OPENING = dt.datetime(2100, 1, 10, 0, 0, tzinfo=dt.UTC)
CLOSING = dt.datetime(2100, 1, 13, 0, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)

FILES = {
    "chart": ("chart.pdf", "parent: news\npartial_url: Chart-2100.pdf\nlabel: {any: Sea chart, sv: Sjökort}\n"),
    "logo": ("logo.svg", "parent: home\npartial_url: logo.svg\n"),
    "notes": ("notes.txt", "parent: club\npartial_url: notes.txt\ndisposition: attachment\n"),
    "plan": ("notes.txt", "parent: vault\npartial_url: plan.txt\n"),
    "sketch": ("notes.txt", "parent: news\npartial_url: sketch.txt\nstate: draft\n"),
    "offer": (
        "notes.txt",
        "parent: news\npartial_url: offer.bin\nmedia_type: text/x-offer\nvisible_from: 2100-01-10\nvisible_until: 2100-01-12\n",
    ),
}

UNLISTED = """\
kind: web_file
key: unlisted
site: portal
content: {file: held/notes.txt}
parent: news
partial_url: unlisted.txt
hidden: true
"""
SHELF = """\
kind: web_template
key: shelf
site: portal
source: |
  {% for one in sitemap.root.children %}{% for file in one.files %}
  <a href="{{ file.url }}">{{ file.label }} ({{ file.media_type }}, {{ file.size }})</a>
  {% endfor %}{% endfor %}
---
kind: page
key: shelf
site: portal
label: Shelf
parent: home
partial_url: shelf
blocks: [{type: component, web_template: shelf}]
"""


def put(folder: Path, name: str, text: str | bytes) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "site"
    for name, held in (("chart.pdf", CHART), ("logo.svg", LOGO), ("notes.txt", NOTES)):
        put(made, f"held/{name}", held)
    put(made, "shelf.yaml", SHELF)
    put(made, "unlisted.yaml", UNLISTED)
    for key, (held, rest) in FILES.items():
        put(made, f"{key}.yaml", f"kind: web_file\nkey: {key}\nsite: portal\ncontent: {{file: held/{held}}}\n{rest}")
    return made


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    made = make_portal(database_url, tmp_path, assign_site(components()))
    made.app = create_app(made.services.config, services=made.services)  # with pages as they are
    yield made
    made.engine.dispose()


@pytest.fixture
def foyer(database_url: str, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    environment = {"FOYER_DATABASE_URL": database_url, "FOYER_DATA_DIR": str(tmp_path), "USER": "ann"}

    def run(*arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment)
        assert "Traceback" not in done.output
        return done.exit_code, done.output

    return run


@pytest.fixture
def published(portal: Portal, foyer, folder: Path) -> Portal:
    code, said = foyer("publish", folder)
    assert code == 0, said
    return portal


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    return lambda moment: monkeypatch.setattr(runtime.snapshots, "utc_now", lambda: moment)


def test_a_file_is_given_at_its_address_as_what_it_is(published):
    browser = published.browser()
    chart, logo = browser.get("/news/chart-2100.PDF"), browser.get("/sv-SE/logo.svg")
    assert (chart.status_code, chart.data, chart.content_type) == (200, CHART, "application/pdf")
    assert chart.content_length == len(CHART)
    assert chart.headers["Content-Disposition"].startswith('inline; filename="Chart-2100.pdf"')
    assert (logo.data, logo.content_type) == (LOGO, "image/svg+xml; charset=utf-8")
    assert "sandbox" in logo.headers["Content-Security-Policy"]
    assert "sandbox" not in chart.headers["Content-Security-Policy"]
    assert {answer.headers["X-Content-Type-Options"] for answer in (chart, logo)} == {"nosniff"}
    assert (browser.get("/news/chart.pdf").status_code, browser.get("/news/chart-2100.pdf/").status_code) == (404, 404)
    assert browser.post("/logo.svg").status_code == 405
    head = browser.client.head("/news/chart-2100.pdf")
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(CHART))


def test_a_copy_or_a_part_is_enough_where_the_browser_has_the_rest(published):
    browser = published.browser()
    whole = browser.get("/news/chart-2100.pdf")
    tag, date = whole.headers["ETag"], whole.headers["Last-Modified"]
    for condition in ({"If-None-Match": tag}, {"If-Modified-Since": date}):
        again = browser.get("/news/chart-2100.pdf", headers=condition)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert browser.get("/news/chart-2100.pdf", headers={"If-None-Match": '"another"'}).status_code == 200
    across = 1024 * 1024 - 5
    for asked, start, stop in (
        ("0-3", 0, 4),
        (f"{across}-{across + 9}", across, across + 10),
        ("-7", len(CHART) - 7, len(CHART)),
    ):
        for condition in ({}, {"If-Range": tag}, {"If-Range": date}):
            part = browser.get("/news/chart-2100.pdf", headers={"Range": f"bytes={asked}", **condition})
            assert (part.status_code, part.data) == (206, CHART[start:stop])
            assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(CHART)}"
    other = browser.get("/news/chart-2100.pdf", headers={"Range": "bytes=0-3", "If-Range": "Sat, 01 Jan 2000 00:00:00 GMT"})
    assert (other.status_code, other.data) == (200, CHART)
    assert browser.get("/news/chart-2100.pdf", headers={"Range": "bytes=99999999-"}).status_code == 416


def test_a_file_goes_to_those_who_may_read_its_page_and_no_cache_keeps_it_for_others(published):
    nobody, keeper, other = published.browser(), published.signed_in("carol"), published.signed_in("alice")
    asked = nobody.get("/club/notes.txt")
    assert (asked.status_code, asked.headers["Location"]) == (302, "/signin?next=/club/notes.txt")
    assert NOTES not in asked.data
    assert [who.get("/vault/plan.txt").status_code for who in (nobody, other, keeper)] == [404, 404, 404]
    assert [who.get("/club/vault/plan.txt").status_code for who in (nobody, other, keeper)] == [302, 403, 200]
    given = keeper.get("/club/notes.txt")
    assert (given.data, given.headers["Cache-Control"]) == (NOTES, "private, no-cache")
    assert given.headers["Content-Disposition"].startswith("attachment")
    # A copy that is asked for again is judged again.
    copy = {"If-None-Match": given.headers["ETag"]}
    assert [who.get("/club/vault/plan.txt", headers=copy).status_code for who in (nobody, other, keeper)] == [302, 403, 304]
    # What everybody may read is kept a while, by caches on the way where the request was nobody's in particular.
    assert published.app.test_client().get("/logo.svg").headers["Cache-Control"] == "public, max-age=300"
    assert keeper.get("/logo.svg").headers["Cache-Control"] == "private, max-age=300"


def test_a_web_template_lists_the_files_that_the_person_may_read(published, at):
    at(OPENING)
    chart = '<a href="/sv-SE/news/Chart-2100.pdf">Sjökort (application/pdf, 2,2\xa0MB)</a>'
    offer = '<a href="/sv-SE/news/offer.bin">offer.bin (text/x-offer, 42\xa0B)</a>'
    notes = '<a href="/sv-SE/club/notes.txt">notes.txt (text/plain, 42\xa0B)</a>'
    for browser, there in ((published.browser(), [chart, offer]), (published.signed_in("carol"), [notes, chart, offer])):
        assert re.findall(r"<a href=[^<]* \(.*B\)</a>", browser.get("/sv-SE/shelf").text) == there


def test_a_rule_may_leave_the_files_of_its_page_out_but_not_those_below(published, foyer, tmp_path):
    rule = "kind: page_access_rule\nkey: members\nsite: portal\npage: club\nroles: [member, keeper]\nscope: exclude_files\n"
    put(tmp_path, "rules/rule.yaml", rule)
    assert foyer("publish", tmp_path / "rules")[0] == 0
    nobody = published.browser()
    assert [nobody.get(path).status_code for path in ("/club", "/club/notes.txt", "/club/vault/plan.txt")] == [302, 200, 302]


def test_a_file_comes_and_goes_by_its_state_and_its_dates(published, at):
    published.grant("alice", "previewer")
    browser, previewer = published.browser(), published.signed_in("alice")
    seen = []
    for moment in (OPENING - SECOND, OPENING, CLOSING - SECOND, CLOSING):
        at(moment)
        answer = published.app.test_client().get("/news/offer.bin")
        seen.append((answer.status_code, answer.headers["Cache-Control"]))
    assert seen == [
        (404, "private, no-store"),
        (200, "public, max-age=300"),
        (200, "public, max-age=1"),
        (404, "private, no-store"),
    ]
    for path in ("/news/sketch.txt", "/news/offer.bin"):
        assert browser.get(path).status_code == 404
        assert previewer.get(path).headers["Cache-Control"] == "private, no-cache"


def test_export_import_export_is_byte_equal_and_a_rollback_brings_the_old_content_back(published, foyer, tmp_path, folder):
    first, second = tmp_path / "first", tmp_path / "second"
    assert foyer("export", first)[0] == 0
    there = {file.relative_to(first).as_posix(): file for file in first.rglob("*") if file.is_file()}
    assert there["sites/portal/web-files/chart.content.pdf"].read_bytes() == CHART
    assert "content:\n  file: chart.content.pdf\n" in there["sites/portal/web-files/chart.yaml"].read_text()
    elsewhere = {"FOYER_DATABASE_URL": f"sqlite:///{tmp_path / 'other.db'}", "FOYER_DATA_DIR": str(tmp_path / "other")}
    for command in (("publish", first), ("export", second)):
        assert CliRunner().invoke(main, [str(word) for word in command], env=elsewhere).exit_code == 0
    assert {name: (second / name).read_bytes() for name in there} == {name: file.read_bytes() for name, file in there.items()}
    assert len([file for file in second.rglob("*") if file.is_file()]) == len(there)
    assert "0 of them new or changed" in foyer("export", first)[1]

    put(folder, "held/logo.svg", b"<svg>new</svg>")
    assert "content.sha256" in foyer("diff", folder)[1]
    assert foyer("publish", folder)[0] == 0
    assert published.browser().get("/logo.svg").data == b"<svg>new</svg>"
    assert foyer("rollback", "2")[0] == 0
    assert published.browser().get("/logo.svg").data == LOGO
    (folder / "plan.yaml").unlink()
    assert foyer("publish", folder, "--delete")[0] == 1  # the pages are not in the folder
    assert foyer("export", first, "--prune", "--release", "1")[0] == 0
    assert list((first / "sites/portal").glob("web-files/*")) == []


def test_a_content_is_kept_once_and_one_that_is_lost_is_missing(published, foyer):
    with published.engine.connect() as connection:
        kept = {row.sha256 for row in connection.execute(sa.select(content.c.sha256))}
    assert len(kept) == 3
    with published.engine.begin() as connection:
        connection.execute(sa.delete(content))
    assert published.browser().get("/logo.svg").status_code == 404


def test_the_check_knows_every_address_of_the_engine(portal):
    rules = {rule.rule.split("/")[1] for rule in portal.app.url_map.iter_rules()}
    assert {first for first in rules if first and first[0] not in "_<"} == ENGINE


def test_a_file_that_changes_while_it_is_read_is_not_kept(published, folder):
    put(folder, "held/logo.svg", b"<svg>one</svg>")
    reading = read_folder(folder)
    put(folder, "held/logo.svg", b"<svg>two</svg>")
    store = MetadataStore(published.engine)
    with pytest.raises(OtherContent):
        store.publish("ann", components=reading.components, contents=reading.contents)
    assert published.browser().get("/logo.svg").data == LOGO
