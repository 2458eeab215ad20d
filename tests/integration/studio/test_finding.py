"""Records and people in the search of the studio: as the person may read them, by an index, in few statements."""

from dataclasses import replace

import pytest

from metadata.model import (
    AlternateKey,
    Attribute,
    Block,
    BulkAction,
    Chart,
    Entity,
    EntityPermission,
    Form,
    ListComponent,
    ListFilter,
    Page,
    RecordAction,
    Search,
    SearchedAttribute,
    SearchedEntity,
    SearchFacet,
    SetValue,
    Text,
)
from metadata.store import MetadataStore
from support.marina import BERTH
from support.people import open_people
from support.studio import Maker, words

text = Text.of
NAMED = AlternateKey(key="named", attributes=("number",))
LOOKED_IN = (
    replace(BERTH, keys=(NAMED,)),
    Search(
        key="find",
        entities=(
            SearchedEntity(
                entity="booking", attributes=(SearchedAttribute(attribute="boat"), SearchedAttribute(attribute="note"))
            ),
        ),
    ),
    Form(key="berth-read", entity="berth"),
    Page(
        key="berth",
        label=text("Berth"),
        parent="berths",
        record_entity="berth",
        blocks=(Block(type="form", form="berth-read"),),
    ),
)


@pytest.fixture
def site(database_url, tmp_path):
    with open_people(database_url, tmp_path, *LOOKED_IN) as opened:
        opened.book("A1", boat="Curlew", note="Frozen pipes")
        opened.book("C1", "carol", boat="Dunlin")
        opened.add_all("berth", [{"number": number} for number in ("Quay-12", "quay-13", "Pier-12", "100%", "1000")])
        yield opened


def test_where_an_attribute_is_used_are_lists_charts_and_searches_too(site, maker):
    moored = ListComponent(
        key="moored",
        site="marina",
        views=("bookings-all",),
        filters=(ListFilter(key="by_boat", attribute="boat"),),
        contact_attribute="skipper",
    )
    fees = Chart(key="fees", site="marina", view="bookings-all", group="boat", aggregate="sum", attribute="fee")
    told = Search(
        key="told",
        site="marina",
        entities=(
            SearchedEntity(
                entity="booking",
                attributes=(SearchedAttribute(attribute="boat"),),
                facets=(SearchFacet(attribute="berth"),),
            ),
        ),
    )
    berth = SetValue(attribute="berth")
    moored = replace(moored, bulk=(BulkAction(key="unmoor", type="set", values=(berth,)),))
    told_form = Form(key="told", entity="booking", actions=(RecordAction(key="leave", values=(berth,)),))
    MetadataStore(site.engine).save((moored, fees, told, told_form), "dora", "drafts")
    parts = maker("dora").get("uses/entity/booking").text.partition('id="parts"')[2]
    named = [
        "edit/list/moored#f-filters.0.attribute",
        "edit/list/moored#f-contact_attribute",
        "edit/chart/fees#f-group",
        "edit/chart/fees#f-attribute",
        "edit/search/told#f-entities.0.attributes.0.attribute",
        "edit/search/told#f-entities.0.facets.0.attribute",
        "edit/list/moored#f-bulk.0.values.0.attribute",
        "edit/form/told#f-actions.0.values.0.attribute",
    ]
    assert [place for place in named if place not in parts] == []


def found(maker, asked, group="records"):
    answer = maker.get(f"find?as=json&q={asked}")
    assert answer.status_code == 200, asked
    return [(one["label"], one["url"]) for one in answer.get_json()[group]]


