"""A list as a file: all that matches, the view's columns, typed, harmless to spreadsheets, in constant memory."""

import csv
import datetime as dt
import io
import re
import secrets
import tracemalloc
import zipfile
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from metadata.model import ListFilter
from runtime.pages import export, export_workbook
from runtime.records.following import follow
from support.marina import BERTHS, BOOKINGS
from support.marina_site import open_marina

CELL = re.compile(r'<c r="([A-Z]+\d+)"[^>]*?(?: t="(\w+)")?>.*?<(?:v|t)[^>]*>(.*?)</')
EXPORTED = replace(BOOKINGS, export=True, filters=(ListFilter(key="status", attribute="status"),))


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, EXPORTED) as opened:
        yield opened


def lines(answer):
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def sheet(answer):
    """The cells of a workbook's first sheet as text, by place, and their types."""
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        text = book.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in book.namelist() if "calcChain" in name]
    assert "<f>" not in text
    return {
        place: (kind, value)
        for place, kind, value in re.findall(r'<c r="([A-Z]+\d+)"[^>]*?(?: t="(\w+)")?>.*?<(?:v|t)[^>]*>(.*?)</', text)
    }


def test_all_that_matches_comes_with_the_views_columns_and_no_others(site, monkeypatch):
    monkeypatch.setattr(export, "SIZE", 3)
    berth = site.add("berth", number="N1", depth=Decimal("2.5"))
    for n in range(8):
        site.book(f"B{n}", berth=berth, arrival=dt.date(2026, 7, n + 1), status="moored" if n % 2 else "asked")
    site.book("C1", "carol")
    browser = site.as_("alice")
    answer = browser.get("/bookings?export=csv&sort=-number")
    head, *rows = lines(answer)
    assert head == ["Booking", "Boat", "Arrival", "Berth", "Depth", "Status", "Fee"]
    assert [row[0] for row in rows] == [f"B{n}" for n in reversed(range(8))]
    assert rows[-1] == ["B0", "Boat B0", "2026-07-01", "N1", "2.5", "Asked for", "1250.50"]
    assert re.search(r'attachment; filename="bookings-\d{4}-\d\d-\d\d.csv"', answer.headers["Content-Disposition"])
    narrowed = browser.get("/bookings?export=csv&f.status=moored&q=B3&page=1")
    assert [row[0] for row in lines(narrowed)[1:]] == ["B3"]
    assert len(lines(browser.get("/bookings?export=csv&page=2"))) == 9
    assert [row[0] for row in lines(browser.get("/bookings?export=csv&view=bookings-moored"))[1:]] == ["B7", "B5", "B3", "B1"]
    assert [row[0] for row in lines(site.as_("carol").get("/bookings?export=csv"))[1:]] == ["C1"]
    swedish = lines(browser.get("/sv-SE/bookings?export=csv"))
    assert (swedish[0][0], swedish[1][5]) == ("Bokning", "Begärd")


def test_a_workbook_holds_numbers_as_numbers_and_no_formula(site):
    site.book("B1", boat="=HYPERLINK(1)", fee=Decimal("1234.5"), arrival=dt.date(2026, 7, 1))
    answer = site.as_("alice").get("/bookings?export=xlsx")
    found = sheet(answer)
    assert found["A2"] == ("inlineStr", "B1")
    assert found["B2"] == ("inlineStr", "=HYPERLINK(1)")
    assert found["C2"] == ("", "46204")
    assert found["G2"] == ("", "1234.50")
    assert answer.content_type.endswith("spreadsheetml.sheet")
    site.book("B2", boat="Sold", status="moored")
    narrowed = sheet(site.as_("alice").get("/bookings?export=xlsx&f.status=moored&q=sold"))
    assert [narrowed[place][1] for place in sorted(narrowed) if place.startswith("A")] == ["Booking", "B2"]
    assert [place for place in narrowed if place.endswith("1")] == [f"{column}1" for column in "ABCDEFG"]
    assert "SECRET NOTE" not in {value for _, value in narrowed.values()}
    empty = site.as_("carol").get("/bookings?export=xlsx")
    assert set(sheet(empty)) == {"A1", "B1", "C1", "D1", "E1", "F1", "G1"}


def test_texts_that_look_like_formulas_are_disarmed_in_csv(site):
    for n, boat in enumerate(("=1+1", "+1", "-1", "@x", "\tx", 'a"b,c\nd')):
        site.book(f"B{n}", boat=boat, fee=Decimal(-5))
    rows = lines(site.as_("alice").get("/bookings?export=csv"))[1:]
    assert [row[1] for row in rows] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", 'a"b,c\nd']
    assert {row[6] for row in rows} == {"-5.00"}


