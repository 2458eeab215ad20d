"""The editors of the studio: one for every kind, which keeps what it shows, and takes what is wrong as a draft."""

import pytest
import sqlalchemy as sa

from metadata.model import KINDS, Snippet, View
from metadata.store import MetadataStore
from runtime.studio.places import STEP
from runtime.studio.scalars import SORTS, read_as, show_as, sort_of
from support.charts import CHARTS
from support.studio import Maker, open_studio, step, words
from support.theatre import theatre

DEFAULT = "p.attributes.0.default"


def drafts(site):
    return {str(name): found for name, found in MetadataStore(site.engine).drafts().items()}


def data_of(site, kind, key):
    store = MetadataStore(site.engine)
    standing = store.standing()
    heads = {(name.kind, name.key): head for name, head in {**standing.released, **standing.drafts}.items()}
    head = heads[kind, key]
    return store.data([head.id])[head.id]


def test_every_editor_keeps_what_it_shows(site, maker):
    dora = maker("dora")
    names = [f"{name.kind}/{name.key}" for name in MetadataStore(site.engine).released()]
    assert len({name.partition("/")[0] for name in names}) > 15
    for name in names:
        assert dora.edit(name).status_code == 303, name
        form = dora.form(f"source/{name}", "yaml")
        assert dora.send(f"source/{name}", form).status_code == 303, name
    assert drafts(site) == {}


def test_lists_with_layouts_and_charts_are_kept_too(sqlite_url, tmp_path):
    with open_studio(sqlite_url, tmp_path, *theatre(more=CHARTS)) as site:
        dora = Maker.of(site, "dora")
        for name in ("list/programme", "list/runs", "chart/halls", "chart/days", "page/figures"):
            assert dora.edit(name).status_code == 303, name
        assert drafts(site) == {}


def test_every_kind_begins_with_its_key_and_lists_what_is_missing_at_its_field(site, maker):
    dora = maker("dora")
    assert {f'href="/studio/new/{kind}"' in dora.get(f"kind/{kind}").text for kind in KINDS if kind != "site"} == {True}
    form = dora.form("new/view", "key")
    assert "must match" in dora.send("new/view", form, key="no key").text
    assert "already" in dora.send("new/view", form, key="extras").text
    made = dora.send("new/view", form, key="fresh")
    assert made.location == "/studio/edit/view/fresh"
    page = dora.get("edit/view/fresh")
    assert "2 problems" in words(page)
    assert 'href="#f-entity"><bdi>Entity</bdi></a>: A value is required here; add it.' in page.text
    assert page.text.count('id="f-entity-error"') == 1


def test_lists_grow_move_and_shrink_without_a_script_and_nothing_is_saved_meanwhile(site, maker):
    dora = maker("dora")
    page = dora.edit("view/bookings-moored", ("do", "add:columns"))
    assert page.status_code == 200
    assert "Not saved yet." in page.text
    form = dora.form_in(page)
    page = dora.send("edit/view/bookings-moored", form, ("do", "up:columns.2"), p__columns__2__attribute="arrival")
    page = dora.send("edit/view/bookings-moored", dora.form_in(page), ("do", "drop:columns.0"))
    page = dora.send("edit/view/bookings-moored", dora.form_in(page), ("do", "drop:filter"))
    assert drafts(site) == {}
    assert dora.send("edit/view/bookings-moored", dora.form_in(page)).status_code == 303
    view = drafts(site)["view bookings-moored"]
    assert isinstance(view, View)
    assert [column.attribute for column in view.columns] == ["arrival", "boat"]
    assert view.filter is None
    assert view.columns[1].label.in_language("en") == "Vessel"


def test_a_draft_may_be_wrong_and_is_never_served(site, maker):
    dora = maker("dora")
    wrong = {"p__page_size": "many", "p__views__1": "bookings-mored", "p__label__any": "Berthings"}
    assert dora.edit("list/bookings", **wrong).status_code == 303
    assert data_of(site, "list", "bookings")["page_size"] == "many"
    page = dora.get("edit/list/bookings")
    assert 'value="many"' in page.text
    assert "A whole number is expected here" in words(page)
    assert dora.edit("list/bookings", p__page_size="5").status_code == 303
    page = dora.get("edit/list/bookings")
    assert "Did you mean &#39;bookings-moored&#39;?" in page.text
    assert 'id="f-views-error"' in page.text or 'id="f-views.1' in page.text
    assert "Berthings" not in site.as_("alice").get("/bookings").text


UNREADABLE = {
    "columns: [": "not valid YAML",
    "- one\n- two": "A mapping of properties is expected here.",
    "a: 1\n---\nb: 2": "more than one document",
    "label: !!python/object:os.system x": "tag",
}


