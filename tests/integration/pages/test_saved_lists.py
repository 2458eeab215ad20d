"""What people keep of lists: views under a name, shared with their account or not, the first of them, and their columns."""

import html
import itertools
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from metadata.model import ListCalendar, ListFilter
from metadata.store import MetadataStore
from runtime.access import Principal
from runtime.database import writing
from runtime.housekeeping import tidy
from runtime.identity.sessions import utc_now
from runtime.records import shapes
from runtime.records.remove import delete
from runtime.records.saved import MOST_VIEWS, SAVED, NotKept, Owner, keep_view, rename_view
from support.marina import BOOKINGS, VIEWS
from support.marina_site import open_marina

KEPT = replace(
    BOOKINGS,
    filters=tuple(ListFilter(key=key, attribute=key) for key in ("status", "boat")),
    saved="shared",
    choose_columns=True,
    export=True,
)
COLUMNS = next(view for view in VIEWS if view.key == "bookings-all").columns


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, KEPT) as opened:
        for number, status in (("B1", "asked"), ("B2", "moored"), ("B3", "moored")):
            opened.book(number, status=status)
        yield opened


def numbers(answer):
    assert answer.status_code == 200, answer.text[:300]
    return re.findall(r'<a class="rec" href="/bookings/([^"?]+)"', answer.text)


def menu(answer):
    """The saved views by name, with their addresses."""
    found = re.search(r'id="list-\d+-saved".*?</details>', answer.text, re.S)
    links = re.findall(r'<a href="([^"]*)"[^>]*><bdi>(.*?)</bdi>', found[0])
    return {html.unescape(name): html.unescape(url) for url, name in links}


def keep(browser, state, name, **more):
    mark = "&" if "?" in state else "?"
    answer = browser.post(f"{state}{mark}keep=new", {"_action": "keep", "name": name, **more})
    assert answer.status_code == 303, answer.text[:500]
    return re.search("saved=([0-9a-f]{32})", answer.location)[1]


def act(browser, action, **more):
    return browser.post("/bookings?keep=new", {"_action": action, **more})


def headings(answer):
    head = re.search(r"<thead.*?</thead>", answer.text, re.S)[0]
    cells = re.findall(r"<th[^>]*>(.*?)</th>", head, re.S)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in cells]


def choose(browser, *chosen, order=(), action="keep", state="/bookings?", **more):
    fields = {"_action": action, "order": list(order or chosen), "column": list(chosen), "density": "compact", **more}
    return browser.post(f"{state}columns=choose", fields)


def republish(site, *components):
    MetadataStore(site.engine).publish("tester", components=components)


def test_a_state_is_kept_opened_and_given_up(site):
    alice = site.as_("alice")
    key = keep(alice, "/bookings?f.status=moored&sort=-number&q=B&page=1", "  My   moored ")
    views = menu(alice.get("/bookings"))
    assert views["My moored"] == f"/bookings?open={key}"
    opened = alice.get(views["My moored"])
    assert opened.status_code == 303
    assert sorted(opened.location.split("?")[1].split("&")) == sorted(
        ["q=B", "sort=-number", "f.status=moored", f"saved={key}"]
    )
    assert numbers(alice.get(opened.location)) == ["B3", "B2"]
    # The same name takes the place of the view; nobody else sees it, in the list or by its id.
    assert keep(alice, "/bookings?f.status=asked", "My moored") == key
    assert numbers(alice.get(f"/bookings?open={key}", follow_redirects=True)) == ["B1"]
    for name in ("bob", "carol"):
        other = site.as_(name)
        assert key not in other.get("/bookings").text
        assert other.get(f"/bookings?open={key}").location == "/bookings?saved=none"
        assert [act(other, f"{verb}:{key}", name="Mine").status_code for verb in ("rename", "drop", "first")] == [403] * 3
    assert act(alice, f"rename:{key}", name="Asked").status_code == 303
    assert list(menu(alice.get("/bookings")))[1:] == ["Asked"]
    assert act(alice, f"rename:{key}", name=" ").status_code == 422
    assert act(alice, f"drop:{key}").status_code == 303
    assert list(menu(alice.get("/bookings")))[1:] == []


