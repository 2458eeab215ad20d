"""Delta links: a program is told what is different for it, by whatever cause, and nothing of rows that it never had."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from runtime.api import reading, told, tracking
from runtime.cli.token import command as token
from runtime.housekeeping import tidy
from runtime.identity.roles import grant_roles
from runtime.services import services_of
from support.archive import SITE, Program
from support.portal import SECRET, Browser

TRACK = "odata.track-changes"


def begin(program, path="scores?$select=number"):
    """All rows of a first answer, page by page, and the link at its end."""
    rows, answer = [], program.get(path, Prefer=TRACK)
    while True:
        assert (answer.status_code, answer.headers.get("Preference-Applied")) == (200, TRACK), answer.text
        body = json.loads(answer.text)
        rows += body["value"]
        if "@odata.deltaLink" in body:
            return rows, local(body["@odata.deltaLink"])
        answer = program.get(local(body["@odata.nextLink"]))


def follow(program, link):
    """What is different: numbers of rows that are told, ids of rows that are removed with the reason, and the next link."""
    rows, lost, again = [], {}, True
    while again:
        answer = program.get(link)
        assert answer.status_code == 200, answer.text
        body = json.loads(answer.text)
        rows += [row["number"] for row in body["value"] if "@removed" not in row]
        lost |= {row["id"]: row["@removed"]["reason"] for row in body["value"] if "@removed" in row}
        again = "@odata.nextLink" in body
        link = local(body["@odata.nextLink" if again else "@odata.deltaLink"])
    return rows, lost, link


def local(link):
    assert "/_api/" in link
    return "/_api/" + link.partition("/_api/")[2]


def change(site, row, **values):
    table = site.snapshot.entities["score"].table
    with site.engine.begin() as connection:
        connection.execute(sa.update(table).where(table.c.id == row).values(version=table.c.version + 1, **values))


def remove(site, row):
    table = site.snapshot.entities["score"].table
    with site.engine.begin() as connection:
        connection.execute(sa.delete(table).where(table.c.id == row))


def kept(site):
    with site.engine.connect() as connection:
        return connection.execute(sa.select(told.told)).all()


@pytest.fixture
def alma(site):
    return site.as_("alma")


@pytest.fixture
def books(site, tmp_path):
    """A program with a token of Alma's."""
    environ = {
        "FOYER_DATABASE_URL": services_of(site.app).config.database_url,
        "FOYER_DATA_DIR": str(tmp_path),
        "FOYER_SECRET_KEY": SECRET,
    }
    done = CliRunner().invoke(token, ("create", "alma@archive.example", "--name", "books", "--json"), env=environ)
    bearer = {"Authorization": f"Bearer {json.loads(done.output)['token']}"}
    made = Program(Browser(site.app.test_client()))
    made.send = lambda method, path, body=None, **headers: Program.send(made, method, path, body, **bearer, **headers)
    return made


def test_what_is_new_changed_and_deleted_is_told_once(site, alma):
    first, second = site.score("S1"), site.score("S2", title="Motet")
    site.score("T1", "low")
    rows, link = begin(alma)
    assert [row["number"] for row in rows] == ["S1", "S2"]
    assert follow(alma, link) == ([], {}, link), "nothing is different, and the link is the same"
    assert alma.send("PATCH", f"scores({second})", {"number": "S2b"}).status_code == 204
    bind = {"keeper@odata.bind": f"choirs({site.choirs['high']})"}
    assert alma.send("POST", "scores", {"number": "S3", **bind}).status_code == 204
    assert alma.send("DELETE", f"scores({first})").status_code == 204
    answer = json.loads(alma.get(link).text)
    assert answer["@odata.context"].endswith("$metadata#scores(number)/$delta")
    removed = next(row for row in answer["value"] if "@removed" in row)
    assert removed["@odata.id"].endswith(f"/_api/scores({first})")
    numbers, lost, later = follow(alma, link)
    assert (numbers, lost) == (["S2b", "S3"], {first: "deleted"}), "who lost an answer asks for it again"
    assert follow(alma, later) == ([], {}, later)


