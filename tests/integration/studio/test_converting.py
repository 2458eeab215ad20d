"""Exports of other products in the studio: a report on each part, then drafts of what is new, and nobody gets anything."""

import csv
import io
import re
import zipfile

import pytest

from metadata.model import ComponentId, Entity, EntityPermission, WebRole
from metadata.store import MetadataStore
from support.exports import HOME, PAGES, PEOPLE, STAFF, STRANGERS, content, page, write_export
from support.people import open_people
from support.studio import Maker, form_of, words

SKIPPERS, TERMS, SECRET, HARBOUR = "role-9", "page-7", "page-8", "page-9"
RECORDS = {
    "webpage": [
        *PAGES,
        content(HOME, "lang-1", "Home"),
        page(TERMS, "Terms", "terms", HOME),
        content(TERMS, "lang-1", "Terms"),
        page(SECRET, "Secret", "secret", TERMS),
        page(HARBOUR, "Berths", "harbour", HOME),
    ],
    "webrole": [
        {"id": PEOPLE, "name": "Authenticated Users", "authenticatedusersrole": True},
        {"id": STRANGERS, "name": "Anonymous Users", "anonymoususersrole": True},
        {"id": STAFF, "name": "Staff"},
        {"id": SKIPPERS, "name": "Skipper"},
    ],
    "webpagerule": [
        {"id": "rule-1", "name": "Terms", "webpageid": TERMS, "right": 2, "webpageaccesscontrolrule_webrole": [STAFF]}
    ],
    "tablepermission": [
        {
            "id": "perm-1",
            "entityname": "All",
            "name": "All",
            "entitylogicalname": "booking",
            "scope": 756150000,
            "read": True,
            "write": True,
            "entitypermission_webrole": [SKIPPERS, PEOPLE, STRANGERS],
        }
    ],
    "list": [{"id": "list-1", "name": "=Cases"}],
}
BESIDE = {f"webpage/{name}.en-US.webpage.copy.html": f"<p>{name} of there</p>" for name in ("Home", "Terms")}
PIERS = """
name: Piers
source_entity: Piers
target_table: yrd_pier
filters: {source: 'PIERCODE != "P9"'}
fields:
- {source: PIERCODE, target: yrd_piercode, direction: '='}
- {source: TARIFF, target: yrd_tariff, direction: '<>', transform: {type: unspecified}}
"""


@pytest.fixture
def site(database_url, tmp_path):
    with open_people(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def export(tmp_path):
    """The zip file of a small site, with the folder in it as it is on a disk."""
    return zipped(write_export(tmp_path / "harbour", True, RECORDS, BESIDE))


def zipped(folder):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder.parent).as_posix())
    return made.getvalue()


def packed(contents):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            archive.writestr(name, text)
    return made.getvalue()


def bring(maker, data, product="power-pages"):
    token = maker.browser.token("/studio/exchange")
    sent = {"csrf_token": token, "file": (io.BytesIO(data), "site.zip")}
    return maker.browser.client.post(f"/studio/exchange/{product}", data=sent, content_type="multipart/form-data")


def press(maker, address, do):
    form = form_of(maker.browser.get(address), "csrf_token")
    return maker.browser.client.post(address, data={**dict(form.fields), "do": do})


def told(maker, address, **asked):
    text = maker.browser.client.get(address, query_string={"as": "csv", **asked}).data.decode("utf-8-sig")
    return {(row["kind"], row["name"]): row for row in reversed(list(csv.DictReader(io.StringIO(text))))}


def drafts(site):
    return MetadataStore(site.engine).drafts()


def draft(site, kind, key):
    return drafts(site)[ComponentId(kind, key, "marina")]


def test_a_site_of_power_pages_is_read_first_then_drafts_then_taken_back(site, maker, export):
    dora, store = maker("dora"), MetadataStore(site.engine)
    before = store.working()
    led = bring(dora, export)
    assert led.status_code == 303
    assert drafts(site) == {}
    page = dora.browser.get(led.location)
    said = words(page)
    assert "Terms webpage" in said
    assert re.search(r"Converted \d+ Approximated \d+ By hand \d+", said)
    assert said.count("By hand") > 3
    narrowed = words(dora.browser.get(f"{led.location}?verdict=by+hand&kind=list"))
    assert "the views of a list lie in Dataverse" in narrowed
    assert "Terms webpage" not in narrowed
    rows = told(dora, led.location)
    assert rows["list", "'=Cases"]["verdict"] == "by hand", "no spreadsheet takes a name for a formula"
    assert rows["webpage", "News"]["verdict"] in ("converted", "approximated")
    assert all(row["reason"] for row in rows.values() if row["verdict"] != "converted")
    assert set(told(dora, led.location, verdict="by hand", q="dataverse")) == {("list", "'=Cases")}
    saved = press(dora, led.location, "save")
    assert saved.status_code == 303
    made = drafts(site)
    assert ComponentId("page", "news", "marina") in made
    assert None not in made.values()
    assert store.current_release() == 1
    assert dora.browser.get("/news").status_code == 404, "nothing is served before it is published"
    assert press(dora, led.location, "save").status_code == 400
    assert "components are drafts now" in words(dora.browser.get(led.location))
    assert press(dora, led.location, "undo").location.endswith("/studio/exchange")
    assert store.working() == before
    assert dora.browser.get(led.location).status_code == 404


