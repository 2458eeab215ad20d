"""A list over HTTP: what it shows, to whom, and how its address changes it."""

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from metadata.model import ListComponent, ListFilter, ListMessages, PageAccessRule, View, ViewColumn
from metadata.store import MetadataStore
from metadata.text import Text
from support.marina import BERTH, BOOKINGS, MARINA
from support.marina_site import open_marina


def numbers(page) -> list[str]:
    return re.findall(r'<a class="rec"[^>]*>([^<]+)</a>', page.text)


def heads(page) -> list[str]:
    return [re.sub("<[^>]+>", "", head).strip() for head in re.findall(r'<th role="columnheader".*?</th>', page.text)]


def row(page, number: str) -> str:
    found = re.search(rf'<tr role="row">\s*<th role="rowheader"[^>]*><a class="rec"[^>]*>{number}</a>.*?</tr>', page.text, re.S)
    assert found, f"there is no row {number}"
    return found[0]


@pytest.fixture
def bookings(site):
    berths = [site.add("berth", number=name, depth=Decimal(depth)) for name, depth in (("Z9", "1.5"), ("A1", "3"))]
    for number, skipper, status, berth in (
        ("B-1", "alice", "moored", 0),
        ("B-2", "bob", "asked", 1),
        ("B-3", "carol", "moored", 0),
        ("B-4", "alice", "asked", 1),
        ("B-5", "alice", "moored", 0),
    ):
        site.book(number, skipper, status=status, berth=berths[berth], arrival=dt.date(2026, 7, int(number[2:])))
    return site


class TestRows:
    def test_the_switch_leaves_the_persons_own_rows(self, bookings):
        assert numbers(bookings.as_("alice").get("/bookings?scope=mine")) == ["B-1", "B-4", "B-5"]

    def test_the_rows_of_the_company_come_first(self, bookings):
        page = bookings.as_("alice").get("/bookings")
        assert numbers(page) == ["B-1", "B-2", "B-4", "B-5"]
        assert re.search(r'aria-current="true">Whole company', page.text)

    def test_rows_of_another_company_never_appear(self, bookings):
        for query in ("", "&q=B-3", "&view=bookings-moored"):
            assert "B-3<" not in bookings.as_("alice").get(f"/bookings?scope=company{query}").text

    def test_somebody_of_no_company_has_no_switch_and_sees_all_that_the_role_allows(self, bookings):
        page = bookings.as_("dora").get("/bookings")
        assert numbers(page) == ["B-1", "B-2", "B-3", "B-4"]
        assert "segmented" not in page.text
        assert bookings.as_("dora").get("/bookings?scope=mine").status_code == 400

    def test_each_row_leads_to_its_page_by_its_human_key(self, bookings):
        bookings.book("B 6/7")
        page = bookings.as_("alice").get("/bookings?sort=-number&scope=mine")
        assert 'href="/bookings/B%206%2F7">B 6/7</a>' in page.text

    def test_a_value_that_looks_like_markup_is_shown_as_text(self, bookings):
        bookings.book("B-0", boat="<b>Bold</b>")
        assert "&lt;b&gt;Bold&lt;/b&gt;" in bookings.as_("alice").get("/bookings").text


