"""Erasing one person, in the studio and by command: no table holds who it was, and what was done for the company stays."""

import datetime as dt
import json
from decimal import Decimal

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from connectors import tables as sync
from metadata.model import AttributeMap, AttributePermission, AttributeRight, Connection, TableMap
from runtime.access import Principal
from runtime.cli.people import command as people
from runtime.erasing import erase
from runtime.identity import tables as identity
from runtime.identity.roles import grant_roles
from runtime.records.audit import AUDITED, record_act
from runtime.records.erasing import ERASED
from runtime.records.people import change_person
from runtime.tables import KEPT
from support.people import open_people
from support.portal import SECRET
from support.studio import Maker, words

MARK = "zebulon"
EMAIL = f"{MARK}@quux.example"
STAYS = {"foyer_consent"}
"""What is kept by the number of the contact alone: that it accepted which terms."""
SYSTEM = Principal.system("admin")


@pytest.fixture
def site(database_url, tmp_path):
    with open_people(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def zebulon(site):
    """Somebody with a sign-in, an order for the company, and a row in every table that the engine keeps of people."""
    contact = site.add(
        "contact", full_name="Zebulon Quux", email=EMAIL, active=True, account=site.accounts["sail"], language="sv-SE"
    )
    site.people[MARK] = contact
    site.book("Z1")
    with site.engine.begin() as connection:
        connection.execute(sa.update(site.snapshot.entities["booking"].table).values(skipper=contact, created_by=contact))
        for table in kept():
            for row in rows_about(table, contact):
                connection.execute(sa.insert(table).values(row))
        facts = {"registration": "approved", "email": EMAIL.upper()}
        change_person(connection, site.snapshot, contact, {"email": EMAIL.upper()})
        record_act(connection, SYSTEM, "registration", "registration", 77, facts)
        record_act(connection, SYSTEM, "merge", "contact", site.people["frida"], {"merged": 9, "email": EMAIL})
    return contact


def kept():
    return [table for metadata in KEPT for table in metadata.sorted_tables]


def rows_about(table, contact):
    """A row about the contact whose every other text says who it is; none in tables that know no person."""
    names = set(table.c.keys())
    if table.name == "foyer_share_row":
        return [{"share_id": 1, "row_id": 1}]
    if not ({"contact_id"} & names or {"entity", "record_id"} <= names or {"entity", "row"} <= names):
        return []
    about = {"contact_id": contact, "record_id": contact, "row": contact, "entity": "contact", "created_by": contact}
    about["id"] = None
    about |= OF_TABLE.get(table.name, {})
    row = {column.name: about.get(column.name, value_for(column)) for column in table.c}
    return [{name: value for name, value in row.items() if name != "id" or value is not None}]


OF_TABLE = {
    "foyer_audit": {
        "changes": json.dumps({"full_name": [None, "Zebulon Quux"]}),
        "site": "",
        "origin": "portal",
        "privilege": "create",
    },
    "foyer_file": {"id": 5, "row": None, "dropped_at": None, "entity": "contact"},
    "foyer_outbox": {"state": "delivered", "map": "", "operation": "update", "idempotency": "1"},
    "foyer_invitation": {"id": 3},
    "foyer_redemption": {"invitation_id": 3},
    "foyer_share": {"id": 1, "revoked_at": None},
    "foyer_draft": {"id": "d" * 32},
    "foyer_errand": {"id": "e" * 32},
    "foyer_saved_list": {"id": "f" * 32},
}


def value_for(column):
    kind = column.type
    if isinstance(kind, sa.LargeBinary):
        return MARK.encode()
    if isinstance(kind, sa.String):
        return MARK
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer | sa.Float):
        return 1
    return dt.datetime.now(dt.UTC)


def places_of(site, mark):
    """The tables in which a text occurs, of people's rows and of the engine's."""
    with site.engine.connect() as connection:
        tables = [*kept(), *(entity.table for entity in site.snapshot.entities.values())]
        return {
            table.name for table in tables for row in connection.execute(sa.select(table)) if mark in repr(tuple(row)).lower()
        }


