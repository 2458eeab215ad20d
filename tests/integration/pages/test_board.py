"""A list as a board: columns by a choice, the first cards of each, and moving as a plain form that the records judge."""

import html
import re

import pytest
import sqlalchemy as sa

from support.marina_site import open_marina
from support.theatre import theatre

LANE = re.compile(r'<section class="lane" data-lane="([^"]*)".*?</section>', re.DOTALL)
BOARD = "/programme?layout=board"


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, *theatre()) as opened:
        yield opened


def show(site, code, stage, troupe="sail", director="bob", **values):
    return site.add("show", code=code, stage=stage, troupe=site.accounts[troupe], director=site.people[director], **values)


def lanes(answer):
    """By option: its heading's count, and the names of its cards with a star where the card can be moved."""
    found = {}
    for lane in LANE.finditer(answer.text):
        cards = re.findall(
            r'<li class="row-card"(?: id="[^"]+")?( data-card)?>.*?class="rec"[^>]*>(.*?)<.*?</li>', lane[0], re.DOTALL
        )
        count = re.search(r'<span class="count">(.*?)</span>', lane[0])[1]
        found[lane[1]] = (count, [name + ("*" if movable else "") for movable, name in cards])
    return found


def move(browser, row, to, version=1, path=BOARD, **fields):
    given = {"block": "0", "row": str(row), "version": str(version), "to": to, **fields}
    return browser.post(path, given)


def stage(site, row):
    table = site.snapshot.entities["show"].table
    with site.engine.connect() as connection:
        return tuple(connection.execute(sa.select(table.c.stage, table.c.version).where(table.c.id == row)).one())


def test_each_option_is_a_column_with_its_number_and_its_first_cards(site):
    for n in range(4):
        show(site, f"P{n}", "planned")
    show(site, "R", "running", seats=200)
    show(site, "N", None)
    browser = site.as_("dora")
    answer = browser.get(BOARD)
    assert lanes(answer) == {
        "": ("1", ["N*"]),
        "planned": ("4", ["P0*", "P1*"]),
        "running": ("1", ["R*"]),
        "done": ("0", []),
    }
    more = re.search(r'<p class="lane-more"><a href="([^"]+)"[^>]*>2 more</a>', answer.text)
    table = browser.get(html.unescape(more[1])).text
    assert "P3" in table
    assert ">R<" not in table
    assert lanes(browser.get(f"{BOARD}&view=full"))["running"] == ("1", ["R*"])
    assert lanes(browser.get(f"{BOARD}&q=P3"))["planned"] == ("1", ["P3*"])
    assert lanes(browser.get(f"{BOARD}&sort=-code"))["planned"] == ("4", ["P3*", "P2*"])
    assert browser.get(f"{BOARD}&page=2").status_code == 400
    assert "Nothing matches" in browser.get(f"{BOARD}&q=nobody").text


def test_cards_of_others_are_not_there_and_only_the_directors_can_be_moved(site):
    show(site, "Mine", "planned", director="alice")
    show(site, "Ours", "planned")
    show(site, "Theirs", "planned", troupe="row", director="carol")
    assert lanes(site.as_("alice").get(BOARD))["planned"] == ("2", ["Mine*", "Ours"])
    assert "not open to you" in site.as_("erin").get(BOARD).text


def test_the_number_of_statements_does_not_grow_with_the_rows(site):
    show(site, "First", "planned")
    browser = site.as_("dora")
    browser.get(BOARD)
    with site.counting() as few:
        browser.get(BOARD)
    rows = [{"code": f"S{n}", "stage": ("planned", "running", "done")[n % 3]} for n in range(60)]
    site.add_all("show", rows)
    with site.counting() as many:
        answer = browser.get(BOARD)
    assert lanes(answer)["planned"][0] == "21"
    assert len(many) == len(few) <= 2


def test_a_card_is_moved_by_a_form_and_leads_back_to_the_board(site):
    row = show(site, "Hamlet", "planned", director="alice")
    alice = site.as_("alice")
    answer = move(alice, row, "running", path=f"{BOARD}&q=ham")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/programme?layout=board&q=ham#list-0-card-{row}")
    assert stage(site, row) == ("running", 2)
    assert "Hamlet is moved to On stage." in alice.get(BOARD).text
    stale = move(alice, row, "done", version=1)
    assert stale.status_code == 303
    assert "Somebody else changed Hamlet meanwhile." in alice.get(BOARD).text
    assert stage(site, row) == ("running", 2)


