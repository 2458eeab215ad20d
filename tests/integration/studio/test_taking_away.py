"""Before something is taken away or switched off: what names it, and what hangs below it."""

from metadata.model import Page
from metadata.store import MetadataStore
from metadata.text import Text
from support.studio import Maker, open_studio, words
from support.visitor import forms_of

OWN = "entity_permission/own-bookings"


def keys(site, kind):
    """The components of a kind that the drafts leave."""
    return {name.key for name in MetadataStore(site.engine).readable() if name.kind == kind}


def test_permissions_below_one_that_is_deleted_go_along_where_that_is_wished(site, maker):
    alice = site.as_("alice")
    number = site.book("M-1")
    site.add("extra", booking=number, title="Shore power")
    assert "Shore power" in alice.get("/bookings/M-1").text
    dora = maker("dora")
    asked = f"delete/{OWN}"
    assert "Delete the 1 component below it as well" in words(dora.get(asked))
    assert "extras" in words(dora.get(asked))

    dora.send(asked, dora.form(asked, "csrf_token"), ("", ""))
    assert {"extras", "own-bookings"} & keys(site, "entity_permission") == {"extras"}
    assert dora.publish().status_code == 422, "what is left hangs on nothing"
    dora.send(f"discard/{OWN}", dora.form(f"edit/{OWN}", "csrf_token"))

    dora.send(asked, dora.form(asked, "csrf_token"), ("", ""), below="yes")
    assert not {"extras", "own-bookings"} & keys(site, "entity_permission")
    assert dora.publish().status_code == 303
    assert "Shore power" not in alice.get("/bookings/M-1").text


def test_all_below_go_along_however_deep_and_nothing_else(database_url, tmp_path):
    deep = tuple(
        Page(key=key, site="marina", label=Text.of(key), parent=parent, partial_url=key)
        for key, parent in (("pier", "berths"), ("ladder", "pier"), ("rung", "ladder"), ("buoy", "terms"))
    )
    with open_studio(database_url, tmp_path, *deep) as site:
        carol = Maker.of(site, "carol")
        before = keys(site, "page")
        assert "Delete all 2 components below it as well" in words(carol.get("delete/page/pier"))
        assert 'name="below"' not in carol.get("delete/page/rung").text
        assert 'name="below"' not in carol.get("delete/web_link_set/main").text, "menus stand below nothing"
        carol.send("delete/page/pier", carol.form("delete/page/pier", "csrf_token"), ("", ""), below="yes")
        assert before - keys(site, "page") == {"pier", "ladder", "rung"}
        carol.publish()
        assert [site.stranger().get(path).status_code for path in ("/berths/pier/ladder", "/terms/buoy")] == [404, 200]


def test_the_last_role_of_a_permission_that_others_hang_on_leads_to_the_question(site, maker):
    dora = maker("dora")
    cell = "permissions?entity=booking&role=skipper"
    form = next(found for found in forms_of(dora.get(cell).text) if dict(found.fields).get("key") == "own-bookings")
    answer = dora.send("permissions", form, ("do", "take"))
    assert answer.location.endswith(f"/studio/delete/{OWN}")
    assert "own-bookings" in keys(site, "entity_permission")


def test_what_goes_without_a_component_is_told_before_it_is_switched_off(site, maker):
    dora = maker("dora")
    page = dora.get(f"edit/{OWN}").text
    assert "Before it is switched off" in page
    told = page.partition("Before it is switched off")[2].partition("</ul>")[0]
    assert (
        "1 place names it, and goes without it then:" in told,
        "/studio/edit/entity_permission/extras#f-parent" in told,
    ) == (
        True,
        True,
    )
    assert "Innan den stängs av" in dora.browser.get(f"/sv-SE/studio/edit/{OWN}").text
    assert "Before it is switched off" not in dora.get("edit/entity_permission/extras").text, "nothing names it"
    assert "Before it is switched off" not in dora.get("edit/view/bookings-all").text, "a view cannot be switched off"
    dora.edit(OWN, p__active="false")
    assert "Before it is switched off" not in dora.get(f"edit/{OWN}").text, "it is off"
