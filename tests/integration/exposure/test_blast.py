"""The blast radius: what people gain and lose by a release, before it is made, and the second person it may need."""

from dataclasses import replace

import pytest

from metadata.compiler import assign_site, compile_snapshot
from metadata.model import (
    Attribute,
    AttributePermission,
    AttributeRight,
    Entity,
    EntityPermission,
    FurtherAccounts,
    Page,
    SiteSetting,
    WebRole,
    component_id,
)
from metadata.store import MetadataStore
from metadata.text import Text
from runtime.exposure.blast import SETTING, blasts
from runtime.identity.tables import contact_roles
from support.marina import BOOKING, MARINA
from support.marina_site import open_marina
from support.studio import Maker, open_studio, words

MARINA_LABEL = Text.of("Dock")
OWN = next(item for item in assign_site(MARINA) if isinstance(item, EntityPermission) and item.key == "own-bookings")
WIDE = replace(OWN, scope="global", via="")
CREW = WebRole(key="crew", site="marina")
OF_CREW = replace(OWN, key="bookings-of-crew", roles=("crew",))
MEMBERSHIP = Entity(
    key="berth_share",
    attributes=(
        Attribute(key="person", type="lookup", target="contact"),
        Attribute(key="customer", type="lookup", target="account"),
        Attribute(key="web_role", type="text", max_length=60),
    ),
)
SHARES = FurtherAccounts(entity="berth_share", contact="person", account="customer", role="web_role")


@pytest.fixture
def marina(database_url, tmp_path):
    with open_marina(database_url, tmp_path) as site:
        for number, skipper in (("M-1", "alice"), ("M-2", "bob"), ("M-3", "carol"), ("M-4", "carol")):
            site.book(number, skipper)
        yield site


def radius(marina, *changed):
    released = MetadataStore(marina.engine).released()
    there = {(type(item), item.key): item for item in (*released.values(), *changed)}
    with marina.engine.connect() as connection:
        return blasts(connection, compile_snapshot(released.values()), compile_snapshot(there.values()))[0]


def test_attributes_that_are_classed_otherwise_are_told(marina):
    classed = tuple(replace(one, classification="personal" if one.key == "note" else "") for one in BOOKING.attributes)
    assert radius(marina, replace(BOOKING, attributes=classed)).lines == ("the class of booking.note was none and is personal",)


def test_rows_ways_and_pages_are_told_for_people_and_roles(marina):
    found = radius(marina, WIDE, Page(key="dock", site="marina", label=MARINA_LABEL, parent="bookings", partial_url="dock"))
    gained = {(item.who, item.entity): (item.gained, item.lost) for item in found.rows}
    assert gained["alice@sail.example", "booking"] == (2, 0)
    assert gained["carol@row.example", "booking"] == (2, 0)
    assert ("dora@marina.example", "booking") not in gained
    assert found.pages_added == ("dock",)
    assert {item.who for item in found.gained} >= {"skipper"}
    assert "alice@sail.example gains 2 and loses 0 rows of booking" in found.lines
    narrower = {(item.who, item.entity): (item.gained, item.lost) for item in radius(marina, replace(OWN, active=False)).rows}
    assert narrower["alice@sail.example", "booking"] == (0, 1)
    assert radius(marina, replace(OWN, label=MARINA_LABEL)).lines == ()


def test_attributes_and_pages_that_are_lost_are_told(marina):
    """An attribute is one less wherever it was to be seen; a page that goes is named."""
    notes = next(item for item in assign_site(MARINA) if isinstance(item, AttributePermission) and item.key == "notes")
    shut = replace(notes, attributes=(*notes.attributes, AttributeRight(attribute="fee")))
    found = radius(marina, shut)
    assert {(item.who, item.attribute) for item in found.lost} == {("skipper", "booking.fee")}
    assert (found.gained, found.rows) == ((), ())
    assert any(line.startswith("skipper no longer reaches attributes in ") for line in found.lines)
    opened = radius(marina, replace(notes, attributes=()))
    assert {(item.who, item.attribute) for item in opened.gained} == {("skipper", "booking.note")}

    released = MetadataStore(marina.engine).released()
    left = [item for item in released.values() if not (isinstance(item, Page) and item.key == "both")]
    with marina.engine.connect() as connection:
        (gone,) = blasts(connection, compile_snapshot(released.values()), compile_snapshot(left))
    assert (gone.pages_removed, gone.pages_added) == (("both",), ())
    assert "page both is removed" in gone.lines