def run(site, tmp_path, *arguments):
    environ = {
        "FOYER_DATABASE_URL": site.engine.url.render_as_string(hide_password=False),
        "FOYER_DATA_DIR": str(tmp_path),
        "FOYER_SECRET_KEY": SECRET,
    }
    done = CliRunner().invoke(people, ["erase", *arguments], env=environ)
    return done.exit_code, done.output


def test_no_table_holds_who_an_erased_person_was(site, zebulon, tmp_path):
    before = places_of(site, MARK)
    assert len(before) > 25
    code, said = run(site, tmp_path, EMAIL, "--apply", "--json")
    assert (code, json.loads(said)["applied"]) == (0, True)
    left = places_of(site, MARK)
    # An upload that no form saved goes with its content, which the worker does.
    assert left == STAYS | {"foyer_file"}
    with site.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM foyer_file WHERE dropped_at IS NULL")) == 0


def test_what_was_done_stays_and_names_a_number(site, zebulon, tmp_path, maker):
    with site.engine.connect() as connection:
        lines = connection.execute(sa.text("SELECT count(*) FROM foyer_audit")).scalar()
    code, said = run(site, tmp_path, EMAIL, "--apply", "--json")
    assert code == 0
    assert json.loads(said)["naming"] == {"booking.skipper": 1}
    with site.engine.connect() as connection:
        contact = site.snapshot.entities["contact"].table
        row = connection.execute(sa.select(contact).where(contact.c.id == zebulon)).mappings().one()
        assert (row["full_name"], row["email"], row["active"], row["account"]) == (
            f"– {zebulon}",
            None,
            False,
            site.accounts["sail"],
        )
        booking = site.snapshot.entities["booking"].table
        assert connection.execute(sa.select(booking.c.skipper, booking.c.fee)).one() == (zebulon, Decimal("1250.5"))
        act = sa.text('SELECT changes FROM foyer_audit WHERE privilege = :act AND "row" = :row')
        facts = json.loads(connection.execute(act, {"act": ERASED, "row": zebulon}).scalar_one())
        assert facts["rows"] > 15
        # The line of the change itself and that of the deed are new; none is gone.
        assert connection.execute(sa.text("SELECT count(*) FROM foyer_audit")).scalar() == lines + 2
    assert f"– {zebulon}" in words(maker("dora").get(f"people/{zebulon}"))


def test_without_apply_it_is_counted_and_nothing_changed(site, zebulon, tmp_path):
    before = places_of(site, MARK)
    code, said = run(site, tmp_path, EMAIL)
    assert code == 0
    assert "would be erased; nothing has been changed" in said
    assert "cannot be undone; --apply does it" in said
    assert places_of(site, MARK) == before
    planned = json.loads(run(site, tmp_path, EMAIL, "--json")[1])
    done = json.loads(run(site, tmp_path, EMAIL, "--apply", "--json")[1])
    assert {**planned, "applied": True} == done
    again = json.loads(run(site, tmp_path, "--contact", str(zebulon), "--apply", "--json")[1])
    assert (again["removed"], again["contact"]) == ({}, zebulon)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name the person by an e-mail"),
        (["nobody@x.example"], "no contact has the e-mail"),
        (["--contact", "9999"], "no contact has the number 9999"),
        ([EMAIL, "--contact", "1"], "name the person by an e-mail"),
    ],
)
def test_the_command_says_what_it_was_not_told(site, tmp_path, arguments, said):
    code, output = run(site, tmp_path, *arguments)
    assert code == 1
    assert said in output


OUTSIDE = (
    Connection(key="outside", connector="memory", settings=(("name", "nowhere"),)),
    TableMap(
        key="people",
        connection="outside",
        entity="contact",
        table="person",
        integration_key=("email",),
        attributes=(
            AttributeMap(attribute="email", column="mail"),
            AttributeMap(attribute="full_name", column="name", direction="both"),
        ),
    ),
)


