"""Rows from files: matched, checked and undone, then saved as the form would, all or the good ones, by the person's rights."""

import csv
import datetime as dt
import html
import io
import re
import time
import tracemalloc
import zipfile
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from metadata.files import read_folder
from metadata.model import ComponentId, component_id
from runtime.forms.parse import Manner
from runtime.importing import grid, sheet, workbook
from runtime.pages import errand_turns, imports
from support.apiary import METADATA, open_apiary

openpyxl = pytest.importorskip("openpyxl")


def words(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text.split("<main", 1)[-1])).split())


def table(*rows):
    """A CSV file as a spreadsheet in Sweden writes it."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue().encode()


def book(*rows):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def upload(browser, data, name="hives.csv", address="/hives?import=new"):
    return browser.post(address, {"file": (io.BytesIO(data), name)}, token_from=address)


def matched(browser, data, name="hives.csv", address="/hives?import=new", **columns):
    """Upload a file, take the proposed columns but for `columns`, and check it: the address and the report."""
    answer = upload(browser, data, name, address)
    assert answer.status_code == 303, words(answer)
    page = browser.get(answer.location)
    proposed = dict(re.findall(r'<select [^>]*name="(column\d+)".*?<option value="([^"]*)" selected', page.text))
    return answer.location, press(browser, answer.location, "check", **{**proposed, **columns})


def press(browser, where, action, **fields):
    answer = browser.post(where, {"_action": action, **fields}, token_from=where)
    assert answer.status_code == 303, words(answer)
    return browser.get(answer.location)


def test_rows_are_checked_without_a_trace_and_then_saved_as_the_form_would(site):
    yard = site.yard("Meadow", "M1")
    site.yard("Far meadow", "F1", account="south")
    old = site.hive("A1", frames=5, weight=Decimal("1.5"), secret="kept", yard=yard)
    alice = site.as_("alice")
    page = alice.get("/hives")
    assert 'href="/hives?import=new"' in page.text
    chooser = words(alice.get("/hives?import=new"))
    assert "Code, Name, Yard, Place, Strength, Frames, Weight, Checked on, Seen at, Fed." in chooser
    assert "A row whose Code is there already changes that record." in chooser
    data = table(
        ["code", "NAME", "Yard", "Strength", "Frames", "Weight", "Checked on", "Seen at", "Fed", "Other"],
        ["A1", "Renamed", "", "", "7", "", "", "", "", "x"],
        ["A2", "New one", "Meadow", "weak", "", "1,234.5", "7/4/2026", "7/4/2026 10:30", "Yes", "x"],
        ["A3", "By code", "M1", "Given up", "12", "2.25", "2026-07-05", "2026-07-05T08:00", "no", ""],
        [],
        ["A1x", "'=1+1"],
    )
    before = site.audited()
    where, report = matched(alice, data)
    assert "Every row can be imported. 3 would be new 1 would be changed 0 are as in the file already 0 cannot" in words(report)
    assert site.hives("code") == [("A1",)]
    assert site.audited() == before
    with site.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM foyer_outbox")).scalar_one() == 0
    assert "4 rows are imported." in words(press(alice, where, "all"))
    today = dt.datetime.now(dt.UTC).date()
    found = site.hives("code", "name", "yard", "strength", "frames", "weight", "fed", "keeper", "note", "secret")
    me = site.people["alice"]
    assert found == [
        ("A1", "Renamed", yard, "strong", 7, Decimal("1.5"), None, me, "by form", "kept"),
        ("A1x", "=1+1", None, "strong", 10, None, None, me, "by form", None),
        ("A2", "New one", yard, "weak", 10, Decimal("1234.5"), True, me, "by form", None),
        ("A3", "By code", yard, "empty", 12, Decimal("2.25"), False, me, "by form", None),
    ]
    days = [checked for (checked,) in site.hives("checked_on")]
    assert days[0] is None and abs(days[1] - today) <= dt.timedelta(days=1)  # noqa: PT018
    assert days[2:] == [dt.date(2026, 7, 4), dt.date(2026, 7, 5)]
    seen = [seen for (seen,) in site.hives("seen_at")]
    assert [moment.astimezone(dt.UTC).hour for moment in seen[2:]] == [8, 6], "as the site's zone has it"
    assert site.audited() == before + 4
    assert old
    press(alice, where, "all")
    assert site.audited() == before + 4, "a second press does nothing"


def test_each_fault_is_told_with_its_line_and_can_be_downloaded(site):
    site.hive("B1", "bob")
    site.hive("C1", "carol")
    site.hive("A9", strength="empty")
    site.yard("Far meadow", "F1", account="south")
    site.yard("Twin", "T1")
    site.yard("Twin", "T2")
    alice = site.as_("alice")
    rows = [
        ["Code", "Name", "Yard", "Strength", "Frames", "Checked on", "Fed"],
        ["N1", "Good", "T1", "strong", "3", "2026-01-31", "yes"],
        ["N2", "", "", "", "", "", ""],
        ["N3", "x", "Far meadow", "", "", "", ""],
        ["N4", "x", "Twin", "", "", "", ""],
        ["N5", "x", "", "mighty", "41", "", ""],
        ["N6", "x", "", "", "many", "someday", "perhaps"],
        ["B1", "x", "", "", "", "", ""],
        ["C1", "x", "", "", "", "", ""],
        ["A9", "x", "", "", "", "", ""],
        ["N1", "x", "", "", "", "", ""],
        ["N7", "x", "", "", "", "", "", "more"],
        ["", "x", "", "", "", "", ""],
        ["=A code too long", "=cmd", "", "", "", "", ""],
        ["N8", "x", "", "svag", "30", "", "ja"],
    ]
    where, report = matched(alice, table(*rows))
    said = words(report)
    assert "1 row can be imported; the others need a change." in said
    for line, sentence in (
        (3, "Name A hive needs a name."),
        (4, "Yard There is no “Far meadow” that you may choose."),
        (5, "Yard “Twin” may be one of several; write a value that only one has."),
        (6, "Strength Choose one of the values offered."),
        (6, "Frames Enter 0 to 40."),
        (7, "Frames Enter a whole number, such as 12."),
        (7, "Checked on Enter a date, such as"),
        (7, "Fed Enter yes or no."),
        (8, "You may not save this."),
        (9, "There is one with this value already."),
        (10, "This record can no longer be changed."),
        (11, "Code Line 2 has the same value"),
        (12, "The row has more cells"),
        (13, "Code Enter Code."),
        (14, "Code Use at most 12 characters."),
        (15, "Frames A weak hive does not fill so many frames."),
    ):
        assert re.search(rf"\b{line} (Code )?{re.escape(sentence)}", said), (line, sentence, said)
    assert 'value="all"' not in report.text
    answer = alice.get(f"{where}&errors=csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="hives-errors.csv"'
    found = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert found[0] == [*rows[0], "Line", "What is wrong"]
    assert [row[-2] for row in found[1:]] == [str(line) for line in range(3, 16)]
    assert found[-2][:2] == ["'=A code too long", "'=cmd"]
    assert found[1][-1] == "Name: A hive needs a name."
    assert len(site.hives("code")) == 3
    assert "1 row is imported." in words(press(alice, where, "good"))
    assert [code for (code,) in site.hives("code")] == ["A9", "B1", "C1", "N1"]


def test_all_or_nothing_saves_nothing_when_a_row_is_refused_meanwhile(site):
    alice = site.as_("alice")
    where, report = matched(alice, table(["Code", "Name"], ["A1", "x"], ["A2", "y"], ["A3", "z"]))
    assert "Every row can be imported." in words(report)
    site.hive("A2", "carol")
    refused = words(press(alice, where, "all"))
    assert "Nothing was saved" in refused
    assert "3 Code There is one with this value already." in refused
    assert site.hives("code") == [("A2",)]
    assert "2 rows are imported." in words(press(alice, where, "good"))
    assert site.hives("code") == [("A1",), ("A2",), ("A3",)]


def test_long_files_go_on_in_turns_and_no_row_is_saved_twice(site, monkeypatch):
    monkeypatch.setattr(errand_turns, "SECONDS", 0.0)
    monkeypatch.setattr(imports, "TURN_ROWS", 2)
    alice = site.as_("alice")
    where, report = matched(alice, table(["Code", "Name"], *[[f"A{n}", "x"] for n in range(5)]))
    assert "3 rows are still to come." in words(report)
    assert 'value="good"' not in report.text
    press(alice, where, "go_on")
    assert "5 would be new" in words(press(alice, where, "go_on"))
    assert "3 rows are still to come." in words(press(alice, where, "good"))
    assert len(site.hives("code")) == 2
    press(alice, where, "go_on")
    assert "5 rows are imported." in words(press(alice, where, "go_on"))
    assert site.audited() == 5
    monkeypatch.setattr(imports, "ALL_SECONDS", -1.0)
    where, _ = matched(alice, table(["Code", "Name"], ["B1", "x"]))
    assert "took too long" in words(press(alice, where, "all"))
    assert len(site.hives("code")) == 5


def test_workbooks_are_read_in_the_persons_language_and_what_was_downloaded_goes_back(site):
    site.yard("Ängen", "M1")
    alice = site.as_("alice")
    data = book(
        ["Kod", "Namn", "Bigård", "Styrka", "Ramar", "Vikt", "Kontrollerad", "Sedd", "Matad"],
        ["A1", "Ett", "Ängen", "Svag", 11, 0.1 + 0.2, dt.date(2026, 7, 4), dt.datetime(2026, 7, 4, 10, 30), True],
        [None] * 9,
        [1002, "Två", None, None, 1e1, "1 234,5", "2026-07-05", None, "Nej"],
    )
    where, report = matched(alice, data, "kupor.xlsx", "/sv-SE/hives?import=new")
    assert "Alla rader kan importeras." in words(report), words(report)
    press(alice, where, "all")
    found = site.hives("code", "name", "strength", "frames", "weight", "checked_on", "fed")
    assert found == [
        ("1002", "Två", "strong", 10, Decimal("1234.5"), dt.date(2026, 7, 5), False),
        ("A1", "Ett", "weak", 11, Decimal("0.3"), dt.date(2026, 7, 4), True),
    ]
    for form in ("csv", "xlsx"):
        again = alice.get(f"/sv-SE/hives?export={form}").data
        _, report = matched(alice, again, f"hives.{form}", "/sv-SE/hives?import=new")
        assert "0 kan inte importeras" in words(report), words(report)
        assert "2 är redan som i filen" in words(report), words(report)


def test_a_narrowed_lookup_takes_only_what_belongs_to_the_row_before_it(site):
    meadow, wood = site.yard("Meadow"), site.yard("Wood")
    for title, yard in (("By the oak", wood), ("By the well", meadow)):
        site.add("place", title=title, yard=yard)
    alice = site.as_("alice")
    rows = (["Code", "Name", "Place", "Yard"], ["A1", "x", "By the oak", "Wood"], ["A2", "x", "By the oak", "Meadow"])
    where, report = matched(alice, table(*rows))
    assert "1 would be new" in words(report)
    assert "3 Place Choose one from the list." in words(report)
    press(alice, where, "good")
    assert site.hives("code", "yard") == [("A1", wood)]


def test_who_may_only_change_changes_what_the_list_lets_a_file_give(database_url, tmp_path):
    found = {component_id(item): item for item in read_folder(METADATA).components}
    rows = found[ComponentId("list", "hives", "apiary")]
    right = found[ComponentId("entity_permission", "my-hives", "apiary")]
    narrow = replace(rows, imports=replace(rows.imports, attributes=("name",)))
    with open_apiary(database_url, tmp_path, narrow, replace(right, privileges=("read", "write"))) as site:
        site.hive("A1", frames=4)
        alice = site.as_("alice")
        where, report = matched(alice, table(["Code", "Name", "Frames"], ["A1", "Other", "5"], ["A2", "x", "6"]))
        assert "1 would be changed" in words(report)
        assert "3 You may not save this." in words(report)
        press(alice, where, "good")
        assert site.hives("code", "name", "frames") == [("A1", "Other", 4)]
    assert site.app.test_client().get("/hives?import=new").status_code in (302, 401)


def test_an_empty_cell_clears_only_where_it_is_asked_to(site):
    yard = site.yard("Meadow")
    site.hive("A1", yard=yard, frames=4, note="by form")
    alice = site.as_("alice")
    data = table(["Code", "Yard", "Frames"], ["A1", "", ""])
    _, report = matched(alice, data)
    assert "1 is as in the file already" in words(report)
    where, report = matched(alice, data, clears="1")
    assert "1 would be changed" in words(report)
    press(alice, where, "all")
    assert site.hives("yard", "frames") == [(None, None)]


def test_an_import_belongs_to_one_person_and_needs_the_right(site):
    alice, bob, dan = site.as_("alice"), site.as_("bob"), site.as_("dan")
    where, _ = matched(alice, table(["Code", "Name"], ["A1", "x"]))
    for address in (where, f"{where}&errors=csv"):
        assert bob.get(address).status_code == 303
    assert bob.post(where, {"_action": "all"}, token_from="/hives").status_code == 303
    assert alice.client.post(where, data={"_action": "all"}).status_code == 400, "without the token nothing is done"
    assert "import=new" not in dan.get("/hives").text
    assert dan.get("/hives?import=new").status_code == 403
    assert upload(dan, b"Code\nA1\n", address="/hives?import=new").status_code in (400, 403)
    assert site.hives("code") == []
    dropped = alice.post(where, {"_action": "drop"}, token_from=where)
    assert dropped.location == "/hives"
    assert "no longer kept" in alice.get(alice.get(where).location).text


def test_columns_are_chosen_and_chosen_again(site):
    alice = site.as_("alice")
    data = table(["Hive", "Called", "Code"], ["A1", "One", "wrong"])
    where, report = matched(alice, data, column0="code", column1="name", column2="code")
    assert "Two columns are chosen to be the same." in words(report)
    nothing = press(alice, where, "check", column0="", column1="", column2="odd")
    assert "Choose what one column is at least." in words(nothing)
    report = press(alice, where, "check", column0="code", column1="name", column2="")
    assert "1 would be new" in words(report)
    assert 'value="name" selected' in press(alice, where, "columns").text
    assert alice.post(where, {"_action": "odd"}, token_from=where).status_code == 400


def packed(**parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_part(data, name, change):
    """A workbook with one of its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, change(content) if part == name else content)
    return file.getvalue()


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