class TestColumns:
    def test_a_column_that_may_not_be_read_is_left_out(self, bookings):
        skipper, master = (bookings.as_(name).get("/bookings") for name in ("alice", "dora"))
        assert "Note of the harbour master" not in skipper.text
        assert "SECRET NOTE" not in skipper.text
        assert "Note of the harbour master" in heads(master)
        assert "SECRET NOTE" in master.text

    def test_amounts_stand_right_with_their_currency_in_the_head(self, bookings):
        page = bookings.as_("alice").get("/bookings")
        assert "Fee, SEK" in heads(page)
        assert '<td role="cell" class="num c-figure">1,250.50<span class="only-phone">&nbsp;SEK</span></td>' in row(page, "B-1")

    def test_on_a_phone_a_row_becomes_a_card_with_title_status_and_figure(self, bookings):
        found = row(bookings.as_("alice").get("/bookings"), "B-1")
        assert '<th role="rowheader" scope="row" class="c-title">' in found
        assert '<td role="cell" class="c-status"><span class="status status-good">Moored</span></td>' in found
        assert 'class="c-line" data-label="Arrival"' in found
        assert 'class="num c-line wide-only" data-label="Depth"' in found

    def test_the_small_print_stands_under_its_value(self, bookings):
        assert '<span class="second">Boat B-1</span>' in row(bookings.as_("alice").get("/bookings"), "B-1")

    def test_a_lookup_shows_the_name_of_its_row(self, bookings):
        assert "<span>Z9</span>" in row(bookings.as_("alice").get("/bookings"), "B-1")

    def test_a_list_may_rename_a_column(self, site):
        model = site.snapshot.sites["marina"].lists["berths"]
        site.add("berth", number="Z9")
        assert model.columns
        assert heads(site.as_("alice").get("/berths")) == ["Mooring place"]
        assert 'class="w-wide"' in site.as_("alice").get("/berths").text

    def test_the_name_behind_a_lookup_is_called_as_the_lookup(self, database_url, tmp_path):
        plate = replace(BERTH.attributes[0], label=Text.of("Plate"))
        columns = tuple(ViewColumn(attribute=path) for path in ("number", "berth.number", "berth.depth"))
        filters = (ListFilter(key="berth", attribute="berth.number"), ListFilter(key="depth", attribute="berth.depth"))
        bookings = View(key="bookings-all", entity="booking", columns=columns)
        changed = (replace(BERTH, attributes=(plate, *BERTH.attributes[1:])), bookings, replace(BOOKINGS, filters=filters))
        with open_marina(database_url, tmp_path, *changed) as site:
            site.book("B-1")
            page = site.as_("alice").get("/bookings")
        assert heads(page)[:3] == ["Booking", "Berth", "Depth"]
        assert re.findall(r'([^<>]+)</label><input[^>]* name="f.berth"', page.text) == ["Berth"]


class TestViews:
    def test_two_views_are_two_tabs_and_only_the_current_one_is_counted(self, bookings):
        tabs = re.search(r'<nav class="views".*?</nav>', bookings.as_("alice").get("/bookings").text)[0]
        assert 'aria-current="page">All bookings <span class="count">4</span></a>' in tabs
        assert 'href="/bookings?view=bookings-moored">Moored</a>' in tabs

    def test_the_chosen_view_changes_columns_filter_and_order(self, bookings):
        page = bookings.as_("alice").get("/bookings?view=bookings-moored")
        assert numbers(page) == ["B-5", "B-1"]
        assert heads(page)[:2] == ["Booking", "Vessel"]

    def test_a_list_of_one_view_has_no_tabs(self, site):
        assert 'class="views"' not in site.as_("alice").get("/berths").text


class TestSearchAndSort:
    def test_a_search_narrows_the_rows(self, bookings):
        assert numbers(bookings.as_("alice").get("/bookings?q=boat+b-4")) == ["B-4"]

    def test_search_view_and_scope_hold_together(self, bookings):
        page = bookings.as_("alice").get("/bookings?q=B-&view=bookings-moored&scope=company")
        assert numbers(page) == ["B-5", "B-1"]
        assert '<input type="hidden" name="view" value="bookings-moored">' in page.text
        assert 'value="B-"' in page.text

    def test_a_percent_sign_is_searched_for_as_it_is(self, bookings):
        assert numbers(bookings.as_("alice").get("/bookings?q=%25")) == []

    def test_a_heading_sorts_up_and_then_down(self, bookings):
        browser = bookings.as_("alice")
        up = browser.get("/bookings?sort=arrival")
        assert re.search(r'aria-sort="ascending"><a id="list-0-by-2" href="/bookings\?sort=-arrival"', up.text)
        down = browser.get("/bookings?sort=-arrival")
        assert numbers(down) == ["B-5", "B-4", "B-2", "B-1"]
        assert re.search(r'aria-sort="descending"><a id="list-0-by-2" href="/bookings\?sort=arrival"', down.text)

    def test_a_lookup_is_sorted_by_its_name(self, bookings):
        assert numbers(bookings.as_("alice").get("/bookings?sort=berth")) == ["B-2", "B-4", "B-1", "B-5"]

    def test_the_views_own_order_is_marked_in_the_head(self, bookings):
        page = bookings.as_("alice").get("/bookings")
        assert 'aria-sort="ascending"><a id="list-0-by-1" href="/bookings?sort=-number"' in page.text


