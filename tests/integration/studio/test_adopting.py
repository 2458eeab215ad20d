"""Tables are adopted in the studio: listed, chosen, looked at, made drafts; by whom, and only of a published connection."""

import pytest
import sqlalchemy as sa

from metadata.model import Connection, WebRole
from runtime.identity.roles import grant_roles
from support.orchards import planted
from support.studio import Maker, data_of, form_of, open_studio, words

FARM = Connection(key="farm", connector="sql", settings=(("url", "${FARM_URL}"),))
MODELLER = WebRole(key="adopter", studio=("data", "design", "sync"))


@pytest.fixture
def outside(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'farm.db'}"
    monkeypatch.setenv("FARM_URL", url)
    engine = planted(url)
    yield engine
    engine.dispose()


@pytest.fixture
def site(database_url, tmp_path, outside):
    with open_studio(database_url, tmp_path, FARM, MODELLER) as opened:
        with opened.engine.begin() as connection:
            grant_roles(connection, opened.people["erin"], "marina", ("adopter",))
        yield opened


@pytest.fixture
def dora(site):
    return Maker.of(site, "dora")


def look(maker, *tables, **typed):
    """The preview of these tables."""
    form = maker.form("adopt/farm", "csrf_token")
    fields = [(name, value) for name, value in form.fields if name != "table"]
    data = {**dict(fields), "table": list(tables), "do": "look", **typed}
    return maker.browser.client.post("/studio/adopt/farm", data=data)


def test_tables_are_listed_with_what_they_have_and_what_cannot_be_adopted(dora):
    page = dora.get("adopt/farm")
    told = words(page)
    for said in ("orchard Not adopted 8 columns", "region, no", "acreage DECIMAL(10, 2)"):
        assert said in told
    assert "logline Cannot be adopted It has no primary key" in told
    assert 'value="logline"' not in page.text
    assert "Adopt tables" in words(dora.get("edit/connection/farm"))


def test_what_came_of_them_is_said_in_the_language_of_the_person(dora):
    listed = words(dora.browser.get("/sv-SE/studio/adopt/farm"))
    assert "logline" in listed
    assert "Den har ingen primärnyckel och ingen unik nyckel" in listed
    form = form_of(dora.browser.get("/sv-SE/studio/adopt/farm"), "csrf_token")
    fields = {name: value for name, value in form.fields if name != "table"}
    looked = dora.browser.client.post("/sv-SE/studio/adopt/farm", data={**fields, "table": ["orchard"], "do": "look"})
    assert "Inget är beviljat: ingen ser raderna" in words(looked)


def test_chosen_tables_are_looked_at_then_drafts_then_published(site, dora):
    seen = look(dora, "orchard", "country", pages="yes")
    told = words(seen)
    assert "Becomes the entity Orchard, kept in step by the table map Orchard" in told
    assert "The lookup Country to Country stands for it" in told
    assert "Code code Text" in told  # its name for people above its key
    assert "Nothing is granted" in told
    assert "tree" not in told.partition("Becomes")[2]
    saved = dora.send("adopt/farm", dora.form_in(seen, "seen"))
    assert (saved.status_code, saved.location) == (303, "/studio/publish")
    assert data_of(site, "entity", "orchard")["keys"] == [{"key": "key", "attributes": ["region", "no"]}]
    links = [link.get("page") for link in data_of(site, "web_link_set", "main")["links"]]
    assert links[-2:] == ["country-list", "orchard-list"] or links[-2:] == ["orchard-list", "country-list"]
    assert dora.publish().status_code == 303
    assert dora.browser.get("/orchard").status_code == 200
    after = words(dora.get("adopt/farm"))
    assert "Adopted orchard" in after


def test_new_columns_are_offered_and_what_was_edited_stays(site, dora, outside):
    dora.send("adopt/farm", dora.form_in(look(dora, "worker"), "seen"))
    dora.publish()
    dora.edit("view/worker", p__columns__0__label="Number")
    edited = data_of(site, "view", "worker")
    with outside.begin() as connection:
        connection.execute(sa.text("ALTER TABLE worker ADD COLUMN shoe_size INTEGER"))
    assert "1 new column" in words(dora.get("adopt/farm"))
    seen = look(dora, "worker")
    assert "New in Worker: Shoe size" in words(seen)
    dora.send("adopt/farm", dora.form_in(seen, "seen"))
    assert data_of(site, "entity", "worker")["attributes"][-1]["key"] == "shoe_size"
    assert data_of(site, "view", "worker") == edited


def test_what_is_saved_is_what_was_looked_at(site, dora, outside):
    seen = look(dora, "worker")
    with outside.begin() as connection:
        connection.execute(sa.text("ALTER TABLE worker ADD COLUMN shoe_size INTEGER"))
    dora.get("adopt/farm")  # somebody reads the tables anew meanwhile
    again = dora.send("adopt/farm", dora.form_in(seen, "seen"))
    assert again.status_code == 200
    assert "shoe_size" in words(again)
    assert "Make" in words(again)


def test_nothing_chosen_is_said_and_choosing_anew_keeps_the_choice(dora):
    assert look(dora).status_code == 422
    back = dora.send("adopt/farm", dora.form_in(look(dora, "worker"), "seen"), ("do", "back"))
    assert ("table", "worker") in dora.form_in(back, "table").fields


def test_only_those_who_may_make_all_of_it_may_adopt(site):
    for name, status in (("bob", 403), ("carol", 403), ("alice", 403), ("erin", 200)):
        assert Maker.of(site, name).get("adopt/farm").status_code == status, name
    erin = Maker.of(site, "erin")
    assert 'name="pages"' not in erin.get("adopt/farm").text
    seen = look(erin, "worker", pages="yes")
    assert "Page:" not in words(seen)
    assert erin.send("adopt/farm", erin.form_in(seen, "seen")).status_code == 303


def test_a_draft_of_a_connection_is_not_opened_and_others_tell_no_tables(site, dora):
    dora.edit("connection/farm", p__label__any="Farm", p__settings__0__value="${OTHER_URL}")
    told = words(dora.get("adopt/farm"))
    assert "Publish the connection Farm first" in told
    assert dora.get("adopt/nothing").status_code == 404


def test_an_outside_that_does_not_answer_is_told(site, dora, monkeypatch, tmp_path):
    monkeypatch.setenv("FARM_URL", f"sqlite:///{tmp_path / 'gone.db'}")
    page = dora.get("adopt/farm")
    assert page.status_code == 200
    assert "does not answer" in words(page)