def test_the_first_view_opens_the_list_until_something_is_asked_for(site):
    alice = site.as_("alice")
    key = keep(alice, "/bookings?f.status=moored", "Moored", first="1")
    led = alice.get("/bookings")
    assert (led.status_code, led.location) == (303, f"/bookings?f.status=moored&saved={key}")
    shown = alice.get(led.location)
    clear = html.unescape(re.search(r'<div class="chips".*?<a href="([^"]*)">Clear filters', shown.text, re.S)[1])
    assert clear == f"/bookings?saved={key}"
    assert numbers(alice.get(clear)) == ["B1", "B2", "B3"]
    assert numbers(alice.get("/bookings?saved=none")) == ["B1", "B2", "B3"]
    assert numbers(alice.get("/bookings?q=B1")) == ["B1"]
    assert numbers(site.as_("bob").get("/bookings")) == ["B1", "B2", "B3"]
    act(alice, "plain")
    assert numbers(alice.get("/bookings")) == ["B1", "B2", "B3"]
    act(alice, f"first:{key}")
    assert alice.get("/bookings").status_code == 303
    act(alice, f"drop:{key}")
    assert numbers(alice.get("/bookings")) == ["B1", "B2", "B3"]


def test_a_shared_view_is_seen_by_the_account_and_changed_by_its_owner(site):
    alice, bob, carol = site.as_("alice"), site.as_("bob"), site.as_("carol")
    key = keep(alice, "/bookings?f.status=moored", "Ours", shared="1")
    assert menu(bob.get("/bookings"))["Ours"] == f"/bookings?open={key}"
    assert numbers(bob.get(f"/bookings?open={key}", follow_redirects=True)) == ["B2", "B3"]
    assert [act(bob, f"{verb}:{key}", name="His").status_code for verb in ("rename", "drop")] == [403, 403]
    assert act(bob, f"first:{key}").status_code == 303
    assert bob.get("/bookings").status_code == 303
    assert alice.get("/bookings").status_code == 200
    assert "Ours" not in carol.get("/bookings").text
    assert act(alice, f"rename:{key}", name="Mine").status_code == 303
    assert numbers(bob.get("/bookings")) == ["B1", "B2", "B3"]
    # Where the list keeps views for their owners alone, what was shared before is seen by nobody else.
    act(alice, f"rename:{key}", name="Ours", shared="1")
    republish(site, replace(KEPT, saved="own"))
    assert "Ours" not in menu(bob.get("/bookings"))
    assert "Ours" in menu(alice.get("/bookings"))


def test_what_a_view_no_longer_means_is_left_out(site):
    alice = site.as_("alice")
    key = keep(alice, "/bookings?view=bookings-moored&f.status=moored&f.boat=Boat&sort=-boat&scope=company", "Old", first="1")
    republish(site, replace(KEPT, filters=KEPT.filters[1:], views=("bookings-all",)))
    led = alice.get("/bookings")
    arguments = set(led.location.split("?")[1].split("&"))
    assert arguments == {"f.boat=Boat", "scope=company", f"saved={key}"}
    assert numbers(alice.get(led.location)) == ["B1", "B2", "B3"]


def test_a_layout_is_part_of_a_view_and_columns_belong_to_the_table(site):
    republish(site, replace(KEPT, layouts=("table", "calendar"), calendar=ListCalendar(start="arrival")))
    alice = site.as_("alice")
    key = keep(alice, "/bookings?layout=calendar&on=2026-07-01", "Days", first="1")
    led = alice.get("/bookings")
    assert led.location == f"/bookings?layout=calendar&saved={key}"
    shown = alice.get(led.location)
    assert list(menu(shown))[1:] == ["Days"]
    assert "columns=choose" not in shown.text
    assert "columns=choose" in alice.get("/bookings?saved=none").text
    assert alice.get("/bookings?layout=calendar&columns=choose").status_code == 400
    republish(site, KEPT)
    assert alice.get("/bookings").location == f"/bookings?saved={key}"
    assert "_action" not in site.stranger().get("/bookings?keep=new").text


