"""The site through somebody else's eyes: what they see with the drafts, and that nothing can be done there."""

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from metadata.compiler import compile_snapshot
from metadata.model import Attribute, Chart, Component, Entity, EntityPermission, FurtherAccounts, ManyToMany, View, ViewColumn
from metadata.store import MetadataStore
from runtime.access import Person, Principal
from runtime.records.errors import Denied
from runtime.records.remove import delete
from runtime.records.write import create, update
from support.marina import MARINA
from support.studio import words


def draft(site, *components: Component) -> None:
    MetadataStore(site.engine).save(components, "tester")


def marina(kind, key):
    return next(item for item in MARINA if type(item) is kind and item.key == key)


def acts(site):
    with site.engine.connect() as connection:
        return connection.execute(
            sa.text("SELECT contact, entity, row, changes FROM foyer_audit WHERE privilege = 'view_as'")
        ).all()


@pytest.fixture
def seen(site, maker):
    """Fetches a page as Dora, who looks through other eyes."""
    site.book("A1")
    site.book("C1", "carol", boat="Curlew")
    dora = maker("dora").browser

    def get(who, path="", state="draft"):
        guise = f"contact-{site.people[who]}" if who in site.people else who
        return dora.get(f"/studio/as/{state}/{guise}{path}")

    return get


def test_each_sees_the_drafts_with_their_own_rows(site, seen):
    draft(site, View(key="boats", entity="booking", columns=(ViewColumn(attribute="boat"), ViewColumn(attribute="number"))))
    alice, carol = (words(seen(who, "/_sample/view/boats")) for who in ("alice", "carol"))
    assert "Boat A1" in alice
    assert "Curlew" not in alice
    assert "Curlew" in carol
    assert "Boat A1" not in carol
    assert seen("alice", "/_sample/view/boats", "served").status_code == 404
    assert "Seen as Alice sees it" in seen("alice", "/bookings").text
    assert f'href="/studio/as/draft/contact-{site.people["alice"]}/bookings/A1"' in seen("alice", "/bookings").text


def test_what_cannot_be_seen_yet_says_why(site, seen):
    draft(site, Chart(key="fees", site="marina", view="", group=""))
    answer = seen("alice", "/_sample/chart/fees")
    assert answer.status_code == 404
    assert "its draft is not complete" in words(answer)
    nobody = seen("anonymous", "/_sample/page/booking")
    assert nobody.status_code == 404
    assert "may read no such record, or there is none" in words(nobody)
    assert "its draft" not in words(seen("alice", "/_sample/nothing/fees"))


def test_a_draft_permission_is_tried_before_it_is_released(site, seen):
    assert "Curlew" not in words(seen("alice", "/_sample/view/bookings-all"))
    every = EntityPermission(
        key="all-bookings", site="marina", entity="booking", scope="global", privileges=("read",), roles=("skipper",)
    )
    draft(site, every)
    assert "Curlew" in words(seen("alice", "/_sample/view/bookings-all"))
    assert "Curlew" not in words(seen("alice", "/_sample/view/bookings-all", "served"))
    assert "Curlew" not in words(site.as_("alice").get("/bookings"))


def test_what_the_database_has_not_yet_is_seen_empty_and_leaves_no_trace(site, seen):
    booking = marina(Entity, "booking")
    wider = Entity(
        key="booking",
        label=booking.label,
        primary_name=booking.primary_name,
        attributes=(*booking.attributes, Attribute(key="sail_number", type="text")),
        keys=booking.keys,
        many_to_many=booking.many_to_many,
    )
    buoy = Entity(key="buoy", primary_name="name", attributes=(Attribute(key="name", type="text"),))
    given = (
        EntityPermission(key="buoys", site="marina", entity="buoy", scope="global", privileges=("read",), roles=("skipper",)),
        View(key="sails", entity="booking", columns=(ViewColumn(attribute="sail_number"), ViewColumn(attribute="number"))),
        View(key="buoys", entity="buoy", columns=(ViewColumn(attribute="name"),)),
    )
    draft(site, wider, buoy, *given)
    assert "A1" in words(seen("alice", "/_sample/view/sails"))
    assert seen("alice", "/_sample/view/buoys").status_code == 200
    inspector = sa.inspect(site.engine)
    assert "buoy" not in inspector.get_table_names()
    assert "sail_number" not in {column["name"] for column in inspector.get_columns("booking")}
    site.book("A2")  # the connection writes again
    assert "A2" in words(seen("alice", "/_sample/view/sails"))


