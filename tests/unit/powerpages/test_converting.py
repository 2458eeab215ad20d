"""A site of Power Pages as components: both forms of its export, a verdict on each record, and nobody sees more than there."""

from collections import Counter

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.errors import MetadataError
from metadata.model import Attribute, ComponentId, Entity, component_id
from metadata.text import Text
from runtime.powerpages.converting import convert
from runtime.powerpages.reading import read_export
from support.exports import DRAFT, HOME, INSIDE, NEWS, PAGES, PEOPLE, PUBLISHED, STAFF, STRANGERS, content, page, write_export

BOAT = Entity(
    key="boat",
    label=Text.of("Boat"),
    primary_name="name",
    attributes=(
        Attribute(key="name", type="text", max_length=80),
        Attribute(key="owner", type="lookup", target="contact"),
        Attribute(key="berth", type="lookup", target="berth"),
    ),
)
BERTH = Entity(
    key="berth", label=Text.of("Berth"), primary_name="name", attributes=(Attribute(key="name", type="text", max_length=80),)
)
THERE = {component_id(item): item for item in (BOAT, BERTH)}
TOLD = {"converted", "approximated", "by hand"}


@pytest.fixture(params=[False, True], ids=["standard", "enhanced"])
def taken(request, tmp_path):
    """Takes in an export of these records, in both forms."""

    def take(kinds=None, beside=None):
        export = read_export(write_export(tmp_path / "site", request.param, kinds or {}, beside))
        found = convert(export, THERE)
        assert found.problems == ()
        records = Counter((record.kind, record.name) for kind in export.kinds.values() for record in kind)
        told = Counter((outcome.kind, outcome.name) for outcome in found.outcomes)
        assert set(records) <= set(told)
        assert {outcome.verdict for outcome in found.outcomes} <= TOLD
        assert all(outcome.reason for outcome in found.outcomes if outcome.verdict != "converted")
        return {component_id(item): item for item in found.components}, found.outcomes

    return take


def of(made, kind, key):
    return made.get(ComponentId(kind, key, "harbour"))


def verdicts(outcomes, kind):
    return {outcome.name: outcome.verdict for outcome in outcomes if outcome.kind == kind}


def test_pages_come_with_their_tree_languages_markers_and_roles(taken):
    contents = [content(NEWS, "lang-1", "News"), content(NEWS, "lang-2", "Nyheter")]
    made, _ = taken({"webpage": [*PAGES, *contents]})
    news = of(made, "page", "news")
    assert (news.parent, news.partial_url, news.state) == ("home", "news", "published")
    assert (news.title.in_language("sv-SE"), news.title.in_language("en-US")) == ("Nyheter", "News")
    assert of(made, "site_marker", "not_found").page == "news"
    assert of(made, "web_role", "anonymous-users").default == "anonymous"
    site = made[ComponentId("site", "harbour")]
    assert (site.default_language, site.languages, site.registration) == ("en-US", ("en-US", "sv-SE"), "invitation")


def test_a_page_that_was_not_to_be_seen_is_a_draft(taken):
    pages = [
        PAGES[0],
        page(NEWS, "News", "news", HOME, publishingstateid=DRAFT),
        page(INSIDE, "Inside", "inside", HOME, publishingstateid="unknown"),
        page("page-4", "Away", "away", HOME, statecode=1),
        page("page-5", "Below", "below", "page-4"),
        page("page-6", "Told", "told", HOME),
        content("page-6", "lang-1", "Told", publishingstateid=DRAFT),
    ]
    made, outcomes = taken({"webpage": pages})
    assert [of(made, "page", key).state for key in ("news", "inside", "told")] == ["draft"] * 3
    assert of(made, "page", "away") is None
    assert of(made, "page", "below") is None
    assert verdicts(outcomes, "webpage")["Below"] == "by hand"


def rule(right, roles, page=INSIDE, **more):
    return {
        "id": "rule-1",
        "name": "Rule",
        "right": right,
        "webpageid": page,
        "webpageaccesscontrolrule_webrole": roles,
        **more,
    }


