"""From drafts to a release: who may, what is checked, what is served, and the way back."""

import json
import re
from html import unescape

import pytest
import sqlalchemy as sa

from metadata.model import Choice, Option
from metadata.store import EditedMeanwhile, MetadataStore
from runtime.app import create_app
from runtime.records.tables import AUDIT
from runtime.studio.bench import Workshop
from runtime.studio.places import STEP
from support.portal import Browser
from support.studio import Maker, words

SECRET_PAGES = (
    "",
    "kind/page",
    "edit/page/home",
    "source/page/home",
    "uses/page/home",
    "publish",
    "history",
    "find?q=home&as=json",
)


def statuses(maker: Maker, *paths: str) -> set[int]:
    return {maker.get(path).status_code for path in paths}


def test_the_studio_is_for_those_whose_role_opens_it_and_each_right_for_its_kinds(site, maker):
    stranger = Maker(site.stranger())
    assert {stranger.get(path).location.partition("?")[0] for path in SECRET_PAGES} == {"/signin"}
    assert statuses(maker("alice"), *SECRET_PAGES) == {403}
    assert "studio" not in site.as_("alice").get("/").text
    carol, bob, dora = maker("carol"), maker("bob"), maker("dora")
    assert statuses(carol, *SECRET_PAGES) == {200}
    assert statuses(dora, *SECRET_PAGES) == {200}
    assert statuses(bob, "edit/page/home", "kind/page", "new/page", "delete/page/home", "history/page/home") == {403}
    assert statuses(carol, "edit/entity/berth", "source/web_role/chief", "rename/entity/berth", "new/web_role") == {403}
    assert "booking-edit" not in carol.get("find?q=booking-edit&as=json").get_json()["components"]
    stolen = dora.form("edit/web_role/skipper", "base")
    posted = {**dict(stolen.fields), "p.studio": "security"}
    token = dict(carol.form("edit/page/home", "base").fields)["csrf_token"]
    assert carol.browser.client.post(stolen.action, data={**posted, "csrf_token": token}).status_code == 403
    assert carol.browser.client.post("/studio/edit/page/home", data={"base": "1"}).status_code == 400
    assert MetadataStore(site.engine).drafts() == {}


def test_a_draft_is_served_from_the_next_request_once_it_is_published(site, maker):
    dora, visitor = maker("dora"), site.as_("alice")
    dora.send("new/entity", dora.form("new/entity", "key"), key="pontoon")
    page = dora.edit("entity/pontoon", ("do", "add:attributes"), p__label__any="Pontoon")
    typed = {"p__attributes__0__key": "name", "p__attributes__0__type": "text", "p__primary_name": "name"}
    dora.send("edit/entity/pontoon", dora.form_in(page), **typed)
    dora.edit("page/terms", p__title__any="House rules")
    assert "House rules" not in visitor.get("/terms").text
    waiting = dora.get("publish")
    assert "Entity: Pontoon" in words(waiting)
    assert "House rules" in words(waiting)
    assert "+ create table pontoon" in waiting.text
    assert "It fits together and can be shown." in waiting.text
    done = dora.publish(note="A pontoon")
    assert (done.status_code, done.location) == (303, "/studio/publish")
    assert "House rules" in visitor.get("/terms").text
    assert sa.inspect(site.engine).has_table("pontoon")
    release = MetadataStore(site.engine).releases()[0]
    assert (release.id, release.note, release.author) == (2, "A pontoon", f"Dora ({site.people['dora']})")
    with site.engine.connect() as connection:
        trail = connection.execute(sa.select(AUDIT).where(AUDIT.c.origin == "admin").order_by(AUDIT.c.id)).all()
    assert [row.privilege for row in trail] == ["draft", "draft", "draft", "publish"]
    assert {row.contact for row in trail} == {site.people["dora"]}
    assert json.loads(trail[-1].changes)["components"] == ["entity pontoon", "page terms"]


def test_a_wrong_release_is_refused_with_the_place_and_the_old_one_serves_on(site, maker):
    dora, visitor = maker("dora"), site.as_("alice")
    dora.edit("page/terms", p__title__any="House rules", p__parent="hom")
    page = dora.get("publish")
    told = re.sub(r"<[^>]+>", "", words_beside(page))
    assert "Page Terms, Parent: There is no page 'hom' in the site marina. Did you mean 'home'?" in told
    assert 'href="/studio/edit/page/terms#f-parent"' in page.text
    refused = dora.publish()
    assert refused.status_code == 422
    assert "Nothing was published." in refused.text
    dora.edit("view/extras", p__entity="")
    assert dora.publish().status_code == 422
    assert MetadataStore(site.engine).current_release() == 1
    assert visitor.get("/terms").status_code == 200
    assert "House rules" not in visitor.get("/terms").text


def words_beside(page):
    return page.text.partition("<aside")[2].replace("&#39;", "'")