def test_yaml_that_cannot_be_read_is_shown_again_with_what_is_wrong(site, maker):
    dora = maker("dora")
    form = dora.form("source/view/extras", "yaml")
    for text, said in UNREADABLE.items():
        page = dora.send("source/view/extras", form, yaml=text)
        assert page.status_code == 422
        assert said in words(page)
        assert dict(dora.form_in(page, "yaml").fields)["yaml"] == text
    assert drafts(site) == {}


def test_yaml_of_a_wrong_shape_is_a_draft_that_the_fields_can_mend(site, maker):
    dora = maker("dora")
    text = "entity: extra\ncolumns: quantity\nsurprise: 1\nsort:\n- attribute: 7\n"
    assert dora.send("source/view/extras", dora.form("source/view/extras", "yaml"), yaml=text).status_code == 303
    page = dora.get("edit/view/extras")
    assert "There is no property &#39;surprise&#39; here." in page.text
    assert "A list is expected here." in words(page)
    fixed = {"p__columns__~yaml": "- attribute: quantity\n", "p__sort__0__attribute": "quantity"}
    assert dora.send("edit/view/extras", dora.form_in(page), **fixed).status_code == 303
    view = drafts(site)["view extras"]
    assert [column.attribute for column in view.columns] == ["quantity"]


def test_texts_of_markup_and_every_letter_come_back_as_they_were(site, maker):
    dora = maker("dora")
    text = "\n <script>alert(\"1\")</script>\n\tå\u202e🛶 &amp; {{ 7 }} '~'\n"
    assert dora.edit("snippet/opening", p__value__sv=text).status_code == 303
    found = drafts(site)["snippet opening"]
    assert isinstance(found, Snippet)
    assert dict(found.value.values)["sv"] == text
    page = dora.get("edit/snippet/opening")
    assert "<script>alert" not in page.text
    assert dora.edit("snippet/opening").status_code == 303
    assert dict(drafts(site)["snippet opening"].value.values)["sv"] == text


HOSTILE = (
    {"do": "up:columns.99999999999"},
    {"do": "add:columns.0.attribute.x"},
    {"do": "drop:"},
    {"do": "down:nothing.0"},
    {"p.columns": "flat", "p.columns.0.attribute": "deep"},
    {"p.columns.0": "leaf", "p.columns.0.attribute.x.y": "deep"},
    {"p.": "x", "p..": "y", "p.~": "z"},
    {"p.filter.~": "1", "p.filter.all.0.all.0.all.0.~": "1"},
)
NOWHERE = ("edit/entity/nothing", "edit/nothing/extra", "rollback/99", "kind/nothing", "source/page/x/y")


def test_what_nobody_means_breaks_nothing(maker):
    dora = maker("dora")
    assert {path: dora.get(path).status_code for path in NOWHERE} == dict.fromkeys(NOWHERE, 404)
    form = dora.form("edit/view/extras", "base")
    for fields in HOSTILE:
        answer = dora.browser.client.post(form.action, data={**dict(form.fields), **fields})
        assert answer.status_code in (200, 303), fields
    deep = {f"p.filter.{'all.0.' * 3000}attribute": "x", "p.filter.~": "1"}
    assert dora.browser.client.post(form.action, data={**dict(form.fields), **deep}).status_code in (200, 303)
    text = "filter: " + "{all: [" * 45 + "{}" + "]}" * 45
    assert dora.send("source/view/extras", dora.form("source/view/extras", "yaml"), yaml=text).status_code == 422
    nested = "{" + '"filter":{"all":[' * 200 + "1" + "]}" * 200 + "}"
    settled = {**dict(form.fields), "mine": nested, "theirs": "1"}
    assert dora.browser.client.post("/studio/settle/view/extras", data=settled).status_code in (400, 422)
    for base in ("", "-1", "x", "9" * 40):
        assert dora.edit("view/extras", base=base).status_code == 400
    assert dora.get("edit/view/extras").status_code == 200


ODD = ("5", "05", " ", "a\nb", "null", "[1, 2", "\u2028", "\x07", "1e999", "9" * 400, "-", "true", "é", "{a: b}")


def test_a_value_of_any_sort_that_is_typed_is_kept_as_a_draft_and_comes_back(site, maker):
    dora = maker("dora")
    for number, typed in enumerate(ODD):
        sort = (*SORTS, "nonsense", "")[number % (len(SORTS) + 2)]
        answer = dora.edit("entity/berth", **{f"{DEFAULT}.~as": sort, f"{DEFAULT}.~is": typed})
        assert answer.status_code == 303, (sort, typed)
    before = data_of(site, "entity", "berth")
    assert dora.edit("entity/berth").status_code == 303
    assert data_of(site, "entity", "berth") == before


