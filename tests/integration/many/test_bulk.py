"""Actions on many rows: marked ones or all that match, each by its own permission, in turns, and the outcome names the rest."""

import datetime as dt
import html
import re

from runtime import errands
from runtime.housekeeping import tidy
from runtime.pages import bulk, errand_turns


def boxes(page):
    return re.findall(r'<input class="form-check-input" type="checkbox" form="list-0-bulk" name="row" value="(\d+)"', page.text)


def words(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text.split("<main", 1)[-1])).split())


def start(browser, address, **fields):
    """Post the bar of a list and follow to the question; the page and its address."""
    answer = browser.post(address, fields, token_from=address)
    assert answer.status_code == 303, words(answer)
    return browser.get(answer.location), answer.location


def confirm(browser, where):
    answer = browser.post(where, token_from=where)
    assert answer.status_code == 303
    return browser.get(answer.location)


def test_marked_rows_are_changed_after_a_question_and_nobody_elses_are(site):
    ids = [site.hive(code, keeper) for code, keeper in (("A1", "alice"), ("A2", "alice"), ("B1", "bob"), ("C1", "carol"))]
    alice = site.as_("alice")
    page = alice.get("/hives")
    assert boxes(page) == [str(ids[0]), str(ids[1])], "only what she may change can be marked"
    assert "Mark as weak" in page.text
    assert "Remove" in page.text
    assert 'value="reveal"' not in page.text, "she may not write that attribute"
    question, where = start(alice, "/hives", _do="weaken", row=[str(ids[0]), str(ids[2]), str(ids[3]), "999999"])
    assert "Mark as weak: 4 rows?" in words(question)
    assert {row[0] for row in site.hives("strength")} == {"strong"}, "nothing is done before it is confirmed"
    outcome = words(confirm(alice, where))
    assert "1 row is done." in outcome
    assert "3 rows were left as they are." in outcome
    assert "B1 You may not save this." in outcome
    assert outcome.count("not there any more") == 2
    assert "C1" not in outcome
    assert site.hives("code", "strength")[:3] == [("A1", "weak"), ("A2", "strong"), ("B1", "strong")]
    assert [checked is not None for (checked,) in site.hives("checked_on")] == [True, False, False, False]
    assert site.audited() == 1
    assert site.refused() == ["hive", "hive", "hive"], "each row that was left is in the trail as refused"
    again = confirm(alice, where)
    assert "1 row is done." in words(again)
    assert site.audited() == 1, "a second press does nothing"
    assert "Ta bort" in alice.get("/sv-SE/hives").text


def test_all_that_match_are_taken_with_search_filters_and_every_page(site, monkeypatch):
    monkeypatch.setattr(bulk, "PAGE_SIZE", 3)
    for n in range(9):
        site.hive(f"A{n}", name="Linden" if n % 3 else "Oak", strength="empty" if n == 4 else "strong")
    alice = site.as_("alice")
    question, where = start(alice, "/hives?q=Linden&f.strength=strong&page=2", _do="weaken", all="1", row="1")
    assert "Mark as weak: 5 rows?" in words(question)
    site.hive("A99", name="Linden too late")
    assert "5 rows are done." in words(confirm(alice, where))
    weak = [code for code, strength in site.hives("code", "strength") if strength == "weak"]
    assert weak == ["A1", "A2", "A5", "A7", "A8"]
    assert 'href="/hives?q=Linden&amp;f.strength=strong"' in alice.get(where).text


def test_rows_are_deleted_and_those_that_others_need_are_named(site):
    ids = [site.hive(code) for code in ("A1", "A2", "A3")]
    site.add("inspection", title="Spring", hive=ids[1])
    alice = site.as_("alice")
    question, where = start(alice, "/hives", _do="remove", all="1")
    assert "Remove: 3 rows?" in words(question)
    assert "The bees will not come back." in words(question)
    outcome = words(confirm(alice, where))
    assert "2 rows are done." in outcome
    assert "A2 This cannot be saved, because something else depends on it" in outcome
    assert site.hives("code") == [("A2",)]


def test_long_work_is_done_in_turns_and_gone_on_with(site, monkeypatch):
    monkeypatch.setattr(errand_turns, "SECONDS", 0.0)
    monkeypatch.setattr(bulk, "TURN_ROWS", 2)
    for n in range(5):
        site.hive(f"A{n}")
    alice = site.as_("alice")
    _, where = start(alice, "/hives", _do="weaken", all="1")
    first = words(confirm(alice, where))
    assert "2 rows are done." in first
    assert "3 rows are still to come." in first
    assert [strength for (strength,) in site.hives("strength")] == ["weak", "weak", "strong", "strong", "strong"]
    confirm(alice, where)
    last = words(confirm(alice, where))
    assert "5 rows are done." in last
    assert "still to come" not in last
    assert site.audited() == 5


