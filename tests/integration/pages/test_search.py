"""A search over rows and pages: what each person finds, how it is marked, counted and paged, in both databases."""

import html
import re
from dataclasses import replace

import pytest

from connectors.port import RowStore
from metadata.model import AttributePermission, PageAccessRule, Search
from runtime.access import Principal
from runtime.database import writing
from runtime.records import searching
from runtime.records.bulk import SqlRowStore
from support.choir import Choir, components, facets, found, open_choir


@pytest.fixture
def choir(database_url, tmp_path):
    with open_choir(database_url, tmp_path) as opened:
        yield opened


def build(choir: Choir) -> None:
    choir.score(
        "SO-1001", "Boats at sea", lyrics="The companies sailed <b>home</b> & sang.", remark="mouldy, with hammer marks"
    )
    choir.score("SO-1002", "The boat", "south", lyrics="Hammers ring in the harbour.", rank="boathouse")
    choir.add("loan", singer=choir.ids["mia"], wish="A boat with a red cover")


def titles(browser, words: str, **more: str) -> dict[str, list[str]]:
    arguments = "".join(f"&{name}={value}" for name, value in more.items())
    return found(browser.get(f"/find?q={words}{arguments}"))


def test_each_person_finds_the_rows_and_pages_that_are_theirs_to_read(choir):
    build(choir)
    mia, noa, lib = (choir.as_(name) for name in ("mia", "noa", "lib"))
    assert titles(mia, "boat") == {"Scores": ["Boats at sea"], "Loans": ["L-0001"], "Pages": ["About us"]}
    assert titles(noa, "boats") == {"Scores": ["The boat"]}
    assert sorted(titles(lib, "boats")["Scores"]) == ["Boats at sea", "The boat"]
    assert titles(noa, "boathouse") == {"Scores": ["The boat"], "Pages": ["About us"]}
    assert titles(lib, "boathouse")["Pages"] == ["About us", "Board"]
    assert titles(mia, "treasurer") == {}
    assert titles(choir.stranger(), "boat") == {"Pages": ["About us"]}
    # A word in an attribute that singers may not read finds nothing for them, nor does it count beside others.
    assert titles(mia, "mouldy") == {}
    assert titles(mia, "sea+hammer") == {}
    assert titles(lib, "sea+hammer") == {"Scores": ["Boats at sea"]}
    assert "mouldy" not in mia.get("/find?q=boats").text


def test_words_are_found_in_their_other_forms_begun_and_misspelt(choir):
    build(choir)
    lib = choir.as_("lib")
    for words in ("company", "companies", "compan", "sailing", "SAILS", "company+sea+sailed", "so-10+sea", "%22companies"):
        assert titles(lib, words) == {"Scores": ["Boats at sea"]}, words
    assert titles(lib, "zebra") == titles(lib, "boat+zebra") == {}
    misspelt = lib.get("/find?q=boathuose")
    assert found(misspelt) == {"Scores": ["The boat"], "Pages": ["About us", "Board"]}
    assert "<mark>boathouse</mark>" in misspelt.text
    assert "Nothing is written “boathuose”" in html.unescape(misspelt.text)
    assert titles(lib, "treasuer") == {"Pages": ["Board"]}
    assert titles(choir.as_("mia"), "mouldi") == {}
    for words in ("*", '"', "((", "AND", "a'b", "%27%3B--", "\\", "NOT+NEAR", "w0:boat", "😀"):
        assert lib.get("/find", query_string=f"q={words}").status_code == 200, words


def test_a_code_is_found_among_more_of_its_like_than_are_compared(choir, monkeypatch):
    monkeypatch.setattr(searching, "MOST_KNOWN", 5)
    for number in range(30):
        choir.score(f"X10{number:02}", f"Canon {number}")
    lib = choir.as_("lib")
    assert titles(lib, "X1027") == {"Scores": ["Canon 27"]}
    assert lib.get("/find?q=X1072").status_code == 200
    assert titles(lib, "X10")["Scores"]


def test_what_was_found_is_marked_and_all_else_is_escaped(choir):
    build(choir)
    answer = choir.as_("lib").get("/find?q=company+sea").text
    assert '<a href="/scores/SO-1001"><bdi>Boats at <mark>sea</mark></bdi></a>' in answer
    assert "The <mark>companies</mark> sailed &lt;b&gt;home&lt;/b&gt; &amp; sang." in answer
    assert "&lt;b&gt;<mark>Bring</mark>&lt;/b&gt; a pencil &amp; water." in choir.stranger().get("/find?q=bring").text
    long = " ".join(["filler"] * 300)
    choir.score("LONG", "Long", lyrics=f"{long} needle & <i>thread</i> {long}")
    excerpt = re.search(
        r"<bdi>(… .*?<mark>needle</mark> &amp; &lt;i&gt;thread.*? …)</bdi>", choir.as_("mia").get("/find?q=needle").text
    )
    assert excerpt
    assert len(excerpt[1]) < 320


def test_types_are_counted_and_each_is_turned_page_by_page(choir):
    for number in range(11):
        choir.score(f"A-{number:02}", f"Anthem {number}", lyrics="glory")
    choir.add("loan", singer=choir.ids["mia"], wish="glory")
    mia = choir.as_("mia")
    everything = mia.get("/find?q=glory")
    assert facets(everything) == {"All": "12", "Scores": "11", "Loans": "1"}
    assert len(found(everything)["Scores"]) == 4
    assert "/find?q=glory&amp;type=score" in everything.text
    seen = [title for page in (1, 2, 3) for title in titles(mia, "glory", type="score", page=str(page))["Scores"]]
    assert sorted(seen) == sorted(f"Anthem {number}" for number in range(11))
    assert "9–11 of 11" in mia.get("/find?q=glory&type=score&page=3").text
    assert facets(mia.get("/find?q=glory&type=loan")) == {"All": "12", "Scores": "11", "Loans": "1"}
    for arguments in ("q=glory&type=contact", "q=glory&page=0", "q=glory&page=x", "q=" + "a" * 201, "w=1"):
        assert mia.get(f"/find?{arguments}").status_code == 400, arguments