@pytest.mark.parametrize("sort", SORTS)
def test_what_is_typed_as_a_sort_of_value_is_shown_as_what_reads_the_same(sort):
    for typed in ODD:
        value = read_as(sort, typed)
        shown = sort_of(value)
        assert repr(read_as(shown, show_as(shown, value))) == repr(value), (sort, typed)


def test_a_value_has_the_type_that_is_chosen_for_it_and_needs_no_quotes(site, maker):
    dora = maker("dora")
    chosen = (("text", "5", "5"), ("number", "5", 5), ("number", "2.50", 2.5), ("yes", "", True), ("no", "left", False))
    several = (
        ("texts", "a, b\nc", ["a, b", "c"]),
        ("numbers", "1\n2.5", [1, 2.5]),
        ("values", "a\n2\ntrue\nnull", ["a", 2, True, None]),
    )
    for sort, typed, value in (*chosen, *several, ("empty", "left", ""), ("no_values", "left", [])):
        dora.edit("entity/berth", **{f"{DEFAULT}.~as": sort, f"{DEFAULT}.~is": typed})
        given = data_of(site, "entity", "berth")["attributes"][0]["default"]
        assert (given, type(given)) == (value, type(value))
    assert '<option value="no_values" selected>' in dora.get("design/entity/berth?at=attributes.0").text
    dora.edit("entity/berth", **{f"{DEFAULT}.~as": "text", f"{DEFAULT}.~is": ""})
    assert "default" not in data_of(site, "entity", "berth")["attributes"][0]


def test_properties_and_places_are_named_in_the_language_of_the_person(maker):
    dora = maker("dora")
    dora.edit("list/bookings", p__page_size="many")
    for language, size, label in (("", "Page size", "Label"), ("/sv-SE", "Rader per sida", "Etikett")):
        page = dora.browser.get(f"{language}/studio/edit/list/bookings")
        assert f'<label for="f-page_size">{size}' in page.text
        assert f">{label} " in page.text
        assert words(page).count(size) == 2  # above the fields, where the problem is told, and at the field


def test_the_sentence_at_a_field_and_its_words_to_choose_from_are_in_the_language_of_the_person(maker):
    dora = maker("dora")
    for language, told, word in (("", "Rows on a page.", "For themselves"), ("/sv-SE", "Rader på en sida.", "Egna")):
        page = dora.browser.get(f"{language}/studio/edit/list/bookings")
        assert f'id="f-page_size-help">{told}</span>' in page.text
        assert f'<option value="own">{word}</option>' in page.text
    assert "En lista: en eller flera vyer" in dora.browser.get("/sv-SE/studio/edit/list/bookings").text


def test_the_value_beside_a_number_begins_as_a_number(maker):
    dora = maker("dora")
    selected = '<option value="number" selected>'
    assert dora.get("design/entity/booking?at=attributes.8").text.count(selected) == 3  # smallest, largest, of a new row
    assert selected not in dora.get("design/entity/booking?at=attributes.0").text


def test_a_type_that_is_no_word_is_edited_all_the_same(maker):
    dora = maker("dora")
    dora.send("source/entity/berth", dora.form("source/entity/berth", "yaml"), yaml="attributes: [{key: a, type: [b]}]")
    assert dora.get("edit/entity/berth").status_code == 200
    assert dora.get("design/entity/berth?at=attributes.0").status_code == 200


def test_the_value_of_a_choice_is_chosen_from_its_options(site, maker):
    dora = maker("dora")
    path, at = "design/view/bookings-all?at=filter.all.0", "filter.all.0"
    step(dora, "view/bookings-all", "condition:filter")
    value = f"p.{at}.value"
    step(dora, "view/bookings-all", "set", at=at, **{f"p.{at}.attribute": "status"})
    assert '<option value="moored">Moored</option>' in dora.get(path).text
    step(dora, "view/bookings-all", "set", at=at, **{f"{value}.~is": "moored"})
    assert data_of(site, "view", "bookings-all")["filter"]["all"][0] == {"attribute": "status", "value": "moored"}
    assert "Status is Moored" in words(dora.get(path))
    step(
        dora, "view/bookings-all", "set", at=at, **{f"p.{at}.operator": "in", f"{value}.~as": "texts", f"{value}.~is": "moored"}
    )
    boxes = dora.get(path).text
    assert 'type="checkbox" id="f-filter.all.0.value.2" name="p.filter.all.0.value.~is" value="moored" checked' in boxes
    assert data_of(site, "view", "bookings-all")["filter"]["all"][0]["value"] == ["moored"]


