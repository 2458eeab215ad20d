"""The facets of a search: what each person may narrow by, and the numbers, told again from the rows in plain Python."""

import datetime as dt
import html
import random
import re
from collections import Counter
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from metadata.model import AttributePermission, Search
from runtime.pages import search_facets
from runtime.records import facets as counting
from support.choir import Choir, components, found, open_choir

SEASONS = ("spring", "autumn", "winter")
VOICES = ("alto", "bass", "bassoon")
FACETS = ("season", "voices", "sacred", "printed", "bought", "press", "hall")
HALLS = {
    "Grand%2C hall": "Grand, hall",
    "50%25 off": "50% off",
    "%20Yard": " Yard",
    "<b>Crypt": "<b>Crypt",
    "Åbo %2525": "Åbo %25",
}
Row = dict[str, object]


@pytest.fixture
def choir(database_url, tmp_path):
    with open_choir(database_url, tmp_path) as opened:
        yield opened


def panel(answer) -> dict[str, dict[str, str]]:
    """The facets of a page: by attribute, the numbers by what the values are called; a chosen one begins with a star."""
    assert answer.status_code == 200, answer.text[:500]
    found = {}
    for key, section in re.findall(r'<section aria-labelledby="search-\d+-(\w+)">(.*?)</section>', answer.text, re.S):
        values = re.findall(
            r'<li><a [^>]*?href="[^"]*"[^>]*?( aria-current="true")?>.*?<bdi>(.*?)</bdi>.*?count">(.*?)<', section
        )
        found[key] = {("*" if current else "") + html.unescape(label): count for current, label, count in values}
    return found


def number_of(answer) -> int:
    """How many scores there are above what is shown of them."""
    total = re.search(r'<section class="hits".*?class="count">(\d+)<', answer.text, re.S)
    return int(total[1]) if total else 0


def ask(browser, words: str = "glory", **more: str):
    return browser.get("/find?" + urlencode({"q": words, "type": "score", **{f"f.{k}": v for k, v in more.items()}}))


def build(choir: Choir, number: int, seed: int = 7) -> list[Row]:
    """Scores of both choirs; some printed by a press that the other choir alone may read."""
    draw = random.Random(seed)
    presses = {
        choir.add("press", name=f"Press {name}", choir=choir.ids[of]): (f"Press {name}", of)
        for name, of in (("A", "north"), ("B", "north"), ("C", "north"), ("D", "south"), ("E", "south"))
    }
    made: list[Row] = []
    for place in range(number):
        press = draw.choice([None, *presses])
        row: Row = {
            "choir": draw.choice(("north", "south")),
            "glory": draw.random() < 0.8,
            "season": draw.choice((None, *SEASONS)),
            "voices": tuple(voice for voice in VOICES if draw.random() < 0.4) or None,
            "sacred": draw.choice((None, True, False)),
            "printed": draw.choice((None, dt.date(1999, 12, 31), dt.date(2000, 1, 1), dt.date(2024, 5, 6))),
            "bought": draw.choice(
                (None, dt.datetime(2024, 1, 31, 23, 30, tzinfo=dt.UTC), dt.datetime(2024, 3, 1, tzinfo=dt.UTC))
            ),
            "press": press,
            "hall": draw.choice((None, *HALLS.values())),
        }
        values = {key: row[key] for key in FACETS if row[key] is not None}
        lyrics = "glory be" if row["glory"] else "silence"
        choir.score(f"S-{place}", f"Song {place}", str(row["choir"]), lyrics=lyrics, shelf="spring", **values)
        made.append(row | {"title": f"Song {place}", "press": presses.get(press)})
    return made


def labels(row: Row, facet: str, choir: str) -> list[str]:
    """What a row is counted under for somebody of a choir, "" for whoever reads everything."""
    value = row[facet]
    if value is None:
        return []
    match facet:
        case "voices":
            return [voice.capitalize() for voice in value]
        case "sacred":
            return ["Yes" if value else "No"]
        case "printed":
            return [str(value.year)]
        case "bought":
            return [f"{value:%b} {value.year}"]
        case "press":
            return [value[0]] if choir in ("", value[1]) else []
        case "hall":
            return [value]
    return [str(value).capitalize()]


