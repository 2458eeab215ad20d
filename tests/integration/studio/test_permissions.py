"""The permission matrix: what it tells, what it changes into drafts, and what it comes to for a contact."""

import re
from html import unescape

from metadata.model import WebRole
from metadata.store import MetadataStore
from runtime.studio.permissions.matrix import CELLS, FEWEST
from support.studio import words


def panel(maker, entity, role):
    answer = maker.get(f"permissions?entity={entity}&role={role}")
    assert answer.status_code == 200
    return answer


def test_roles_by_entities_tell_scope_and_privileges_and_are_changed_into_the_draft(site, maker):
    dora = maker("dora")
    page = words(dora.get("permissions"))
    assert "Booking, skipper: Account + Contact , read, write, create, delete R W C D" in page
    assert "Booking, writer: – no access" in page
    form = dora.form_in(panel(dora, "berth", "writer"), "key")
    fields = {"scope": "global", "privileges": "read"}
    assert dora.send("permissions", form, **fields).status_code == 303
    assert "Berth, writer: Global , read R" in words(dora.get("permissions"))
    assert "berth-writer" in words(dora.get("publish"))
    assert site.as_("alice").get("/berths").status_code == 200


def test_many_roles_are_narrowed_to_those_sought_and_stay_so_when_a_cell_is_saved(site, maker):
    dora = maker("dora")
    page = dora.get("permissions?q=berth&roles=writ")
    heads = re.findall(r'<th scope="col">(?:<bdi>)?([^<]*)', page.text)
    assert heads == ["Entity", "writer"]
    cell = unescape(re.search(r'class="cell" href="([^"]*)#cell"', page.text)[1]).partition("/studio/")[2]
    assert all(part in cell for part in ("q=berth", "roles=writ"))
    form = dora.form_in(dora.get(cell), "key")
    saved = dora.send("permissions", form, scope="global", privileges="read")
    assert saved.status_code == 303
    assert all(part in saved.location for part in ("q=berth", "roles=writ"))
    assert re.findall(r'<th scope="col">(?:<bdi>)?([^<]*)', dora.get("permissions?roles=nobody").text) == ["Entity"]


def test_of_many_roles_fewer_entities_stand_on_a_page(site, maker):
    dora = maker("dora")
    rows = len(re.findall(r'<th scope="row">', dora.get("permissions").text))
    MetadataStore(site.engine).save((WebRole(key=f"extra-{number}") for number in range(CELLS // FEWEST)), "dora")
    page = dora.get("permissions").text
    assert len(re.findall(r'<th scope="row">', page)) == min(rows, FEWEST)
    narrowed = dora.get("permissions?roles=writer").text
    assert len(re.findall(r'<th scope="row">', narrowed)) == rows


def test_a_permission_that_roles_share_is_parted_or_taken_from_one_of_them(site, maker):
    dora = maker("dora")
    form = dora.form_in(panel(dora, "berth", "master"), "key")
    assert "The roles skipper have this permission too." in panel(dora, "berth", "master").text
    assert dora.send("permissions", form, privileges="write", only="yes").status_code == 303
    page = words(dora.get("permissions"))
    assert "Berth, master: Global , write · W" in page
    assert "Berth, skipper: Global , read R" in page
    form = dora.form_in(panel(dora, "berth", "skipper"), "key")
    assert dora.send("permissions", form, ("do", "take")).status_code == 303
    page = dora.get("permissions")
    assert "Berth, skipper: – no access , Draft" in words(page)
    assert "is taken away at the next publishing." in page.text, "it was the last role"
    assert "The draft is saved" not in page.text
    assert dora.publish().status_code == 303
    assert "Berth, skipper: – no access" in words(dora.get("permissions"))


def test_what_a_contact_may_do_is_told_with_its_roles_and_the_way_it_comes_from(site, maker):
    dora = maker("dora")
    page = words(dora.get(f"permissions/contact?who=contact-{site.people['alice']}"))
    assert "Roles: skipper · held by everybody: member" in page
    assert "extras Parent: through a row they may reach By the role skipper. Through own-bookings." in page
    assert dora.get("permissions/contact?who=contact-99999").status_code == 404


def test_only_who_may_work_on_permissions_sees_them(site, maker):
    for name in ("carol", "bob"):
        assert maker(name).get("permissions").status_code == 403
        assert maker(name).get("permissions/contact").status_code == 403
        assert "/studio/permissions" not in maker(name).get("").text
    dora = maker("dora")
    for place in ("entity=berth&role=nobody", "entity=nothing&role=master"):
        assert dora.get(f"permissions?{place}").status_code == 404
    form = dora.form_in(panel(dora, "berth", "master"), "key")
    assert dora.send("permissions", form, key="own-bookings").status_code == 404
    assert dora.send("permissions", form, ("do", "all")).status_code == 400


def test_the_panel_of_a_cell_names_ways_and_permissions_above_in_words_and_tells_what_is_wrong(site, maker):
    dora = maker("dora")
    page = panel(dora, "extra", "skipper").text
    assert ">Booking → Booking</option>" in page
    assert re.search(r">Booking, \w+: of the [^<]+ \(own-bookings\)</option>", unescape(page))
    above = page[page.index('name="parent"') :].partition("</select>")[0]
    assert "berths" not in above, "no way leads from there to a berth"
    form = dora.form_in(panel(dora, "extra", "skipper"), "key")
    assert dora.send("permissions", form, relationship="").status_code == 303
    assert "The scope parent needs parent:" not in panel(dora, "extra", "skipper").text, "the only way there is goes unsaid"
    form = dora.form_in(panel(dora, "extra", "skipper"), "key")
    assert dora.send("permissions", form, parent="").status_code == 303
    assert "The scope parent needs parent:" in panel(dora, "extra", "skipper").text