SHEET = "xl/worksheets/sheet1.xml"
MILLION = 1_000_000
HEAVY = {
    "tags that hardly end": (
        SHEET,
        lambda old: old.replace(b"<sheetData>", b"<a b='" + b">" * 20 * MILLION + b"'/><sheetData>"),
    ),
    "a comment": (SHEET, lambda old: old.replace(b"<sheetData>", b"<!--" + b"<" * 50 * MILLION + b"--><sheetData>")),
    "empty rows": (SHEET, lambda old: old.replace(b"</sheetData>", b"<row/>" * 7 * MILLION + b"</sheetData>")),
    "empty cells": (SHEET, lambda old: old.replace(b"</row>", b"<c/>" * 14 * MILLION + b"</row>", 1)),
    "elements in elements": (SHEET, lambda old: old.replace(b"<sheetData>", b"<a>" * 8 * MILLION)),
    "strings": ("xl/sharedStrings.xml", lambda old: old.replace(b"</sst>", b"<si/>" * 11 * MILLION + b"</sst>")),
    "formats": (
        "xl/styles.xml",
        lambda old: old.replace(b"<cellXfs", b"<cellXfs>" + b"<xf/>" * 10 * MILLION + b"</cellXfs><a", 1),
    ),
}


@pytest.mark.parametrize("heavy", HEAVY)
def test_what_unpacks_to_a_great_deal_of_nothing_takes_a_second_and_no_memory(heavy):
    """A few thousand bytes that a library would read for minutes, into a tree of a thousand million bytes."""
    name, change = HEAVY[heavy]
    given = io.BytesIO(with_part(book(["Code", "Name"], ["A1", "x"]), name, change))
    assert len(given.getvalue()) < MILLION / 2
    tracemalloc.start()
    begun = time.thread_time()
    with suppress(grid.NotReadable):
        assert workbook.read_workbook(given, 300, Manner("en-US", "UTC")).rows == ((2, ["A1", "x"]),)
    spent = time.thread_time() - begun
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert spent < 3 * workbook.SECONDS
    assert most < 150 * MILLION


