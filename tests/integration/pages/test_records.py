"""The page of one record: what it shows, to whom, and what it costs."""

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from metadata.model import AlternateKey, Block, Form, FormField, Page, PageAccessRule, Text
from metadata.store import MetadataStore
from support.marina import BERTH


@pytest.fixture
def harbour(site):
    berth = site.add("berth", number="A1", depth=Decimal("2.5"))
    for number, skipper, status in (("B-1", "alice", "confirmed"), ("B-2", "bob", "asked"), ("B-3", "carol", "moored")):
        booking = site.book(
            number, skipper, status=status, berth=berth, arrival=dt.date(2026, 7, 4), confirmed_on=dt.date(2026, 5, 2)
        )
        for title, price in (("Sauna", "120"), ("Electricity", "45.5")):
            site.add("extra", booking=booking, title=f"{title} {number}", quantity=3, price=Decimal(price))
    return site


def fact(page, label: str) -> str:
    found = re.search(rf"<dt>{label}</dt><dd>(.*?)</dd>", page.text)
    return re.sub("<[^>]+>", "", found[1]) if found else ""


def test_the_head_names_the_record_and_its_state(harbour):
    page = harbour.as_("alice").get("/bookings/B-1")
    assert '<h1><bdi>B-1</bdi></h1><span class="status status-info">Confirmed</span>' in page.text
    assert "<title>B-1 – Marina</title>" in page.text
    crumbs = re.search(r'<nav class="crumbs".*?</nav>', page.text)[0]
    assert re.findall(r"<bdi>(.*?)</bdi>", crumbs) == ["Home", "Bookings", "B-1"]
    assert 'href="/bookings"' in crumbs


def test_the_strip_and_the_sections_show_values_in_full(harbour):
    page = harbour.as_("alice").get("/bookings/B-1")
    assert fact(page, "Fee") == "1,250.50\u00a0SEK"
    assert fact(page, "Arrival") == "July 4, 2026"
    assert fact(page, "Berth") == "A1"
    assert fact(page, "Skipper") == "Alice"
    assert fact(page, "Paid") == "No"


def with_berth_pages(site, *rules):
    page = Page(key="berth", label=Text.of("Berth"), parent="berths", record_entity="berth", record_key="number")
    berth = replace(BERTH, keys=(AlternateKey(key="number", attributes=("number",)),))
    MetadataStore(site.engine).publish("tester", components=(berth, page, *rules))


def test_a_lookup_leads_to_the_page_of_its_row_without_a_further_statement(harbour):
    browser = harbour.as_("alice")
    browser.get("/bookings/B-2")
    with harbour.counting() as before:
        plain = browser.get("/bookings/B-1")
    assert 'href="/berths/A1"' not in plain.text
    with_berth_pages(harbour)
    browser.get("/bookings/B-2")
    with harbour.counting() as after:
        page = browser.get("/bookings/B-1")
    assert '<dt>Berth</dt><dd><a href="/berths/A1">A1</a></dd>' in page.text
    assert len(after) == len(before)
    assert browser.get("/berths/A1").status_code == 200


def test_a_lookup_leads_nowhere_where_the_page_or_the_row_is_not_the_persons(harbour):
    rule = PageAccessRule(key="berths", page="berth", right="restrict_read", roles=("master",))
    with_berth_pages(harbour, rule)
    assert fact(harbour.as_("alice").get("/bookings/B-1"), "Berth") == "A1"
    assert 'href="/berths/A1"' not in harbour.as_("alice").get("/bookings/B-1").text
    assert 'href="/berths/A1"' in harbour.as_("dora").get("/bookings/B-1").text


def with_extra_pages(site):
    pages = (
        Page(
            key="extra",
            label=Text.of("Extra"),
            parent="booking",
            record_entity="extra",
            record_key="id",
            blocks=(Block(type="form", form="extra-read"),),
        ),
        Page(key="boat", label=Text.of("Boat"), parent="extra", partial_url="more"),
    )
    form = Form(key="extra-read", entity="extra", summary=(FormField(attribute="title"),))
    MetadataStore(site.engine).publish("tester", components=(*pages, form))