def test_what_breaks_off_leaves_whole_turns(site, monkeypatch):
    monkeypatch.setattr(bulk, "TURN_ROWS", 2)
    for n in range(4):
        site.hive(f"A{n}")
    alice = site.as_("alice")
    _, where = start(alice, "/hives", _do="weaken", all="1")
    real, calls = bulk.update, []

    def failing(*given, **named):
        calls.append(given)
        if len(calls) == 4:
            raise RuntimeError("the power went")
        return real(*given, **named)

    monkeypatch.setattr(bulk, "update", failing)
    assert alice.post(where, token_from=where).status_code == 500
    assert [strength for (strength,) in site.hives("strength")] == ["weak", "weak", "strong", "strong"]
    assert "2 rows are still to come." in words(alice.get(where))
    assert "4 rows are done." in words(confirm(alice, where))


def test_of_two_presses_at_once_one_does_it(site, monkeypatch):
    for n in range(3):
        site.hive(f"A{n}")
    alice = site.as_("alice")
    _, where = start(alice, "/hives", _do="remove", all="1")
    seen = []

    def before_the_other(*given):
        seen[:] = seen or [real(*given)]
        return seen[0]

    real = bulk.find_errand
    with monkeypatch.context() as at_once:
        at_once.setattr(bulk, "find_errand", before_the_other)
        for _ in range(2):
            assert alice.post(where, token_from="/hives").status_code == 303
    outcome = words(alice.get(where))
    assert "3 rows are done." in outcome
    assert "left as" not in outcome


def test_only_who_began_it_can_go_on_and_only_for_a_day(site):
    site.hive("A1")
    alice, bob, dan = site.as_("alice"), site.as_("bob"), site.as_("dan")
    _, where = start(alice, "/hives", _do="remove", all="1")
    for browser in (bob, dan):
        assert browser.get(where).status_code == 303
        assert browser.post(where, token_from="/hives").status_code == 303
    assert site.hives("code") == [("A1",)]
    assert alice.client.post(where, data={}).status_code == 400, "without the token nothing is done"
    later = dt.datetime.now(dt.UTC) + errands.KEPT + dt.timedelta(minutes=1)
    assert tidy(site.engine, later)["foyer_errand"] == 1
    again = site.as_("alice")
    assert "no longer kept" in again.get(again.get(where).location).text
    assert site.hives("code") == [("A1",)]


def test_what_is_not_offered_or_not_asked_properly_is_refused(site, monkeypatch):
    first = site.hive("A1")
    site.hive("A2")
    alice, dan = site.as_("alice"), site.as_("dan")
    page = dan.get("/hives")
    assert "A1" in page.text
    assert not boxes(page)
    assert 'name="_do"' not in page.text
    assert dan.post("/hives", {"_do": "weaken", "all": "1"}, token_from="/hives").status_code == 403
    assert alice.post("/hives", {"_do": "reveal", "row": str(first)}, token_from="/hives").status_code == 403
    assert alice.post("/hives", {"_do": "odd", "row": str(first)}, token_from="/hives").status_code == 403
    assert alice.post("/hives", {"_do": "remove", "row": "x"}, token_from="/hives").status_code == 400
    nothing, _ = start(alice, "/hives", _do="remove")
    assert "Mark rows first" in nothing.text
    monkeypatch.setattr(bulk, "MOST_ROWS", 1)
    many, _ = start(alice, "/hives", _do="remove", all="1")
    assert "More than 1 rows match" in many.text
    assert len(site.hives("code")) == 2


def test_the_boxes_cost_no_statement_and_the_token_is_each_ones_own(site):
    for n in range(3):
        site.hive(f"A{n}")
    alice, bob = site.as_("alice"), site.as_("bob")
    for browser in (alice, bob):
        browser.get("/hives")
    tokens = set()
    for browser in (alice, bob):
        with site.counting() as seen:
            page = browser.get("/hives")
        assert len(seen) == 1
        tokens.add(re.search(r'id="list-0-bulk".*?name="csrf_token" value="([^"]+)"', page.text, re.DOTALL)[1])
    assert len(tokens) == 2
