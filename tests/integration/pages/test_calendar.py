"""A list as a calendar: the rows of a month, a week or a day, on a clock on the wall, and no others."""

import datetime as dt
import html
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa

from support.marina_site import open_marina
from support.theatre import theatre

DAY = re.compile(r'<td role="cell" class="cal-cell([^"]*)".*?datetime="([^"]+)".*?</td>', re.DOTALL)
ENTRY = re.compile(r'<li class="cal-entry([^"]*)">(?:<span class="cal-time">(.*?)</span> )?<(?:a|span) class="rec"[^>]*>(.*?)<')


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, *theatre()) as opened:
        yield opened


def show(site, code, begins, ends=None, **values):
    moments = {"begins": at(begins), "ends": at(ends) if ends else None}
    site.add("show", code=code, troupe=site.accounts["sail"], **moments, **values)


def days(answer):
    """The days that have something: their entries as (time, name), a star before what began earlier."""
    found = {}
    for cell in DAY.finditer(answer.text):
        entries = [(time, ("*" if "is-continued" in kind else "") + name) for kind, time, name in ENTRY.findall(cell[0])]
        if entries:
            found[cell[2]] = entries
    return found


def shown_days(answer):
    return [date for _, date in DAY.findall(answer.text)]


def link(answer, id_):
    found = re.search(rf'id="list-0-{id_}" href="([^"]+)"', answer.text)
    return html.unescape(found[1]) if found else None


def asked(answer, id_):
    return dict(parse_qsl(urlsplit(link(answer, id_)).query))


def test_a_month_has_its_rows_on_their_days_on_the_clock_of_the_site(site):
    show(site, "Matinee", "2026-03-10T11:00", "2026-03-10T13:30")
    show(site, "Late", "2026-03-10T22:30", "2026-03-11T01:00")  # 23:30 until 02:00 in Stockholm
    show(site, "After midnight", "2026-03-31T22:30")  # the clocks have changed: 0:30 on the 1st of April
    show(site, "Until midnight", "2026-03-14T18:00", "2026-03-14T23:00")
    show(site, "Festival", "2026-03-18T23:00", "2026-03-20T23:00", whole_day=True)
    show(site, "Long ago", "2026-02-01T12:00")
    show(site, "Tour", "2026-01-01T12:00", "2026-02-24T11:00")
    show(site, "Nowhere", "2026-03-10T12:00", hall=None)
    site.add("show", code="No day", troupe=site.accounts["sail"])
    answer = site.as_("dora").get("/programme?on=2026-03-05")
    assert days(answer) == {
        "2026-02-23": [("", "*Tour")],
        "2026-02-24": [("until 12:00\u202fPM", "*Tour")],
        "2026-03-10": [("12:00\u202fPM", "Matinee"), ("1:00\u202fPM", "Nowhere"), ("11:30\u202fPM", "Late")],
        "2026-03-11": [("until 2:00\u202fAM", "*Late")],
        "2026-03-14": [("7:00\u202fPM", "Until midnight")],
        "2026-03-19": [("", "Festival")],
        "2026-03-20": [("", "*Festival")],
        "2026-04-01": [("12:30\u202fAM", "After midnight")],
    }
    assert shown_days(answer)[0] == "2026-02-23"
    assert shown_days(answer)[-1] == "2026-04-05"
    assert "March 2026" in answer.text
    assert 'href="/programme/Late"' in answer.text
    assert len(days(site.as_("dora").get("/sv-SE/programme?on=2026-03-05"))) == 8
    assert "mars 2026" in site.as_("dora").get("/sv-SE/programme?on=2026-03-05").text


def test_the_ways_to_other_days_are_addresses_that_keep_what_is_searched_for(site):
    show(site, "Hamlet", "2026-05-06T17:00")
    show(site, "Macbeth", "2026-05-06T17:00")
    browser = site.as_("dora")
    answer = browser.get("/programme?on=2026-05-31&q=ham")
    assert days(answer) == {"2026-05-06": [("7:00\u202fPM", "Hamlet")]}
    assert asked(answer, "later") == {"on": "2026-06-01", "q": "ham"}
    assert asked(answer, "earlier") == {"on": "2026-04-01", "q": "ham"}
    assert asked(answer, "today") == {"q": "ham"}
    week = browser.get(link(answer, "span-2"))
    assert shown_days(week) == [f"2026-05-{day}" for day in range(25, 32)]
    assert asked(week, "earlier") == {"on": "2026-05-24", "q": "ham", "span": "week"}
    day = browser.get("/programme?on=2026-05-06&span=day&q=ham")
    assert re.findall(r'scope="row">(.*?)</th>\s*<td role="cell"><a class="rec" href="([^"]+)">', day.text) == [
        ("7:00\u202fPM", "/programme/Hamlet")
    ]
    assert asked(day, "later") == {"on": "2026-05-07", "q": "ham", "span": "day"}
    today = browser.get("/programme")
    assert f'datetime="{dt.datetime.now(dt.UTC).year}-' in today.text
    assert 'aria-current="date"' in today.text
    for quiet in ("2026-07-01", "2026-03-01"):
        assert "Nothing in these days." in browser.get(f"/programme?on={quiet}").text
    assert link(browser.get("/programme?on=1000-01-05"), "earlier") is None
    assert days(browser.get("/programme?on=2026-05-06&view=full")) == {}


