"""Whatever door a person comes to and is refused at, the audit trail says who, what and where: one table of doors."""

import dataclasses
import io
import json
import re

import pytest
import sqlalchemy as sa

from metadata.model import EntityPermission, FormField, RecordAction, RecordHistory, SetValue
from runtime.access import Principal
from runtime.records.write import update
from support.apiary import open_apiary
from support.kiln_makers import with_new_kilns
from support.marina_site import open_marina
from support.pottery import FIELDS, form, hidden, make_pottery
from support.related import related_components
from support.ruled import publish
from support.theatre import theatre
from support.walking import Walk, line

PAGE = "/firings/X-1"
LINKING = f"{PAGE}?row=1.link"
NEW_KILN = "/_lookup/firing-new/kiln/new"
AWAY = RecordAction(key="away", values=(SetValue(attribute="potter"),))
HISTORY = EntityPermission(
    key="sees", entity="firing", scope="contact", via="potter", roles=("potter",), privileges=("history",)
)
ALONE = EntityPermission(
    key="ours", entity="firing", scope="account", via="studio", roles=("reader",), privileges=("read", "write")
)
LINKED = {"link_view": "glazes", "relationship": "samples", "view": "glazes", "unlink": True}


def forms():
    """The pottery's forms, but none sets the potter, whom a form lets be changed: what is sent lies out of reach."""
    loose = tuple(field for field in FIELDS if field.attribute not in ("potter", "studio"))
    read = next(one for one in related_components() if one.key == "firing-read")
    return (
        form("firing-new", "firing", *loose),
        form("firing-edit", "firing", *loose, FormField(attribute="potter")),
        form("basics", "firing", *loose[:7]),
        dataclasses.replace(read, actions=(AWAY,), history=RecordHistory(restore=True)),
    )


@pytest.fixture
def pottery(database_url, tmp_path):
    made = make_pottery(database_url, tmp_path)
    less = related_components(samples=LINKED)
    publish(
        made,
        *(item for item in less if item.key != "firing-read" and not isinstance(item, EntityPermission)),
        ALONE,
        HISTORY,
        *forms(),
    )
    for number, who in (("X-1", "ada"), ("X-2", "cleo")):
        made.add("firing", number=number, title=f"Bowls of {who}", potter=made.ids[who], studio=made.ids["clay"])
    yield made
    made.engine.dispose()


def insert(pottery, ada):
    page = ada.get("/firings/new").text
    return ada.client.post("/firings/new", data={**hidden(page), "title": "Cups"})


def edit(pottery, ada):
    page = ada.get(f"{PAGE}/edit").text
    return ada.client.post(f"{PAGE}/edit", data={**hidden(page), "title": "Cups", "potter": ""})


def act(pottery, ada):
    return ada.client.post(f"{PAGE}?do=away", data=hidden(ada.get(f"{PAGE}?do=away").text))


def restore(pottery, ada):
    row, system = pottery.rows("firing")[0], Principal.system("admin")
    with pottery.engine.begin() as connection:
        for version, who in ((row["version"], "cleo"), (row["version"] + 1, "ada")):
            update(connection, pottery.snapshot, system, "firing", row["id"], version, {"potter": pottery.ids[who]})
        number = connection.scalar(sa.text("SELECT min(id) FROM foyer_audit WHERE entity = 'firing' AND privilege = 'write'"))
    where = f"{PAGE}?restore={number}"
    return ada.client.post(where, data=hidden(ada.get(where).text))


def steps(pottery, ada):
    walk = Walk(ada).press(title="Cups", peak="1000").press(**line(pottery, 0, title="Mug"))
    return walk.press().answer


def link(pottery, ada):
    """A row is ticked that the page did not offer."""
    return ada.client.post(LINKING, data={**hidden(ada.get(LINKING).text), "chosen": "99999"})


def make_for_a_lookup(pottery, ada):
    publish(pottery, *with_new_kilns())
    publish(pottery, EntityPermission(key="makers", entity="kiln", scope="global", roles=("potter",), privileges=("read",)))
    return ada.client.post(NEW_KILN, data={**hidden(ada.get("/firings/new").text), "new-name": "Hot"})


def remove_related(pottery, ada):
    firing = next(row["id"] for row in pottery.rows("firing") if row["number"] == "X-1")
    piece = pottery.add("piece", title="Mug", firing=firing, coats=1)
    reads = next(one for one in related_components() if isinstance(one, EntityPermission) and one.key == "pieces")
    publish(pottery, dataclasses.replace(reads, roles=("potter",), privileges=("read",)))
    token = hidden(ada.get(PAGE).text)["csrf_token"]
    return ada.client.post(f"{PAGE}?row=0.delete.{piece}", data={"csrf_token": token, "version": "1"})


def visit(path):
    return lambda pottery, ada: ada.get(path)