def test_empty_cells_at_the_end_of_a_line_are_no_columns_however_many():
    empty = b"," * 4_000_000
    data = b"Code" + empty + b"\nA1" + empty + b"\n"
    assert grid.read_csv(io.BytesIO(data), 300).rows == ((2, ["A1"]),)
    with pytest.raises(grid.NotReadable, match="too_many_columns"):
        grid.read_csv(io.BytesIO(b"Code\nA2" + empty + b"x"), 300)


def test_a_workbook_has_so_many_cells_and_a_csv_file_more(sqlite_site, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_CELLS", 5)
    rows = ["Code", "Name"], ["A1", "x"], [None, "y"]
    assert upload(sqlite_site, book(*rows), "a.xlsx").status_code == 303
    refused = upload(sqlite_site, book(*rows, ["A3", None]), "a.xlsx")
    assert (refused.status_code, "more than 5 cells" in words(refused)) == (422, True)
    assert upload(sqlite_site, b"Code,Name\nA1,x\n,y\nA3,\n").status_code == 303


def test_the_same_number_is_told_by_the_style_of_its_cell(monkeypatch):
    """Numbers are remembered with their texts, of which some are let go of: neither changes what a cell says."""
    monkeypatch.setattr(sheet, "MOST_NUMBERS", 2)
    day = dt.date(2020, 1, 1)
    data = book(["Number", "Day"], *([43831 + more, day + dt.timedelta(more)] for more in (0, 1, 2, 0, 0)), [1.5, day])
    days = ("2020-01-01", "2020-01-02", "2020-01-03", "2020-01-01", "2020-01-01")
    expected = [[number, told] for number, told in zip(("43831", "43832", "43833", "43831", "43831"), days, strict=True)]
    rows = workbook.read_workbook(io.BytesIO(data), 300, Manner("sv-SE", "UTC")).rows
    assert [cells for _, cells in rows] == [*expected, ["1,5", "2020-01-01"]]


def test_workbooks_are_read_one_at_a_time(sqlite_site, monkeypatch):
    monkeypatch.setattr(workbook, "PATIENCE", 0)
    data = book(["Code", "Name"], ["A1", "x"])
    with workbook.ONE_AT_A_TIME:
        waiting = upload(sqlite_site, data, "a.xlsx")
        assert upload(sqlite_site, b"Code,Name\nA1,x\n").status_code == 303
    assert (waiting.status_code, "Another workbook is being read" in words(waiting)) == (422, True)
    for _ in range(2):
        assert upload(sqlite_site, data, "a.xlsx").status_code == 303


def test_packing_that_says_how_much_memory_it_takes_is_refused(sqlite_site):
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(["Code", "Name"], ["A1", "x"]))) as old, zipfile.ZipFile(made, "w") as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part), zipfile.ZIP_LZMA)
    assert "cannot be read" in words(upload(sqlite_site, made.getvalue(), "a.xlsx"))


