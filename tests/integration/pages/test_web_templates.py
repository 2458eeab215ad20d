"""Web templates over HTTP: components, whole pages, header and footer, objects, rows, and what hostile ones cannot do."""

import re
import time
from dataclasses import replace

import pytest

from metadata.checks import check
from metadata.model import (
    Block,
    Chart,
    EntityPermission,
    Page,
    PageTemplate,
    SiteSetting,
    Snippet,
    TemplateParameter,
    WebRole,
    WebTemplate,
    component_id,
)
from runtime.identity.roles import grant_roles
from support.marina import SITE, text
from support.marina_site import open_marina

BERTHS = """\
{% query rows = entity "berth" columns "number, depth" where depth >= request.query.depth order "-depth" limit 5 %}
<ul>{% for row in rows %}
<li>{{ row.number }}|{{ row.depth }}|{{ row.depth > 3 }}|{{ row.owner }}</li>
{% else %}<li>none</li>{% endfor %}</ul>
"""
BOOKINGS = """\
{% query rows = view "bookings-all" %}
{% for row in rows %}<b>{{ row.number }}</b>{{ row.note }}{% endfor %}
{% query again = entity "booking" columns "number, note, berth.number" where skipper == "@contact" order "number" %}
<i>{{ again|length }} {{ again.first.number }} {{ again.first.berth.number }}</i>
"""
OBJECTS = """\
<p>{{ user.name|default("nobody") }} {{ page.title }} {{ request.path }} {{ request.query.q }} {{ settings["map/credit"] }}
{{ snippets.greeting }} {{ sitemarkers.berths.url }} [{{ sitemarkers.nothing.url }}]
{% for link in weblinks.main %}({{ link.label }}){% endfor %}
{% for child in sitemap.root.children %}<{{ "" }}{{ child.key }}>{% endfor %}
{{ entities.berth["A1"].number }} {{ entities.booking["100"].number }} {{ entities.nothing["1"].x }}</p>
"""


def template(key, source, **more):
    return WebTemplate(key=key, source=source, **more)


def page(key, *templates, **more):
    blocks = tuple(Block(type="component", web_template=name) for name in templates)
    return Page(key=key, label=text(key.capitalize()), parent="home", partial_url=key, blocks=blocks, **more)


CARD = template(
    "card",
    '<div class="{{ tone }}">{{ title }}{% if count > 1 %} x{{ count * 2 }}{% endif %}</div>',
    parameters=(
        TemplateParameter(key="title", required=True),
        TemplateParameter(key="tone", default="calm"),
        TemplateParameter(key="count", type="integer", default=1),
    ),
)
EXTRA = (
    CARD,
    template("frame", "<h1>{% block head %}Base{% endblock %}</h1>{% block body %}empty{% endblock %}"),
    template(
        "child",
        '{% extends "frame" %}{% block head %}{{ super() }} and child{% endblock %}'
        '{% block body %}{% include "card" title=page.title count=3 %}{% endblock %}',
    ),
    template("berths", BERTHS),
    template("bookings", BOOKINGS),
    template("objects", OBJECTS),
    template("counted", '{% query r = entity "extra" columns "title" where quantity == request.query.q %}[{{ r|length }}]'),
    page("counted", "counted"),
    template("top", '<nav class="own-top">{{ user.name|default("guest") }} at {{ request.path }}</nav>'),
    template("end", '<p class="own-end">The end</p>'),
    template("feed", "<feed><name>{{ request.query.name }}</name></feed>", media_type="application/xml", bare=True),
    PageTemplate(key="feeds", web_template="feed"),
    PageTemplate(key="whole", web_template="child"),
    page("feed", template="feeds"),
    page("whole", template="whole"),
    page("depths", "berths"),
    page("mine", "bookings"),
    page("things", "objects"),
    Page(
        key="cards",
        label=text("Cards"),
        parent="home",
        partial_url="cards",
        blocks=(Block(type="component", web_template="card", parameters=(("title", "<Blue>"), ("count", 2))),),
    ),
    Chart(key="states", view="bookings-all", group="status"),
    template("drawn", '<p>Before</p>{% chart "states" %}{% chart "states" %}<p>After</p>'),
    page("drawn", "drawn"),
    Snippet(key="greeting", value=text("Ahoy & welcome")),
    WebRole(key="builder", queries=True),
)


@pytest.fixture
def site(database_url, tmp_path):
    builders = EntityPermission(key="built", entity="berth", scope="global", privileges=("read",), roles=("member",))
    with open_marina(database_url, tmp_path, *EXTRA, builders) as marina:
        marina.add("berth", number="A1", depth="2.5")
        marina.add("berth", number="<b>", depth="4.0")
        yield marina


def main(answer):
    assert answer.status_code == 200, answer.text
    return answer.text.partition("<main")[2].partition("</main>")[0]


