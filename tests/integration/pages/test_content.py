"""What makers wrote: texts, snippets, tiles, pages in a tree, menus, languages."""

import re
from dataclasses import replace

import pytest

from metadata.model import Block, Page, PageTemplate, Snippet, Tile, WebLink, WebLinkSet
from metadata.store import MetadataStore
from metadata.text import Text
from support.marina import MARINA


def main(page) -> str:
    return page.text.split("<main")[1].split("</main>")[0]


def menu(page) -> list[str]:
    nav = re.search(r'<nav class="site-nav".*?</nav>', page.text, re.S)[0]
    return re.findall(r'href="([^"#]+)"', nav)


def page_of(key: str) -> Page:
    return next(part for part in MARINA if isinstance(part, Page) and part.key == key)


def republish(site, *changed) -> None:
    MetadataStore(site.engine).publish("tester", components=changed)


def test_markdown_becomes_html_and_markup_in_it_becomes_text(site):
    page = main(site.as_("alice").get("/"))
    assert "<h2>Mind the <em>tide</em></h2>" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_page_is_called_by_its_title_or_by_its_name(site):
    browser = site.as_("alice")
    assert "<h1><bdi>Welcome ashore</bdi></h1>" in browser.get("/").text
    assert "<h1><bdi>Bookings</bdi></h1>" in browser.get("/bookings").text


def test_a_snippet_speaks_the_pages_language_and_falls_back(site):
    browser = site.as_("alice")
    assert "Open from <em>six</em>" in browser.get("/").text
    assert "Öppet från <em>sex</em>" in browser.get("/sv-SE/").text
    republish(site, Snippet(key="opening", value=Text.of({"en": "Open *late*"}), format="markdown"))
    assert "Open <em>late</em>" in browser.get("/sv-SE/").text


def test_labels_of_columns_and_choices_speak_the_pages_language(site):
    site.book("B-1", status="moored")
    page = site.as_("alice").get("/sv-SE/bookings")
    assert "Avgift, SEK" in page.text
    assert "Förtöjd</span>" in page.text
    assert 'href="/sv-SE/bookings/B-1"' in page.text
    assert "1\u00a0250,50" in page.text


def test_the_language_links_keep_the_page_and_what_is_asked_of_it(site):
    page = site.as_("alice").get("/bookings?sort=-number")
    assert 'href="/sv-SE/bookings?sort=-number"' in page.text


def test_a_tile_counts_what_the_person_may_read(site):
    for number, skipper in (("B-1", "alice"), ("B-2", "bob"), ("B-3", "carol")):
        site.book(number, skipper)
    assert '<div class="figure">2</div>' in site.as_("alice").get("/").text
    assert '<div class="figure">3</div>' in site.as_("dora").get("/").text


def test_a_tile_leads_to_the_rows_that_it_counts(site):
    moored = Tile(label=Text.of("Moored"), page="bookings", view="bookings-moored")
    first = Tile(label=Text.of("All"), page="bookings", view="bookings-all")
    elsewhere = Tile(label=Text.of("Berths"), page="office", view="berths-all")
    republish(site, replace(page_of("home"), blocks=(Block(type="tiles", tiles=(moored, first, elsewhere)),)))
    site.book("B-1", status="moored")
    site.book("B-2", status="asked")
    assert re.findall(r'href="([^"]+)"', main(site.as_("dora").get("/"))) == [
        "/bookings?view=bookings-moored",
        "/bookings",
        "/office",
    ]
    page = site.as_("dora").get("/bookings?view=bookings-moored")
    assert ("B-1</a>" in page.text, "B-2</a>" in page.text) == (True, False)


def test_a_tile_leads_to_the_list_of_its_view_where_a_page_has_several(site):
    tile = Block(type="tiles", tiles=(Tile(label=Text.of("Moored"), page="bookings", view="bookings-moored"),))
    lists = (Block(type="list", list="berths"), Block(type="list", list="bookings"))
    republish(site, replace(page_of("home"), blocks=(tile,)), replace(page_of("bookings"), blocks=lists))
    site.book("B-1", status="moored")
    site.book("B-2", status="asked")
    [address] = re.findall(r'href="([^"]+)"', main(site.as_("dora").get("/")))
    page = site.as_("dora").get(address)
    assert ("B-1</a>" in page.text, "B-2</a>" in page.text) == (True, False)