def test_workbooks_of_other_programs_are_read(sqlite_site):
    """Prefixes at every tag, no places on cells, strings in parts with how they are pronounced, days since 1904, formulas."""
    main = 'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    related = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = '<Relationship Id="{}" Type="' + related + '/{}" Target="{}"/>'
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    sheets = '<x:sheets><x:sheet name="A" sheetId="1" r:id="c"/><x:sheet name="B" sheetId="2" r:id="s"/></x:sheets>'
    cell = '<x:c t="inlineStr"><x:is><x:t>{}</x:t></x:is></x:c>'
    data = packed(
        **{
            "_rels/.rels": relations.format(relation.format("a", "officeDocument", "/book/main.xml")),
            "book/_rels/main.xml.rels": relations.format(
                relation.format("c", "chartsheet", "chart.xml")
                + relation.format("s", "worksheet", "../sheets/one.xml")
                + relation.format("t", "sharedStrings", "strings.xml")
                + relation.format("f", "styles", "styles.xml")
            ),
            "book/main.xml": f'<x:workbook {main} xmlns:r="{related}"><x:workbookPr date1904="1"/>{sheets}</x:workbook>',
            "book/strings.xml": f"<x:sst {main}><x:si><x:r><x:t>On</x:t></x:r><x:rPh><x:t>no</x:t></x:rPh>"
            "<x:r><x:t>e &amp; two</x:t></x:r></x:si></x:sst>",
            "book/styles.xml": f'<x:styleSheet {main}><x:numFmts><x:numFmt numFmtId="170" formatCode="d mmm yyyy"/></x:numFmts>'
            '<x:cellStyleXfs><x:xf numFmtId="170"/></x:cellStyleXfs>'
            '<x:cellXfs><x:xf numFmtId="0"/><x:xf numFmtId="170"/></x:cellXfs></x:styleSheet>',
            "sheets/one.xml": f"<x:worksheet {main}><x:sheetData><x:row>"
            + "".join(map(cell.format, ("Code", "Name", "Checked on", "Frames", "Weight")))
            + '</x:row><x:row r="7"><x:c t="str"><x:f>WEBSERVICE("http://localhost")</x:f><x:v>A1</x:v></x:c>'
            '<x:c t="s"><x:v>0</x:v></x:c><x:c s="1"><x:v>44746</x:v></x:c><x:c r="D7"><x:v>12</x:v></x:c>'
            '<x:c r="E7" t="e"><x:v>#N/A</x:v></x:c></x:row></x:sheetData></x:worksheet>',
        }
    )
    found = workbook.read_workbook(io.BytesIO(data), 300, Manner("en-US", "UTC"))
    assert found.headings == ("Code", "Name", "Checked on", "Frames", "Weight")
    assert found.rows == ((7, ["A1", "One & two", "2026-07-05", "12", "#N/A"]),)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (lambda: b"", "has no rows"),
        (lambda: b"Code;Name\n\n;\n", "has no rows"),
        (lambda: b"Code\n" + b"A\n" * 301, "too many rows. It may have at most 300"),
        (lambda: b";" * 250 + b"x\n", "too many columns"),
        (lambda: b"Code\x00\nA1\n", "cannot be read"),
        (lambda: b'Code\n"A1\n', "Line 2 cannot be read"),
        (lambda: b"Code\n" + b"A" * 200_000, "Line 2 cannot be read"),
        (lambda: b"\xd0\xcf\x11\xe0old", "workbook of an old kind"),
        (lambda: b"PK\x03\x04 and no more", "cannot be read"),
        (lambda: packed(x="y"), "cannot be read"),
        (lambda: packed(**{"xl/worksheets/sheet1.xml": b"0" * 61_000_000}), "unpacks to more"),
        (
            lambda: with_part(
                book(["Code"], ["A1"]), "xl/worksheets/sheet1.xml", lambda old: BOMB + old[old.index(b"<work") :]
            ),
            "be read",
        ),
        (lambda: book(["Code"], *[["A"]] * 301), "too many rows"),
        (lambda: book(["Code"] * 201, ["A"]), "too many columns"),
    ],
)
def test_what_is_no_table_or_too_much_is_refused_with_a_sentence(sqlite_site, data, sentence):
    answer = upload(sqlite_site, data(), "file.xlsx")
    assert answer.status_code == 422
    assert sentence in words(answer)


