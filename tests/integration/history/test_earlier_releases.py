"""The site as an earlier release has it: the pages and rights of then, over the rows of today."""

import re
from dataclasses import replace

import pytest

from metadata.model import Attribute, Entity, EntityPermission, View, ViewColumn
from metadata.store import MetadataStore
from support.marina import MARINA
from support.studio import Maker, open_studio, words


@pytest.fixture
def site(database_url, tmp_path):
    with open_studio(database_url, tmp_path) as opened:
        opened.book("A1", status="moored", note="As agreed")
        opened.book("C1", "carol", boat="Curlew")
        yield opened


@pytest.fixture
def publish(site):
    store = MetadataStore(site.engine)
    held = {(type(one), one.key): one for one in store.released().values()}

    def release(*components, **options):
        held.update({(type(one), one.key): one for one in components})
        return store.publish("tester", components=tuple(held.values()), **options).release

    return release


def marina(kind, key):
    return next(item for item in MARINA if type(item) is kind and item.key == key)


def seen_by(browser, state, who, path):
    answer = browser.get(f"/studio/as/{state}/{who}{path}")
    return answer.status_code, re.sub(r"/studio/as/[a-z0-9-]+/", "/studio/as/STATE/", answer.text)


def test_a_page_as_of_a_release_is_what_that_release_served_to_the_byte(site, publish):
    dora = site.as_("dora")
    alice = f"contact-{site.people['alice']}"
    paths = ("/", "/bookings", "/bookings/A1", "/terms", "/berths", "/bookings/C1")
    before = {path: seen_by(dora, "served", alice, path) for path in paths}
    assert [status for status, _ in before.values()] == [200, 200, 200, 200, 200, 404]
    view = marina(View, "bookings-all")
    booking = marina(Entity, "booking")
    every = EntityPermission(
        key="all", site="marina", entity="booking", scope="global", privileges=("read",), roles=("skipper",)
    )
    publish(replace(view, columns=(ViewColumn(attribute="boat"),)), every)
    publish(replace(booking, attributes=(*booking.attributes, Attribute(key="sail", type="text"))))
    now = {path: seen_by(dora, "served", alice, path) for path in paths}
    assert now["/bookings/C1"][0] == 200
    assert now["/bookings"] != before["/bookings"]
    assert {path: seen_by(dora, "release-1", alice, path) for path in paths} == before
    site.book("A2")
    assert "A2" in seen_by(dora, "release-1", alice, "/bookings")[1]


def test_what_a_release_shows_and_the_tables_have_no_longer_is_seen_empty(site, publish):
    sail = Attribute(key="sail", type="text")
    booking = marina(Entity, "booking")
    shown = View(key="bookings-all", entity="booking", columns=(ViewColumn(attribute="number"), ViewColumn(attribute="sail")))
    with_sail = publish(replace(booking, attributes=(*booking.attributes, sail)), shown)
    publish(booking, marina(View, "bookings-all"), allow_destructive=True)
    MetadataStore(site.engine).mend_tables(allow_destructive=True)
    status, text = seen_by(site.as_("dora"), f"release-{with_sail}", f"contact-{site.people['alice']}", "/bookings")
    assert (status, "A1" in text, "Sail" in text) == (200, True, True)


def test_who_may_not_publish_sees_no_earlier_release(site, publish):
    publish(replace(marina(View, "bookings-all"), columns=(ViewColumn(attribute="boat"),)))
    alice = f"contact-{site.people['alice']}"
    for name in ("alice", "bob", "carol"):  # Carol publishes, and may not look through other eyes
        browser = site.as_(name)
        assert seen_by(browser, "release-1", alice, "/bookings")[0] == 403
        assert browser.get("/studio/view?state=release-1").status_code == 403
    dora = site.as_("dora")
    for state in ("release-99", "release-0", "release-1x", "release-99999999999999999999"):
        assert seen_by(dora, state, alice, "/bookings")[0] == 404
    token = (
        dora.get(f"/studio/as/release-1/{alice}/bookings").text.partition('name="csrf-token" content="')[2].partition('"')[0]
    )
    assert dora.client.post(f"/studio/as/release-1/{alice}/bookings/new", data={"csrf_token": token}).status_code == 403


def test_the_history_leads_to_a_release_and_the_window_says_which(site, publish):
    publish(replace(marina(View, "bookings-all"), columns=(ViewColumn(attribute="boat"),)), note="Boats alone")
    dora = Maker.of(site, "dora")
    assert 'href="/studio/view?state=release-1"' in dora.get("history").text
    window = dora.get("view?state=release-1&path=/bookings")
    assert "if release 1 were served" in words(window)
    assert 'src="/studio/as/release-1/contact-' in window.text
    assert "Boats alone" in window.text
    assert "width=phone&amp;path=%2Fbookings&amp;state=release-1" in window.text
    assert dora.get("view?state=release-7").status_code == 404
    assert dora.get("view?state=nonsense").status_code == 200