def test_drafts_that_change_no_entity_take_the_tables_that_are_served(site):
    services = site.app.extensions["foyer"]
    workshop = services.workshop

    def compiled():
        served = services.snapshots.refresh()
        return served, services.drafts.compiled(workshop.bench(), workshop.store, served).snapshot

    draft(site, View(key="boats", entity="booking", columns=(ViewColumn(attribute="boat"),)))
    served, drafted = compiled()
    assert "boats" in drafted.views
    assert drafted.tables is served.tables
    booking = marina(Entity, "booking")
    draft(site, replace(booking, attributes=(*booking.attributes, Attribute(key="sail_number", type="text"))))
    served, drafted = compiled()
    assert "sail_number" in drafted.entities["booking"].attributes
    assert "sail_number" not in served.entities["booking"].attributes
    MetadataStore(site.engine).publish("tester")
    draft(site, View(key="boats", entity="booking", columns=(ViewColumn(attribute="number"),)))
    served, drafted = compiled()
    assert "sail_number" in served.entities["booking"].attributes
    assert drafted.tables is served.tables


def test_a_wrong_draft_is_seen_as_it_is_served(site, seen, maker):
    dora = maker("dora")
    assert dora.edit("view/bookings-all", p__entity="nothing").status_code == 303
    assert dora.edit("page/terms", p__title__any="House rules").status_code == 303
    assert "A1" in words(seen("alice", "/bookings"))
    assert "House rules" in seen("alice", "/terms").text
    assert "1 draft has problems" in words(dora.get("edit/list/bookings"))


def test_nothing_can_be_written_there(site, maker, seen):
    with site.engine.connect() as connection:
        row = connection.execute(sa.text("SELECT id FROM booking WHERE number = 'A1'")).scalar_one()
    client = maker("dora").browser.client
    base = f"/studio/as/draft/contact-{site.people['alice']}"
    token = client.get(f"{base}/bookings/A1").text.partition('name="csrf-token" content="')[2].partition('"')[0]
    for path in ("/bookings/new", "/bookings/A1", "/signout", "/studio/publish", "/_api/bookings"):
        assert client.post(base + path, data={"csrf_token": token, "boat": "Pirate"}).status_code == 403, path
    for path in ("/signin", "/studio/", "/sessions", "/_api/"):
        assert client.get(base + path).status_code == 403, path
    told = client.get(f"{base}/sessions").text
    assert "nothing can be done or changed here" in told
    assert "Your role does not include it" not in told, "no role would help"
    person = Person(site.people["alice"], site.accounts["sail"])
    alice = Principal.signed_in(site.snapshot, "marina", person, {"skipper"})
    looked_through = Principal(
        alice.kind, alice.site, alice.contact, alice.account, roles=alice.roles, origin="portal", read_only=True
    )
    with site.engine.connect() as connection, connection.begin():
        with pytest.raises(Denied):
            update(connection, site.snapshot, looked_through, "booking", row, 1, {"boat": "Pirate"})
        with pytest.raises(Denied):
            create(connection, site.snapshot, looked_through, "booking", {"boat": "Pirate"})
        with pytest.raises(Denied):
            delete(connection, site.snapshot, looked_through, "booking", row, 1)


def test_who_may_look_is_said_by_a_right_of_its_own_and_each_look_is_noted(site, maker, seen):
    base = f"/studio/as/draft/contact-{site.people['alice']}/bookings"
    for name in ("bob", "carol", "alice"):
        assert site.as_(name).get(base).status_code == 403, name
    assert site.stranger().get(base).status_code == 302
    assert maker("carol").get("view").status_code == 403
    assert acts(site) == []
    for _ in range(2):
        seen("alice", "/bookings")
    seen("role-skipper", "/bookings")
    found = acts(site)
    assert [(act.contact, act.entity, act.row) for act in found] == [
        (site.people["dora"], "contact", site.people["alice"]),
        (site.people["dora"], "role", 0),
    ]
    assert json.loads(found[0].changes)["path"] == "/bookings"