def test_a_tile_of_a_view_without_readable_rows_has_no_figure(site):
    page = main(site.as_("erin").get("/"))
    assert 'href="/bookings"' in page
    assert "figure" not in page


def test_a_tile_of_a_page_that_the_person_may_not_read_is_left_out(site):
    assert "/office" not in main(site.as_("alice").get("/"))
    assert 'href="/office"' in main(site.as_("dora").get("/"))


def test_where_no_tile_is_left_the_page_says_so_and_what_to_do(site):
    office = Block(type="tiles", tiles=(Tile(label=Text.of("Office"), page="office"),))
    republish(site, replace(page_of("home"), blocks=(office,)))
    assert "has no rights here so far" in main(site.as_("alice").get("/"))
    assert "inga rättigheter" in main(site.as_("alice").get("/sv-SE/"))
    assert 'href="/office"' in main(site.as_("dora").get("/"))
    stranger = main(site.app.test_client().get("/"))
    assert "belongs to people who are signed in" in stranger
    assert 'href="/signin"' in stranger


@pytest.mark.parametrize("template", ["denied", "missing"])
def test_a_page_about_a_refusal_says_what_to_do_next(site, template):
    state = PageTemplate(key="state", site="marina", template=f"pages/{template}.html")
    republish(site, state, replace(page_of("terms"), template="state", summary=Text.of("Ask us.")))
    page = main(site.as_("alice").get("/terms"))
    assert "<h1>By itself</h1>" in page
    assert "<p>Ask us.</p>" in page
    assert 'href="/">Back to home</a>' in page
    assert '<span class="figure' in page
    assert "/signin" not in page
    assert 'href="/signin"' in main(site.app.test_client().get("/terms"))


def test_menus_leave_out_drafts_and_pages_that_the_person_may_not_read(site):
    assert menu(site.as_("alice").get("/")) == ["/", "/bookings", "/bookings/new", "/berths", "https://weather.example/"]
    assert "/office" in menu(site.as_("dora").get("/"))


def test_a_link_that_is_always_shown_is_there_for_who_may_not_read_its_page(site):
    links = (WebLink(page="office"), WebLink(page="home"), WebLink(page="draft"))
    republish(site, WebLinkSet(key="main", links=links))
    assert menu(site.as_("alice").get("/")) == ["/"]
    republish(site, WebLinkSet(key="main", links=tuple(replace(link, always=True) for link in links)))
    assert menu(site.as_("alice").get("/")) == ["/office", "/", "/season"]
    assert [site.as_("alice").get(path).status_code for path in ("/office", "/season")] == [403, 404]


def test_a_hidden_page_is_there_for_those_who_know_its_address(site):
    assert site.as_("alice").get("/both").status_code == 200


def test_a_draft_is_not_there(site):
    assert site.as_("alice").get("/season").status_code == 404


def test_a_page_template_chosen_by_the_page_shows_it(site):
    page = main(site.as_("alice").get("/terms"))
    assert '<div class="panel reading">' in page
    assert "<h1><bdi>By itself</bdi></h1>" in page


def test_links_of_texts_find_pages_by_marker_and_key_in_the_pages_language(site):
    browser = site.as_("alice")
    assert re.findall(r'href="([^"]+)"', main(browser.get("/terms")).split("reading")[1]) == [
        "/berths",
        "/bookings",
        "/terms",
        "https://away.example/",
    ]
    assert re.findall(r'href="([^"]+)"', main(browser.get("/sv-SE/terms")).split("reading")[1]) == [
        "/sv-SE/berths",
        "/sv-SE/bookings",
        "/sv-SE/terms",
        "https://away.example/",
    ]


def test_a_moved_page_is_found_by_its_marker(site):
    moved = page_of("berths")
    MetadataStore(site.engine).publish("tester", components=[replace(moved, partial_url="piers")])
    page = main(site.as_("alice").get("/terms"))
    assert 'href="/piers"' in page
    assert 'href="/berths"' not in page