def test_some_of_what_waits_is_published_and_nobody_publishes_more_than_they_may(site, maker):
    dora, carol, bob = maker("dora"), maker("carol"), maker("bob")
    dora.edit("entity/berth", p__description__any="Where a boat lies")
    carol.edit("page/terms", p__title__any="House rules")
    form = bob.form("publish", "chosen")
    assert bob.send("publish", form, ("do", "publish")).status_code == 403
    carols = carol.form("publish", "chosen")
    assert "Entity: Berth" not in words(carol.get("publish"))
    assert carol.send("publish", carols, ("do", "publish"), chosen=dict(form.fields)["chosen"]).status_code == 409
    assert carol.send("publish", carols, ("do", "publish")).status_code == 303
    store = MetadataStore(site.engine)
    assert [str(name) for name in store.drafts()] == ["entity berth"]
    seen = dora.form("publish", "chosen")
    dora.edit("entity/berth", p__description__any="Where boats lie")
    late = dora.send("publish", seen, ("do", "publish"))
    assert late.status_code == 409
    with pytest.raises(EditedMeanwhile):
        store.publish_some(dict.fromkeys(store.drafts(), 2), "late")
    assert store.current_release() == 2


def test_going_back_as_a_whole_and_for_one_component(site, maker):
    dora, carol, visitor = maker("dora"), maker("carol"), site.as_("alice")
    for title in ("House rules", "Harbour rules"):
        dora.edit("page/terms", p__title__any=title)
        dora.edit("view/extras", p__label__any=title)
        dora.publish()
    history = dora.get("history/page/terms")
    assert "By itself" in words(history)
    assert "Harbour rules" in words(history)
    form = dora.form_in(history, "csrf_token")
    assert dora.send("history/page/terms", form, ("release", "2")).status_code == 303
    assert "House rules" in visitor.get("/terms").text
    assert "In force" in words(dora.get("history"))
    page = dora.get("rollback/1")
    assert "By itself" in words(page)
    assert carol.send("rollback/1", carol.form("rollback/1", "csrf_token")).status_code == 403
    assert dora.send("rollback/1", dora.form("rollback/1", "note")).status_code == 303
    assert "By itself" in visitor.get("/terms").text
    assert dora.send("history/page/terms", dora.form("history/page/terms", "csrf_token"), ("number", "2")).status_code == 303
    assert "House rules" in dora.get("edit/page/terms").text
    assert MetadataStore(site.engine).current_release() == 5


def test_copy_rename_delete_and_discard_with_their_uses_shown_first(site, maker):
    dora = maker("dora")
    assert f"Bookings List Views{STEP}bookings-all" in words(dora.get("uses/view/bookings-all"))
    used = words(dora.get("uses/entity/berth"))
    assert f"depth View: All bookings Columns{STEP}berth.depth{STEP}Attribute" in used
    assert f"number View: Berths Columns{STEP}number{STEP}Attribute" in used
    dora.send("copy/view/bookings-all", dora.form("copy/view/bookings-all", "key"), key="bookings-some")
    asked = dora.get("rename/view/bookings-moored")
    assert "1 place is changed with it" in words(asked)
    dora.send("rename/view/bookings-moored", dora.form_in(asked, "key"), key="bookings-lying")
    assert dora.publish().status_code == 303
    store = MetadataStore(site.engine)
    released = {str(name): item for name, item in store.released().items()}
    assert released["list bookings"].views == ("bookings-all", "bookings-lying")
    assert released["view bookings-some"].columns == released["view bookings-all"].columns
    assert "view bookings-moored" not in released
    assert "2 places name it" in words(dora.get("delete/view/bookings-all"))
    dora.send("delete/view/bookings-all", dora.form("delete/view/bookings-all", "csrf_token"))
    assert "taken away at the next publishing" in words(dora.get("edit/view/bookings-all"))
    assert "To be deleted" in words(dora.get("publish"))
    assert dora.publish().status_code == 422
    dora.send("discard/view/bookings-all", dora.form("edit/view/bookings-all", "csrf_token"))
    assert dora.get("edit/view/bookings-all").status_code == 200
    assert "Nothing waits" in words(dora.get("publish"))
    assert "bookings-moored" in words(dora.get("kind/view"))
    past = dora.form("history/view/bookings-moored", "csrf_token")
    assert dora.send("history/view/bookings-moored", past, ("number", "1")).status_code == 303
    assert "New" in words(dora.get("edit/view/bookings-moored"))