def test_a_page_below_a_record_page_shows_rows_of_that_record_only(harbour):
    with_extra_pages(harbour)
    first, third = (harbour.book(number, skipper) for number, skipper in (("B-7", "alice"), ("B-9", "carol")))
    sauna, kayak = (harbour.add("extra", booking=booking, title="Sauna") for booking in (first, third))
    browser = harbour.as_("alice")
    for below in ("", "/more"):
        assert browser.get(f"/bookings/B-7/{sauna}{below}").status_code == 200
        for address in (f"B-1/{sauna}", f"B-9/{sauna}", f"B-9/{kayak}", f"B-7/{kayak}", f"nonsense/{sauna}"):
            answer = browser.get(f"/bookings/{address}{below}")
            assert answer.status_code == 404, address
            assert "Sauna" not in answer.text


def test_an_attribute_that_may_not_be_read_is_left_out_with_its_label(harbour):
    skipper, master = (harbour.as_(name).get("/bookings/B-1") for name in ("alice", "dora"))
    assert "SECRET NOTE" not in skipper.text
    assert "Note of the harbour master" not in skipper.text
    assert fact(master, "Note of the harbour master") == "SECRET NOTE"


def test_the_progress_line_says_what_is_done_and_when(harbour):
    page = harbour.as_("alice").get("/bookings/B-1")
    steps = re.findall(r'<li class="is-(\w+)"[^>]*>.*?<b>(.*?)</b>.*?(?:<span class="when">(.*?)</span>)?</li>', page.text)
    assert [(state, name) for state, name, _ in steps] == [("done", "Asked for"), ("done", "Confirmed"), ("next", "Moored")]
    assert steps[1][2] == "May\u00a02"
    assert 'aria-current="step"' in page.text


def test_a_record_of_another_company_is_as_missing_as_one_that_does_not_exist(harbour):
    browser = harbour.as_("alice")
    theirs, none = browser.get("/bookings/B-3"), browser.get("/bookings/B-9")
    assert theirs.status_code == none.status_code == 404

    def words(page) -> str:
        main = page.text.split("<main")[1].split("</main>")[0]
        return re.sub(r"B-\d|Error [^<]+", "", main)

    assert words(theirs) == words(none)


def test_a_hostile_key_is_a_record_that_does_not_exist(harbour):
    browser = harbour.as_("alice")
    for key in ("x" * 3000, "%27%20OR%201=1", "%F0%9F%9A%A4", "..%2F..", "B-1%20", "<script>"):
        assert browser.get(f"/bookings/{key}").status_code in (404, 400)


def test_an_unknown_argument_is_refused(harbour):
    assert harbour.as_("alice").get("/bookings/B-1?x=1").status_code == 400


def test_edit_is_offered_to_those_who_may_write_the_record(harbour):
    browser = harbour.as_("alice")
    assert 'href="/bookings/B-1/edit"' in browser.get("/bookings/B-1").text
    assert 'href="/bookings/B-2/edit"' not in browser.get("/bookings/B-2").text


def test_related_rows_are_those_of_the_record(harbour):
    page = harbour.as_("alice").get("/bookings/B-1")
    assert 'Extras <span class="count">2</span>' in page.text
    table = page.text.split('class="data cards"')[1].split("</table>")[0]
    assert re.findall(r'class="c-title">(.*?)</th>', table) == ["Electricity B-1", "Sauna B-1"]
    assert '<td role="cell" class="num c-figure">45.50<span' in table


def test_a_related_list_without_rows_says_so(site):
    site.book("B-1")
    assert "No extras were ordered." in site.as_("alice").get("/bookings/B-1").text


def test_a_related_list_that_the_person_may_not_read_is_left_out(harbour):
    assert "Extras" not in harbour.as_("dora").get("/bookings/B-1").text


def test_the_page_costs_one_statement_and_one_for_each_related_list(site):
    browser = site.as_("alice")
    for number, extras in (("B-1", 10), ("B-2", 1000)):
        booking = site.book(number)
        site.add_all("extra", [{"booking": booking, "title": f"E{place}", "price": Decimal(1)} for place in range(extras)])
        browser.get(f"/bookings/{number}")
        with site.counting() as statements:
            assert browser.get(f"/bookings/{number}").status_code == 200
        assert len(statements) == 2, statements


def test_more_related_rows_than_fit_say_how_many_there_are(site):
    booking = site.book("B-1")
    site.add_all("extra", [{"booking": booking, "title": f"E{place}", "price": Decimal(1)} for place in range(60)])
    assert "1–50 of 60" in site.as_("alice").get("/bookings/B-1").text