def test_what_is_here_stays_and_nobody_here_gets_anything(site, maker, export):
    dora, store = maker("dora"), MetadataStore(site.engine)
    released = store.released()
    led = bring(dora, export)
    press(dora, led.location, "save")
    made = drafts(site)
    assert not {(name.kind, name.key) for name in made if name.kind != "site"} & {(name.kind, name.key) for name in released}
    roles = {item.key: item for item in made.values() if isinstance(item, WebRole)}
    assert set(roles) == {"authenticated-users", "anonymous-users", "staff", "skipper-2"}
    assert {role.default for role in roles.values()} == {""}
    (granted,) = (item for item in made.values() if isinstance(item, EntityPermission))
    assert (granted.key, set(granted.roles)) == ("all-2", {"skipper-2", "authenticated-users", "anonymous-users"})
    rows = told(dora, led.location)
    assert "nobody holds it here" in rows["webrole", "Authenticated Users"]["reason"]
    assert rows["webpage", "Terms"]["verdict"] == "by hand"
    assert "at this address already" in rows["webpage", "Home"]["reason"]
    assert "of this site" in rows["webpagerule", "Terms"]["reason"]
    secret = draft(site, "page", "secret")
    assert (secret.parent, secret.state) == ("terms", "draft"), "its rule stood on a page that stays as it is here"
    assert "nobody" not in rows["webpage", "Berths"]["reason"]
    assert draft(site, "page", "berths-2").partial_url == "harbour"
    assert dora.publish().status_code == 303
    assert "By itself" in site.stranger().get("/terms").text
    site.book("Curlew-1")
    assert "Curlew-1" in site.as_("dora").get("/bookings").text
    assert [site.as_(name).get("/bookings").text.count("Curlew-1") for name in ("erin", "carol")] == [0, 0]
    assert site.stranger().get("/secret").status_code == 404
    again = bring(dora, export)
    assert "skipper-3" not in words(dora.browser.get(again.location))
    assert "All of it is here already" in words(dora.browser.get(again.location))


def test_maps_of_dual_write_become_drafts_beside_what_is_here(site, maker):
    dora, store = maker("dora"), MetadataStore(site.engine)
    led = bring(dora, packed({"maps/piers.yaml": PIERS}), "dual-write")
    page = dora.browser.get(led.location)
    assert "Maps of dual-write" in words(page)
    assert "the map is inactive until it takes only what it should" in words(
        dora.browser.get(f"{led.location}?verdict=by+hand")
    )
    assert press(dora, led.location, "save").status_code == 303
    assert {name.kind for name in drafts(site)} == {"connection", "entity", "table_map"}
    (entity,) = (item for item in drafts(site).values() if isinstance(item, Entity))
    store.save((Entity(key=entity.key, primary_name="mine", attributes=entity.attributes),), "somebody else")
    again = dora.browser.get(bring(dora, packed({"maps/piers.yaml": PIERS}), "dual-write").location)
    assert "All of it is here already" in words(again)
    assert press(dora, led.location, "undo").status_code == 303
    left = {name for name, item in drafts(site).items() if item is not None}
    assert left == {ComponentId("entity", entity.key)}, "what somebody has changed since stays"


def test_only_what_the_person_may_work_on_and_only_their_own(site, maker, export):
    led = bring(maker("dora"), export)
    assert [maker(name).browser.get(led.location).status_code for name in ("carol", "bob", "alice")] == [403] * 3
    assert bring(maker("carol"), export).status_code == 403
    assert Maker(site.stranger()).browser.get(led.location).status_code == 302
    for wrong in (
        "/studio/exchange/power-pages/0",
        "/studio/exchange/other/0",
        led.location.replace("power-pages", "dual-write"),
    ):
        assert maker("dora").browser.get(wrong).status_code == 404, wrong
    assert maker("dora").browser.client.post("/studio/exchange/power-pages").status_code == 400, "without a token"


def test_files_that_are_no_export_or_burst_are_refused(site, maker):
    dora = maker("dora")
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
    )
    nothing = {"power-pages": "There is no website.yml in it", "dual-write": "There is no map of dual-write in it"}
    for product, said in nothing.items():
        page = bring(dora, packed({"site/readme.txt": "x"}), product)
        assert page.status_code == 422
        assert said in words(page)
        assert "tmp" not in words(page)
    hostile = [
        packed({"../website.yml": "x"}),
        packed({"website.yml": "name: x", "webpage/big.webpage.yml": "0" * 60_000_000}),
        packed({"website.yml": f"id: s\nname: x\n{bomb}"}),
        packed({"website.yml": "- 1\n- 2"}),
        packed(
            {
                "website.yml": "id: s\nname: [1, {a: b}]",
                "webrole.yml": "- {adx_name: {a: 1}, adx_webroleid: [1]}",
                "a.webpage.yml": "[[1]]",
            }
        ),
        packed({"a.json": "{}", "b.json": "[1]", "c.yaml": "x: 1"}),
        b"no zip",
        b"",
    ]
    for data in hostile:
        for product in nothing:
            assert bring(dora, data, product).status_code == 422, data[:80]
    assert drafts(site) == {}
