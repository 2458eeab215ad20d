"""A record page that was made ready before: what it shows is the record's own, as the person may read it, and harmless."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.model import Choice, Form, FormField, Option, RelatedList, Section, Tab, Text
from metadata.store import MetadataStore
from support.marina import BOOKING, EXTRA, FORMS, MOORING

READ = next(form for form in FORMS if form.key == "booking-read")
PIECES = (
    "<x-bad>",
    "</dd>",
    '"',
    "'",
    "&amp;",
    "&",
    "{{ 7*7 }}",
    "{% endif %}",
    "{#",
    "<<",
    "%>",
    "\\",
    "\ue000",
    "[0.0]",
    "å",
    " ",
    "\n",
)
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
LABEL = "<x-bad>{{ 7*7 }}{% raw %}'\"&amp;"


class Reading(HTMLParser):
    """The facts, cells and headings of a page as a browser reads them, and which elements it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.facts: dict[str, str] = {}
        self.cells: list[str] = []
        self.headings: list[str] = []
        self.tags: set[str] = set()
        self._words: list[str] = []
        self._label = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag in ("dt", "dd", "th", "td", "h2", "b"):
            self._words = []
        if tag == "br":
            self._words.append("\n")

    def handle_data(self, data):
        self._words.append(data)

    def handle_endtag(self, tag):
        words = "".join(self._words)
        if tag == "dt":
            self._label = words
        elif tag == "dd":
            self.facts[self._label] = words
        elif tag in ("th", "td"):
            self.cells.append(words)
        elif tag in ("h2", "b"):
            self.headings.append(words)


def plain(text: str) -> str:
    """A text as the eye reads it: how many spaces and line ends there are makes no difference."""
    return " ".join(text.split())


@pytest.fixture
def marina(site):
    berth = site.add("berth", number="A1", depth=Decimal("2.5"))
    booking = site.book("B-1", berth=berth, arrival=dt.date(2026, 7, 4), confirmed_on=dt.date(2026, 5, 2), status="confirmed")
    site.add("extra", booking=booking, title="Sauna", quantity=3, price=Decimal("120"))
    return site


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(boat=HOSTILE, title=HOSTILE, berth=HOSTILE)
def test_no_text_of_a_record_becomes_markup_wherever_it_is_shown(marina, boat, title, berth):
    tables = {key: marina.snapshot.entities[key].table for key in ("booking", "extra", "berth")}
    with marina.engine.begin() as connection:
        connection.execute(sa.update(tables["booking"]).values(boat=boat))
        connection.execute(sa.update(tables["extra"]).values(title=title))
        connection.execute(sa.update(tables["berth"]).values(number=berth))
    if not hasattr(marina, "browser"):
        marina.browser = marina.as_("alice")
    page = Reading(marina.browser.get("/bookings/B-1").text)
    assert "x-bad" not in page.tags
    assert plain(page.facts["Boat"]) == plain(boat)
    assert plain(page.facts["Berth"]) == plain(berth)
    assert plain(title) in map(plain, page.cells)


def hostile_metadata():
    """The marina with a label that tries everything, wherever a record page shows one."""
    label = Text.of(LABEL)
    attributes = tuple(replace(one, label=label) if one.key in ("fee", "boat") else one for one in BOOKING.attributes)
    options = tuple(Option(value=one.value, label=label, tone=one.tone, mark=one.mark) for one in MOORING.options)
    related = RelatedList(relationship="extras", view="extras", label=label, empty=label)
    tabs = (
        Tab(key="one", label=label, sections=(Section(label=label, fields=(FormField(attribute="boat"),)),)),
        Tab(key="two", label=label, sections=(Section(related=related),)),
    )
    extra = tuple(replace(one, label=label) if one.key == "title" else one for one in EXTRA.attributes)
    return (
        replace(BOOKING, attributes=attributes),
        replace(EXTRA, attributes=extra),
        Choice(key="mooring", options=options),
        replace(READ, tabs=tabs, summary=(FormField(attribute="fee"), FormField(attribute="berth", label=label))),
    )


def test_no_label_of_metadata_becomes_markup_or_code(marina):
    marina.book("B-2")
    MetadataStore(marina.engine).publish("tester", components=hostile_metadata())
    browser = marina.as_("alice")
    for number in ("B-1", "B-2", "B-1"):
        answer = browser.get(f"/bookings/{number}")
        page = Reading(answer.text)
        assert answer.status_code == 200
        assert "x-bad" not in page.tags
        assert LABEL in page.facts
        assert any(LABEL in heading for heading in page.headings)
        assert "&gt;49" not in answer.text
    assert LABEL in page.cells