def expected(rows: list[Row], choir: str, chosen: dict[str, set[str]]) -> tuple[dict[str, dict[str, str]], set[str]]:
    """The numbers of each facet, and the titles of what is left."""
    within = [row for row in rows if row["glory"] and choir in ("", row["choir"])]

    def meets(row: Row, facets) -> bool:
        return all(chosen[one] & set(labels(row, one, choir)) for one in facets if one in chosen)

    told = {}
    for facet in FACETS:
        left = [row for row in within if meets(row, [one for one in FACETS if one != facet])]
        counts = Counter(label for row in left for label in labels(row, facet, choir))
        named = {("*" if label in chosen.get(facet, ()) else "") + label: str(count) for label, count in counts.items()}
        named |= {f"*{label}": "0" for label in chosen.get(facet, ()) if label not in counts}
        told[facet] = named
    return {key: values for key, values in told.items() if values}, {str(row["title"]) for row in within if meets(row, FACETS)}


def test_the_numbers_are_those_of_the_rows_that_each_person_may_read(choir):
    rows = build(choir, 60)
    values = {
        "season": {value: value.capitalize() for value in SEASONS},
        "voices": {value: value.capitalize() for value in VOICES},
        "sacred": {"1": "Yes", "0": "No"},
        "printed": {"1999": "1999", "2000": "2000", "2024": "2024", "1850": "1850"},
        "bought": {"2024-01": "Jan 2024", "2024-03": "Mar 2024"},
        "hall": HALLS | {"Nowhere": "Nowhere"},
    }
    draw = random.Random(3)
    for name, of in (("mia", "north"), ("noa", "south"), ("lib", "")):
        browser = choir.as_(name)
        for _ in range(12):
            facets = draw.sample(sorted(values), draw.randrange(4))
            picked = {facet: draw.sample(sorted(values[facet]), draw.choice((1, 1, 2))) for facet in facets}
            answer = ask(browser, **{facet: ",".join(some) for facet, some in picked.items()})
            chosen = {facet: {values[facet][value] for value in some} for facet, some in picked.items()}
            told, titles = expected(rows, of, chosen)
            seen = panel(answer)
            seen.pop("shelf", None)
            assert seen == told, (name, picked)
            assert number_of(answer) == len(titles), (name, picked)
            assert set(found(answer).get("Scores", [])) <= titles


def test_a_value_is_a_link_that_chooses_it_or_lets_go_of_it(choir):
    build(choir, 30)
    lib = choir.as_("lib")
    page = ask(lib, season="spring").text
    links = [html.unescape(link) for link in re.findall(r'<li><a id="[^"]*" href="([^"]*)"', page)]
    assert "/find?q=glory&type=score&f.season=spring%2Cautumn&narrow=1" in links
    assert "/find?q=glory&type=score&narrow=1" in links
    assert "/find?q=glory&type=score&f.season=spring&f.printed=2024&narrow=1" in links
    assert "Season: <b><bdi>Spring</bdi></b>" in page
    assert panel(lib.get("/find?q=glory&type=score&f.season=spring&f.season=autumn")) == panel(ask(lib, season="spring,autumn"))
    # Another type begins without what was chosen.
    assert "f.season" not in re.search(r'<nav class="views".*?</nav>', page, re.S)[0]
    assert panel(lib.get("/find?q=glory")) == {}


def test_other_words_are_looked_for_where_the_last_ones_were(choir):
    choir.score("S-1", "Dawn", lyrics="glory", season="spring")
    choir.score("S-2", "Dusk", lyrics="silence", season="spring")
    choir.score("S-3", "Noon", lyrics="silence", season="autumn")
    lib = choir.as_("lib")
    page = lib.get("/find?q=glory&type=score&f.season=spring&page=1&narrow=1").text
    box = re.search(r'<form class="find.*?</form>', page, re.S)[0]
    kept = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', box))
    assert kept == {"type": "score", "f.season": "spring"}
    then = lib.get("/find?" + urlencode({**kept, "q": "silence"}))
    assert found(then) == {"Scores": ["Dusk"]}
    assert panel(then)["season"] == {"*Spring": "1", "Autumn": "1"}
    nowhere = lib.get("/find?" + urlencode({**kept, "q": "xyzzy"}))
    assert (nowhere.status_code, found(nowhere)) == (200, {})


def test_the_panel_stays_open_after_a_choice_in_it_until_what_was_found_is_asked_for(choir):
    choir.score("S-1", "Dawn", lyrics="glory", season="spring")
    lib = choir.as_("lib")
    assert '<details class="facet-panel">' in ask(lib).text
    chosen = lib.get("/find?q=glory&type=score&f.season=spring&narrow=1").text
    assert '<details class="facet-panel" open>' in chosen
    done = html.unescape(re.search(r'class="facets-done"><a [^>]*href="([^"]*)"', chosen)[1])
    assert done == "/find?q=glory&type=score&f.season=spring"
    assert "narrow" not in re.search(r'<nav class="views".*?</nav>', chosen, re.S)[0]


