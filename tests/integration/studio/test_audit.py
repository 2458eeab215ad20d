"""The audit trail in the studio: found, told without what may not be read, given out as a file; refusals are in it."""

import csv
import io

import pytest
import sqlalchemy as sa

from metadata.model import WebRole
from runtime.identity.roles import grant_roles
from runtime.refused import NOBODY_PER_ADDRESS, NOBODY_PER_HOUR
from support.people import open_people
from support.studio import Maker, words


@pytest.fixture
def site(database_url, tmp_path):
    with open_people(database_url, tmp_path, WebRole(key="auditor", studio=("audit",))) as opened:
        opened.book("A1")
        yield opened


def lines(answer):
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def act(site, **values):
    given = {"contact": None, "origin": "portal", "kind": "write", "entity": "booking", "row": 1, "changes": "{}", **values}
    with site.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO foyer_audit (at, contact, site, origin, privilege, entity, row, changes) "
                "VALUES (CURRENT_TIMESTAMP, :contact, 'marina', :origin, :kind, :entity, :row, :changes)"
            ),
            given,
        )


def test_it_is_found_by_person_record_kind_and_time_and_told_to_those_with_the_right(site, maker):
    dora = maker("dora")
    assert [maker(name).get("audit").status_code for name in ("alice", "carol", "bob", "erin")] == [403] * 4
    assert Maker(site.stranger()).get("audit").status_code == 302
    act(site, contact=site.people["alice"], changes='{"boat": ["Old", "New"], "note": ["a", "SECRET"]}')
    act(site, contact=site.people["bob"], kind="delete", row=7)
    page = words(dora.get("audit?entity=booking"))
    assert "boat Old → New" in page
    with site.engine.begin() as connection:
        grant_roles(connection, site.people["erin"], "marina", ("auditor",))
    erin = words(maker("erin").get("audit?entity=booking"))
    assert "boat note" in erin  # she may read no booking, so what it held is not told
    assert "New" not in erin
    assert "SECRET" not in erin
    assert "Alice" in page
    assert "Alice" not in words(dora.get("audit?who=bob%40sail.example"))
    assert "booking 7" in words(dora.get(f"audit?who={site.people['bob']}&kind=delete&row=7"))
    for nothing in ("audit?since=2999-01-01", "audit?until=2001-01-01", "audit?who=nobody%40x.example"):
        assert "booking 7" not in words(dora.get(nothing)), nothing
    for wrong in ("audit?since=x", "audit?row=x", "audit?before=x", "audit?kind=%00"):
        assert dora.get(wrong).status_code == 400, wrong


def test_the_file_has_all_of_it_and_no_formula(site, maker):
    dora = maker("dora")
    for number in range(620):
        act(site, contact=site.people["alice"], row=number, entity="booking", kind="read", changes='{"=cmd": "=1+1"}')
    found = lines(dora.get("audit/file?kind=read"))
    assert len(found) == 620
    assert len({line["number"] for line in found}) == 620
    assert found[0]["what"] == "'=cmd: =1+1"
    assert found[0]["who"] == "Alice"
    assert [line["kind"] for line in lines(dora.get("audit/file?kind=export"))] == ["export", "export"]
    assert 'rel="next"' in dora.get("audit?kind=read").text
    assert maker("erin").get("audit/file").status_code == 403


def test_what_people_are_refused_is_in_it_and_not_without_end(site, maker):
    alice = site.as_("alice")
    assert alice.get("/office").status_code == 403
    assert alice.get("/studio/").status_code == 403
    dora = maker("dora")
    page = words(dora.get(f"audit?kind=refused&who={site.people['alice']}"))
    assert "path /office" in page
    assert "path /studio/" in page
    for _ in range(70):
        alice.get("/office")
    found = lines(dora.get("audit/file?kind=refused"))
    assert (len(found), found[0]["what"]) == (61, "status: 403; more: not kept for an hour")


def test_what_is_answered_as_not_there_is_in_it_whether_it_is_or_not(site, maker):
    site.book("THEIRS", "carol")
    alice, dora = site.as_("alice"), maker("dora")
    places = ("/bookings/THEIRS", "/bookings/NOWHERE", "/_files/booking/1/photo/a.png", "/_lookup/booking-edit/nothing")
    for place in places:
        assert alice.get(place).status_code == 404, place
    assert alice.post("/bookings/THEIRS", {"boat": "x"}, token_from="/bookings").status_code == 404
    found = lines(dora.get(f"audit/file?kind=refused&who={site.people['alice']}"))
    assert [line["what"] for line in reversed(found)] == [
        *(f"method: GET; path: {place}; status: 404" for place in places),
        "method: POST; path: /bookings/THEIRS; status: 404",
    ]
    assert alice.get("/no-such-page").status_code == 404
    assert len(lines(dora.get("audit/file?kind=refused"))) == len(found)