def test_only_what_is_looked_at_may_stand_in_a_frame_of_the_studio(site, seen, maker):
    framed, own = seen("alice"), maker("dora").get("view")
    assert "frame-ancestors 'self'" in framed.headers["Content-Security-Policy"]
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'none'" in own.headers["Content-Security-Policy"]
    assert own.headers["X-Frame-Options"] == "DENY"


def test_nobody_in_particular_has_no_rows_and_who_is_not_there_is_not_found(site, seen):
    assert seen("role-skipper", "/bookings").status_code == 200
    assert "A1" not in words(seen("role-skipper", "/bookings"))
    assert 'href="/studio/as/draft/anonymous/signin"' in seen("anonymous").text
    for who in ("contact-999999", "role-nobody", "contact-0", "contact-1x", "somebody"):
        assert seen(who).status_code == 404, who


def test_the_window_stands_beside_an_editor_and_remembers_whose_eyes_were_chosen(site, maker, seen):
    dora = maker("dora")
    assert f'src="/studio/as/draft/contact-{site.people["dora"]}/_sample/list/bookings"' in dora.get("edit/list/bookings").text
    page = dora.get("view?q=SAIL+ali&back=/studio/edit/list/bookings")
    assert "Bob" not in words(page)
    form = replace(dora.form("view", "csrf_token"), action="/studio/look")
    chosen = dora.send("look", form, ("who", f"contact-{site.people['alice']}"), back="/studio/edit/list/bookings")
    assert chosen.location == "/studio/edit/list/bookings"
    assert f'src="/studio/as/draft/contact-{site.people["alice"]}/_sample/list/bookings"' in dora.get("edit/list/bookings").text
    assert dora.send("look", form, ("who", "contact-x")).status_code == 400
    assert "<iframe" not in maker("bob").get("edit/list/bookings").text
    record = seen("alice", "/_sample/page/booking")
    assert record.status_code == 302
    assert record.location.endswith("/bookings/A1")


def test_a_contact_with_several_accounts_is_looked_through_for_each_and_for_no_other(site, seen, maker):
    site.book("R7", "carol", boat="Tern")
    linked = Entity(
        key="contact",
        many_to_many=(ManyToMany(key="clubs", target="account"),),
        further_accounts=FurtherAccounts(relationship="clubs"),
    )
    MetadataStore(site.engine).publish("tester", components=(linked,))
    alice, row = site.people["alice"], site.accounts["row"]
    dora = maker("dora")
    form = replace(dora.form("view", "csrf_token"), action="/studio/look")
    dora.send("look", form, ("who", f"contact-{alice}"))
    assert "Acting for" not in dora.get("view").text, "one account only"
    dora_sees = dora.browser.get
    other = f"/studio/as/served/contact-{alice}-for-{row}"
    assert dora_sees(f"{other}/bookings").status_code == 404, "not a member"
    with site.engine.begin() as connection:
        link = compile_snapshot(MetadataStore(site.engine).released().values(), 2).entities["contact"].relationships["clubs"]
        connection.execute(sa.insert(link.link).values({link.near: alice, link.far: row}))
    page = dora.get("view")
    assert "Acting for" in page.text
    assert f'value="contact-{alice}-for-{row}"' in page.text
    dora.send("look", form, ("who", f"contact-{alice}-for-{row}"))
    window = dora.get("view")
    assert f"{other.replace('served', 'draft')}/" in window.text
    assert "for Row" in words(window)
    shown = dora_sees(f"{other}/bookings")
    assert "Seen as Alice sees it for Row." in shown.text
    assert ("Tern" in words(shown), "Tern" in words(seen("alice", "/bookings"))) == (True, False)
    assert "/accounts" not in shown.text, "the switch is the studio's: the person's own choice stays"
    assert dora_sees(f"{other}/accounts").status_code == 403
    noted = [json.loads(act.changes) for act in acts(site)]
    assert [facts["account"] for facts in noted if "account" in facts] == [row]
    with site.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM foyer_acting_account")).scalar() == 0