def test_a_lookup_is_narrowed_by_its_row_and_the_others_open_below(choir):
    rows = build(choir, 60)
    lib, mia = choir.as_("lib"), choir.as_("mia")
    page = ask(lib).text
    section = re.search(r'<section aria-labelledby="search-\d+-press">(.*?)</section>', page, re.S)[1]
    assert "<h2" in section
    assert "Printed by" in section
    assert "<summary>3 more</summary>" in section
    ids = {label: value for value, label in re.findall(r'f\.press=(\d+)&amp;narrow=1".*?<bdi>(.*?)</bdi>', section)}
    told, titles = expected(rows, "", {"press": {"Press D"}})
    assert panel(ask(lib, press=ids["Press D"]))["press"] == told["press"]
    assert set(found(ask(lib, press=ids["Press D"]))["Scores"]) <= titles
    # Whoever may not read the press of the other choir learns neither its name nor that anything was printed there.
    assert any(row["press"] == ("Press D", "south") and row["choir"] == "north" and row["glory"] for row in rows)
    foreign, missing = ask(mia, press=ids["Press D"]), ask(mia, press="987654")
    assert "Press D" not in foreign.text
    assert "Not in what was found" in foreign.text
    plain = [re.sub(r'nonce="[^"]*"|csrf[^>]*', "", one.text) for one in (foreign, missing)]
    names = (rf'(f\.press=|name="f\.press" value="){number}\b' for number in (ids["Press D"], "987654"))
    assert len({re.sub(name, "", one) for name, one in zip(names, plain, strict=True)}) == 1


def test_a_facet_of_what_may_not_be_read_is_one_that_is_not_there(choir):
    build(choir, 10)
    mia, lib = choir.as_("mia"), choir.as_("lib")
    assert panel(ask(lib))["shelf"] == {"Spring": str(number_of(ask(lib)))}
    assert "shelf" not in panel(ask(mia))
    assert "Shelf" not in ask(mia).text
    assert ask(lib, shelf="spring").status_code == 200
    assert ask(mia, shelf="spring").status_code == ask(mia, nothing="spring").status_code == 400
    permission = next(item for item in components() if isinstance(item, AttributePermission) and item.key == "no-remarks")
    choir.publish(replace(permission, attributes=()))
    assert ask(mia, shelf="spring").status_code == 200
    assert "shelf" in panel(ask(mia))


def test_what_is_no_value_is_refused_and_nothing_left_says_so(choir):
    choir.score("A", "Anthem", lyrics="glory", season="spring", sacred=True)
    mia = choir.as_("mia")
    for facet, value in (
        ("season", "summer"),
        ("voices", "spring"),
        ("sacred", "perhaps"),
        ("printed", "2024-05"),
        ("printed", "0000"),
        ("printed", "99999"),
        ("printed", "٢٠٢٤"),
        ("bought", "2024-13"),
        ("bought", "2024"),
        ("press", "x"),
        ("press", "-1"),
        ("hall", "Grand%FF"),
        ("hall", "\0"),
        ("hall", ",".join(map(str, range(33)))),
        ("season", ",".join(["spring"] * 2000)[:3999] + "y"),
    ):
        assert ask(mia, **{facet: value}).status_code == 400, (facet, value)
    assert mia.get("/find?q=glory&f.season=spring").status_code == 400
    assert mia.get("/find?q=glory&type=loan&f.season=spring").status_code == 400
    nothing = ask(mia, season="winter")
    assert "Nothing that has these words has all that is chosen" in nothing.text
    assert panel(nothing)["season"] == {"Spring": "1", "*Winter": "0"}
    assert "sacred" not in panel(nothing)
    assert "Nothing is written" not in nothing.text
    choir.score("Z", "Zion", lyrics="glory", printed=dt.date(9999, 6, 1), bought=dt.datetime(1, 1, 5, tzinfo=dt.UTC))
    edge = ask(mia)
    assert (panel(edge)["printed"], list(panel(edge)["bought"].values())) == ({"9999": "1"}, ["1"])
    assert found(ask(mia, printed="9999", bought="0001-01")) == {"Scores": ["Zion"]}