def test_dates_have_no_clock_and_last_to_the_end_of_their_last_day(site):
    run = {"troupe": site.accounts["sail"], "opens": dt.date(2026, 3, 3), "closes": dt.date(2026, 3, 5)}
    site.add("show", code="Run", **run)
    site.add("show", code="Once", troupe=site.accounts["sail"], opens=dt.date(2026, 3, 7))
    answer = site.as_("dora").get("/runs?on=2026-03-04")
    assert shown_days(answer) == [f"2026-03-0{day}" for day in range(1, 8)]  # weeks from Sunday
    assert days(answer) == {
        "2026-03-03": [("", "Run")],
        "2026-03-04": [("", "*Run")],
        "2026-03-05": [("", "*Run")],
        "2026-03-07": [("", "Once")],
    }
    assert "Times in Pacific/Auckland" in answer.text


def set_zone(site, name, zone):
    table = site.snapshot.entities["contact"].table
    with site.engine.begin() as connection:
        connection.execute(sa.update(table).values(time_zone=zone).where(table.c.id == site.people[name]))


def test_the_clock_is_the_persons_where_they_have_one(site):
    show(site, "Late", "2026-03-10T16:30")
    set_zone(site, "dora", "Asia/Tokyo")
    assert days(site.as_("dora").get("/programme?on=2026-03-10")) == {"2026-03-11": [("1:30\u202fAM", "Late")]}
    assert days(site.as_("alice").get("/programme?on=2026-03-10")) == {"2026-03-10": [("5:30\u202fPM", "Late")]}


def test_a_zone_that_the_list_names_counts_and_not_the_persons(sqlite_url, tmp_path):
    zoned = {"all_day: whole_day, first_day: monday": "time_zone: Pacific/Auckland"}
    with open_marina(sqlite_url, tmp_path, *theatre(zoned)) as site:
        show(site, "Early", "2026-03-09T23:30")
        set_zone(site, "dora", "Asia/Tokyo")
        assert days(site.as_("dora").get("/programme?on=2026-03-10")) == {"2026-03-10": [("12:30\u202fPM", "Early")]}


def test_only_rows_that_may_be_read_are_there_and_only_those_of_the_days_are_fetched(site):
    show(site, "Ours", "2026-03-10T11:00")
    site.add("show", code="Theirs", troupe=site.accounts["row"], begins=at("2026-03-10T11:00"))
    assert days(site.as_("alice").get("/programme?on=2026-03-01")) == {"2026-03-10": [("12:00\u202fPM", "Ours")]}
    assert days(site.as_("carol").get("/programme?on=2026-03-01")) == {"2026-03-10": [("12:00\u202fPM", "Theirs")]}
    assert "not open to you" in site.as_("erin").get("/programme").text
    browser = site.as_("dora")
    browser.get("/programme?on=2026-03-01")
    with site.counting() as few:
        browser.get("/programme?on=2026-03-01")
    shows = [{"code": f"S{n}", "begins": at("2026-03-12T11:00") + dt.timedelta(minutes=n)} for n in range(30)]
    site.add_all("show", [*shows, *({"code": f"O{n}", "begins": at("2025-03-12T11:00")} for n in range(30))])
    with site.counting() as many:
        answer = browser.get("/programme?on=2026-03-01")
    assert len(many) == len(few) <= 2
    assert [name for _, name in days(answer)["2026-03-12"]] == ["S0", "S1"]
    more = re.search(r'<a href="([^"]+)"[^>]*aria-label="28 more on Thursday, March 12, 2026">28 more</a>', answer.text)
    assert more is not None
    assert browser.get(html.unescape(more[1])).text.count('role="rowheader"') == 30
    assert len(days(browser.get("/programme?on=2026-03-12&span=week"))["2026-03-12"]) == 11


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("on=tomorrow", "on"),
        ("on=2026-02-30", "on"),
        ("on=20260301", "on"),
        ("on=2026-W10-1", "on"),
        ("on=0999-12-31", "on"),
        ("on=9999-12-31", "on"),
        ("span=year", "span"),
        ("layout=map", "layout"),
        ("page=2", "page"),
        ("sort=code", "sort"),
    ],
)
def test_nonsense_is_refused_with_the_name_of_the_argument(sqlite_url, tmp_path, arguments, name):
    with open_marina(sqlite_url, tmp_path, *theatre()) as site:
        answer = site.as_("dora").get(f"/programme?{arguments}")
        assert answer.status_code == 400
        assert f"“{name}”" in html.unescape(answer.text)


def test_a_start_that_may_not_be_read_places_nothing(sqlite_url, tmp_path):
    hidden = """\
kind: attribute_permission
key: secret-hours
entity: show
roles: [master]
others: [read]
attributes: [{attribute: begins}]
"""
    with open_marina(sqlite_url, tmp_path, *theatre(more=hidden)) as site:
        show(site, "Secret", "2026-03-10T11:00")
        answer = site.as_("dora").get("/programme?on=2026-03-01")
        assert answer.status_code == 200
        assert days(answer) == {}
