"""The health of a site: each rule finds what was planted, tells its place and its mend, and passes where nothing is wrong."""

import datetime as dt
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from metadata.compiler import assign_site, compile_snapshot
from metadata.model import (
    Block,
    EntityPermission,
    Form,
    FormField,
    ListComponent,
    Page,
    PageAccessRule,
    Section,
    SiteMarker,
    SiteSetting,
    Snippet,
    Tab,
    Text,
    View,
    ViewColumn,
    WebRole,
    WebTemplate,
)
from metadata.store import MetadataStore
from runtime.checkup.running import look_over
from runtime.checkup.weight import many_files
from runtime.cli import main
from runtime.exposure.lock import signed_off
from runtime.studio.places import STEP
from support.marina import BERTH
from support.people import open_people
from support.studio import Maker, words

text = Text.of
LINKS = "[gone](/no/such) [there](/terms) [record](/bookings/A1) [sv](/sv-SE/terms) ![](/x.png)"
PLANTED = (
    Page(
        key="leaflet",
        parent="home",
        partial_url="leaflet",
        label=text({"en": "Leaflet"}),
        blocks=(Block(type="text", text=text(LINKS)),),
    ),
    Page(key="over", parent="home", partial_url="over", label=text("Over"), visible_until="2001-01-01"),
    Page(key="closed", parent="home", partial_url="closed", label=text("Closed")),
    PageAccessRule(key="a", page="closed", right="restrict_read", roles=()),
    WebRole(key="idle"),
    View(key="lonely", entity="booking", columns=(ViewColumn(attribute="number"),)),
    View(key="berth-deep", entity="extra", columns=(ViewColumn(attribute="title"),)),
    ListComponent(key="nobody", views=("berth-deep",)),
    EntityPermission(key="everybody", entity="berth", scope="global", privileges=("read", "write"), roles=("stranger",)),
    WebRole(key="stranger", default="anonymous"),
    SiteSetting(key="identity/password_min_length", value="4"),
    SiteSetting(key="identity/password_strength", value="1"),
)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The outcomes by rule, of a marina with all faults."""
    folder = tmp_path_factory.mktemp("checkup")
    with open_people(f"sqlite:///{folder / 'test.db'}", folder, *PLANTED) as site:
        services = site.app.extensions["foyer"]
        components = MetadataStore(site.engine).released()
        outcomes = look_over(site.engine, site.snapshot, site.snapshot.sites["marina"], components, services.renderer.roots)
        yield {outcome.rule: outcome for outcome in outcomes}


@pytest.mark.parametrize(
    ("rule", "severity", "place"),
    [
        ("links-into-nowhere", "error", "page leaflet: blocks.0.text"),
        ("pictures-without-text", "warning", "page leaflet: blocks.0.text"),
        ("missing-translations", "warning", "page leaflet: label"),
        ("expired", "warning", "page over: visible_until"),
        ("pages-nobody-opens", "warning", "page closed"),
        ("unused", "warning", "view lonely"),
        ("unused", "warning", "web_role idle"),
        ("insecure-settings", "warning", "site_setting identity/password_min_length: value"),
        ("insecure-settings", "warning", "site_setting identity/password_strength: value"),
        ("strangers-who-write", "error", "entity_permission everybody: privileges"),
    ],
)
def test_a_planted_fault_is_found_at_its_place_with_its_mend(found, rule, severity, place):
    hits = [finding for finding in found[rule].findings if finding.place == place]
    assert {finding.severity for finding in hits} == {severity}
    assert hits[0].message
    assert hits[0].mend
    assert found[rule].state in ("error", severity)


@pytest.fixture
def judged(site):
    """What is found, by rule, in a marina with some components more or others."""

    def judge(*components):
        store = MetadataStore(site.engine)
        store.publish("tester", components=components)
        released = store.released()
        snapshot = compile_snapshot(assign_site(released.values()))
        roots = site.app.extensions["foyer"].renderer.roots
        outcomes = look_over(site.engine, snapshot, snapshot.sites["marina"], released, roots)
        return {one.rule: [(found.place, found.message) for found in one.findings] for one in outcomes if one.findings}

    return judge


def test_a_permission_below_one_that_is_off_is_told(judged):
    top = EntityPermission(key="top", entity="berth", scope="global", privileges=("read",), roles=("skipper",))
    mid = EntityPermission(
        key="mid",
        entity="booking",
        scope="parent",
        parent="top",
        relationship="berth",
        privileges=("read",),
        roles=("skipper",),
    )
    assert "permissions-below-inactive-ones" not in judged(top, mid)
    off = judged(replace(top, active=False), mid)["permissions-below-inactive-ones"]
    assert off == [("entity_permission mid: parent", "It gives nothing, for the permission top above it is switched off.")]
    assert "permissions-below-inactive-ones" not in judged(replace(top, active=False), replace(mid, active=False))


def test_many_web_files_and_roles_are_told(judged):
    assert "many-roles" not in judged(*(WebRole(key=f"role-{number}") for number in range(80)))
    found = judged(*(WebRole(key=f"role-{number}") for number in range(80, 101)))
    assert [(place, "more than 100" in message) for place, message in found["many-roles"]] == [("site marina", True)]
    assert "many-files" not in found
    site = SimpleNamespace(key="marina", web_files=dict.fromkeys(range(501)))
    assert [finding.place for finding in many_files(SimpleNamespace(site=site))] == ["site marina"]
    site.web_files.popitem()
    assert list(many_files(SimpleNamespace(site=site))) == []


def test_a_drop_down_over_more_rows_than_it_offers_is_told(site, judged):
    field = FormField(attribute="berth", style="dropdown")
    down = Form(key="down", entity="booking", tabs=(Tab(sections=(Section(fields=(field,)),)),))
    assert "long-drop-downs" not in judged(down)
    stamps = {"version": 1, "created_from": "system", "changed_from": "system"}
    now = dt.datetime.now(dt.UTC)
    with site.engine.begin() as connection:
        rows = [{**stamps, "number": f"P {n}", "created_at": now, "changed_at": now} for n in range(201)]
        connection.execute(sa.insert(site.snapshot.entities["berth"].table), rows)
    assert [place for place, _ in judged(down)["long-drop-downs"]] == ["form down: berth"]
    deep = View(key="deep", entity="berth", columns=(ViewColumn(attribute="number"),))
    limited = replace(down, tabs=(Tab(sections=(Section(fields=(replace(field, view="deep"),)),)),))
    assert "long-drop-downs" not in judged(deep, limited)


def test_scripts_and_sheets_that_hold_a_page_up_are_told_with_their_line(judged):
    source = (
        '<script src="/a.js"></script>\n<script defer src="/b.js"></script>\n<script type="module" src="/c.js"></script>\n'
        '<script async src=/d.js></script><link href="/e.css" rel="stylesheet">\n<link rel="icon" href="/f.png"><p>src=</p>\n'
    )
    found = judged(WebTemplate(key="top", source=source))["scripts-that-pages-wait-for"]
    assert [(place, message.partition(":")[0]) for place, message in found] == [
        ("web_template top: source", "Line 1"),
        ("web_template top: source", "Line 4"),
    ]


def test_a_marker_of_a_page_that_is_not_there_for_strangers_is_told(judged):
    lost = Page(key="lost", parent="home", partial_url="lost", label=text("Lost"))
    rule = PageAccessRule(key="lost", page="lost", right="restrict_read", roles=("skipper",))
    marker = SiteMarker(key="not_found", page="lost")
    assert "markers-of-hidden-pages" not in judged(lost, marker)
    (place, message), *_ = judged(rule)["markers-of-hidden-pages"]
    assert (place, "People who are not signed in cannot open" in message) == ("site_marker not_found: page", True)
    found = judged(SiteMarker(key="help", page="lost"), replace(lost, state="draft"))["markers-of-hidden-pages"]
    assert found[0] == ("site_marker help: page", "Nobody can open its page lost.")


def test_what_strangers_read_is_told_until_it_is_signed_off(site, judged):
    role = WebRole(key="stranger", default="anonymous")
    reads = EntityPermission(key="seen", entity="berth", scope="global", privileges=("read",), roles=("stranger",))
    found = judged(role, reads)["strangers-who-read"]
    assert found == [("entity_permission seen: roles", "Everybody on the internet may read rows of berth.")]
    snapshot = compile_snapshot(assign_site(MetadataStore(site.engine).released().values()))
    assert "strangers-who-read" not in judged(signed_off(snapshot, snapshot.sites["marina"]))


def test_links_that_lead_somewhere_are_left_alone(found):
    told = "".join(finding.message for finding in found["links-into-nowhere"].findings)
    assert "/no/such" in told
    assert "/x.png" in told
    assert all(there not in told for there in ("/terms", "/bookings/A1", "/sv-SE"))


def test_a_rule_that_finds_nothing_has_passed(found):
    assert found["tables"].state == "pass"
    assert found["lists-without-permission"].findings == () or found["lists-without-permission"].state == "error"


def test_the_page_leads_to_the_editors_and_the_command_has_an_exit_code(database_url, tmp_path, monkeypatch):
    with open_people(database_url, tmp_path, *PLANTED[:4], Snippet(key="fine", value=text("[t](/terms)"))) as site:
        page = Maker.of(site, "dora").get("checkup")
        assert "The link /no/such leads nowhere" in words(page)
        assert 'href="/studio/edit/page/leaflet#f-blocks.0.text"' in page.text
        assert f"Blocks{STEP}text{STEP}Text" in words(page)
        assert 'href="/studio/edit/page/leaflet"' not in Maker.of(site, "bob").get("checkup").text
        assert Maker.of(site, "alice").get("checkup").status_code == 403
        assert Maker.of(site, "erin").get("checkup").status_code == 403
        site.engine.dispose()
        monkeypatch.setenv("FOYER_DATABASE_URL", database_url)
        monkeypatch.setenv("FOYER_DATA_DIR", str(tmp_path))
        ran = CliRunner().invoke(main, ["checkup", "--json"])
        assert ran.exit_code == 1, ran.output
        rules = {item["rule"]: item for item in json.loads(ran.output)["rules"]}
        assert rules["links-into-nowhere"]["state"] == "error"
        mended = replace(PLANTED[0], blocks=())
        MetadataStore(site.engine).publish("tester", components=(mended, BERTH))
        ran = CliRunner().invoke(main, ["checkup"])
        assert ran.exit_code == 0, ran.output
        assert CliRunner().invoke(main, ["checkup", "--strict"]).exit_code == 1


def test_settings_stand_together_with_default_value_and_draft(site, maker):
    dora = maker("dora")
    said = words(dora.get("settings"))
    assert "identity/lockout_attempts Wrong passwords before a sign-in locks. not set 5 a whole number from 1" in said
    MetadataStore(site.engine).save((SiteSetting(key="map/credit", site="marina", value="Us"),), "tester")
    page = dora.get("settings")
    assert "map/credit Whose pictures they are, shown on the map. not set Draft Us" in words(page)
    assert 'href="/studio/new/site_setting?key=identity/lockout_attempts"' in page.text
    assert 'value="identity/lockout_attempts"' in dora.get("new/site_setting?key=identity/lockout_attempts").text
    assert "ett heltal från 1 till 100000" in words(dora.browser.get("/sv-SE/studio/settings"))
    assert maker("carol").get("settings").status_code == 403
