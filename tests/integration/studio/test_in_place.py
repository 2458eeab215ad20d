"""Texts edited in their place: who sees where that can be done, what is saved, and that nobody else's page changes."""

import re
from dataclasses import replace

import pytest

from metadata.model import Block, Page, Snippet, WebTemplate
from metadata.store import MetadataStore
from metadata.text import Text
from support.marina import SITE, text
from support.studio import data_of, form_of, words

NOTICE = Snippet(key="notice", site="marina", value=Text.of({"en-US": "Mind the step", "sv-SE": "Se upp"}))
TALK = WebTemplate(key="talk", source="<p>{{ snippets['notice'] }}</p>")
QUAY = Page(
    key="quay",
    site="marina",
    label=text("Quay"),
    parent="home",
    partial_url="quay",
    blocks=(
        Block(type="text", text=text("Ships **land** here.")),
        Block(type="snippet", snippet="notice"),
        Block(type="component", web_template="talk"),
    ),
)


@pytest.fixture
def quay(site):
    store = MetadataStore(site.engine)
    store.save([NOTICE, TALK, QUAY], "tester")
    store.publish("tester", "a quay")
    return site


def turn(maker, do="on", back="/quay"):
    return maker.browser.post("/studio/in-place", {"do": do, "back": back})


def pencils(answer):
    return [word for word in answer.text.split('"') if word.startswith("/studio/texts/")]


def test_a_text_is_edited_from_the_page_and_seen_there_with_the_drafts(quay, maker):
    dora = maker("dora")
    assert "Edit this page" in dora.browser.get("/quay").text
    assert pencils(dora.browser.get("/quay")) == []
    at = turn(dora).location
    assert at == f"/studio/as/draft/contact-{quay.people['dora']}/quay"
    page = dora.browser.get(at)
    assert "You are editing the texts of this page." in words(page)
    assert "Text, place 1" in words(page)
    assert "Web template, place 3" in words(page)
    assert "Nothing is saved" not in page.text
    assert "The forms and buttons of the page do nothing here." in page.text
    by_text = next(url for url in pencils(page) if "blocks.0" in url).replace("&amp;", "&")
    editor = dora.browser.get(by_text)
    assert "Ships **land** here." in editor.text
    saved = dora.send("", form_of(editor, "part"), p__blocks__0__text__any="Boats **rest** here.")
    assert (saved.status_code, saved.location) == (303, at)
    assert "Boats rest here." in words(dora.browser.get(at))
    assert "Ships land here." in words(quay.stranger().get("/quay"))
    held = data_of(quay, "page", "quay")
    assert [block["type"] for block in held["blocks"]] == ["text", "snippet", "component"]
    assert held["partial_url"] == "quay"
    assert turn(dora, "off", at).location == "/quay"
    assert pencils(dora.browser.get("/quay")) == []


def test_a_snippet_is_edited_in_each_language_and_told_of_where_a_web_template_shows_it(quay, maker):
    dora = maker("dora")
    page = dora.browser.get(turn(dora).location)
    urls = [url for url in pencils(page) if url.startswith("/studio/texts/snippet/notice?")]
    assert len(urls) == 2  # above its block, and on the bar, for the template
    form = form_of(dora.browser.get(urls[0].replace("&amp;", "&")), "part")
    assert dora.send("", form, **{"p.value.sv-SE": "", "p.value.en-US": "Mind the gap"}).status_code == 303
    assert data_of(quay, "snippet", "notice")["value"] == {"en-US": "Mind the gap"}


def test_who_writes_without_looking_through_eyes_edits_from_what_is_served(quay, maker):
    carol = maker("carol")
    assert turn(carol).location == "/quay"
    page = carol.browser.get("/quay")
    assert any("/page/quay?" in url for url in pencils(page))
    form = form_of(carol.get("texts/page/quay?back=/quay"), "part")
    assert carol.send("", form, p__summary__any="Where ships land").location == "/quay"
    assert data_of(quay, "page", "quay")["summary"] == "Where ships land"


def test_two_at_the_same_text_are_asked_and_two_at_others_are_merged(quay, maker):
    dora, carol = maker("dora"), maker("carol")
    here = "texts/page/quay?part=blocks.0&back=/quay"
    mine, theirs = form_of(dora.get(here), "part"), form_of(carol.get(here), "part")
    head = form_of(dora.get("texts/page/quay?back=/quay"), "part")
    assert carol.send("", theirs, p__blocks__0__text__any="Carol's").status_code == 303
    asked = dora.send("", mine, p__blocks__0__text__any="Dora's")
    assert asked.status_code == 409
    assert "Carol's" in words(asked)
    assert dora.send("", head, p__title__any="The quay").status_code == 303
    held = data_of(quay, "page", "quay")
    assert (held["blocks"][0]["text"], held["title"]) == ("Carol's", "The quay")


def test_nobody_without_the_right_sees_or_does_any_of_it(quay, maker):
    bob, alice = maker("bob"), quay.as_("alice")
    for browser in (bob.browser, alice, quay.stranger()):
        page = browser.get("/quay").text
        assert "Edit this page" not in page
        assert "in-place" not in page
    assert turn(bob).status_code == 403
    assert bob.get("texts/page/quay").status_code == 403
    assert alice.get("/studio/texts/page/quay").status_code == 403
    assert quay.stranger().get("/studio/texts/page/quay").status_code == 302
    dora = maker("dora")
    assert dora.get("texts/view/mine").status_code == 404
    assert dora.get("texts/page/nothing").status_code == 404