def test_a_component_gets_its_parameters_and_escapes_them(site):
    assert '<div class="calm">&lt;Blue&gt; x4</div>' in main(site.stranger().get("/cards"))


def test_a_page_template_shows_a_web_template_that_extends_and_includes(site):
    shown = main(site.stranger().get("/whole"))
    assert "<h1>Base and child</h1>" in shown
    assert '<div class="calm">Whole x6</div>' in shown
    assert site.stranger().get("/whole?q=1").status_code == 400


def test_a_bare_template_is_the_whole_answer_with_its_media_type(site):
    answer = site.stranger().get("/feed?name=<a>")
    assert answer.text == "<feed><name>&lt;a&gt;</name></feed>"
    assert answer.content_type.startswith("application/xml")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_rows_are_asked_once_and_formatted_for_the_language(site):
    alice = site.as_("alice")
    alice.get("/depths?depth=3")
    shown = main(alice.get("/depths?depth=2"))
    assert "<li>&lt;b&gt;|4.0|true|</li>\n<li>A1|2.5|false|</li>" in shown
    assert "<li>A1|2,5|false|</li>" in main(alice.get("/sv-SE/depths?depth=2"))
    assert "A1" not in main(alice.get("/depths?depth=3"))
    for wrong in ("", "?depth=x", "?depth=1'--", "?depth=99999999999999999", "?depth=nan", "?depth=1e400000"):
        assert "<li>none</li>" in main(alice.get(f"/depths{wrong}"))
    with site.counting() as few:
        alice.get("/depths?depth=1")
    site.add_all("berth", [{"number": f"B{number}", "depth": "1.5"} for number in range(50)])
    with site.counting() as many:
        alice.get("/depths?depth=1")
    assert len(few) == len(many)


def test_rows_and_attributes_that_may_not_be_read_are_not_there(site):
    berth = site.add("berth", number="C7", depth="3")
    site.book("100", "alice", berth=berth)
    site.book("200", "carol")
    shown = main(site.as_("alice").get("/mine"))
    assert "<b>100</b>" in shown
    assert "<i>1 100 C7</i>" in shown
    assert "200" not in shown
    assert "SECRET" not in shown
    assert "<b>" not in main(site.stranger().get("/mine"))
    assert "<b>" not in main(site.as_("erin").get("/mine"))


@pytest.mark.parametrize("asked", ["9223372036854775807", "-9223372036854775808", "2147483648", "99999999999999999999", "x"])
def test_a_number_that_no_row_can_have_finds_none(site, asked):
    assert main(site.as_("alice").get(f"/counted?q={asked}")).count("[0]") == 1


def test_objects_show_what_the_person_may_see(site):
    site.book("100", "alice")
    shown = main(site.as_("alice").get("/things?q=<script>"))
    assert "Alice Things /things &lt;script&gt;" in shown
    assert "Ahoy &amp; welcome" in shown
    assert "/berths []" in shown
    assert "A1 100" in shown
    assert "office" not in shown
    assert "office" in main(site.as_("dora").get("/things"))
    stranger = main(site.stranger().get("/things"))
    assert "nobody" in stranger
    assert "A1" not in stranger


def test_menus_and_settings_are_objects_too(database_url, tmp_path):
    objects = '{% for link in weblinks.main %}({{ link.label }}){% endfor %}[{{ settings["map/credit"] }}]'
    with open_marina(
        database_url,
        tmp_path,
        template("more", objects),
        page("more", "more"),
        SiteSetting(key="map/credit", value="Surveyors <b>"),
    ) as marina:
        assert "(Home)(Bookings)(Berths)(Weather)[Surveyors &lt;b&gt;]" in main(marina.as_("alice").get("/more"))
        assert "(Home)(Bookings)(Berths)(Office)(Weather)" in main(marina.as_("dora").get("/more"))


def test_effective_queries_are_for_those_who_build(site):
    site.book("100", "alice")
    assert "Effective queries" not in main(site.as_("alice").get("/mine"))
    with site.engine.begin() as connection:
        grant_roles(connection, site.people["alice"], "marina", ("skipper", "builder"))
    shown = main(site.as_("alice").get("/mine"))
    assert "<summary>Effective queries</summary>" in shown
    assert "p_account" in shown
    assert shown.count("<pre") == 2


def test_a_template_draws_a_chart_with_the_rights_of_who_looks(site):
    site.book("1", "alice")
    site.book("2", "carol")
    alice = main(site.as_("alice").get("/drawn"))
    assert alice.index("Before") < alice.index("<svg") < alice.index("After")
    assert alice.count("<table") == 2
    assert '<td class="num">1</td>' in alice
    ids = re.findall(r' id="(chart-[^"]+)"', alice)
    assert len(ids) == len(set(ids)) == 2
    stranger = main(site.stranger().get("/drawn"))
    assert "<svg" not in stranger
    assert "After" in stranger
    wrong = replace(template("wrong", '{% chart "stats" %}', bare=False), site=SITE.key)
    chart = replace(Chart(key="states", view="bookings-all", group="status"), site=SITE.key)
    found = check({component_id(item): item for item in (SITE, wrong, chart)})
    assert any(
        "Did you mean 'states'?" in problem.message for problem in found if problem.component == str(component_id(wrong))
    )