class TestPaging:
    def test_a_page_says_which_rows_of_how_many_it_has(self, bookings):
        first, second = (bookings.as_("dora").get(f"/bookings?page={number}") for number in (1, 2))
        assert "1–4 of 5" in first.text
        assert "5–5 of 5" in second.text
        assert numbers(second) == ["B-5"]
        assert 'href="/bookings?page=2" rel="next"' in first.text
        assert 'href="/bookings" rel="prev"' in second.text

    def test_a_list_that_says_nothing_of_it_has_ten_rows_on_a_page(self, site):
        site.add_all("berth", [{"number": f"N{place:02}"} for place in range(11)])
        first, second = (site.as_("alice").get(f"/berths?page={number}") for number in (1, 2))
        assert ("1–10 of 11" in first.text, "11–11 of 11" in second.text) == (True, True)
        assert ("N09" in first.text, "N10" in first.text, "N10" in second.text) == (True, False, True)

    def test_links_to_pages_keep_search_and_order(self, bookings):
        assert 'href="/bookings?q=B&amp;sort=-number&amp;page=2"' in bookings.as_("dora").get("/bookings?q=B&sort=-number").text

    def test_a_page_after_the_last_one_says_so_and_leads_back(self, bookings):
        page = bookings.as_("dora").get("/bookings?page=9")
        assert page.status_code == 200
        assert "Nothing matches" in page.text
        assert 'href="/bookings">Show all</a>' in page.text

    def test_beyond_ten_thousand_rows_the_number_is_open_and_the_next_page_begins_after_the_last_row(self, site):
        table = site.snapshot.entities["booking"].table
        now = dt.datetime.now(dt.UTC)
        base = {"version": 1, "created_at": now, "created_from": "system", "changed_at": now, "changed_from": "system"}
        with site.engine.begin() as connection:
            connection.execute(sa.insert(table), [{**base, "number": f"N-{place:05}"} for place in range(10_050)])
        browser = site.as_("dora")
        page = browser.get("/bookings")
        assert '<span class="count">10,000+</span>' in page.text
        assert "1–4 of more than 10,000" in page.text
        after = re.search(r'href="([^"]+)" rel="next"', page.text)[1].replace("&amp;", "&")
        assert "after=" in after
        second = browser.get(after)
        assert numbers(second) == ["N-00004", "N-00005", "N-00006", "N-00007"]
        assert "5–8" in second.text
        assert numbers(browser.get(re.search(r'href="([^"]+)" rel="prev"', second.text)[1].replace("&amp;", "&"))) == [
            "N-00000",
            "N-00001",
            "N-00002",
            "N-00003",
        ]


class TestHostileAddresses:
    def test_an_argument_that_cannot_be_is_refused(self, bookings):
        browser = bookings.as_("alice")
        queries = (
            "nonsense=1",
            "sort=note",
            "sort=boat",
            "sort=number;drop",
            "view=extras",
            "page=0",
            "page=x",
            "page=-1",
            "page=99999999999999999999",
            "after=AAAA",
            "before=%FF%FE",
            "scope=everybody",
            "q=" + "x" * 300,
            "page=1&page=2",
            "2.q=x",
            "q=%00",
            "after=" + "A" * 5000,
        )
        answers = {query[:40]: browser.get(f"/bookings?{query}") for query in queries}
        assert {query: page.status_code for query, page in answers.items()} == dict.fromkeys(answers, 400)
        assert not any("Traceback" in page.text for page in answers.values())

    def test_the_refusal_names_the_argument(self, bookings):
        browser = bookings.as_("alice")
        for query, name in (("nonsense=1", "nonsense"), ("sort=note", "sort"), ("page=x", "page")):
            assert f"“{name}”" in browser.get(f"/bookings?{query}").text

    def test_a_name_that_looks_like_markup_is_shown_as_text(self, bookings):
        page = bookings.as_("alice").get("/bookings?<script>alert(1)</script>=1")
        assert "<script>alert" not in page.text


class TestActions:
    def test_edit_and_delete_stand_on_rows_that_the_person_may_write_and_delete_only(self, bookings):
        page = bookings.as_("alice").get("/bookings?scope=company")
        assert 'href="/bookings/B-1/edit" aria-label="Edit: B-1"' in row(page, "B-1")
        assert 'aria-label="Delete: B-1"' in row(page, "B-1")
        assert "aria-label" not in row(page, "B-2")

    def test_the_button_for_a_new_row_is_for_those_who_may_create_one(self, bookings):
        assert 'href="/bookings/new"' in bookings.as_("alice").get("/bookings").text.split("main>")[0].split("<main")[1]
        assert 'href="/bookings/new"' not in bookings.as_("dora").get("/bookings").text.split("main>")[0].split("<main")[1]

    def test_who_may_not_open_its_page_gets_the_first_of_the_others_that_may_be_opened(self, bookings):
        [bookings_list] = [part for part in MARINA if isinstance(part, ListComponent) and part.key == "bookings"]
        rule = PageAccessRule(key="new", site="marina", page="booking-new", roles=("master",))
        other = replace(bookings_list, create_instead=("office", "terms"))
        MetadataStore(bookings.engine).publish("tester", components=(rule, other))
        shown = bookings.as_("alice").get("/bookings").text.split("main>")[0].split("<main")[1]
        assert 'href="/bookings/new"' not in shown
        assert 'href="/office"' not in shown
        assert re.search(r'<a class="btn btn-primary" href="/terms">.*?</svg>\s*Terms</a>', shown), shown[:2000]
        assert 'href="/terms"' not in bookings.as_("dora").get("/bookings").text.split("main>")[0].split("<main")[1]