def test_an_amount_is_exact_and_has_the_digits_of_its_currency(site):
    for n, fee in enumerate(("1250", "0.125", "1250.0625", "0")):
        site.book(f"B{n}", fee=Decimal(fee))
    rows = lines(site.as_("alice").get("/bookings?export=csv"))[1:]
    assert [row[6] for row in rows] == ["1250.00", "0.125", "1250.0625", "0.00"]


def test_a_script_is_told_when_the_file_begins_to_come(site):
    site.book("B1")
    browser = site.as_("alice")
    answer = browser.get("/bookings?export=xlsx&ready=0123456789abcdef")
    assert answer.data[:2] == b"PK"
    cookies = [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("foyer_download=")]
    assert [cookie.partition(";")[0] for cookie in cookies] == ["foyer_download=0123456789abcdef"]
    assert not any("foyer_download" in cookie for cookie in browser.get("/bookings?export=csv").headers.getlist("Set-Cookie"))
    assert browser.get("/bookings?export=csv&ready=no;x=1").status_code == 400


@pytest.mark.parametrize("address", ["/bookings?export=pdf", "/bookings?export=csv&f.status=odd", "/berths?export=csv"])
def test_what_is_not_offered_is_refused(site, address):
    assert BERTHS.export is False
    assert site.as_("alice").get(address).status_code == 400


def test_who_may_not_read_gets_no_file(site):
    answer = site.as_("erin").get("/bookings?export=csv")
    assert "Content-Disposition" not in answer.headers
    assert site.stranger().get("/bookings?export=csv").mimetype == "text/html"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_memory_does_not_grow_with_the_rows(sqlite_url, tmp_path, monkeypatch, form):
    monkeypatch.setattr(export, "SIZE", 200)
    with open_marina(sqlite_url, tmp_path, EXPORTED) as site:
        mine = {"customer": site.accounts["sail"], "skipper": site.people["alice"]}
        browser = site.as_("alice")
        peaks = []
        for start, many in ((0, 1000), (1000, 5000)):
            rows = range(start, start + many)
            site.add_all("booking", [{"number": f"B{n:05}", "boat": secrets.token_hex(50), **mine} for n in rows])
            tracemalloc.start()
            answer = browser.client.get(f"/bookings?export={form}", buffered=False)
            size = sum(len(chunk) for chunk in answer.iter_encoded())
            peaks.append((size, tracemalloc.get_traced_memory()[1]))
            tracemalloc.stop()
        assert peaks[1][0] > 5 * peaks[0][0]
        assert peaks[1][1] < 1.5 * peaks[0][1]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_begins_to_come_before_its_rows_are_read(site, monkeypatch, form):
    monkeypatch.setattr(export, "SIZE", 2)
    for n in range(6):
        site.book(f"B{n}")
    browser, asked = site.as_("alice"), []
    monkeypatch.setattr(export, "follow", lambda *given: (asked.append(len(page)) or page for page in follow(*given)))
    answer = browser.client.get(f"/bookings?export={form}", buffered=False)
    assert next(answer.iter_encoded())
    assert sum(asked) < 6
    answer.close()
    assert browser.client.head(f"/bookings?export={form}").status_code == 200


def test_a_workbook_opens_with_typed_cells_and_goes_on_in_another_sheet(site, monkeypatch):
    monkeypatch.setattr(export_workbook, "SHEET_ROWS", 3)
    monkeypatch.setattr(export_workbook, "LETTERS", 20)
    odd = ("a\x0bb\r", "_x0041_", "]]>&<t>", "=1+1", "x" * 30)
    for n, boat in enumerate(odd):
        site.book(f"B{n}", boat=boat, fee=Decimal("12.5"), arrival=dt.date(2026, 7, 1) if n else dt.date(1899, 5, 1))
    data = site.as_("alice").get("/bookings?export=xlsx&sort=number").data
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert [(sheet.title, sheet.max_row, sheet.freeze_panes) for sheet in book] == [("Sheet1", 4, "A2"), ("Sheet2", 3, "A2")]
    rows = [row for sheet in book for row in sheet.iter_rows(min_row=2)]
    assert [row[0].value for row in rows] == [f"B{n}" for n in range(5)]
    assert [unescape(row[1].value) for row in rows] == [*odd[:4], "x" * 19 + "…"]
    assert {row[1].data_type for row in rows} == {"s"}
    assert [row[2].value for row in rows[:2]] == ["1899-05-01", dt.datetime(2026, 7, 1)]
    assert {(row[6].value, row[6].data_type) for row in rows} == {(12.5, "n")}
    assert all(sheet["A1"].font.b for sheet in book)