@pytest.mark.parametrize(
    ("given_rule", "roles", "state"),
    [
        (rule(2, [STAFF]), ("staff",), "published"),
        (rule(2, [STAFF, STRANGERS]), ("staff",), "published"),
        (rule(2, [STRANGERS]), None, "draft"),
        (rule(2, ["unknown"]), None, "draft"),
        (rule(9, [STAFF]), None, "draft"),
        (rule(1, []), None, "published"),
        (rule(1, [STAFF]), ("staff",), "published"),
    ],
)
def test_a_branch_that_some_may_read_is_read_by_nobody_else(taken, given_rule, roles, state):
    made, _ = taken({"webpagerule": [given_rule]})
    found = of(made, "page_access_rule", "rule")
    assert (found.roles if found else None) == roles
    assert of(made, "page", "inside").state == state


def permission(key, name, scope, roles, entity="boat", **more):
    own = {"id": key, "entityname": name, "name": name, "entitylogicalname": entity, "scope": 756150000 + scope}
    return {**own, "read": True, "write": False, "entitypermission_webrole": roles, **more}


def test_permissions_grant_what_they_granted_and_children_only_what_the_one_above_grants(taken):
    records = [
        permission("p1", "Own boats", 1, [PEOPLE]),
        permission("p2", "Berths", 3, [PEOPLE, PUBLISHED, STAFF], "berth", parententitypermission="p1"),
        permission("p3", "Off", 0, [STAFF], statecode=1),
        permission("p4", "Of account", 2, [STAFF]),
        permission("p5", "Nothing there", 0, [STAFF], "engine"),
        permission("p6", "Custom", 5, [STAFF]),
    ]
    made, outcomes = taken({"tablepermission": records})
    boats = of(made, "entity_permission", "own-boats")
    assert (boats.scope, boats.via, boats.privileges, boats.roles) == ("contact", "owner", ("read",), ("authenticated-users",))
    assert of(made, "entity_permission", "off").active is False
    by_hand = {name for name, verdict in verdicts(outcomes, "tablepermission").items() if verdict == "by hand"}
    assert by_hand == {"Berths", "Of account", "Nothing there", "Custom"}  # a berth has no lookup that leads to a boat
    assert {name.key for name in made if name.kind == "entity_permission"} == {"own-boats", "off"}


def test_a_child_reaches_by_its_only_lookup_and_for_roles_of_its_parent(taken):
    records = [permission("p1", "Berths", 0, [PEOPLE], "berth"), permission("p2", "Boats", 3, [PEOPLE, PUBLISHED, STAFF])]
    made, _ = taken({"tablepermission": [records[0], {**records[1], "parententitypermission": "p1"}]})
    boats = of(made, "entity_permission", "boats")
    assert (boats.parent, boats.relationship, boats.roles) == ("berths", "berth", ("authenticated-users",))


def test_copies_and_templates_come_as_web_templates_and_what_cannot_be_said_is_by_hand(taken):
    beside = {
        "webpage/News.en-US.webpage.copy.html": "<h2>{{ page.title }}</h2>",
        "webpage/Inside.en-US.webpage.copy.html": "{% fetchxml q %}{% endfetchxml %}",
        "webtemplate/Frame.webtemplate.source.html": "<p>{% include 'Card' %}</p>",
        "webtemplate/Card.webtemplate.source.html": "{{ snippets['Foot'] }}",
        "contentsnippet/Foot.en-US.contentsnippet.value.html": "All boats",
        "contentsnippet/Rich.en-US.contentsnippet.value.html": "<b>All</b>",
    }
    contents = [
        content(NEWS, "lang-1", "News"),
        content(INSIDE, "lang-1", "Inside"),
    ]
    kinds = {
        "webpage": [*PAGES, *contents],
        "webtemplate": [{"id": "t1", "name": "Frame"}, {"id": "t2", "name": "Card"}, {"id": "t3", "name": "Lost"}],
        "pagetemplate": [{"id": "pt1", "name": "Framed", "type": 756150001, "webtemplateid": "t1"}],
        "contentsnippet": [
            {"id": "s1", "name": "Foot", "contentsnippetlanguageid": "lang-1"},
            {"id": "s2", "name": "Rich", "contentsnippetlanguageid": "lang-1"},
        ],
    }
    made, outcomes = taken(kinds, beside)
    assert of(made, "page", "news").blocks[0].web_template == "page-news"
    assert of(made, "web_template", "page-news").source == "<h2>{{ page.title }}</h2>"
    assert of(made, "page", "inside").blocks == ()
    assert verdicts(outcomes, "webtemplate")["Lost"] == "by hand"
    assert verdicts(outcomes, "contentsnippet")["Rich"] == "by hand"