def test_the_sites_header_and_footer_stand_on_all_pages(database_url, tmp_path):
    changed = replace(SITE, header="top", footer="end")
    with open_marina(database_url, tmp_path, *EXTRA, changed) as marina:
        for path in ("/", "/cards", "/nowhere"):
            shown = marina.stranger().get(path).text
            assert f'<nav class="own-top">guest at {path}</nav>' in shown
            assert '<p class="own-end">The end</p>' in shown
            assert "site-header" not in shown
        alice = marina.as_("alice")
        assert "Alice at /cards" in alice.get("/cards").text
        assert "guest at /cards" in marina.stranger().get("/cards").text


DOUBLED = "{% set a = 'xxxxxxxxxxxxxxxx' %}"
HOSTILE = {
    "times": "{{ 'a' * 1000000000 }}",
    "concat": DOUBLED + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "block": DOUBLED + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60 + "{{ a }}",
    "range": "{% for i in range(1000000000) %}x{% endfor %}",
    "nested": "{% for i in range(999) %}" * 5 + "x" + "{% endfor %}" * 5,
    "silent": "{% for i in range(999) %}" * 5 + "{% set a = 1 %}" + "{% endfor %}" * 5,
    "wide": "{% for i in range(999) %}" + "x" * 50_000 + "{% endfor %}",
    "kept": "{% set a %}{% for i in range(999) %}" + "x" * 50_000 + "{% endfor %}{% endset %}",
    "numbers": "{% set a = 99999 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
    "round": "{{ 1|round(1000000) }}",
    "format": "{{ '%1000000000d' % 1 }}",
    "list": "{{ [1, 2] * 1000000000 }}",
    "comments": "{% set a %}{% for i in range(900) %}" + "<!-- -->" * 100 + "{% endfor %}{% endset %}" + "{{ a|upper }}" * 50,
    "pages": "{% for i in range(999) %}" + "{% set a = sitemap.root.children|length %}" * 1000 + "{% endfor %}",
    "queries": "{% query r = entity 'berth' columns 'number' %}{{ r|length }}" * 11,
    "includes": "{% for i in range(999) %}{% include 'card' title='x' %}{% endfor %}",
    "lists": "{% set a = [1, 2] %}{{ a }}",
}
REFUSED = {
    "power": "{{ 2 ** 100000000 }}",
    "product": "{{ 'a' * 10**9 }}",
    "method": "{{ 'a'.center(1000000000) }}",
    "filter": "{{ 'a'|center(1000000000) }}",
    "indent": "{{ 'a'|indent(1000000000) }}",
    "replace": "{{ 'a'|replace('a', 'aaaa') }}",
    "safe": "{{ request.query.q|safe }}",
    "attr": "{{ user|attr('__class__') }}",
    "class": "{{ ''.__class__.__mro__ }}",
    "macro": "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "recursive": "{% for i in range(3) recursive %}{{ loop(range(3)) }}{% endfor %}",
    "unescaped": "{% autoescape false %}{{ request.query.q }}{% endautoescape %}",
    "import": "{% import 'x' as y %}",
    "namespace": "{% set n = namespace(a=1) %}",
    "cycler": "{{ cycler.__init__.__globals__ }}",
    "self": "{% block a %}{{ self.a() }}{% endblock %}",
    "deep": "{% if 1 %}" * 30 + "{% endif %}" * 30,
    "brackets": "{{ " + "(" * 3000 + ")" * 3000 + " }}",
    "digits": "{{ " + "9" * 10_000 + " }}",
    "long": "x" * 70_000,
    "itself": '{% include "itself" %}',
    "raised": '{% extends "raised" %}',
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    pages = [page(f"p-{key}", key) for key in HOSTILE]
    names = [CARD, *(template(key, source) for key, source in HOSTILE.items())]
    with open_marina(f"sqlite:///{folder}/site.db", folder, *names, *pages) as marina:
        yield marina


@pytest.mark.parametrize("name", HOSTILE)
def test_a_template_that_goes_too_far_is_stopped_and_costs_its_part_alone(hostile, name):
    begun = time.process_time()
    shown = main(hostile.stranger().get(f"/p-{name}"))
    assert "This part cannot be shown." in shown
    assert len(shown) < 5000
    assert time.process_time() - begun < 4


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_do_harm_is_refused_before_it_is_published(name):
    item = template(name, REFUSED[name])
    item = replace(item, site=SITE.key)
    found = check({component_id(one): one for one in (SITE, item)})
    assert "error" in {problem.severity for problem in found if problem.component == str(component_id(item))}