def test_a_part_that_was_just_added_is_not_reproached_for_being_empty(maker):
    dora = maker("dora")
    added = dora.edit("choice/mooring", ("do", "add:options"))
    assert 'name="p.options.4.value"' in added.text
    assert "A value is required here" not in words(added)
    saved = dora.send("edit/choice/mooring", dora.form_in(added), p__options__4__label__any="Sunk")
    assert saved.status_code == 303
    assert "A value is required here" in words(dora.get("edit/choice/mooring"))


def test_yaml_is_shown_with_the_lines_at_fault(maker):
    dora = maker("dora")
    form = dora.form("source/choice/mooring", "yaml")
    dora.send("source/choice/mooring", form, yaml="key: mooring\noptions:\n- value: a\n- label: b\n")
    page = dora.get("source/choice/mooring")
    assert 'data-line="4"' in page.text
    assert f"Line 4, Options{STEP}b{STEP}Value : A value is required" in words(page)
    unread = dora.send("source/choice/mooring", dora.form("source/choice/mooring", "yaml"), yaml="key: a\nb: [\nc: d\n")
    assert (unread.status_code, "Line 4 : This is not valid YAML" in words(unread)) == (422, True)


def test_a_secret_that_is_written_out_is_thrown_away_and_not_kept(site, maker):
    dora = maker("dora")
    dora.send("new/identity_provider", dora.form("new/identity_provider", "name"), name="Guild", key="guild")
    provider = "edit/identity_provider/guild"
    assert "http://portal.example/signin/with/guild/back" in dora.get(provider).text
    assert "/signin/with/guild/ended" not in dora.get(provider).text
    given = {"p__issuer": "https://guild.example", "p__client_secret": "xyzzy-plugh"}
    dora.edit("identity_provider/guild", **given)
    page = dora.get(provider).text
    assert ("xyzzy" in page, "client_secret was not kept" in page) == (False, True)
    assert "https://guild.example" in page, "all else is saved"
    yaml = "key: guild\nlabel: Guild\nissuer: https://guild.example\nclient_secret: xyzzy-plugh\nsign_out: true\n"
    form = dora.form("source/identity_provider/guild", "yaml")
    dora.send("source/identity_provider/guild", form, yaml=yaml)
    assert "client_secret was not kept" in dora.get(provider).text
    dora.send("new/connection", dora.form("new/connection", "name"), name="Tills", key="tills")
    yaml = "key: tills\nlabel: Tills\nconnector: odata\nsettings: {url: 'https://till.example', password: xyzzy-plugh}\n"
    form = dora.form("source/connection/tills", "yaml")
    dora.send("source/connection/tills", form, yaml=yaml)
    assert "password was not kept" in dora.get("edit/connection/tills").text
    with site.engine.connect() as connection:
        bodies = " ".join(connection.scalars(sa.text("SELECT body FROM foyer_revision")))
    assert "xyzzy" not in bodies
    assert dora.edit("identity_provider/guild", **{**given, "p__client_secret": "${GUILD_SECRET}"}).status_code == 303
    dora.edit("identity_provider/guild", p__issuer="guild")
    assert "it is written as in https://login.example.com/tenant" in dora.get(provider).text


def test_the_parts_of_a_search_are_completed_from_the_entity_that_each_names(site, maker):
    dora = maker("dora")
    dora.send("new/search", dora.form("new/search", "key"), key="finder")
    searched = "[{entity: berth, attributes: [{attribute: number}], facets: [{attribute: number}]}]"
    form = dora.form("source/search/finder", "yaml")
    assert dora.send("source/search/finder", form, yaml=f"entities: {searched}\n").status_code == 303
    page = dora.get("edit/search/finder").text
    for place in ("attributes", "facets"):
        field = page.partition(f'name="p.entities.0.{place}.0.attribute"')
        around = f"{field[0].rpartition('<')[2]}{field[2].partition('>')[0]}"
        assert 'list="offer-own-berth"' in around, place
    offered = page.partition('<datalist id="offer-own-berth">')[2].partition("</datalist>")[0]
    assert '<option value="number">Berth</option>' in offered
    assert "." not in "".join(part.partition('"')[0] for part in offered.split('value="')[1:])
    assert (
        dora.edit("search/finder", p__entities__0__entity="Berth", p__entities__0__facets__0__attribute="Depth").status_code
        == 303
    )
    entity = data_of(site, "search", "finder")["entities"][0]
    assert (entity["entity"], entity["facets"][0]["attribute"]) == ("berth", "depth")
