"""Wherever rows or figures of them are shown that come from another system, the page says how old they are."""

import datetime as dt
import re
from dataclasses import replace

from metadata.model import Block, Chart, Page, Search, SearchedAttribute, SearchedEntity
from support.marina import text
from support.marina_site import open_marina

NOW = dt.datetime.now(dt.UTC)
AGE = re.compile(r'<span class="age( age-late)?">([^<]+)</span>')
CHARTS = (
    Chart(key="by-status", view="bookings-all", type="bar", group="status"),
    Chart(key="depths", view="berths-all", type="number"),
)
PAGES = (
    Page(
        key="figures",
        label=text("Figures"),
        parent="home",
        partial_url="figures",
        blocks=(Block(type="charts", charts=("by-status", "depths")),),
    ),
    Page(key="find", label=text("Find"), parent="home", partial_url="find", blocks=(Block(type="search", search="all"),)),
)
FINDING = Search(key="all", entities=(SearchedEntity(entity="booking", attributes=(SearchedAttribute(attribute="number"),)),))


def ages(answer):
    assert answer.status_code == 200
    return [(bool(late), said) for late, said in AGE.findall(answer.text)]


def test_records_tiles_charts_and_searches_say_how_old_their_rows_are(database_url, tmp_path, fresh):
    with open_marina(database_url, tmp_path, *CHARTS, *PAGES, FINDING) as site:
        site.book("B-1")
        alice, places = site.as_("alice"), ("/bookings/B-1", "/", "/figures", "/find?q=B-1", "/bookings")
        assert [ages(alice.get(path)) for path in places] == [[]] * len(places), "nothing of it comes from elsewhere"
        site.tides.known["booking"] = fresh(NOW, minutes=5)
        for path in places:
            ((late, said),) = ages(alice.get(path))
            assert (late, said.startswith("As of "), said.endswith("updated every 5 minutes")) == (False, True, True), path
        # Who sees no figure of them is told no age, and a search that found nothing has none.
        erin = site.as_("erin")
        assert [ages(erin.get(path)) for path in ("/", "/figures")] == [[], []]
        assert [ages(site.stranger().get("/")), ages(alice.get("/find?q=zebra"))] == [[], []]
        assert ages(alice.get("/find")) == []


def test_of_several_ages_the_page_says_the_worst(database_url, tmp_path, fresh):
    with open_marina(database_url, tmp_path, *CHARTS, *PAGES, FINDING) as site:
        site.book("B-1")
        site.add("berth", number="A1")
        alice, known = site.as_("alice"), site.tides.known
        known |= {"booking": fresh(NOW, minutes=5), "berth": fresh(NOW - dt.timedelta(minutes=40), minutes=60)}
        ((late, said),) = ages(alice.get("/figures"))
        assert (late, said.endswith("updated every 60 minutes")) == (False, True), "the older of two that are in time"
        known["booking"] = replace(known["booking"], late=True)
        assert [late for late, _ in ages(alice.get("/figures"))] == [True], "what is late is told, whichever is the older"
        known["booking"] = fresh(None)
        assert ages(alice.get("/figures"))[0][1].endswith("updated every 60 minutes"), "what never came has no age"