def test_what_is_not_declared_is_not_offered_and_there_is_an_end(site):
    alice = site.as_("alice")
    for number in range(MOST_VIEWS):
        keep(alice, "/bookings?q=B", f"View {number:02}")
    refused = act(alice, "keep", name="One more")
    assert refused.status_code == 422
    assert f"{MOST_VIEWS} views" in refused.text
    keep(alice, "/bookings?q=B", "View 00")
    assert act(alice, "keep", name="x" * 81).status_code == 422
    assert act(alice, "keep", name="a\u202eb").status_code == 422
    assert alice.client.post("/bookings?keep=new", data={"_action": "keep", "name": "x"}).status_code == 400
    dora = site.as_("dora")
    assert "Share with" not in dora.get("/bookings?keep=new").text
    republish(site, replace(KEPT, saved="", choose_columns=False))
    assert "-saved" not in dora.get("/bookings").text
    for argument in ("keep=new", "open=x", "saved=none", "columns=choose"):
        assert dora.get(f"/bookings?{argument}").status_code == 400


def test_what_people_keep_goes_with_their_contact(site):
    alice, bob = site.as_("alice"), site.as_("bob")
    for browser in (alice, bob):
        keep(browser, "/bookings?q=B", "Mine", first="1", shared="1")
        choose(browser, "fee")
    with writing(site.engine).begin() as connection:
        connection.execute(site.snapshot.entities["booking"].table.delete())
        delete(connection, site.snapshot, Principal.system("system"), "contact", site.people["alice"], 1)
        left = set(connection.execute(sa.select(SAVED.c.contact_id, SAVED.c.kind)))
    assert left == {(site.people["bob"], kind) for kind in ("view", "first", "columns")}


def test_columns_are_chosen_put_in_order_and_exported(site):
    alice, bob = site.as_("alice"), site.as_("bob")
    every = headings(alice.get("/bookings"))
    page = alice.get("/bookings?columns=choose")
    offered = re.findall(r'name="column" value="([^"]+)"', page.text)
    assert offered == [column.attribute for column in COLUMNS if column.attribute != "note"]

    moved = choose(alice, "number", "fee", order=("number", "fee"), action="up:fee")
    assert moved.status_code == 200
    assert re.findall(r'name="order" value="([^"]+)"', moved.text)[:2] == ["fee", "number"]
    assert headings(alice.get("/bookings")) == every
    assert choose(alice).status_code == 422
    kept = choose(alice, "fee", "number", "note")
    assert (kept.status_code, kept.location) == (303, "/bookings?saved=none")
    for address in ("/bookings", "/bookings?q=B", "/bookings?sort=-number"):
        found = headings(alice.get(address))
        assert ("Fee" in found[0], "Booking" in found[1]) == (True, True), (address, found)
    shown = alice.get("/bookings?sort=-number")
    assert 'data-density="compact"' in shown.text
    assert "SECRET" not in shown.text
    linked = re.findall(r'<a class="rec" href="/bookings/([^"?]+)"[^>]*>(.*?)</a>', shown.text)
    assert (linked[0][0], "1,250.50" in linked[0][1]) == ("B3", True)
    exported = alice.get("/bookings?export=csv").text.splitlines()
    assert re.fullmatch("1250.50*,B1,Boat B1", exported[1])
    assert headings(bob.get("/bookings")) == every
    assert "Vessel" in headings(alice.get("/bookings?view=bookings-moored"))[1]
    assert choose(alice, "number", action="reset").status_code == 303
    assert headings(alice.get("/bookings")) == every


