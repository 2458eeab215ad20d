"""What search engines find: the site map, robots.txt, and the head of public pages; never a word of what is not public."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from metadata.model import Page, Site
from metadata.store import MetadataStore
from support.marina import MARINA, text
from support.marina_site import open_marina

SITE = next(item for item in MARINA if isinstance(item, Site))
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
LINK = "{http://www.w3.org/1999/xhtml}link"
EXTRA = (
    Page(
        key="tides",
        label=text("Tides"),
        parent="home",
        partial_url="tides-winds",
        description=text({"en": 'High "water" & low', "sv": "Hög- och lågvatten"}),
    ),
    Page(key="unlisted", label=text("Unlisted"), parent="home", partial_url="unlisted", indexed=False),
    Page(key="coming", label=text("Coming"), parent="home", partial_url="coming", state="draft"),
)


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, *EXTRA) as marina:
        yield marina


def places(answer) -> list[str]:
    return [found.text for found in ET.fromstring(answer.text).iter(LOC)]


def publish(site, *changed) -> None:
    MetadataStore(site.engine).publish("tester", components=changed)


def head(answer) -> str:
    return answer.text.partition("</head>")[0]


def test_the_site_map_has_what_everybody_may_read_in_every_language(site):
    answer = site.stranger().get("/sitemap.xml")
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    found = places(answer)
    assert all(place.startswith("http://portal.example") for place in found)
    assert {place.removeprefix("http://portal.example") for place in found} >= {"/", "/tides-winds", "/sv-SE/tides-winds"}
    for word in ("bookings", "berths", "office", "unlisted", "coming", "{"):
        assert word not in answer.text
    entry = next(url for url in ET.fromstring(answer.text) if url.findtext(LOC).endswith("/tides-winds"))
    assert len({link.get("hreflang") for link in entry.iter(LINK)}) == 2


def test_somebody_who_is_signed_in_gets_the_same_site_map(site):
    assert site.as_("alice").get("/sitemap.xml").text == site.stranger().get("/sitemap.xml").text


def test_robots_txt_names_the_site_map_and_says_what_the_site_says(site):
    answer = site.stranger().get("/robots.txt")
    assert (answer.mimetype, "Disallow:\n" in answer.text) == ("text/plain", True)
    assert answer.text.rstrip().endswith("/sitemap.xml")
    publish(site, replace(SITE, robots="User-agent: *\nDisallow: /tides-winds"))
    said = site.stranger().get("/robots.txt").text
    assert "Disallow: /tides-winds\n" in said
    assert "Sitemap: " in said


def test_a_public_page_says_what_it_is_and_where_it_is_in_other_languages(site):
    page = head(site.stranger().get("/tides-winds"))
    assert '<meta name="description" content="High &#34;water&#34; &amp; low">' in page
    assert page.count('rel="canonical"') == 1
    assert page.count('rel="alternate" hreflang=') == 2
    assert "noindex" not in page


@pytest.mark.parametrize("path", ["/unlisted", "/nowhere"])
def test_a_page_that_is_not_to_be_listed_says_so(site, path):
    page = head(site.stranger().get(path))
    assert "canonical" not in page
    assert 'content="noindex"' in page or path == "/nowhere"


def test_who_is_signed_in_is_told_nothing_of_it(site):
    page = head(site.as_("alice").get("/tides-winds"))
    assert "canonical" not in page
    assert "hreflang" not in page
    assert "noindex" not in page


def test_a_site_with_hosts_of_its_own_is_known_by_the_first(site):
    publish(site, replace(SITE, hosts=("berths.example", "localhost")))
    page = head(site.stranger().get("/tides-winds"))
    assert '<link rel="canonical" href="http://berths.example/tides-winds">' in page