def test_words_misspelt_have_facets_too(choir):
    choir.score("A", "Anthem", lyrics="cathedral", season="spring")
    choir.score("B", "Ballad", rank="cathedral", season="winter")
    lib = choir.as_("lib")
    answer = ask(lib, "cathedrla", season="winter")
    assert "Nothing is written “cathedrla”" in html.unescape(answer.text)
    assert found(answer) == {"Scores": ["Ballad"]}
    assert panel(answer)["season"]["*Winter"] == "1"


def test_spans_of_time_are_those_of_the_clock_of_the_site(choir):
    site = next(item for item in components() if type(item).__name__ == "Site")
    choir.publish(replace(site, time_zone="Europe/Stockholm"))
    choir.score("A", "Anthem", lyrics="glory", bought=dt.datetime(2024, 1, 31, 23, 30, tzinfo=dt.UTC))
    choir.score("B", "Ballad", lyrics="glory", bought=dt.datetime(2024, 1, 31, 22, 30, tzinfo=dt.UTC))
    lib = choir.as_("lib")
    assert panel(ask(lib))["bought"] == {"Feb 2024": "1", "Jan 2024": "1"}
    assert found(ask(lib, bought="2024-02")) == {"Scores": ["Anthem"]}
    assert found(ask(lib, bought="2024-01")) == {"Scores": ["Ballad"]}
    assert panel(ask(lib, bought="2024-01,2024-02"))["bought"] == {"*Feb 2024": "1", "*Jan 2024": "1"}


def test_the_number_of_statements_grows_neither_with_values_nor_with_choices(choir):
    mia = choir.as_("mia")

    def statements(**chosen: str) -> int:
        with choir.counting() as seen:
            assert ask(mia, **chosen).status_code == 200
        return len([one for one in seen if not one.startswith("--")])

    press = choir.add("press", name="Press", choir=choir.ids["north"])
    choir.score("A", "Anthem", lyrics="glory", season="spring", voices=("alto",), press=press)
    chosen = {"season": "spring", "voices": "alto,bass", "press": str(press)}

    def settled() -> tuple[int, int]:
        return min(statements() for _ in range(3)), min(statements(**chosen) for _ in range(3))

    few = settled()
    build(choir, 40)
    assert settled() == few
    assert max(few) <= 6
    assert few[0] == few[1]


def test_of_very_much_no_more_is_counted_than_told(choir, monkeypatch):
    monkeypatch.setattr(counting, "MOST_ROWS", 5)
    monkeypatch.setattr(counting, "MOST_SHOWN", 3)
    monkeypatch.setattr(search_facets, "MOST_SHOWN", 3)
    presses = [choir.add("press", name=f"P{number}", choir=choir.ids["north"]) for number in range(5)]
    for number, press in enumerate(presses):
        choir.score(f"A-{number}", f"Anthem {number}", lyrics="glory", season="spring", press=press)
    mia = choir.as_("mia")
    answer = ask(mia)
    assert panel(answer)["season"] == {"Spring": "5"}
    assert len(panel(answer)["press"]) == 3
    assert "There are others" in answer.text
    choir.score("B", "Ballad", lyrics="glory", season="spring")
    assert re.fullmatch(r"\d\+", panel(ask(mia))["season"]["Spring"])


def test_a_search_of_one_type_has_its_facets_at_once(database_url, tmp_path):
    def alone(item):
        if isinstance(item, Search) and item.key == "all":
            return replace(item, pages=False, entities=item.entities[:1])
        return item

    with open_choir(database_url, tmp_path, *map(alone, components())) as choir:
        choir.score("A", "Anthem", lyrics="glory", season="spring")
        choir.score("B", "Ballad", lyrics="glory", season="winter")
        lib = choir.as_("lib")
        page = lib.get("/find?q=glory")
        assert panel(page)["season"] == {"Spring": "1", "Winter": "1"}
        assert 'class="views"' not in page.text
        assert found(lib.get("/find?q=glory&f.season=winter")) == {"Scores": ["Ballad"]}


def test_facets_speak_the_language_of_the_visitor(choir):
    choir.score("A", "Anthem", lyrics="glory", season="spring", sacred=True, bought=dt.datetime(2024, 5, 1, tzinfo=dt.UTC))
    page = choir.as_("lib").get("/sv-SE/find?q=glory&type=score")
    assert panel(page)["season"] == {"Vår": "1"}
    assert panel(page)["sacred"] == {"Ja": "1"}
    assert panel(page)["bought"] == {"maj 2024": "1"}
    assert "Begränsa" in page.text
    assert "Årstid" in page.text