def test_wrong_addresses_do_not_use_up_the_lines_of_what_was_denied(site, maker):
    alice, dora = site.as_("alice"), maker("dora")
    for number in range(70):
        alice.get(f"/bookings/X{number}")
    assert alice.get("/office").status_code == 403
    found = lines(dora.get("audit/file?kind=refused"))
    assert (len(found), found[0]["what"]) == (62, "method: GET; path: /office")
    assert found[1]["what"] == "status: 404; more: not kept for an hour"


def test_an_argument_that_names_what_may_not_be_read_is_in_it_as_one_that_names_nothing(site, maker):
    alice, dora = site.as_("alice"), maker("dora")
    for argument in ("sort=note", "sort=nothing", "f.note=x", "f.nothing=x", "view=secret"):
        assert alice.get(f"/bookings?{argument}").status_code == 400, argument
    found = lines(dora.get(f"audit/file?kind=refused&who={site.people['alice']}"))
    assert [line["what"] for line in reversed(found)] == [
        f"method: GET; path: /bookings; status: 400; argument: {name}"
        for name in ("sort", "sort", "f.note", "f.nothing", "view")
    ]


def test_what_is_refused_to_who_is_not_signed_in_is_in_it_with_the_number_of_the_request(site, maker):
    nobody, dora = Maker(site.stranger()), maker("dora")
    told = []
    for path, status in (("/office", 302), ("/bookings/A1", 404), ("/bookings?nothing=1", 400), ("/_api/bookings", 404)):
        answer = nobody.browser.get(path)
        assert answer.status_code == status, path
        told.append(answer.headers["X-Request-Id"])
    wrong = nobody.browser.client.get("/_api/bookings", headers={"Authorization": "Bearer foyer_wrong"})
    assert wrong.status_code == 401
    told.append(wrong.headers["X-Request-Id"])
    found = [line for line in lines(dora.get("audit/file?kind=refused")) if not line["contact"]]
    assert [line["what"].partition("request: ")[2] for line in reversed(found)] == told
    assert all(line["who"] == "" for line in found)


def test_a_flood_of_those_who_are_not_signed_in_leaves_few_lines_and_one_that_says_so(site, maker):
    nobody, dora = site.stranger(), maker("dora")
    for number in range(NOBODY_PER_ADDRESS + 30):
        nobody.get(f"/bookings/X{number}")
    site.as_("alice").get("/office")
    found = lines(dora.get("audit/file?kind=refused"))
    assert (len(found), found[0]["what"]) == (NOBODY_PER_ADDRESS + 2, "method: GET; path: /office")
    assert found[1]["what"] == "status: 404; more: not kept for an hour"
    for number in range(NOBODY_PER_HOUR + 10):
        nobody.client.get("/bookings/A1", environ_base={"REMOTE_ADDR": f"192.0.2.{number % 250}"})
    assert len(lines(dora.get("audit/file?kind=refused"))) == NOBODY_PER_HOUR + 2


def test_a_form_that_does_not_prove_where_it_came_from_is_in_it(site, maker):
    alice, dora = site.as_("alice"), maker("dora")
    for sent in ({}, {"csrf_token": "wrong"}):
        assert alice.client.post("/bookings/A1", data=sent).status_code == 400
    assert alice.client.post("/_api/bookings", json={}, headers={"X-CSRFToken": "wrong"}).status_code == 401
    found = lines(dora.get(f"audit/file?kind=refused&who={site.people['alice']}"))
    assert [line["what"] for line in reversed(found)] == [
        *["method: POST; path: /bookings/A1; status: 400; argument: csrf_token"] * 2,
        "method: POST; path: /_api/bookings; status: 401; argument: csrf_token",
    ]


@pytest.mark.parametrize(("language", "said"), [("", ("Go back", "Delete")), ("/sv-SE", ("Gå tillbaka", "Ta bort"))])
def test_kinds_of_deeds_are_called_so_in_the_language_of_the_page(site, maker, language, said):
    act(site, contact=site.people["bob"], kind="delete", row=7)
    act(site, contact=site.people["bob"], kind="rollback", entity="release", row=2)
    act(site, contact=site.people["bob"], kind="of_a_plugin", row=7)
    page = words(maker("dora").browser.get(f"{language}/studio/audit"))
    assert [word for word in (*said, "Of a plugin") if word not in page] == []