def test_through_a_customers_eyes_the_pencils_are_those_of_who_looks_and_lead_out(quay, maker):
    dora = maker("dora")
    turn(dora)
    as_alice = f"/studio/as/draft/contact-{quay.people['alice']}/quay"
    assert pencils(dora.browser.get(as_alice))
    assert "Edit this page" not in dora.browser.get(as_alice).text
    # What is served already, or was once, is not what would be edited.
    assert pencils(dora.browser.get(as_alice.replace("draft", "served"))) == []


def test_a_customers_page_asks_the_database_no_more_than_before(quay, maker):
    alice, dora = quay.as_("alice"), maker("dora")
    dora.browser.get("/quay"), alice.get("/quay")
    counts = []
    turn(dora, "off")
    for browser in (alice, dora.browser):
        with quay.counting() as seen:
            browser.get("/quay")
        counts.append(len(seen))
    turn(dora)
    with quay.counting() as seen:
        assert pencils(dora.browser.get("/quay"))
    assert [len(seen), len(seen)] == counts


def test_another_address_than_this_site_s_is_not_gone_to(quay, maker):
    dora = maker("dora")
    assert turn(dora, "off", "https://evil.example/").location == "/"
    form = form_of(dora.get("texts/page/quay?back=//evil.example"), "part")
    assert "evil.example" not in dora.send("", form, p__title__any="x").location


def test_a_part_that_the_draft_no_longer_has_leads_to_the_texts_of_the_page(quay, maker):
    MetadataStore(quay.engine).save([replace(QUAY, blocks=QUAY.blocks[:1])], "tester")
    page = maker("carol").get("texts/page/quay?part=blocks.2&back=/quay")
    assert page.status_code == 200
    assert 'name="p.title.any"' in page.text


TOP = WebTemplate(key="top", source="<p>{{ snippets['notice'] }}</p>")
LOW = WebTemplate(key="low", source="<p>{{ snippets['hours'] }}</p>")
HOURS = Snippet(key="hours", site="marina", value=Text.of("Open at 8"))


def published(site, *components):
    store = MetadataStore(site.engine)
    store.save(components, "tester")
    store.publish("tester", "what is around")


def places(answer, name):
    """Where the pencils of a part of the frame lead, without where they come back to."""
    held = re.split(f'<aside class="wrap pencils[^"]*" aria-label="{name}">', answer.text, maxsplit=1)[1:]
    links = re.findall(r'href="(/[^"]+)"', held[0].partition("</aside>")[0]) if held else []
    return [url.partition("?")[0] for url in links]


def test_the_menu_and_the_look_of_the_site_have_pencils_for_those_who_may_edit_them(quay, maker):
    dora, carol, menu = maker("dora"), maker("carol"), "/studio/edit/web_link_set/main"
    page = dora.browser.get(turn(dora).location)
    assert places(page, "Header and menu") == ["/studio/edit/site/marina", menu]
    turn(carol)
    page = carol.browser.get("/quay")
    assert places(page, "Header and menu") == [menu]
    assert carol.browser.get(menu).status_code == 200
    assert places(page, "Footer") == []
    turn(carol, "off")
    assert "pencils" not in carol.browser.get("/quay").text
    assert "pencils" not in quay.stranger().get("/quay").text


def test_snippets_of_the_header_and_the_footer_are_edited_from_where_they_stand(quay, maker):
    published(quay, TOP, LOW, HOURS, replace(SITE, header="top", footer="low", footer_menu="main"))
    dora, carol, menu = maker("dora"), maker("carol"), "/studio/edit/web_link_set/main"
    page = dora.browser.get(turn(dora).location)
    notice, hours = "/studio/texts/snippet/notice", "/studio/texts/snippet/hours"
    assert places(page, "Header and menu") == [notice, "/studio/edit/web_template/top", menu]
    assert places(page, "Footer") == [hours, "/studio/edit/web_template/low", menu]
    turn(carol)
    page = carol.browser.get("/quay")
    assert places(page, "Header and menu") == [notice, menu]
    assert places(page, "Footer") == [hours, menu]
    link = next(url for url in pencils(page) if "/hours?" in url).replace("&amp;", "&")
    saved = carol.send("", form_of(carol.browser.get(link), "part"), p__value__any="Open at 9")
    assert (saved.status_code, saved.location) == (303, "/quay")
    assert data_of(quay, "snippet", "hours")["value"] == "Open at 9"


def test_what_stands_in_the_frame_is_not_told_among_the_texts_of_the_page(quay, maker):
    published(quay, LOW, HOURS, replace(SITE, footer="low"))
    carol = maker("carol")
    turn(carol)
    page = carol.browser.get("/quay").text
    bar = page.partition('<aside class="note" aria-label="You are editing')[2].partition("</aside>")[0]
    assert "/studio/texts/page/quay" in bar
    assert "hours" not in bar
    assert page.count("/studio/texts/snippet/hours?") == 1
