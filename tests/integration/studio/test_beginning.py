"""How something new begins: a name is enough, and pages are made of an entity in one go, for whom somebody chooses."""

from __future__ import annotations

import re
from html import unescape

import pytest
import sqlalchemy as sa

from metadata.model import EntityPermission, ExposureLock
from metadata.store import MetadataStore
from runtime.identity.roles import grant_roles
from support.studio import data_of, form_of, step, words
from support.visitor import forms_of


def begun(maker, kind, **typed):
    return maker.send(f"new/{kind}", maker.form(f"new/{kind}", "key"), ("", ""), **typed)


def test_a_name_is_enough_for_something_new_and_what_it_stands_on_is_asked_too(site, maker):
    dora = maker("dora")
    assert begun(dora, "entity", name="Spare sail").location == "/studio/design/entity/spare_sail"
    assert begun(dora, "entity", name="Spare sail").location == "/studio/design/entity/spare_sail_2"
    assert data_of(site, "entity", "spare_sail")["label"] == "Spare sail"
    made = begun(dora, "view", name="Every booking", ref__entity="booking")
    assert made.location == "/studio/design/view/every-booking"
    assert data_of(site, "view", "every-booking") == {"key": "every-booking", "label": "Every booking", "entity": "booking"}
    assert begun(dora, "view", name="Of nothing yet").location == "/studio/edit/view/of-nothing-yet"
    assert begun(dora, "view", key="plain").location == "/studio/edit/view/plain"
    of_map = begun(dora, "table_map", key="berths-in", ref__connection="erp", ref__entity="berth")
    assert of_map.location == "/studio/design/table_map/berths-in"  # a kind without a name for people needs none
    for key in ("berth", "berth-2"):
        of_map = begun(dora, "table_map", ref__connection="erp", ref__entity="berth")
        assert of_map.location == f"/studio/design/table_map/{key}"
    assert begun(dora, "table_map", ref__connection="", ref__entity="").status_code == 422
    asked = dora.get("new/table_map")
    assert "Left empty, it is made of the one above" in words(asked)
    assert "(optional)" not in words(asked).partition("Connection")[2].partition("Key")[0]
    refused = begun(dora, "page", name="???")
    assert refused.status_code == 422
    assert "A key must match" in words(refused)
    assert "The stable name by which other components refer to it. Labels" in words(dora.get("new/redirect"))


def lantern(maker):
    begun(maker, "entity", name="Lantern")
    for word in ("Name", "Owner"):
        step(maker, "entity/lantern", "add:attributes", word=word)
    owner = "p__attributes__1"
    step(maker, "entity/lantern", "set", at="attributes.0", p__attributes__0__type="text")
    step(maker, "entity/lantern", "set", at="attributes.1", **{f"{owner}__type": "lookup", f"{owner}__target": "contact"})
    step(maker, "entity/lantern", "set", p__primary_name="name")


def test_pages_are_made_of_an_entity_for_the_rows_of_each_person_and_undone(site, maker):
    dora, alice, bob = maker("dora"), site.as_("alice"), site.as_("bob")
    lantern(dora)
    offered = dora.form("screens/lantern", "insert")
    assert [value for name, value in offered.fields if name == "rows"] == ["contact owner"]
    made = dora.send("screens/lantern", offered, ("", ""), role="skipper")
    assert made.location == "/studio/design/page/lantern-list"
    assert alice.get("/lantern").status_code == 404
    assert dora.publish().status_code == 303

    assert "Lantern" in words(alice.get("/"))[:400] or "/lantern" in alice.get("/").text
    new = form_of(alice.get("/lantern/new"), "name")
    assert "owner" not in dict(new.fields)
    data = {**dict(new.fields), "name": "Red one"}
    kept = alice.client.post("/lantern/new", data=data)
    assert kept.status_code == 303, words(kept)
    assert "Red one" in words(alice.get("/lantern"))
    assert "Red one" in words(alice.get(kept.location))
    assert "Red one" not in words(bob.get("/lantern"))
    assert "/lantern" not in site.stranger().get("/").text
    assert site.stranger().get("/lantern").status_code in (302, 303, 403)
    assert bob.get(kept.location).status_code == 404
    assert site.as_("erin").get(kept.location).status_code == 403

    back = dora.send("rollback/1", dora.form("rollback/1", "note"), ("do", "publish"))
    assert back.status_code == 303
    assert alice.get("/lantern").status_code == 404