def test_records_are_found_by_words_and_by_the_beginning_of_their_name_and_lead_to_their_page(site, maker):
    dora = maker("dora")
    assert found(dora, "curlew") == [("A1", "/bookings/A1")]
    assert found(dora, "frozen") == [("A1", "/bookings/A1")]
    assert sorted(found(dora, "quay")) == [("Quay-12", "/berths/Quay-12"), ("quay-13", "/berths/quay-13")]
    assert found(dora, "berths+pier") == [("Pier-12", "/berths/Pier-12")]
    assert found(dora, "berth+pier-12") == [("Pier-12", "/berths/Pier-12")]
    assert found(dora, "100%25") == [("100%", "/berths/100%25")]
    assert dora.browser.get("/berths/Quay-12").status_code == 200
    assert [found(dora, asked) for asked in ("q", "12", "uay", "_uay", "%25", "nothing")] == [[]] * 6
    page = dora.get("find?q=quay")
    assert "Records 2 Quay-12 Berths quay-13 Berths" in words(page)
    assert 'href="/berths/Quay-12"' in page.text


def test_what_the_person_may_not_read_is_not_found(site, maker):
    carol, bob = maker("carol"), maker("bob")
    assert found(carol, "curlew") == []
    assert found(carol, "dunlin") == [("C1", "/bookings/C1")]
    assert found(carol, "frozen") == []
    assert found(bob, "curlew") == [("A1", "/bookings/A1")]
    assert found(bob, "frozen") == [], "an attribute that may not be read finds nothing"
    assert found(maker("erin"), "quay") == []
    assert "Quay" not in maker("erin").get("find?q=quay").text.partition("<main")[2].partition('class="second"')[2]
    assert maker("alice").get("find?q=quay&as=json").status_code == 403


def test_people_are_found_by_those_who_look_after_people(site, maker):
    frida = [("Frida", f"/studio/people/{site.people['frida']}")]
    assert found(maker("dora"), "frida", "people") == frida
    assert found(maker("erin"), "frida@sail", "people") == frida
    assert found(maker("carol"), "frida", "people") == []
    assert "People 1 Frida Sail" in words(maker("dora").get("find?q=frida"))


def test_what_no_search_takes_is_answered_as_nothing(site, maker):
    dora = maker("dora")
    for asked in ("x" * 201, "%5C", "a b c d e f g h i", "''", "((("):
        assert found(dora, asked.replace(" ", "+")) == [], asked


def test_beginnings_are_looked_up_in_an_index(site, maker):
    dora = maker("dora")
    with site.counting() as seen:
        dora.get("find?q=Quay&as=json")
    asked = [statement for statement in seen if "berth" in statement and "LIKE" in statement]
    assert len(asked) == 1
    if site.engine.dialect.name == "sqlite":  # which notes values within the text, so that it can be asked again
        with site.engine.connect() as connection:
            plan = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0]}"))
        assert "MULTI-INDEX OR" in plan
        assert "SCAN berth" not in plan


def many(count):
    """Entities with a page for their records."""
    for number in range(count):
        key = f"kind{number}"
        named = (AlternateKey(key="named", attributes=("name",)),)
        yield Entity(key=key, primary_name="name", attributes=(Attribute(key="name", type="text"),), keys=named)
        yield Form(key=key, entity=key)
        yield EntityPermission(key=key, entity=key, scope="global", privileges=("read",), roles=("chief",))
        yield Page(key=f"{key}-list", parent="home", partial_url=key, label=text(key))
        yield Page(key=key, parent=f"{key}-list", record_entity=key, label=text(key), blocks=(Block(type="form", form=key),))


def test_the_statements_grow_neither_with_entities_nor_with_rows(tmp_path):
    counts = []
    for number in (8, 30):
        with open_people(f"sqlite:///{tmp_path / f'{number}.db'}", tmp_path, *many(number)) as site:
            dora = Maker.of(site, "dora")
            site.add_all("kind7", [{"name": f"Teal {row}"} for row in range(number)])
            dora.get("find?q=teal")
            with site.counting() as seen:
                dora.get("find?q=teal&as=json")
            counts.append(len(seen))
            assert found(dora, "kind7+teal+5") == [("Teal 5", "/kind7/Teal%205")]
    assert counts[0] == counts[1]