def test_who_came_first_decides_nothing_for_those_of_other_rights(marina):
    skipper, master = marina.as_("alice"), marina.as_("dora")
    for _ in range(2):
        assert "SECRET NOTE" not in skipper.get("/bookings/B-1").text
        assert Reading(master.get("/bookings/B-1").text).facts["Note of the harbour master"] == "SECRET NOTE"
        assert "Sauna" in skipper.get("/bookings/B-1").text
        assert "Sauna" not in master.get("/bookings/B-1").text


def test_a_tab_in_which_nothing_may_be_read_is_left_out(marina):
    tabs = (
        Tab(key="boat", label=Text.of("Ship"), sections=(Section(fields=(FormField(attribute="boat"),)),)),
        Tab(key="office", label=Text.of("Office only"), sections=(Section(fields=(FormField(attribute="note"),)),)),
    )
    MetadataStore(marina.engine).publish("tester", components=(replace(READ, tabs=tabs),))
    skipper, master = marina.as_("alice").get("/bookings/B-1").text, marina.as_("dora").get("/bookings/B-1").text
    assert "Office only" not in skipper
    assert "data-tabs" not in skipper
    assert '<a href="#tab-office">Office only</a>' in master


def test_the_values_of_one_record_never_stand_on_the_page_of_another(marina):
    other = marina.book("B-2", "alice", boat="Second", status="cancelled", fee=Decimal("7"), arrival=None)
    marina.add("extra", booking=other, title="Kayak", price=Decimal("9"))
    browser = marina.as_("alice")
    first = [browser.get("/bookings/B-1").text for _ in range(2)]
    second = [browser.get("/bookings/B-2").text for _ in range(2)]
    assert [Reading(text).facts["Boat"] for text in (*first, *second)] == ["Boat B-1"] * 2 + ["Second"] * 2
    assert "Kayak" not in "".join(first)
    assert "Sauna" not in "".join(second)
    assert '<span class="status status-bad status-square">Cancelled</span>' in second[1]
    assert "Cancelled" not in "".join(first)


def test_a_fact_without_a_value_is_left_out_where_the_maker_says_so(marina):
    marina.book("B-2", "alice", boat=None)
    fields = (FormField(attribute="boat", hide_empty=True), FormField(attribute="confirmed_on"))
    tabs = (Tab(sections=(Section(fields=fields),)),)
    MetadataStore(marina.engine).publish("tester", components=(replace(READ, summary=fields[:1], tabs=tabs),))
    browser = marina.as_("alice")
    for _ in range(2):
        assert "Boat" in Reading(browser.get("/bookings/B-1").text).facts
        without = Reading(browser.get("/bookings/B-2").text).facts
        assert "Boat" not in without
        assert without


def with_moments(site) -> None:
    """A record page that shows when the record was made."""
    form = Form(
        key="booking-read", entity="booking", summary=(FormField(attribute="created_at"), FormField(attribute="arrival"))
    )
    MetadataStore(site.engine).publish("tester", components=(form,))
    table = site.snapshot.entities["booking"].table
    with site.engine.begin() as connection:
        connection.execute(sa.update(table).values(created_at=dt.datetime(2026, 1, 15, 22, 30, tzinfo=dt.UTC)))


def live_in(site, name: str, zone: str) -> None:
    table = site.snapshot.entities["contact"].table
    with site.engine.begin() as connection:
        connection.execute(sa.update(table).where(table.c.id == site.people[name]).values(time_zone=zone))


def test_languages_and_time_zones_are_kept_apart(marina):
    with_moments(marina)
    live_in(marina, "alice", "Asia/Tokyo")
    live_in(marina, "bob", "America/New_York")
    tokyo, york = marina.as_("alice"), marina.as_("bob")
    for _ in range(2):
        there, here = (Reading(browser.get("/bookings/B-1").text).facts for browser in (tokyo, york))
        swedish = Reading(tokyo.get("/sv-SE/bookings/B-1").text).facts
        moments = [
            next(value for label, value in facts.items() if "2026" in value and ":" in value)
            for facts in (there, here, swedish)
        ]
        assert "January 16, 2026" in moments[0]
        assert "7:30" in moments[0]
        assert "January 15, 2026" in moments[1]
        assert "5:30" in moments[1]
        assert "16 januari 2026" in moments[2]
        assert there["Arrival"] == here["Arrival"] == "July 4, 2026"
        assert swedish["Ankomst"] == "4 juli 2026"


def test_a_new_release_is_shown_at_once(marina):
    browser = marina.as_("alice")
    assert "Boat" in Reading(browser.get("/bookings/B-1").text).facts
    attributes = tuple(replace(one, label=Text.of("Vessel")) if one.key == "boat" else one for one in BOOKING.attributes)
    MetadataStore(marina.engine).publish("tester", components=(replace(BOOKING, attributes=attributes),))
    assert Reading(browser.get("/bookings/B-1").text).facts["Vessel"] == "Boat B-1"