def test_a_row_that_belongs_to_the_account_is_added_by_a_role_that_may_read_nothing_of_people(site, maker):
    dora, erin = maker("dora"), site.as_("erin")
    begun(dora, "web_role", name="Buyer")
    lantern(dora)
    step(dora, "entity/lantern", "set", at="attributes.1", p__attributes__1__target="account")
    offered = dora.form("screens/lantern", "insert")
    dora.send("screens/lantern", offered, ("", ""), role="buyer", rows="account owner", insert="yes")
    assert dora.publish().status_code == 303, words(dora.get("publish"))
    with site.engine.begin() as connection:
        grant_roles(connection, site.people["erin"], "marina", ("buyer",))
        erins = {"account": site.accounts["sail"], "erin": site.people["erin"]}
        connection.execute(sa.text("UPDATE contact SET account = :account WHERE id = :erin"), erins)
    new = form_of(erin.get("/lantern/new"), "name")
    kept = erin.client.post("/lantern/new", data={**dict(new.fields), "name": "Red one"})
    assert kept.status_code == 303, words(kept)
    assert "Red one" in words(erin.get("/lantern"))


@pytest.mark.parametrize("reads", [False, True])
def test_a_lookup_that_a_role_would_always_see_empty_stays_off_its_pages_and_that_is_said(site, maker, reads):
    dora, store = maker("dora"), MetadataStore(site.engine)
    lantern(dora)
    step(dora, "entity/lantern", "set", at="attributes.1", p__attributes__1__target="company")
    if reads:
        allowed = EntityPermission(key="firms", entity="company", scope="global", privileges=("read",), roles=("skipper",))
        store.save((allowed,), "tester")
    made = dora.send("screens/lantern", dora.form("screens/lantern", "insert"), ("", ""), role="skipper", rows="global")
    told = "Left off the pages, for skipper may not read what it leads to: Owner." in unescape(
        dora.browser.get(made.location).text
    )
    assert told is not reads
    expected = ["name", "owner"] if reads else ["name"]
    assert [column["attribute"] for column in data_of(site, "view", "lantern")["columns"]] == expected
    for form in ("lantern", "lantern-new"):
        (tab,) = data_of(site, "form", form)["tabs"]
        assert [field["attribute"] for field in tab["sections"][0]["fields"]] == expected, form


def test_an_attribute_is_asked_what_its_type_needs_first_and_nothing_of_other_types(site, maker):
    dora = maker("dora")
    begun(dora, "entity", name="Lantern")
    for word, type_name in (("Colour", "choice"), ("Owner", "lookup")):
        form = dora.form("design/entity/lantern", "base")
        dora.send("design/entity/lantern", form, ("do", "add:attributes"), word=word, type=type_name)
    for place, (needed, other) in enumerate((("choice", "target"), ("target", "choice"))):
        panel = dora.get(f"design/entity/lantern?at=attributes.{place}").text.partition('id="panel"')[2]
        asked = re.findall(rf'name="p\.attributes\.{place}\.(\w+)', panel)
        assert asked[:3] == ["key", "type", needed]
        assert not {other, "max_size", "format"}.intersection(asked)
        assert f'id="f-attributes.{place}.{needed}-error"' in panel


def test_a_line_that_is_added_in_a_panel_is_there_to_be_filled_in(site, maker):
    dora = maker("dora")
    lantern(dora)
    step(dora, "entity/lantern", "add:keys=by_name")
    added = step(dora, "entity/lantern", "add:keys.0.attributes", at="keys.0")
    page = dora.browser.get(added.location)
    assert '<input type="hidden" name="at" value="keys.0">' in page.text
    assert re.search(r'id="f-keys.0.attributes.0" name="p.keys.0.attributes.0"[^>]* autofocus', page.text)
    dora.send("design/entity/lantern", form_of(page, "at"), ("do", "set"), p__keys__0__attributes__0="name")
    assert data_of(site, "entity", "lantern")["keys"] == [{"key": "by_name", "attributes": ["name"]}]