def test_what_synchronisation_keeps_of_the_row_goes_and_what_brings_it_back_is_told(database_url, tmp_path):
    with open_people(database_url, tmp_path, *OUTSIDE) as site:
        contact = site.add("contact", full_name="Zebulon Quux", email=EMAIL, active=True)
        now = dt.datetime.now(dt.UTC)
        told = {"map": "people", "key": EMAIL}
        refused = {**told, "code": "x", "reason": MARK, "record": MARK, "first_at": now, "last_at": now}
        waiting = {"operation": "update", "idempotency": "1", "payload": f'{{"was": "{MARK}"}}', "state": "waiting"}
        with site.engine.begin() as connection:
            connection.execute(sa.insert(sync.reject).values(refused))
            connection.execute(sa.insert(sync.seen).values(**told, hash="x", values=f'["{EMAIL}"]'))
            owed = {"map": "people", "entity": "contact", "record_id": contact, "created_at": now, **waiting}
            connection.execute(sa.insert(sync.outbox).values(owed))
        code, said = run(site, tmp_path, EMAIL, "--apply")
        assert code == 0
        assert "people would bring the person again" in said
        assert "1 earlier changes have not gone out" in said
        assert places_of(site, MARK) == {"foyer_outbox"}
        with site.engine.begin() as connection:
            connection.execute(sa.update(sync.outbox).values(state="delivered"))
        code, said = run(site, tmp_path, "--contact", str(contact), "--apply")
        assert (code, places_of(site, MARK)) == (0, set())


def press(maker, contact, **fields):
    token = maker.browser.token(f"/studio/people/{contact}/erase")
    return maker.browser.client.post(f"/studio/people/{contact}/erase", data={"csrf_token": token, **fields})


def test_the_studio_shows_what_goes_and_erases_once_one_is_sure(site, zebulon, maker):
    dora = maker("dora")
    guest = site.stranger()
    with site.engine.begin() as connection:
        connection.execute(sa.delete(identity.logins).where(identity.logins.c.contact_id == zebulon))
    page = words(dora.get(f"people/{zebulon}/erase"))
    assert "Booking skipper : 1 row" in page
    assert f"erase contact {zebulon} once more" in page
    unsure = press(dora, zebulon)
    assert (unsure.status_code, MARK in places_of(site, MARK)) == (422, False)
    assert "Tick that you know" in words(unsure)
    assert press(dora, zebulon, sure="yes").status_code == 303
    assert places_of(site, MARK) == STAYS | {"foyer_file"}
    assert "Erased. What is left" in dora.get(f"people/{zebulon}").text
    assert guest.sign_in(EMAIL).status_code == 422


def test_who_may_not_write_contacts_or_stands_below_erases_nobody(site, zebulon, maker):
    before = places_of(site, MARK)
    erin = maker("erin")
    assert press(erin, zebulon, sure="yes").status_code == 422
    refused = sa.text("SELECT contact, entity FROM foyer_audit WHERE privilege = 'refused'")
    with site.engine.connect() as connection:
        assert connection.execute(refused).all() == [(site.people["erin"], "contact")]
    with site.engine.begin() as connection:
        grant_roles(connection, zebulon, "marina", ("chief",))
    assert "Nobody erases themselves" in words(erin.get(f"people/{zebulon}/erase"))
    assert press(erin, zebulon, sure="yes").status_code == 403
    dora = maker("dora")
    assert press(dora, site.people["dora"], sure="yes").status_code == 403
    assert maker("alice").get(f"people/{zebulon}/erase").status_code == 403
    with site.engine.connect() as connection:
        lines = [line.contact for line in connection.execute(refused)]
    assert lines == [site.people[name] for name in ("erin", "erin", "dora", "alice")]
    assert places_of(site, MARK) == before


def test_it_is_all_of_it_or_nothing(site, zebulon):
    def broken(connection, snapshot, change):
        raise RuntimeError

    before = places_of(site, MARK)
    with pytest.raises(RuntimeError), site.engine.begin() as connection:
        erase(connection, site.snapshot, SYSTEM, zebulon, listeners=AUDITED.plus(broken))
    assert places_of(site, MARK) == before


def test_an_attribute_that_the_role_may_not_write_is_named(database_url, tmp_path):
    held = AttributePermission(
        key="mails",
        entity="contact",
        roles=("chief", "skipper", "master"),
        others=("read", "create", "update"),
        attributes=(AttributeRight(attribute="email", read=True),),
    )
    with open_people(database_url, tmp_path, held) as site:
        answer = press(Maker.of(site, "dora"), site.people["frida"], sure="yes")
        assert (answer.status_code, "may not write all that would be emptied: email" in words(answer)) == (422, True)
