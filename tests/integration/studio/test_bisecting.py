"""The release with which a page broke, found in the browser by eye or by a declared check, with the way back."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from metadata.model import Block, ComponentId, EntityPermission, Page, Text
from metadata.store import MetadataStore
from support.marina import MARINA
from support.studio import Maker, form_of, words

TERMS = next(item for item in MARINA if isinstance(item, Page) and item.key == "terms")
BROKE, LAST = 5, 9


def told(text):
    return replace(TERMS, blocks=(Block(type="text", text=Text.of(text)),))


@pytest.fixture
def site(site):
    """Nine releases; with the fifth the terms lose a sentence, and the berths get another place beside."""
    store = MetadataStore(site.engine)
    berths = next(item for item in MARINA if isinstance(item, Page) and item.key == "berths")
    for number in range(2, LAST + 1):
        text = f"{'Pay in time & well. ' if number < BROKE else ''}Season {number}."
        more = (replace(berths, order=7),) if number == BROKE else ()
        store.publish("tester", f"season {number}", components=(told(text), *more))
    site.book("A1")
    site.book("C1", "carol", boat="Curlew")
    return site


def links(answer):
    found = re.findall(r'<a[^>]*href="(/studio/bisect\?[^"]*)"[^>]*>(.*?)</a>', answer.text, re.DOTALL)
    return {" ".join(re.sub(r"<[^>]+>", " ", text).split()): url.replace("&amp;", "&") for url, text in found}


def asked_for(answer):
    return int(re.search(r"<h1>Release (\d+)", answer.text)[1])


def stamp(site):
    with site.engine.connect() as connection:
        return connection.scalar(sa.text("SELECT count(*) FROM foyer_revision")), MetadataStore(site.engine).stamp()


def checked(maker, **given):
    """Let a check judge until it is done; the last page, and which releases were asked."""
    page = maker.browser.client.get("/studio/bisect", query_string={"path": "/terms", "good": "1", "bad": str(LAST), **given})
    asked = []
    while page.status_code == 200 and "<h1>The page broke" not in page.text:
        asked.append(asked_for(page))
        assert len(asked) < LAST + 3
        form = form_of(page, "csrf_token")
        page = maker.browser.client.post(form.action, data=dict(form.fields), follow_redirects=True)
    return page, asked


def test_a_page_is_judged_by_eye_until_its_release_and_the_way_back_are_known(site, maker):
    dora = maker("dora")
    assert "Find what broke a page" in words(dora.get("history"))
    assert "Release in which it was right" in words(dora.get("bisect"))
    before = stamp(site)
    page = dora.get(f"bisect?path=/terms&good=2&bad={LAST}")
    looked_at = []
    while "<h1>The page broke" not in page.text:
        looked_at.append(asked_for(page))
        seen = dora.browser.get(re.search(r'<iframe src="([^"]+)"', page.text)[1])
        assert f"Season {looked_at[-1]}." in seen.text
        page = dora.browser.get(links(page)["Right" if "Pay in time" in seen.text else "Wrong"])
    assert len(looked_at) <= 3
    said = words(page)
    assert "The page broke with release 5" in said
    assert "Release 4 is the last in which the page is right, and release 5 the first" in said
    assert "Page: Terms changed" in said
    assert "Page: Berths changed" in said
    assert (
        "Blocks \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} text \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} Text" in said
    )
    assert "season 5" in said
    assert "Page: Booking " not in said
    assert 'href="/studio/rollback/4"' in page.text
    again = dora.browser.get(links(page)[f"Ask again {looked_at[-1]}"])
    assert asked_for(again) == looked_at[-1]
    assert stamp(site) == before
    form = next(form for form in page.text.split("<form") if "history/page/terms" in form)
    action = re.search(r'action="([^"]+)"', form)[1]
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    assert dora.browser.client.post(action, data={"csrf_token": token, "release": "4"}).status_code == 303
    assert "Pay in time" in dora.browser.get("/terms").text
    assert MetadataStore(site.engine).released()[ComponentId("page", "berths", "")].order == 7


def test_what_nobody_can_tell_is_told(site, maker):
    page = maker("dora").get(f"bisect?path=/terms&good=3&bad={LAST}&said=4g.5s.6s.7b.8b.99b.x.4")
    assert "right in release 4 and wrong in release 7; of those between, 5, 6, nobody could tell" in words(page)


@pytest.mark.parametrize(
    ("check", "value", "broke"),
    # The words of the last one are those of the banner over each page that is looked at.
    [("shows", "pay  IN time & well", BROKE), ("lacks", "season 7", 7), ("status", "200", 0), ("shows", "seen as", 0)],
)
def test_a_declared_check_judges_release_by_release(site, maker, check, value, broke):
    dora = maker("dora")
    before = stamp(site)
    page, asked = checked(dora, good="2", check=check, value=value, **({"bad": "7"} if check == "lacks" else {}))
    if broke:
        assert f"The page broke with release {broke}" in words(page)
        assert asked[:2] == [7 if check == "lacks" else LAST, 2]
        assert len(asked) <= 5
    else:
        assert page.status_code == 422
        assert ("right does not pass" if value == "seen as" else "wrong passes the check") in words(page)
    assert stamp(site) == before


def test_the_eyes_that_were_chosen_see_their_own_rows_and_each_look_is_noted(site, maker):
    store = MetadataStore(site.engine)
    mine = next(item for item in MARINA if isinstance(item, EntityPermission) and item.key == "own-bookings")
    store.publish("tester", components=(replace(mine, active=False),))
    rest = next(item for item in MARINA if isinstance(item, EntityPermission) and item.key == "my-bookings")
    store.publish("tester", components=(replace(rest, active=False),))
    dora = maker("dora")
    form = replace(dora.form("view", "csrf_token"), action="/studio/look")
    dora.send("look", form, ("who", f"contact-{site.people['alice']}"))
    page, _ = checked(dora, path="/bookings", good="8", bad="11", check="shows", value="Boat A1")
    assert "The page broke with release 11" in words(page)
    page, _ = checked(dora, path="/bookings", good="8", bad="11", check="shows", value="Curlew")
    assert page.status_code == 422
    with site.engine.connect() as connection:
        noted = connection.execute(sa.text("SELECT contact, row FROM foyer_audit WHERE privilege = 'view_as'")).all()
    assert set(noted) == {(site.people["dora"], site.people["alice"])}


def test_only_who_looks_and_publishes_may_and_only_of_this_site(site, maker):
    assert [maker(name).get("bisect").status_code for name in ("carol", "bob", "alice")] == [403] * 3
    assert Maker(site.stranger()).get("bisect").status_code == 302
    dora = maker("dora")
    assert dora.browser.client.post("/studio/bisect?path=/terms&good=1&bad=2").status_code == 400, "without a token"
    wrong = (
        "path=//evil.example/&good=1&bad=2",
        "path=https://evil.example/&good=1&bad=2",
        "path=/terms&good=2&bad=1",
        "path=/terms&good=1&bad=99",
        "path=/terms&good=x&bad=2",
        "path=/terms&good=1&bad=2&check=status&value=abc",
        "path=/terms&good=1&bad=2&check=shows&value=",
        "path=/terms&good=1&bad=2&check=command&value=ls",
    )
    for given in wrong:
        assert dora.get(f"bisect?{given}").status_code == 422, given
    page, _ = checked(dora, path="/../../studio/people", check="status", value="200", good="8")
    assert page.status_code == 422
    page = dora.get(f"bisect?path=/terms%3Fa%3D%22%3E%3Cu%3E&good=1&bad={LAST}")
    assert "<u>" not in page.text
    assert parse_qs(urlsplit(links(page)["Right"]).query)["path"] == ['/terms?a="><u>']


def test_asking_takes_the_same_statements_however_many_releases_there_are(site, maker):
    dora, counts = maker("dora"), []
    for _ in range(2):
        last = MetadataStore(site.engine).current_release()
        dora.get(f"bisect?path=/terms&good=1&bad={last}")
        with site.counting() as seen:
            dora.get(f"bisect?path=/terms&good=1&bad={last}")
        counts.append(len(seen))
        for number in range(5):
            MetadataStore(site.engine).publish("tester", components=(told(f"Later {number}"),))
    assert counts[0] == counts[1]
