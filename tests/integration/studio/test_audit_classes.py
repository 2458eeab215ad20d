"""What the audit trail says of attributes that makers put into a class: of changes, refusals and downloads, and of reads."""

import csv
import io
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
import sqlalchemy as sa

from metadata.model import ApiEntity, SiteSetting, WebRole
from runtime.access import Principal
from runtime.records import create
from runtime.records.audit import AUDITED
from support.marina import BOOKING, BOOKINGS
from support.people import open_people
from support.studio import Maker, words

CLASSES = {"fee": "confidential", "note": "personal", "status": "public"}
CLASSED = replace(
    BOOKING, attributes=tuple(replace(one, classification=CLASSES.get(one.key, "")) for one in BOOKING.attributes)
)
API = ApiEntity(key="bookings", entity="booking", name="rows", attributes=("number", "fee", "note"))
PARTS = (CLASSED, replace(BOOKINGS, export=True), API, WebRole(key="auditor", studio=("audit",)))


@pytest.fixture
def site(database_url, tmp_path):
    with open_people(database_url, tmp_path, *PARTS) as opened:
        yield opened


@pytest.fixture
def noting(database_url, tmp_path):
    with open_people(database_url, tmp_path, *PARTS, SiteSetting(key="audit/reads", value="confidential, personal")) as opened:
        yield opened


def lines(maker, asked=""):
    answer = maker("dora").get(f"audit/file?{asked}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def book(site, **values):
    """A booking that is made as the engine makes rows."""
    with site.engine.begin() as connection:
        who = Principal.system("admin")
        return create(connection, site.snapshot, who, "booking", values, listeners=AUDITED).id


def test_a_change_of_classed_values_is_marked_and_found_by_its_class(site, maker):
    row, plain = book(site, number="A1", fee=Decimal(10)), book(site, number="A2")
    found = lines(maker, "class=confidential&entity=booking")
    assert [(line["kind"], line["row"], line["classes"]) for line in found] == [("create", str(row), "confidential")]
    assert [line["classes"] for line in lines(maker, f"entity=booking&row={plain}")] == [""]
    assert lines(maker, "class=personal&entity=booking") == []
    assert "Confidential number – → A1 fee" in words(maker("dora").get("audit?class=confidential&entity=booking"))
    for wrong in ("public", "nothing"):
        assert maker("dora").get(f"audit?class={wrong}").status_code == 400, wrong


def test_a_value_that_is_written_like_the_name_of_an_attribute_is_not_taken_for_one(site, maker):
    book(site, number="A1", boat='"note":["a","b"]', status="asked")
    assert len(lines(maker, "entity=booking")) == 1
    assert lines(maker, "class=personal&entity=booking") == []


def test_a_download_with_classed_columns_says_who_took_which(site, maker):
    site.book("A1", fee="10")
    alice = site.as_("alice")
    assert alice.get("/bookings?export=csv").status_code == 200
    (line,) = lines(maker, "kind=export&class=confidential&entity=booking")
    assert (line["who"], line["from"], line["on"], line["classes"]) == ("Alice", "portal", "booking", "confidential")
    assert line["what"] == "list: bookings; form: csv; confidential: booking.fee"
    moored = alice.get("/bookings?view=bookings-moored&export=xlsx")
    assert moored.status_code == 200
    assert len(lines(maker, "kind=export&entity=booking")) == (2 if "fee" in columns_of(site, "bookings-moored") else 1)


def columns_of(site, view):
    return [column.attribute for column in site.snapshot.views[view].columns]


def test_a_download_of_ones_own_data_says_what_of_it_is_classed(site, maker):
    alice = site.as_("alice")
    site.book("A1", fee="10")
    assert alice.post("/my-data", {}, token_from="/security").status_code == 200
    (line,) = lines(maker, "kind=my_data")
    assert (line["classes"], "booking.fee" in line["what"], "booking.note" in line["what"]) == ("confidential", True, False)


def test_a_refusal_of_an_entity_with_classed_values_names_them(site, maker):
    site.book("THEIRS", "carol")
    alice = site.as_("alice")
    assert alice.get("/bookings/THEIRS").status_code == 404
    asked = alice.get("/_api/rows?$select=number,note")
    assert asked.status_code == 403
    found = lines(maker, f"kind=refused&class=personal&who={site.people['alice']}")
    assert found[0]["on"] == "rows"
    assert all("personal: booking.note" in line["what"] for line in found)


def test_what_is_read_is_noted_once_an_hour_for_each_row_where_the_site_asks_for_it(noting):
    maker = partial(Maker.of, noting)
    row = noting.book("A1", fee="10")
    noting.book("A2", fee="7777")
    alice = noting.as_("alice")
    for _ in range(2):
        assert "10" in words(alice.get("/bookings/A1"))
        assert alice.get("/bookings").status_code == 200
        assert alice.get("/_api/rows?$select=number,fee").status_code == 200
    found = lines(maker, f"kind=read&who={noting.people['alice']}")
    assert [(line["on"], line["row"], line["classes"], line["what"]) for line in reversed(found)] == [
        ("booking", str(row), "confidential", "path: /bookings/A1; confidential: booking.fee"),
        ("booking", "0", "confidential", "path: /bookings; confidential: booking.fee"),
    ]
    assert "7777" not in str(found)


def test_what_has_no_such_values_or_no_rows_is_not_noted(noting):
    maker, alice = partial(Maker.of, noting), noting.as_("alice")
    assert alice.get("/bookings").status_code == 200  # there are no rows
    noting.book("A1", fee="10")
    assert alice.get("/_api/rows?$select=number").status_code == 200
    assert alice.get("/").status_code == 200
    assert lines(maker, f"kind=read&who={noting.people['alice']}") == []


def test_nothing_that_is_read_is_noted_where_the_site_does_not_ask_for_it(site, maker):
    site.book("A1", fee="10")
    assert site.as_("alice").get("/bookings/A1").status_code == 200
    assert lines(maker, "kind=read") == []


def test_a_download_that_cannot_be_written_down_is_not_given_out(site):
    site.book("A1", fee="10")
    alice = site.as_("alice")
    assert alice.get("/bookings").status_code == 200
    with site.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE foyer_audit RENAME TO foyer_audit_away"))
    assert alice.get("/bookings?export=csv").status_code >= 500


def test_nobody_downloads_classed_columns_through_somebody_elses_eyes(site, maker):
    site.book("A1", fee="10")
    seen = f"/studio/as/served/contact-{site.people['alice']}/bookings"
    dora = maker("dora").browser
    assert dora.get(seen).status_code == 200
    assert dora.get(f"{seen}?export=csv").status_code == 403
    assert lines(maker, "kind=export&entity=booking") == []
