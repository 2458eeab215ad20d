"""An argument that names what the person may not read answers exactly like one that names what is not there."""

import logging
import re

import pytest

from support.marina_site import open_marina
from support.theatre import theatre

BOX_OFFICE = """\
kind: view
key: money
entity: show
label: Box office
columns: [{attribute: takings}, {attribute: troupe.number}]
---
kind: view
key: plain
entity: show
label: Plain
columns: [{attribute: code}, {attribute: takings}]
---
kind: list
key: till
views: [money, plain, shows]
layouts: [table, cards]
export: true
feed: true
saved: own
choose_columns: true
filters:
- {key: takings, attribute: takings}
- {key: stage, attribute: stage}
- {key: good, conditions: [{key: rich, label: Rich, filter: {attribute: takings, operator: gt, value: 5}}, {key: on, filter: {attribute: stage, value: running}}]}
actions: [{type: details, page: show}]
---
kind: page
key: till
label: Till
parent: home
partial_url: till
blocks: [{type: list, list: till}]
---
kind: chart
key: by-stage
view: money
group: stage
page: till
filter: stage
---
kind: page
key: drawn
label: Drawn
parent: home
partial_url: drawn
blocks: [{type: charts, charts: [by-stage]}]
---
kind: attribute_permission
key: no-money
entity: show
roles: [master]
others: [read]
attributes: [{attribute: takings}, {attribute: price}, {attribute: troupe}]
"""  # noqa: E501 - a filter stands on one line
REFUSED = [
    ("view=money", "view=monex"),
    ("view=money&q=x", "view=monex&q=x"),
    ("view=money&layout=cards", "view=monex&layout=cards"),
    ("view=money&export=csv", "view=monex&export=csv"),
    ("view=money&export=xlsx", "view=monex&export=xlsx"),
    ("view=plain&sort=takings", "view=plain&sort=takinx"),
    ("view=plain&sort=-troupe.number", "view=plain&sort=-troupx.number"),
    ("view=plain&sort=takings&export=csv", "view=plain&sort=takinx&export=csv"),
    ("f.takings.from=1", "f.takinx.from=1"),
    ("f.takings=1", "f.takinx=1"),
    ("f.good=rich", "f.good=rick"),
]
SHOWN_ALIKE = [("columns=choose&view=money", "columns=choose&view=monex"), ("saved=money", "saved=monex")]


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, *theatre(more=BOX_OFFICE)) as opened:
        opened.add("show", code="One", stage="running", takings=7, troupe=opened.accounts["sail"])
        yield opened


def told(answer, *names):
    """Status and words of an answer without what differs from request to request, and without what was asked for."""
    text = re.sub(r'"id":"[0-9a-f]{16}","time":"[^"]+"|[0-9a-f]{16}, [-\d]+ [:\d]+ UTC', "", answer.text)
    text = re.sub(r'(name="csrf_token"|name="csrf-token"|nonce=)[^>]*', "", text)
    for name in names:
        text = text.replace(name, "?")
    return answer.status_code, text


def asked(query):
    return [part.partition("=")[2].lstrip("-") or part for part in query.split("&")] + [
        part.partition("=")[0] for part in query.split("&")
    ]


def test_what_may_not_be_read_is_refused_as_what_is_not_there(site):
    dora = site.as_("dora")
    for closed, absent in REFUSED:
        found, other = dora.get(f"/till?{closed}"), dora.get(f"/till?{absent}")
        assert told(found, *asked(closed)) == told(other, *asked(absent)), closed
        assert found.status_code == 400, closed


def test_where_another_view_is_taken_instead_it_is_the_same_one(site):
    dora = site.as_("dora")
    for closed, absent in SHOWN_ALIKE:
        found, other = dora.get(f"/till?{closed}"), dora.get(f"/till?{absent}")
        assert told(found, "money", "monex") == told(other, "money", "monex"), closed
        assert found.status_code == 200, closed


def test_a_view_without_a_readable_column_is_no_tab_and_never_the_first(site):
    page = site.as_("dora").get("/till").text
    assert re.findall(r'href="/till(\?view=\w+)?"[^>]*>(Box office|Plain|Shows)', page) == [
        ("", "Plain"),
        ("?view=shows", "Shows"),
    ]
    assert "7" not in re.sub(r"<[^>]+>", "", page[page.index("<tbody") : page.index("</tbody")])
    assert "Box office" in site.as_("alice").get("/till").text


def test_a_feed_knows_neither_the_view_nor_its_attributes(site):
    dora = site.as_("dora")
    assert 'EntityType Name="money"' not in dora.get("/_feed/till/$metadata").text
    assert "takings" not in dora.get("/_feed/till").text
    for query in ("view=money", "view=monex", "$orderby=takings", "$orderby=takinx"):
        assert dora.get(f"/_feed/till?{query}").status_code == 400, query
    closed, absent = dora.get("/_feed/till?view=money"), dora.get("/_feed/till?view=monex")
    assert told(closed) == told(absent)


def test_what_a_feed_does_not_offer_is_the_callers_mistake_and_no_error_of_the_site(site, caplog):
    dora = site.as_("dora")
    with caplog.at_level(logging.INFO, logger="foyer.errors"):
        answer = dora.get("/_feed/till?$filter=takings gt 1")
    assert answer.status_code == 501
    assert [record.levelname for record in caplog.records if record.name == "foyer.errors"] == ["INFO"]


def test_figures_lead_to_no_list_that_would_refuse_their_view(site):
    assert "/till?view=money" not in site.as_("dora").get("/drawn").text
    assert "/till?f.stage=running" in site.as_("alice").get("/drawn").text