def test_reading_has_limits_of_time_and_of_letters(sqlite_site, monkeypatch):
    assert "Choose a file." in words(sqlite_site.post("/hives?import=new", token_from="/hives?import=new"))
    with monkeypatch.context() as smaller:
        smaller.setattr(imports, "MOST_BYTES", 100)
        assert "The file is too large." in words(upload(sqlite_site, b"Code\n" + b"A\n" * 50))
    monkeypatch.setattr(grid, "MOST_LETTERS", 10)
    assert "unpacks to more" in words(upload(sqlite_site, b"Code\n" + b"A" * 20))
    monkeypatch.setattr(grid, "SECONDS", -1.0)
    assert "takes too long" in words(upload(sqlite_site, b"Code\nA1\n"))
    monkeypatch.setattr(workbook, "can_read_workbooks", lambda: False)
    assert "Workbooks are not read here." in words(upload(sqlite_site, book(["Code"], ["A1"]), "a.xlsx"))


def test_the_texts_of_a_file_are_told_by_their_marks(sqlite_site):
    for data in (
        "Code,Name\nÅ1,x\n".encode("utf-16"),
        "Code;Name\nÅ1;x\n".encode("cp1252"),
        "sep=|\nCode|Name\nÅ1|x\n".encode("utf-8-sig"),
        '"Some,thing;";Name;Code\n;x;Å1\n'.encode(),
        "Code\tName\r\nÅ1\tx\r\n".encode(),
    ):
        _, report = matched(sqlite_site, data)
        assert "1 would be new" in words(report), data


def test_how_long_a_cell_may_be_does_not_hang_on_what_else_the_process_reads(sqlite_site):
    before = csv.field_size_limit(10_000_000)
    try:
        answer = upload(sqlite_site, b"Code\n" + b"A" * 200_000, "file.csv")
    finally:
        csv.field_size_limit(before)
    assert (answer.status_code, "Line 2 cannot be read" in answer.text) == (422, True)