def test_pages_are_made_by_who_may_make_all_of_them_and_of_what_has_attributes(site, maker):
    dora, bob = maker("dora"), maker("bob")
    assert bob.get("screens/berth").status_code == 403
    assert "Make pages" not in words(bob.get("edit/entity/berth"))
    assert "Make pages" in words(dora.get("edit/entity/berth"))
    begun(dora, "entity", name="Nothing")
    assert "no attributes" in words(dora.get("screens/nothing"))
    form = dora.form("screens/berth", "insert")
    for typed in ({"role": "nobody"}, {"role": "skipper", "rows": "contact owner"}):
        assert dora.send("screens/berth", form, ("", ""), **typed).status_code == 400
    assert dora.send("screens/berth", form, ("", "")).status_code == 303
    assert "permission" not in words(dora.get("publish")).lower().partition("changes")[2].partition("checks")[0]


def test_what_new_pages_open_is_signed_off_in_the_studio_and_published_along(site, maker):
    dora, carol = maker("dora"), maker("carol")
    MetadataStore(site.engine).save((ExposureLock(key="exposure", site="marina"),), "dora")
    refused = dora.publish()
    assert refused.status_code == 422
    assert "Not signed off" in refused.text
    carol.edit("page/terms", p__title__any="House rules")
    assert carol.publish("sign").status_code == 403
    assert dora.publish("sign").status_code == 303
    assert "open  page:home" in data_of(site, "exposure_lock", "exposure")["lines"]
    assert dora.publish().status_code == 303
    lantern(dora)
    dora.send("screens/lantern", dora.form("screens/lantern", "insert"), ("", ""), role="skipper")
    assert "Not signed off" in dora.publish().text
    dora.publish("sign")
    assert "lantern" in words(dora.get("publish"))
    assert dora.publish().status_code == 303
    assert site.as_("alice").get("/lantern").status_code == 200


def test_a_new_page_has_its_place_and_its_address_from_the_beginning(site, maker):
    dora = maker("dora")
    made = begun(dora, "page", name="Winter storage")
    assert made.location == "/studio/design/page/winter-storage"
    page = data_of(site, "page", "winter-storage")
    assert (page["parent"], page["partial_url"]) == ("home", "winter-storage")
    assert "problem" not in words(dora.get("edit/page/winter-storage"))
    assert "Page above" in words(dora.get("new/page"))
    begun(dora, "page", name="One berth", ref__record_entity="berth")
    record = data_of(site, "page", "one-berth")
    assert (record["record_entity"], "partial_url" in record) == ("berth", False)


def test_a_site_without_a_menu_gets_one_with_its_first_pages_and_they_are_seen_by_who_may_see_them(site, maker):
    dora = maker("dora")
    lantern(dora)
    dora.edit("site/marina", p__menu="")
    made = dora.send("screens/lantern", dora.form("screens/lantern", "insert"), ("", ""), role="skipper")
    menu = data_of(site, "site", "marina")["menu"]
    assert [link["page"] for link in data_of(site, "web_link_set", menu)["links"]] == ["home", "lantern-list"]
    assert "/studio/as/draft/role-skipper/" in dora.get(made.location.removeprefix("/studio/")).text
    dora.publish()
    assert "/lantern" in site.as_("alice").get("/").text


def test_a_new_attribute_has_the_type_that_was_chosen_and_enter_adds_it(site, maker):
    dora = maker("dora")
    begun(dora, "entity", name="Lamp")
    page = dora.get("design/entity/lamp").text
    first = page.partition("data-designer")[2].partition('type="submit"')[2].partition(">")[0]
    assert 'value="add:attributes"' in first
    panel = page.partition("data-panel")[2].partition('type="submit"')[2].partition(">")[0]
    assert 'value="set"' in panel
    step(dora, "entity/lamp", "add:attributes", word="Lit since", type="date")
    step(dora, "entity/lamp", "add:attributes", word="Odd", type="no such")
    given = data_of(site, "entity", "lamp")["attributes"]
    assert [one.get("type") for one in given] == ["date", None]


def test_what_publishing_would_change_counts_the_drafts_that_an_entity_stands_on(site, maker):
    dora = maker("dora")
    begun(dora, "choice", key="glow")
    form = dora.form("source/choice/glow", "yaml")
    dora.send("source/choice/glow", form, yaml="key: glow\noptions: [{value: red}]")
    begun(dora, "entity", name="Lamp")
    step(dora, "entity/lamp", "add:attributes", word="Glow", type="choice")
    step(dora, "entity/lamp", "set", at="attributes.0", p__attributes__0__choice="glow")
    assert "create table lamp" in dora.get("design/entity/lamp").text