def test_a_row_that_leaves_reach_is_removed_and_one_out_of_reach_is_never_told_of(site, alma):
    mine, theirs, hidden = site.score("S1"), site.score("T1", "low"), site.score("T2", "low")
    _, link = begin(alma)
    change(site, mine, keeper=site.choirs["low"])
    change(site, theirs, title="Another")
    remove(site, hidden)
    numbers, lost, link = follow(alma, link)
    assert (numbers, lost) == ([], {mine: "changed"})
    remove(site, mine)
    remove(site, theirs)
    assert follow(alma, link) == ([], {}, link), "what happens to it afterwards is not told"


def test_whoever_changes_sides_is_told_of_the_rows_there_and_loses_those_here(site, alma):
    """No row was written: permission alone is another one."""
    mine = site.score("S1")
    site.score("T1", "low")
    _, link = begin(alma)
    contacts = site.snapshot.entities["contact"].table
    with site.engine.begin() as connection:
        moved = sa.update(contacts).where(contacts.c.id == site.people["alma"])
        connection.execute(moved.values(account=site.choirs["low"]))
    numbers, lost, _ = follow(alma, link)
    assert (numbers, lost) == (["T1"], {mine: "changed"})


def test_whoever_is_given_and_loses_a_role_is_told_what_that_makes_of_the_rows(site):
    lib = site.as_("lib")
    row = site.score("S1", insured=7)
    _, link = begin(lib, "scores?$select=number,pages")
    with site.engine.begin() as connection:
        grant_roles(connection, site.people["lib"], SITE, ("reader",))
        connection.execute(sa.text("DELETE FROM foyer_contact_role WHERE role = 'librarian'"))
    assert follow(lib, link) == ([], {}, link), "as a reader the row is the same"
    with site.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM foyer_contact_role WHERE role = 'reader'"))
    answer = lib.get(link)
    assert (answer.status_code, f'"id":{row}' in answer.text) == (403, False)


def test_a_row_that_the_condition_leaves_is_removed_and_one_that_enters_is_told(site, alma):
    thin, thick = site.score("S1", pages=1), site.score("S2", pages=90)
    rows, link = begin(alma, "scores?$select=number&$filter=pages gt @least&@least=10&$orderby=number desc&$count=true")
    assert [row["number"] for row in rows] == ["S2"]
    change(site, thin, pages=20)
    change(site, thick, pages=2)
    numbers, lost, _ = follow(alma, link)
    assert (numbers, lost) == (["S1"], {thick: "changed"})


def test_a_value_that_is_worked_out_and_a_look_up_out_of_reach_are_changes_though_the_row_was_not_written(site, alma):
    held = site.add("composer", name="Bach")
    site.score("S1", composer=held)
    _, link = begin(alma, "scores?$select=number,_composer_value")
    table = site.snapshot.entities["composer"].table
    with site.engine.begin() as connection:
        connection.execute(sa.update(site.snapshot.entities["score"].table).values(composer=None))
        connection.execute(sa.delete(table))
    assert follow(alma, link)[0] == ["S1"]


def test_long_answers_come_in_pages_that_are_kept_together(site, alma, monkeypatch):
    monkeypatch.setattr(reading, "PAGE", 2)
    monkeypatch.setattr(tracking, "CHANGES", 2)
    monkeypatch.setattr(tracking, "AT_ONCE", 2)
    ids = [site.score(f"S{number}") for number in range(5)]
    rows, link = begin(alma, "scores?$select=number&$orderby=number desc")
    assert [row["number"] for row in rows] == ["S4", "S3", "S2", "S1", "S0"]
    assert follow(alma, link) == ([], {}, link)
    for row in ids[:4]:
        change(site, row, pages=3)
    more = [site.score(f"N{number}") for number in range(2)]
    remove(site, ids[4])
    numbers, lost, link = follow(alma, link)
    assert (sorted(numbers), lost) == (["N0", "N1", "S0", "S1", "S2", "S3"], {ids[4]: "deleted"})
    remove(site, more[0])
    assert follow(alma, link)[:2] == ([], {more[0]: "deleted"})