def test_menus_have_two_levels_and_no_entry_that_was_not_shown(taken):
    def link(key, name, page, parent="", **more):
        own = {"id": key, "name": name, "pageid": page, "weblinksetid": "set-1", "parentweblinkid": parent}
        return {**own, "publishingstateid": PUBLISHED, **more}

    links = [
        link("l1", "News", NEWS, displayorder=2),
        link("l2", "Home", HOME, displayorder=1),
        link("l3", "Inside", INSIDE, "l1"),
        link("l4", "Deep", HOME, "l3"),
        link("l5", "Off", HOME, statecode=1),
        link("l6", "Script", "", externalurl="javascript:alert(1)"),
    ]
    made, outcomes = taken({"weblinkset": [{"id": "set-1", "name": "Default"}], "weblink": links})
    menu = of(made, "web_link_set", "default")
    assert [entry.page for entry in menu.links] == ["home", "news"]
    assert [entry.page for entry in menu.links[1].links] == ["inside"]
    assert {name for name, said in verdicts(outcomes, "weblink").items() if said == "by hand"} == {"Deep", "Off", "Script"}
    assert made[ComponentId("site", "harbour")].menu == "default"


def test_redirects_and_files_come_and_scripts_do_not(taken):
    kinds = {
        "redirect": [{"id": "r1", "name": "Old", "inboundurl": "old/", "webpageid": NEWS}],
        "webfile": [
            {"id": "f1", "name": "map.png", "partialurl": "map.png", "parentpageid": HOME, "publishingstateid": PUBLISHED},
            {"id": "f2", "name": "own.js", "partialurl": "own.js", "parentpageid": HOME, "publishingstateid": PUBLISHED},
            {"id": "f3", "name": "own.css", "partialurl": "own.css", "parentpageid": HOME, "displayorder": 7},
            {"id": "f4", "name": "bad.css", "partialurl": "bad.css", "parentpageid": HOME},
            {"id": "f5", "name": "bootstrap.min.css", "partialurl": "bootstrap.min.css", "parentpageid": HOME},
        ],
    }
    sheets = {"webfile/own.css": "a { color: red }", "webfile/bad.css": "a {", "webfile/bootstrap.min.css": "a { }"}
    made, outcomes = taken(kinds, {"webfile/map.png": "picture", "webfile/own.js": "alert(1)", **sheets})
    sheet = of(made, "style_sheet", "own-css")
    assert (sheet.source, sheet.order, sheet.active) == ("a { color: red }", 7, False)
    said = verdicts(outcomes, "webfile")
    assert [said[name] for name in ("own.css", "bad.css", "bootstrap.min.css")] == ["approximated", "by hand", "by hand"]
    assert of(made, "redirect", "old").source == "/old"
    assert of(made, "web_file", "map-png").content.size == len("picture")
    assert verdicts(outcomes, "webfile")["own.js"] == "by hand"


def test_what_cannot_be_read_is_told_with_its_file_all_at_once(tmp_path):
    folder = write_export(tmp_path, True, {})
    (folder / "bad.webpage.yml").write_text("a: [")
    (folder / "worse.webrole.yml").write_text("- just words")
    with pytest.raises(MetadataError) as refused:
        read_export(folder)
    assert {problem.position.file for problem in refused.value.problems} == {"bad.webpage.yml", "worse.webrole.yml"}
    with pytest.raises(MetadataError, match=r"website\.yml"):
        read_export(tmp_path / "webrole")


VALUES = (
    st.none() | st.booleans() | st.integers(-3, 756150005) | st.text(max_size=6) | st.lists(st.text(max_size=4), max_size=2)
)
COLUMNS = st.sampled_from(
    [
        "id",
        "name",
        "partialurl",
        "parentpageid",
        "pageid",
        "publishingstateid",
        "statecode",
        "scope",
        "right",
        "webpageid",
        "isroot",
    ]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(COLUMNS, VALUES, max_size=6),
    st.sampled_from(["webpage", "weblink", "webpagerule", "tablepermission", "sitemarker"]),
)
def test_whatever_stands_in_a_record_the_rest_passes_the_check(tmp_path_factory, columns, kind):
    folder = write_export(tmp_path_factory.mktemp("odd"), True, {})
    (folder / f"odd.{kind}.yml").write_text(yaml.safe_dump(columns))
    assert convert(read_export(folder), THERE).problems == ()