def test_what_is_called_so_may_be_typed_for_its_key(site, maker):
    dora = maker("dora")
    begun(dora, "view", name="Of a label", ref__entity="  Booking ")
    assert data_of(site, "view", "of-a-label")["entity"] == "booking"
    begun(dora, "view", name="Of persons", ref__entity="Contact")
    assert data_of(site, "view", "of-persons")["entity"] == "contact", "an entity of the engine is called something too"
    step(dora, "view/of-a-label", "add:columns", word="fee")
    step(dora, "view/of-a-label", "set", at="columns.0", p__columns__0__attribute="Boat")
    assert data_of(site, "view", "of-a-label")["columns"] == [{"attribute": "boat"}]
    step(dora, "view/of-a-label", "set", at="columns.0", p__columns__0__attribute="Boots")
    assert data_of(site, "view", "of-a-label")["columns"] == [{"attribute": "Boots"}], "nothing is called so"
    dora.edit("view/of-a-label", p__entity="Berth")
    assert data_of(site, "view", "of-a-label")["entity"] == "berth"


def test_the_type_of_an_attribute_is_chosen_by_what_it_is_called(site, maker):
    page = maker("dora").get("design/entity/booking?at=attributes.1").text
    chosen = page[page.index('name="p.attributes.1.type"') :].partition("</select>")[0]
    assert ">Whole number</option>" in chosen
    assert '<option value="text" selected' in chosen


def test_an_entity_with_choices_a_key_and_relationships_is_in_use_once_it_is_published(site, maker):
    """All by fields and buttons, and by the process that was there before: nothing is started again."""
    dora = maker("dora")
    begun(dora, "choice", name="Glow")
    page = dora.edit("choice/glow", ("do", "add:options"))
    page = dora.send("edit/choice/glow", dora.form_in(page), ("do", "add:options"), p__options__0__value="red")
    dora.send("edit/choice/glow", dora.form_in(page), p__options__1__value="green")

    begun(dora, "entity", name="Lantern")
    for word, type_name in (("Name", "text"), ("Glow", "choice"), ("Berth", "lookup")):
        step(dora, "entity/lantern", "add:attributes", word=word, type=type_name)
    step(dora, "entity/lantern", "set", at="attributes.1", p__attributes__1__choice="glow")
    lookup = {"p__attributes__2__target": "berth", "p__attributes__2__relationship": "lanterns"}
    step(dora, "entity/lantern", "set", at="attributes.2", **lookup)
    step(dora, "entity/lantern", "add:keys=by_name")
    page = dora.browser.get(step(dora, "entity/lantern", "add:keys.0.attributes", at="keys.0").location)
    dora.send("design/entity/lantern", form_of(page, "at"), ("do", "set"), p__keys__0__attributes__0="name")
    step(dora, "entity/lantern", "add:many_to_many=keepers")
    step(dora, "entity/lantern", "set", at="many_to_many.0", p__many_to_many__0__target="contact")
    step(dora, "entity/lantern", "set", p__primary_name="name")
    dora.send("screens/lantern", dora.form("screens/lantern", "insert"), ("", ""), role="master", rows="global")
    assert not sa.inspect(site.engine).has_table("lantern")
    assert dora.publish().status_code == 303, words(dora.get("publish"))

    found = sa.inspect(site.engine)
    unique = [tuple(one["column_names"]) for one in (*found.get_indexes("lantern"), *found.get_unique_constraints("lantern"))]
    assert ("name",) in unique
    new = dora.browser.get("/lantern/new").text
    assert ('value="red"' in new, 'value="green"' in new) == (True, True)
    for status in (303, 422):  # the key keeps a second one of the name out
        form = next(form for form in forms_of(dora.browser.get("/lantern/new").text) if "name" in dict(form.fields))
        sent = {**dict(form.fields), "name": "Anna", "glow": "green"}
        assert dora.browser.client.post("/lantern/new", data=sent).status_code == status
    assert "Anna" in dora.browser.get("/lantern").text
    entities = site.app.extensions["foyer"].snapshots.current().entities
    assert entities["berth"].relationships["lanterns"].entity == "lantern"
    assert entities["lantern"].relationships["keepers"].link.name in found.get_table_names()