def test_a_page_is_kept_before_it_is_sent_and_may_be_fetched_again(site, alma, monkeypatch):
    monkeypatch.setattr(reading, "PAGE", 2)
    for number in range(3):
        site.score(f"S{number}")
    body = json.loads(alma.get("scores?$select=number", Prefer=TRACK).text)
    following = local(body["@odata.nextLink"])
    once, twice = alma.get(following), alma.get(following)
    assert once.text == twice.text
    assert follow(alma, local(json.loads(twice.text)["@odata.deltaLink"]))[:2] == ([], {})
    for wrong in (following.replace("number", "title"), following + "&$filter=pages gt 1"):
        assert alma.get(wrong).status_code == 400, wrong


def test_a_link_is_whose_it_is_and_over_after_a_while(site, alma, books):
    site.score("S1")
    _, link = begin(alma)
    _, other = begin(books)
    assert alma.get(link).status_code == books.get(other).status_code == 200
    for who, asked in ((site.as_("bo"), link), (site.stranger(), link), (books, link), (alma, other)):
        assert who.get(asked).status_code in (403, 410), asked
    assert site.as_("bo").get(link).status_code == 410
    assert json.loads(books.get(link).text)["error"]["code"] == "Gone"
    for wrong in ("scores?$deltatoken=nonsense", "scores?$deltatoken=", "composers" + link[len("/_api/scores") :]):
        assert alma.get(wrong).status_code in (400, 410), wrong
    for more in ("&$filter=pages gt 1", "&$top=1", "&$select=title"):
        assert alma.get(link + more).status_code == 400, more
    with site.engine.begin() as connection:
        connection.execute(sa.update(told.told).values(expires_at=dt.datetime.now(dt.UTC)))
    assert alma.get(link).status_code == 410
    tidy(site.engine, dt.datetime.now(dt.UTC))
    assert kept(site) == []


def test_no_more_is_kept_than_is_needed(site, alma, monkeypatch):
    row = site.score("S1")
    _, first = begin(alma)
    links = [first]
    for number in range(3):
        change(site, row, number=f"S{number}")
        links.append(follow(alma, links[-1])[2])
    assert [alma.get(link).status_code for link in links] == [410, 410, 200, 200]
    monkeypatch.setattr(told, "MOST_KEPT", 2)
    for _ in range(3):
        begin(alma)
    assert len(kept(site)) == 2
    assert "S1" not in str(kept(site)), "hashes are kept and no values"


NOT_KEPT = ("$top=1", "$skip=1", "$expand=composer", "$search=x", "$apply=aggregate($count as n)")


def test_a_preference_that_cannot_be_met_is_passed_over(site, alma, monkeypatch):
    site.score("S1")
    lib = site.as_("lib")
    for query in NOT_KEPT:
        answer = lib.get(f"scores?{query}", Prefer=TRACK)
        assert ("Preference-Applied" in answer.headers, "deltaLink" in answer.text) == (False, False), query
    assert "deltaLink" not in alma.get("scores").text
    for number in range(3):
        site.score(f"N{number}")
    _, link = begin(alma)
    monkeypatch.setattr(tracking, "MOST_ROWS", 3)
    assert "deltaLink" not in alma.get("scores", Prefer=TRACK).text
    site.score("N4")
    assert alma.get(link).status_code == 410
    assert "deltaLink" in alma.get("scores?$filter=number eq 'N1'", Prefer=f"respond-async, {TRACK}").text


def test_a_call_of_a_batch_is_kept_too(site, alma):
    site.score("S1")
    calls = [{"id": "1", "method": "GET", "url": "scores?$select=number", "headers": {"Prefer": TRACK}}]
    (answer,) = json.loads(alma.send("POST", "$batch", {"requests": calls}).text)["responses"]
    site.score("S2")
    assert follow(alma, local(answer["body"]["@odata.deltaLink"]))[0] == ["S2"]
