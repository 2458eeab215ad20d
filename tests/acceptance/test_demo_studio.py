"""The demo's studio: the Administrator changes the portal there, and nobody else of the cast may enter."""


def test_the_administrator_changes_a_label_in_the_studio_and_takes_it_back(demo):
    assert demo.studio == f"{demo.url}/studio/"
    assert {demo.known(name).get("/studio/").status for name in ("jane", "rita", "may")} == {403}
    assert demo.studio not in demo.known("jane").get("/").body
    admin = demo.visitor("admin")
    assert 'href="/studio/"' in admin.get("/").body
    page = admin.get("/studio/edit/web_link_set/main")
    before = admin.get("/").text
    saved = admin.send(page, "base", ("do", "save"), **{"p.links.1.label.any": "Everything new"})
    assert saved.status == 200
    assert "Everything new" not in demo.known("jane").get("/").text
    publish = admin.get("/studio/publish")
    done = admin.send(publish, "chosen", ("do", "publish"), note="A label")
    assert "Nothing waits" in done.text
    assert "Everything new" in admin.get("/").text
    release = int(next(link for link in admin.get("/studio/history").links() if "/rollback/" in link).rpartition("/")[2])
    admin.send(admin.get(f"/studio/rollback/{release}"), "note")
    assert admin.get("/").text == before