def test_what_may_not_be_moved_stays_where_it_is(site):
    mine = show(site, "Mine", "planned", director="alice")
    ours = show(site, "Ours", "planned")
    theirs = show(site, "Theirs", "planned", troupe="row", director="carol")
    alice = site.as_("alice")
    assert move(alice, ours, "done").status_code == 403
    assert move(alice, theirs, "done").status_code == 404
    assert move(alice, 10**6, "done").status_code == 404
    assert move(alice, mine, "cancelled").status_code == 400
    assert move(alice, mine, "").status_code == 400
    assert move(alice, "x", "done").status_code == 400
    assert alice.client.post(BOARD, data={"row": str(mine), "version": "1", "to": "done"}).status_code == 400  # no token
    assert move(alice, mine, "done", path=f"{BOARD}&view=full").status_code == 404  # not a row of that view
    assert {stage(site, row) for row in (mine, ours, theirs)} == {("planned", 1)}


def test_an_attribute_that_may_not_be_changed_or_read_makes_no_board_to_move_on(sqlite_url, tmp_path):
    kept = """\
kind: attribute_permission
key: stages
entity: show
roles: [master]
others: [read, update]
attributes: [{attribute: stage, read: true}]
---
kind: attribute_permission
key: no-stages
entity: show
roles: [skipper]
others: [read, update]
attributes: [{attribute: stage}]
"""
    with open_marina(sqlite_url, tmp_path, *theatre(more=kept)) as site:
        row = show(site, "Hamlet", "planned", director="alice")
        assert lanes(site.as_("dora").get(BOARD))["planned"] == ("1", ["Hamlet"])
        assert move(site.as_("dora"), row, "done").status_code == 403
        assert lanes(site.as_("alice").get(BOARD)) == {}
        assert move(site.as_("alice"), row, "done").status_code == 403
        assert stage(site, row) == ("planned", 1)


def test_a_fixed_board_shows_declared_columns_and_moves_nothing(sqlite_url, tmp_path):
    fixed = {"{attribute: stage, cards: 2}": "{attribute: stage, columns: [done, planned], fixed: true}"}
    with open_marina(sqlite_url, tmp_path, *theatre(fixed)) as site:
        row = show(site, "Hamlet", "planned", director="alice")
        show(site, "Lear", "running")
        show(site, "None", None)
        assert list(lanes(site.as_("dora").get(BOARD)).items()) == [("done", ("0", [])), ("planned", ("1", ["Hamlet"]))]
        assert move(site.as_("dora"), row, "done").status_code == 403


def test_an_address_that_names_a_card_is_no_link_within_a_link(sqlite_url, tmp_path):
    first = {"columns: [{attribute: code}, {attribute: stage}]": "columns: [{attribute: director.email}, {attribute: stage}]"}
    with open_marina(sqlite_url, tmp_path, *theatre(first)) as site:
        show(site, "Hamlet", "planned", director="alice", seats=200)
        answer = site.as_("alice").get(f"{BOARD}&view=full")
        assert '<a class="rec" href="/programme/Hamlet">alice@sail.example</a>' in answer.text


def test_cards_have_the_columns_of_the_view_and_pages(site):
    for n in range(7):
        show(site, f"C{n}", "planned", title=f"<b>{n}</b>", takings=1234)
    answer = site.as_("dora").get("/programme?layout=cards&sort=code")
    assert re.findall(r'class="rec" href="/programme/(\w+)"', answer.text) == ["C0", "C1", "C2", "C3", "C4"]
    assert '<div class="second">&lt;b&gt;0&lt;/b&gt;</div>' in answer.text
    assert '<span class="card-figure">1,234.00 SEK</span>' in answer.text
    assert "1–5 of 7" in answer.text
    second = site.as_("dora").get("/programme?layout=cards&sort=code&page=2")
    assert re.findall(r'class="rec" href="/programme/(\w+)"', second.text) == ["C5", "C6"]


EDITED = """\
kind: form
key: show-edit
entity: show
locked_when: seats = 0
locked_message: It is sold out.
rules:
  - {when: "stage = 'done' and takings is empty", refuse: Say the takings first., at: stage}
  - {when: "title = 'fixed'", lock: [stage]}
tabs: [{sections: [{fields: [{attribute: stage}, {attribute: closes, hidden: true, set_on_save: "@today"}]}]}]
---
kind: page
key: show-edit
label: Change
parent: show
partial_url: edit
blocks: [{type: form, form: show-edit, mode: edit}]
"""