def test_above_the_sites_threshold_a_second_person_must(marina):
    limit = SiteSetting(key=SETTING, site="marina", value="1")
    assert radius(marina, WIDE, limit).needs_second
    assert not radius(marina, WIDE, replace(limit, value="2")).needs_second
    assert not radius(marina, WIDE).needs_second


def test_a_release_that_asks_for_less_is_held_to_what_was_asked_before(marina):
    limit = SiteSetting(key=SETTING, site="marina", value="1")
    MetadataStore(marina.engine).publish("Dora", components=(limit,))
    assert radius(marina, WIDE, replace(limit, value="50")).needs_second
    assert radius(marina, WIDE, replace(limit, value="")).needs_second


def test_who_made_the_drafts_does_not_publish_them_then_and_somebody_else_does(database_url, tmp_path):
    limit = SiteSetting(key=SETTING, site="marina", value="0")
    with open_studio(database_url, tmp_path, limit) as site:
        site.book("M-3", "carol")
        site.book("M-1", "alice")
        MetadataStore(site.engine).save((WIDE,), f"Dora ({site.people['dora']})")
        dora = Maker.of(site, "dora")
        refused = dora.publish()
        assert refused.status_code == 422
        assert "a second person, who has saved none of the drafts, must publish" in words(refused)
        assert "alice@sail.example gains 1 and loses 0 rows of booking" in refused.text
        MetadataStore(site.engine).save((replace(WIDE, label=Text.of("Bookings")),), "Somebody else")
        assert dora.publish().status_code == 422, "what she saved is in it, though somebody saved after her"
        MetadataStore(site.engine).save((), "Somebody else", delete=[component_id(WIDE)])
        MetadataStore(site.engine).save((WIDE,), "Somebody else")
        assert dora.publish().status_code == 303, "what she saved was undone before"


def test_somebody_without_a_web_role_of_their_own_is_asked_about_too(marina):
    """Most people of a site have the role that everybody has, and are in no list of who was given one."""
    own, wide = (replace(one, key="bookings-of-members", roles=("member",)) for one in (OWN, WIDE))
    with marina.engine.begin() as connection:
        connection.execute(contact_roles.delete().where(contact_roles.c.contact_id == marina.people["alice"]))
    MetadataStore(marina.engine).publish("Dora", components=(own,))

    found = radius(marina, wide, SiteSetting(key=SETTING, site="marina", value="1"))

    assert ("alice@sail.example", "booking", 2) in {(item.who, item.entity, item.gained) for item in found.rows}
    assert found.needs_second


def test_taking_the_setting_away_needs_the_second_person_itself(marina):
    """Else whoever may publish takes it away alone, and is asked by nobody when the next release gives everything."""
    limit = SiteSetting(key=SETTING, site="marina", value="5")
    assert not radius(marina, limit).needs_second
    MetadataStore(marina.engine).publish("Dora", components=(limit,))
    assert radius(marina, replace(limit, value="6")).needs_second
    assert radius(marina, replace(limit, value="")).lines == ("a second person is asked for later than before, or no more",)
    assert not radius(marina, replace(limit, value="4")).needs_second
    assert not radius(marina, limit).needs_second


def test_whom_a_membership_alone_gives_a_role_is_asked_about_too(marina):
    """In the account of the membership, where the role counts; at home the person has none."""
    contact = next((one for one in MARINA if isinstance(one, Entity) and one.key == "contact"), Entity(key="contact"))
    shared = replace(contact, further_accounts=SHARES)
    published = MetadataStore(marina.engine).publish("Dora", components=(CREW, OF_CREW, MEMBERSHIP, shared))
    row = {"person": marina.people["erin"], "customer": marina.accounts["sail"], "web_role": "crew"}
    replace(marina, snapshot=published.snapshot).add("berth_share", **row)

    found = radius(marina, replace(OF_CREW, scope="global", via=""))

    assert {(item.who, item.entity): (item.gained, item.lost) for item in found.rows} == {
        ("erin@marina.example for sail", "booking"): (2, 0)
    }


def test_who_may_act_for_further_accounts_from_now_on_gains_their_rows(marina):
    """With the roles that they have at home: no permission differs, and rows are gained all the same."""
    MetadataStore(marina.engine).publish("Dora", components=(MEMBERSHIP,))
    snapshot = compile_snapshot(MetadataStore(marina.engine).released().values())
    row = {"person": marina.people["carol"], "customer": marina.accounts["sail"]}
    replace(marina, snapshot=snapshot).add("berth_share", **row)
    shared = Entity(key="contact", further_accounts=replace(SHARES, role=""))

    assert ("carol@row.example for sail", "booking", 2, 0) in {
        (item.who, item.entity, item.gained, item.lost) for item in radius(marina, shared).rows
    }
