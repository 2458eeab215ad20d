"""The commands about people: invite, roles, lock; each with a sentence and exit code 1 for what cannot be."""

import datetime as dt
import json
import re

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from runtime.cli.invite import command as invite
from runtime.cli.people import command as people
from runtime.cli.token import command as token
from runtime.cli.why import command as why
from runtime.identity import tables
from runtime.records.tables import AUDIT
from support.portal import CAST, PASSWORD, SECRET
from support.ports import free_port

ALICE, BOB, CAROL = (CAST[name][0] for name in ("alice", "bob", "carol"))


@pytest.fixture
def run(portal, tmp_path):
    """Run a command in the portal's installation: exit code and what it says."""
    environ = {
        "FOYER_DATABASE_URL": portal.services.config.database_url,
        "FOYER_DATA_DIR": str(tmp_path),
        "FOYER_SECRET_KEY": SECRET,
        "FOYER_PUBLIC_URL": "https://portal.example",
    }

    def call(command, *arguments):
        done = CliRunner().invoke(command, arguments, env=environ)
        return done.exit_code, done.output

    return call


def test_an_invitation_is_mailed_and_its_address_works(portal, run, tmp_path):
    code, said = run(invite, BOB, "--role", "member", "--account", "QUAY", "--json")
    answer = json.loads(said)
    assert (code, answer["mailed"]) == (0, True)
    mails = list((tmp_path / "mail").glob("*.eml"))
    assert len(mails) == 1
    assert BOB in mails[0].read_text()
    assert answer["link"].startswith("https://portal.example/invitation?code=")
    sent = {"code": answer["code"], "password": "long enough now", "repeat": "long enough now"}
    browser = portal.browser()
    assert browser.post("/invitation", sent).status_code == 303
    assert browser.get("/club").status_code == 200
    assert portal.person("bob").account_number == "QUAY"


def test_an_invitation_that_could_not_be_mailed_says_why_and_has_its_address(run, monkeypatch):
    monkeypatch.setenv("FOYER_SMTP_URL", f"smtp://portal:topsecret@127.0.0.1:{free_port()}")
    code, said = run(invite, BOB, "--role", "member")
    assert code == 0
    assert "https://portal.example/invitation?code=" in said
    assert "No mail was sent (127.0.0.1:" in said
    assert "topsecret" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody@x.example"], "no contact has the e-mail"),
        ([BOB, "--role", "nonsense"], "no web role"),
        ([BOB, "--site", "nonsense"], "no site nonsense"),
        ([BOB, "--account", "nonsense"], "no accounts"),
    ],
)
def test_an_invitation_that_cannot_be_says_why(run, arguments, words):
    code, said = run(invite, *arguments)
    assert code == 1
    assert words in said


def test_a_contact_made_by_command_is_invited_and_signs_in(portal, run):
    code, said = run(people, "add", "dora@quay.example", "--name", "Dora Dock", "--account", "QUAY", "--json")
    assert (code, json.loads(said)["ok"]) == (0, True)
    answer = json.loads(run(invite, "dora@quay.example", "--role", "member", "--json")[1])
    browser = portal.browser()
    browser.post("/invitation", {"code": answer["code"], "password": "long enough now", "repeat": "long enough now"})
    assert browser.who() == "Dora"
    assert browser.get("/club").status_code == 200
    assert "Dora Dock has member" in run(people, "show", "dora@quay.example")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([ALICE.upper(), "--name", "Other"], "already"),
        (["new@x.example", "--name", "New", "--account", "none"], "no accounts"),
        (["no address", "--name", "New"], "not an e-mail"),
        (["new@x.example", "--name", "N" * 5000], "full_name"),
    ],
)
def test_a_contact_that_cannot_be_made_says_why(run, arguments, words):
    code, said = run(people, "add", *arguments)
    assert code == 1
    assert words in said


def test_roles_are_given_and_taken_by_command(portal, run):
    browser = portal.signed_in("alice")
    assert run(people, "grant", ALICE, "keeper")[0] == 0
    assert browser.get("/club/vault").status_code == 200
    code, said = run(people, "revoke", ALICE, "keeper", "member")
    assert code == 0
    assert "no roles of their own" in said
    assert browser.get("/club").status_code == 403
    assert run(people, "grant", ALICE, "signed")[0] == 1


def test_who_is_locked_by_command_is_out_at_once(portal, run):
    browser = portal.signed_in("carol")
    assert run(people, "lock", CAROL)[0] == 0
    assert browser.who() == "nobody"
    assert portal.browser().sign_in(CAROL).status_code == 422
    assert run(people, "unlock", CAROL)[0] == 0
    assert portal.browser().sign_in(CAROL, PASSWORD).status_code == 303