def test_a_large_site_is_judged_near_what_is_looked_at_and_whole_before_publishing(site, maker, monkeypatch):
    monkeypatch.setattr("runtime.studio.bench.SMALL", 0)
    dora = maker("dora")
    dora.edit("list/bookings", p__create_page="booking-nw")
    assert "Did you mean &#39;booking-new&#39;?" in dora.get("edit/list/bookings").text
    bench = Workshop(site.engine).bench()
    near = {name: found for name in bench.items if (found := bench.told(name))}
    assert dict(bench.problems) == near
    assert "The checks of a large site take some seconds." in dora.get("publish").text
    assert "booking-nw" in words_beside(dora.publish("check"))
    assert dora.publish().status_code == 422


def test_every_process_serves_a_release_on_its_next_request_and_folders_go_past_unfinished_drafts(site, maker):
    visitor = Browser(create_app(site.app.extensions["foyer"].config).test_client())
    assert "House rules" not in visitor.get("/terms").text
    dora = maker("dora")
    dora.edit("page/terms", p__title__any="House rules")
    dora.edit("view/extras", p__entity="")
    form = dora.form("publish", "chosen")
    terms = next(value for name, value in form.fields if name == "chosen" and "terms" in value)
    assert dora.send("publish", form, ("do", "publish"), chosen=terms).status_code == 303
    assert "House rules" in visitor.get("/terms").text
    store = MetadataStore(site.engine)
    sound = {str(name): item for name, item in store.readable().items()}
    assert sound["view extras"].entity == "extra"
    assert len(sound) == len(store.released())


def test_values_are_lost_only_where_somebody_says_so(site, maker):
    dora = maker("dora")
    site.book("B-1")
    dora.edit("entity/booking", ("do", "save"), p__attributes__10__type="integer")
    assert "!" in words_beside(dora.get("publish")) or "blocked" in dora.get("publish").text
    assert dora.publish().status_code == 422
    assert MetadataStore(site.engine).current_release() == 1


REFUSED = [
    ("", "change column booking.note from", "losing 1 value that cannot be converted", "The change would lose values"),
    (
        "/sv-SE",
        "ändra kolumnen booking.note från",
        "förlorar 1 värde som inte kan omvandlas",
        "Ändringen skulle förlora värden",
    ),
]


@pytest.mark.parametrize(("language", "step", "lost", "refusal"), REFUSED)
def test_what_changes_in_the_database_and_why_not_is_told_in_the_language_of_the_page(
    site, maker, language, step, lost, refusal
):
    dora = maker("dora")
    site.book("B-1", note="by the pier")
    dora.edit("entity/booking", ("do", "save"), p__attributes__10__type="integer")
    told = unescape(dora.browser.get(f"{language}/studio/publish").text)
    assert step in told
    assert lost in told
    form = dora.form("publish", "chosen")
    data = {**dict(form.fields), "do": "publish"}
    answer = dora.browser.client.post(f"{language}/studio/publish", data=data)
    assert (answer.status_code, refusal in answer.text) == (422, True)


@pytest.mark.parametrize("language", ["", "/sv-SE"])
def test_the_page_at_hand_and_what_it_is_below_are_marked_on_the_left(maker, language):
    dora = maker("dora")

    def marked(path):
        tree = dora.browser.get(f"{language}/studio/{path}").text.partition('id="tree"')[2].partition("</nav>")[0]
        return re.findall(r'href="(?:/sv-SE)?/studio/([^"]*)" aria-current="(\w+)"', tree)

    assert ("people", "page") in marked("people")
    assert ("people", "true") in marked("people/new")
    assert ("people", "true") not in marked("audit")
    assert ("permissions", "true") in marked("permissions/contact")


def test_numbers_in_names_are_sorted_as_numbers(site, maker):
    names = ["dock_10", "dock_9", "dock_100"]
    MetadataStore(site.engine).save(tuple(Choice(key=name, options=(Option(value="a"),)) for name in names), "dora", "drafts")
    page = maker("dora").get("kind/choice").text
    found = [name for name in re.findall(r"/studio/edit/choice/(\w+)", page.partition("<main")[2]) if name.startswith("dock")]
    assert list(dict.fromkeys(found)) == ["dock_9", "dock_10", "dock_100"]


def test_a_search_names_what_bears_the_name_first(maker):
    found = maker("dora").get("find?q=booking&as=json").get_json()["components"]
    labels = [item["label"].casefold() for item in found]
    near = [0 if label == "booking" else 1 if label.startswith("booking") else 2 for label in labels]
    assert (near[0], near) == (0, sorted(near))


def test_the_history_of_a_component_tells_what_a_release_held_and_what_is_in_force(site, maker):
    carol = maker("carol")
    carol.edit("page/terms", p__order="3")
    carol.edit("page/terms", p__order="4")
    assert maker("dora").publish().status_code == 303
    carol.edit("page/terms", p__order="5")
    told = words(maker("dora").get("history/page/terms"))
    assert told.count("since release 2") == 1, "the first of the two drafts was never released"
    newest, served, *_ = told.split("Revision ")[1:]
    assert "In force" not in newest
    assert "In force" in served
    assert "As in release" not in served