def test_the_number_of_statements_does_not_grow_with_what_is_found(choir):
    mia = choir.as_("mia")

    def statements() -> int:
        with choir.counting() as seen:
            mia.get("/find?q=glory")
        return len([one for one in seen if not one.startswith("--")])  # those that SQLite gives itself

    choir.score("A", "Anthem", lyrics="glory")
    statements()
    few = statements()
    for number in range(30):
        choir.score(f"A-{number}", f"Anthem {number}", lyrics="glory")
    assert statements() == few <= 5


def test_the_index_follows_every_way_of_writing(choir):
    lib = choir.as_("lib")
    row = choir.score("A", "Anthem")
    choir.change("score", row, 1, title="Hymn")
    assert (titles(lib, "anthem"), titles(lib, "hymns")) == ({}, {"Scores": ["Hymn"]})
    with writing(choir.engine).begin() as connection:
        rows: RowStore = SqlRowStore(connection, choir.snapshot, Principal.system("sync"))
        rows.upsert("score", ("code",), [{"code": "A", "title": "Psalm"}, {"code": "B", "title": "Psalms of old"}])
    assert sorted(titles(lib, "psalm")["Scores"]) == ["Psalm", "Psalms of old"]
    assert titles(lib, "hymn") == {}
    with writing(choir.engine).begin() as connection:
        rows = SqlRowStore(connection, choir.snapshot, Principal.system("sync"))
        rows.bulk_load("score", ("code",), ("code", "title"), [("B", "Carol"), ("C", "Carols")])
        rows.delete("score", [row])
    assert sorted(titles(lib, "carol")["Scores"]) == ["Carol", "Carols"]
    assert titles(lib, "psalm") == {}
    gone = choir.score("D", "Dirge")
    choir.add("loan", singer=choir.ids["mia"], score=gone, wish="soon")
    assert titles(choir.as_("mia"), "soon") == {"Loans": ["L-0001"]}
    choir.remove("score", gone, 1)
    assert (titles(lib, "dirge"), titles(choir.as_("mia"), "soon")) == ({}, {})


def test_a_refused_write_leaves_the_index_as_it_was(choir):
    lib = choir.as_("lib")
    row = choir.score("A", "Anthem")

    def fail() -> None:
        with writing(choir.engine).begin() as connection:
            SqlRowStore(connection, choir.snapshot, Principal.system("sync")).upsert(
                "score", ("id",), [{"id": row, "title": "Hymn"}]
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (titles(lib, "anthem"), titles(lib, "hymn")) == ({"Scores": ["Anthem"]}, {})


def test_the_language_of_the_rows_decides_which_forms_a_word_has(database_url, tmp_path):
    swedish = [replace(item, language="sv-SE") if isinstance(item, Search) else item for item in components()]
    with open_choir(database_url, tmp_path, *swedish) as choir:
        choir.score("A", "Båtarna", lyrics="Flickorna sjunger om biljetter")
        lib = choir.as_("lib")
        assert titles(lib, "båt") == titles(lib, "båten") == titles(lib, "FLICKA") == {"Scores": ["Båtarna"]}
        assert titles(lib, "bil") == {"Scores": ["Båtarna"]}
        assert titles(lib, "bat") == titles(lib, "båtfärd") == {}
        page = lib.get("/sv-SE/find?q=repetition")
        assert found(page) == {"Sidor": ["Om oss"]}
        assert 'href="/sv-SE/about"' in page.text
        assert 'aria-label="Sök på webbplatsen"' in page.text


def test_words_count_on_those_rows_alone_that_show_them(choir):
    """A singer reads the names of the choir, and of the own row, which the profile shows, the motto as well."""
    mia = choir.as_("mia")

    def people(words: str) -> dict[str, list[str]]:
        return found(mia.get(f"/people?q={words}"))

    assert people("moa") == {"People": ["Moa"]}
    assert people("mia") == people("tune") == people("mia+tune") == {"People": ["Mia"]}
    assert people("moa+tune") == people("noa") == {}
    answer = mia.get("/people?q=m").text
    assert answer.count("sings in tune") == 1
    assert found(choir.as_("lib").get("/people?q=mia")) == {}


def test_a_permission_that_is_given_opens_an_attribute_to_the_words(choir):
    build(choir)
    permission = next(item for item in components() if isinstance(item, AttributePermission) and item.key == "no-remarks")
    mia = choir.as_("mia")
    assert titles(mia, "mouldy") == {}
    choir.publish(replace(permission, attributes=()))
    assert titles(mia, "mouldy") == {"Scores": ["Boats at sea"]}


def test_the_box_of_all_pages_is_there_for_those_who_may_open_the_search(choir):
    build(choir)
    about = choir.stranger().get("/about").text
    box = re.search(r'<form class="site-search.*?</form>', about, re.S)
    assert box
    assert 'action="/find"' in box[0]
    assert 'name="q"' in box[0]
    choir.publish(PageAccessRule(key="find", site="choir", page="find", roles=("librarian",)))
    assert "site-search" not in choir.stranger().get("/about").text
    assert 'action="/find"' in choir.as_("lib").get("/about").text