@pytest.mark.parametrize("named", [False, True])
def test_a_card_moves_as_the_form_of_its_row_would_let_it(database_url, tmp_path, named):
    edited = EDITED if not named else EDITED.partition("---")[0]
    board = {"{attribute: stage, cards: 2}": "{attribute: stage, cards: 2, form: show-edit}"} if named else {}
    with open_marina(database_url, tmp_path, *theatre(board, more=edited)) as site:
        dora = site.as_("dora")
        bare = show(site, "Bare", "running")
        sold = show(site, "Sold", "planned", seats=0)
        fixed = show(site, "Fixed", "planned", title="fixed")
        paid = show(site, "Paid", "running", takings=10)
        for row, said in ((bare, "Bare: Say the takings first."), (sold, "Sold: It is sold out."), (fixed, "Fixed: ")):
            assert move(dora, row, "done").status_code == 303
            assert said in dora.get(BOARD).text
        assert [stage(site, row)[1] for row in (bare, sold, fixed)] == [1, 1, 1]
        move(dora, paid, "done")
        assert "Paid is moved to Over." in dora.get(BOARD).text
        table = site.snapshot.entities["show"].table
        with site.engine.connect() as connection:
            closed = connection.scalar(sa.select(table.c.closes).where(table.c.id == paid))
        assert (stage(site, paid), closed is not None) == (("done", 2), True)


HIDDEN = """\
---
kind: attribute_permission
key: hidden
entity: show
roles: [master]
others: [read]
attributes: [{attribute: stage}, {attribute: begins}, {attribute: takings}]
"""
MONEY = """\
---
kind: view
key: money
entity: show
columns: [{attribute: takings}]
---
kind: list
key: money
views: [money]
layouts: [table, cards]
actions: [{type: details, page: show}]
---
kind: page
key: money
label: Money
parent: home
partial_url: money
blocks: [{type: list, list: money}]
"""


@pytest.mark.parametrize("layout", ["board", "calendar"])
def test_a_layout_by_what_may_not_be_read_says_so_rather_than_that_there_is_nothing(sqlite_url, tmp_path, layout):
    with open_marina(sqlite_url, tmp_path, *theatre(more=HIDDEN)) as site:
        show(site, "One", "done")
        answer = site.as_("dora").get(f"/programme?layout={layout}")
    assert answer.status_code == 200
    assert "This is not open to you" in answer.text
    assert "One" not in re.sub(r"<[^>]+>", "", answer.text)


def test_rows_of_which_no_column_may_be_read_are_called_by_their_keys(sqlite_url, tmp_path):
    with open_marina(sqlite_url, tmp_path, *theatre(more=HIDDEN + MONEY)) as site:
        show(site, "One", "done", takings=7)
        dora = site.as_("dora")
        assert dora.get("/money").status_code == 200
        cards = dora.get("/money?layout=cards")
        assert (cards.status_code, "One" in cards.text) == (200, True)


def test_a_tab_without_a_label_is_called_by_its_key_in_words(sqlite_url, tmp_path):
    first = "{sections: [{fields: [{attribute: title}]}]}"
    second = "{key: behind_the_scenes, sections: [{fields: [{attribute: code}]}]}"
    with open_marina(sqlite_url, tmp_path, *theatre({f"tabs: [{first}]": f"tabs: [{first}, {second}]"})) as site:
        show(site, "One", "done", title="Hamlet")
        page = site.as_("dora").get("/programme/One")
    assert re.findall(r'<a href="#tab-\w+">(.*?)</a>', page.text) == ["Main", "Behind the scenes"]


UNNAMED = """\
kind: view
key: late_shows
entity: show
columns: [{attribute: code}]
---
kind: list
key: unnamed
views: [late_shows, full]
---
kind: chart
key: by_hall
view: late_shows
group: stage
---
kind: page
key: unnamed
label: Unnamed
parent: home
partial_url: unnamed
blocks: [{type: list, list: unnamed}, {type: charts, charts: [by_hall]}]
---
kind: form
key: hall
entity: hall
tabs: [{sections: [{fields: [{attribute: name}]}, {related: {relationship: show_hall, view: late_shows}}]}]
---
kind: page
key: hall
label: Hall
parent: home
record_entity: hall
blocks: [{type: form, form: hall}]
"""


def test_views_charts_and_related_lists_without_labels_are_called_by_their_keys_in_words(sqlite_url, tmp_path):
    with open_marina(sqlite_url, tmp_path, *theatre(more=UNNAMED)) as site:
        show(site, "One", "done", hall=site.add("hall", name="Round"))
        dora = site.as_("dora")
        page, hall = dora.get("/unnamed").text, dora.get("/Round").text
    assert re.search(r">Late shows\s*<", page[page.index("<main") :])
    assert re.search(r"<h\d[^>]*>\s*By hall\s*</h\d>", page)
    assert re.search(r"<h\d[^>]*>\s*Late shows\b", hall)