class TestStates:
    def test_nothing_yet(self, site):
        page = site.as_("alice").get("/bookings")
        assert "Nothing here yet" in page.text
        assert "No boat of yours has been booked." in page.text

    def test_filtered_away_with_a_way_back(self, bookings):
        page = bookings.as_("alice").get("/bookings?q=submarine")
        assert "Nothing matches “submarine”" in page.text
        assert 'href="/bookings">Clear search</a>' in page.text

    def test_somebody_who_has_not_signed_in_is_led_to_the_sign_in_and_back(self, site):
        page = site.stranger().get("/berths").text
        assert ("This is not open to you" in page, "Sign in to go on" in page) == (False, True)
        assert "Berths are for the harbour office." in page
        assert re.search(r'class="btn btn-primary" href="/signin\?next=/berths"', page)
        assert "Logga in för att fortsätta" in site.stranger().get("/sv-SE/berths").text

    def test_not_permitted(self, site):
        site.add("berth", number="Hidden berth")
        page = site.as_("erin").get("/berths")
        assert page.status_code == 200
        assert "This is not open to you" in page.text
        assert "Berths are for the harbour office." in page.text
        assert "Hidden berth" not in page.text

    def test_not_yet_synced(self, site, fresh):
        site.tides.known["booking"] = fresh(None)
        assert "The first transfer has not finished." in site.as_("alice").get("/bookings").text

    def test_each_state_is_said_in_the_words_of_the_list(self, database_url, tmp_path, fresh):
        own = {
            name: Text.of({"en": f"Own {name}", "sv": f"Egen {name}"}) for name in ("empty", "filtered", "denied", "not_synced")
        }
        with open_marina(database_url, tmp_path, replace(BOOKINGS, messages=ListMessages(**own))) as site:

            def said(name, address="/bookings"):
                return re.findall(r"Own \w+|Egen \w+", site.as_(name).get(address).text)

            assert (said("alice"), said("alice", "/sv-SE/bookings"), said("erin")) == (
                ["Own empty"],
                ["Egen empty"],
                ["Own denied"],
            )
            site.book("B-1")
            assert (said("alice"), said("alice", "/bookings?q=submarine")) == ([], ["Own filtered"])
            site.tides.known["booking"] = fresh(None)
            assert said("carol") == ["Own not_synced"]

    def test_the_age_of_the_data_stands_in_the_head(self, bookings, fresh):
        bookings.tides.known["booking"] = fresh(dt.datetime.now(dt.UTC), minutes=5)
        page = bookings.as_("alice").get("/bookings")
        assert re.search(r'<span class="age">As of [^<]+, updated every 5 minutes</span>', page.text)

    def test_late_data_says_so(self, bookings, fresh):
        bookings.tides.known["booking"] = fresh(dt.datetime.now(dt.UTC), late=True)
        assert '<span class="age age-late">' in bookings.as_("alice").get("/bookings").text


class TestTwoListsOnAPage:
    def test_each_has_arguments_of_its_own(self, bookings):
        page = bookings.as_("alice").get("/both?q=B-1&2.q=B-5")
        first, second = page.text.split('id="list-1"')
        assert re.findall(r'class="rec"[^>]*>([^<]+)<', first) == ["B-1"]
        assert re.findall(r'class="rec"[^>]*>([^<]+)<', second) == ["B-5"]
        assert '<input type="hidden" name="q" value="B-1">' in second


class TestCost:
    def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(self, site):
        browser = site.as_("alice")
        counts = []
        for upto in (10, 1000):
            for place in range(len(counts) and 10, upto):
                site.book(f"C-{place:04}")
            browser.get("/bookings")
            with site.counting() as statements:
                assert browser.get("/bookings").status_code == 200
            counts.append(len(statements))
        assert counts[0] == counts[1] <= 3