def test_who_was_locked_by_wrong_passwords_or_codes_is_unlocked_by_command(portal, run):
    with portal.engine.begin() as connection:
        connection.execute(sa.insert(tables.second_factors).values(contact_id=portal.ids["carol"], method="mail"))
    for table in (tables.logins, tables.second_factors):
        until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=15)
        portal.change(table, table.c.contact_id == portal.ids["carol"], failed=5, locked_until=until)
    assert portal.browser().sign_in(CAROL).status_code == 422
    assert run(people, "unlock", CAROL)[0] == 0
    browser = portal.browser()
    assert browser.sign_in(CAROL).location == "/signin/code"
    (code,) = re.findall(r"\b\d{6}\b", portal.outbox.sent[-1].text)
    assert browser.post("/signin/code", {"code": code}, token_from="/signin/code").status_code == 303


def test_the_commands_say_what_they_did_to_a_sign_in(portal, run):
    portal.signed_in("carol")
    for name, words in (
        ("signout", "is signed out of 1 session\n"),
        ("signout", "had no session"),
        ("reset-second-factor", "had no second factor"),
        ("lock", "may not sign in any more"),
        ("unlock", "may sign in again"),
    ):
        code, said = run(people, name, CAROL)
        assert (code, words in said) == (0, True), said


def test_who_has_no_sign_in_yet_is_not_said_to_be_locked(run):
    run(people, "add", "dora@quay.example", "--name", "Dora Dock", "--account", "QUAY")
    run(invite, "dora@quay.example", "--role", "member")
    said = run(people, "lock", "dora@quay.example")[1]
    assert "has no sign-in yet, so nothing is locked; an invitation that was sent works no longer" in said
    assert "works no longer" not in run(people, "lock", "dora@quay.example")[1]
    assert "has no sign-in; foyer invite" in run(people, "unlock", "dora@quay.example")[1]


def test_without_a_release_the_commands_say_so(tmp_path):
    environ = {"FOYER_DATA_DIR": str(tmp_path), "FOYER_SECRET_KEY": SECRET}
    done = CliRunner().invoke(invite, [BOB], env=environ)
    assert done.exit_code == 1
    assert "Nothing has been published yet" in done.output


def test_why_tells_what_decides(portal, run):
    code, said = run(why, ALICE, "read", "contact", str(portal.ids["bob"]))
    assert (code, said.splitlines()[0]) == (0, f"No: {portal.person('alice').name} may not read contact {portal.ids['bob']}.")
    code, said = run(why, "anonymous", "write", "contact", "--json")
    told = json.loads(said)
    assert (code, told["allowed"], told["attributes"]) == (0, False, [])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody@x.example", "read", "contact"), "no contact has the e-mail"),
        ((ALICE, "read", "contakt"), "there is no entity contakt. Did you mean 'contact'?"),
        ((ALICE, "read", "contact", "Nobody At All"), "there is no contact called Nobody At All"),
        ((ALICE, "read", "contact", "--site", "nonsense"), "no site nonsense"),
        ((ALICE, "eat", "contact"), "'eat' is not one of"),
    ],
)
def test_why_says_what_it_was_not_told(run, arguments, words):
    code, said = run(why, *arguments)
    assert code != 0
    assert words in said


def test_what_is_done_about_people_by_command_is_in_the_audit_trail(portal, run):
    for arguments in (
        ("grant", BOB, "member"),
        ("revoke", BOB, "member"),
        ("lock", CAROL),
        ("unlock", CAROL),
        ("signout", CAROL),
    ):
        assert run(people, *arguments, "--author", "olga")[0] == 0
    assert run(people, "show", CAROL)[0] == 0
    assert run(people, "grant", BOB, "nonsense")[0] == 1
    assert run(invite, BOB, "--author", "olga", "--no-mail")[0] == 0
    made = json.loads(run(token, "create", CAROL, "--name", "till", "--author", "olga", "--json")[1])
    assert run(token, "revoke", str(made["id"]), "--author", "olga")[0] == 0
    bob, carol = portal.ids["bob"], portal.ids["carol"]
    found = portal.rows(sa.select(AUDIT.c.privilege, AUDIT.c.row, AUDIT.c.changes).order_by(AUDIT.c.id))
    assert [(act, row) for act, row, _ in found] == [
        ("roles", bob),
        ("roles", bob),
        ("lock", carol),
        ("unlock", carol),
        ("sign_out", carol),
        ("invite", bob),
        ("token", carol),
        ("token_revoked", carol),
    ]
    assert {json.loads(changes)["by"] for _, _, changes in found} == {"olga"}
    assert json.loads(found[0][2]) == {"given": ["member"], "taken": [], "by": "olga"}


def test_a_new_password_is_in_the_audit_trail_and_shown_to_its_person(portal):
    carol = portal.signed_in("carol")
    new = "another long one 17"
    sent = {"current": PASSWORD, "password": new, "repeat": new}
    assert carol.post("/password/change", sent, token_from="/password/change").status_code == 303
    code = portal.invite("bob")
    portal.browser().post("/invitation", {"code": code, "password": new, "repeat": new})
    found = portal.rows(sa.select(AUDIT.c.row, AUDIT.c.contact, AUDIT.c.changes).where(AUDIT.c.privilege == "password"))
    bob, carols = portal.ids["bob"], portal.ids["carol"]
    assert [(row, contact) for row, contact, _ in found] == [(carols, carols), (bob, bob)]
    assert new not in repr(found)
    assert "New password" in carol.get("/security").text