def test_widths_are_chosen_and_kept(site):
    alice = site.as_("alice")
    heads = [column.attribute for column in COLUMNS if column.attribute != "note"]
    assert "w-narrow" not in alice.get("/bookings").text
    assert choose(alice, *heads, width=["narrow", "", "huge"]).status_code == 303
    shown = alice.get("/bookings").text
    assert re.findall(r"<th[^>]*class=\"[^\"]*w-(\w+)", shown) == ["narrow"]
    assert alice.get("/bookings?export=csv").text.count("\n") >= 3
    page = alice.get("/bookings?columns=choose").text
    assert re.findall(r'<option value="(\w*)" selected>', page) == ["narrow"] + [""] * (len(heads) - 1)
    assert "w-narrow" not in site.as_("bob").get("/bookings").text
    assert choose(alice, *heads, width=[""] * len(heads)).status_code == 303
    assert "w-narrow" not in alice.get("/bookings").text


def test_what_is_made_for_chosen_columns_has_an_end(site, monkeypatch):
    monkeypatch.setattr(shapes, "MOST_SHAPES", 6)
    alice = site.as_("alice")
    names, sizes = [column.attribute for column in COLUMNS if column.attribute != "note"], []
    for name in names:  # once each as a link and not, as both have a formatter
        choose(alice, name, *(other for other in names if other != name))
        alice.get("/bookings")
    for chosen in itertools.islice(itertools.permutations(names, 2), 12):
        assert choose(alice, *chosen).status_code == 303
        assert len(numbers(alice.get("/bookings"))) == 3
        snapshot = site.app.extensions["foyer"].snapshots.current(site.snapshot.release)
        sizes.append((len(snapshot._derived), len(snapshot.derive("shapes", dict))))
    assert len({size for size, _ in sizes}) == 1
    assert max(shelf for _, shelf in sizes) <= 6


def test_a_list_costs_one_statement_more_where_something_can_be_kept_and_none_elsewhere(site):
    alice = site.as_("alice")

    def cost(address):
        alice.get(address)
        with site.counting() as statements:
            assert alice.get(address).status_code == 200
        return len(statements)

    with_none, asked = cost("/bookings"), cost("/bookings?sort=-number")
    for number in range(12):
        keep(alice, "/bookings?q=B", f"View {number}")
        site.book(f"C{number}")
    assert (cost("/bookings"), cost("/bookings?sort=-number")) == (with_none, asked)
    republish(site, replace(KEPT, saved="", choose_columns=False))
    assert (cost("/bookings"), cost("/bookings?sort=-number")) == (with_none - 1, asked - 1)


def test_of_two_who_keep_one_name_at_once_one_view_comes_and_no_rename_makes_two(site):
    owner = Owner(site.people["alice"], None, "marina", "bookings")

    def rows():
        with site.engine.connect() as connection:
            return sorted(connection.scalars(sa.select(SAVED.c.name).where(SAVED.c.contact_id == owner.contact)))

    with writing(site.engine).begin() as connection:
        first = keep_view(connection, owner, "Mine", {"q": "a"}, shared=False)
        values = dict(connection.execute(sa.select(SAVED)).mappings().one())
        with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
            connection.execute(SAVED.insert().values(**{**values, "id": "f" * 32}))
        other = keep_view(connection, owner, "Other", {"q": "b"}, shared=False)
        with pytest.raises(NotKept, match="taken"):
            rename_view(connection, owner, other, "Mine", shared=False)
    assert rows() == ["Mine", "Other"]
    assert first != other


def test_what_a_contact_kept_goes_who_is_no_longer_there(site):
    gone = Owner(10**6, None, "marina", "bookings")
    stays = Owner(site.people["alice"], None, "marina", "bookings")
    with writing(site.engine).begin() as connection:
        for owner in (gone, stays):
            keep_view(connection, owner, "Mine", {"q": "a"}, shared=False)
    assert tidy(site.engine, utc_now(), snapshot=site.snapshot)["foyer_saved_list"] == 1
    with site.engine.connect() as connection:
        assert connection.scalars(sa.select(SAVED.c.contact_id)).all() == [stays.contact]