DOORS = {
    "a form for a new record": (insert, 422, ("POST", "/firings/new", "firing")),
    "a form that changes a record": (edit, 422, ("POST", f"{PAGE}/edit", "firing")),
    "a button of a record": (act, 422, ("POST", PAGE, "firing")),
    "the way back to earlier values": (restore, 422, ("POST", PAGE, "contact")),
    "a form in steps": (steps, 422, ("POST", "/firings/book", "firing")),
    "rows that are linked": (link, 422, ("POST", PAGE, "page")),
    "a new row for a look-up": (make_for_a_lookup, 403, ("POST", NEW_KILN, "page")),
    "a related row that may only be read": (remove_related, 403, ("POST", PAGE, "page")),
    "a record of somebody else": (visit("/firings/X-2"), 404, ("GET", "/firings/X-2", "page")),
    "a related row that may not be made": (visit(f"{PAGE}?row=new"), 404, ("GET", PAGE, "page")),
    "a button that the record does not have": (visit(f"{PAGE}?do=nothing"), 404, ("GET", PAGE, "page")),
    "a look-up that is not there": (visit("/_lookup/firing-new/nothing"), 404, ("GET", "/_lookup/firing-new/nothing", "page")),
    "an argument of what may not be read": (visit(f"{PAGE}?nothing=1"), 400, ("GET", PAGE, "page")),
    "the studio": (visit("/studio/"), 403, ("GET", "/studio/", "page")),
}


@pytest.mark.parametrize("door", DOORS)
def test_who_is_refused_at_a_door_is_in_the_audit_trail(pottery, door):
    come, status, told = DOORS[door]
    before = refusals(pottery.engine)
    assert before == []
    answer = come(pottery, pottery.as_("ada"))
    assert answer.status_code == status, answer.text
    assert [line[1:] for line in refusals(pottery.engine)] == [told]
    assert {line[0] for line in refusals(pottery.engine)} == {pottery.ids["ada"]}


def test_a_row_of_a_file_that_would_change_what_may_not_be_changed_is_in_the_audit_trail(database_url, tmp_path):
    with open_apiary(database_url, tmp_path) as site:
        site.hive("B1", "bob")
        alice = site.as_("alice")
        sent = alice.post(
            "/hives?import=new", {"file": (io.BytesIO(b"Code;Name\nB1;Mine\n"), "h.csv")}, token_from="/hives?import=new"
        )
        page = alice.get(sent.location).text
        proposed = dict(re.findall(r'<select [^>]*name="(column\d+)".*?<option value="([^"]*)" selected', page))
        checked = alice.post(sent.location, {"_action": "check", **proposed}, token_from=sent.location)
        assert "You may not save this" in alice.get(checked.location).text
        assert site.refused() == ["hive"]


def test_a_card_that_may_not_be_moved_and_a_row_that_may_not_be_deleted_are_in_the_audit_trail(database_url, tmp_path):
    with open_marina(database_url, tmp_path, *theatre()) as site:
        theirs = site.add("show", code="R", stage="running", troupe=site.accounts["row"], director=site.people["carol"])
        site.book("B-2", "bob")
        alice = site.as_("alice")
        board = "/programme?layout=board"
        answer = alice.post(board, {"block": "0", "row": str(theirs), "version": "1", "to": "done"}, token_from="/bookings")
        assert answer.status_code in (403, 404)
        assert alice.post("/bookings?delete=B-2", {"version": "1"}, token_from="/bookings").status_code == 403
        assert refusals(site.engine) == [
            (site.people["alice"], "POST", "/programme", "page"),
            (site.people["alice"], "POST", "/bookings", "page"),
        ]


def test_a_list_that_is_not_open_on_a_page_that_is_is_in_the_audit_trail_once_an_hour(database_url, tmp_path):
    with open_marina(database_url, tmp_path) as site:
        erin = site.as_("erin")
        for _ in range(3):
            assert "This is not open to you" in erin.get("/bookings").text
        assert refusals(site.engine) == [(site.people["erin"], "GET", "/bookings", "booking")]
        with site.counting() as statements:
            erin.get("/bookings")
        assert not [one for one in statements if one.startswith("INSERT")]
        # Who is not signed in is led to the sign-in; nobody was refused anything.
        assert "booking" not in {line[3] for line in refusals(site.engine) if line[0] is None}


def refusals(engine):
    """Who was refused what, by which method, where and of which entity, in order."""
    lines = sa.text("SELECT contact, entity, changes FROM foyer_audit WHERE privilege = 'refused' ORDER BY id")
    with engine.connect() as connection:
        found = [(line.contact, line.entity, json.loads(line.changes)) for line in connection.execute(lines)]
    return [(who, facts["method"], facts["path"], entity) for who, entity, facts in found]
