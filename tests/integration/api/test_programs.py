"""Programs with a token of their own: made by command, narrowed, and over as soon as it or its person is."""

import json
from email import message_from_bytes

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from runtime.cli.people import command as people
from runtime.cli.token import command as token
from runtime.identity.external.logins import Identity, add_external
from runtime.identity.tables import api_tokens, logins
from runtime.services import services_of
from support.archive import Program
from support.portal import SECRET, Browser

MAIL = "{}@archive.example"


@pytest.fixture
def run(site, tmp_path):
    """Run a command in the archive's installation: exit code, and what it says as data."""
    url = services_of(site.app).config.database_url
    environ = {"FOYER_DATABASE_URL": url, "FOYER_DATA_DIR": str(tmp_path), "FOYER_SECRET_KEY": SECRET}

    def call(command, *arguments):
        done = CliRunner().invoke(command, (*arguments, "--json"), env=environ)
        return done.exit_code, json.loads(done.output)

    return call


@pytest.fixture
def program(site, run):
    """A program with a token of somebody's, and the id of the token."""

    def make(name, *options, browser=None):
        code, said = run(token, "create", MAIL.format(name), "--name", "books", *options)
        assert code == 0, said
        client = (browser or Browser(site.app.test_client())).client
        made = Program(Browser(client))
        made.send = lambda method, path, body=None, **headers: Program.send(
            made, method, path, body, **{"Authorization": f"Bearer {said['token']}", **headers}
        )
        return made, said

    return make


def test_a_program_has_the_rights_of_its_person_without_a_session(site, program):
    mine, theirs = site.score("S1"), site.score("T1", "low")
    books, said = program("alma")
    assert [row["number"] for row in books.rows("scores")] == ["S1"]
    assert books.send("PATCH", f"scores({mine})", {"title": "x"}).status_code == 204
    assert site.stored("score", mine)["changed_by"] == site.people["alma"]
    assert books.get(f"scores({theirs})").status_code == 404
    with site.engine.connect() as connection:
        kept = connection.execute(select(api_tokens)).one()
    assert said["token"] not in str(kept)
    assert kept.seen_at is not None
    for wrong in ("Bearer nonsense", "Bearer ", f"Bearer {said['token']}x"):
        answer = books.get("scores", Authorization=wrong)
        assert answer.status_code == 401 if wrong != "Bearer " else answer.status_code == 403


def test_a_token_takes_the_place_of_a_session_and_works_nowhere_else(site, program):
    site.score("S1")
    signed_in = site.as_("cleo")
    books, _ = program("alma", browser=signed_in.browser)
    assert [row["number"] for row in books.rows("scores")] == ["S1"]
    assert signed_in.rows("scores") == []
    # Another site's page can make a browser send its cookie but no such header: a wrong token is no way around the check.
    refused = signed_in.browser.client.post("/_api/scores", json={"number": "N"}, headers={"Authorization": "Bearer nonsense"})
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.get_json()["error"]["code"] == "90040109"
    assert Program.send(books, "POST", "/signin", {}, Authorization="Bearer x").status_code == 400
    assert site.count("score") == 1


def test_a_token_can_be_narrowed_to_roles_and_to_reading(site, run, program):
    row = site.score("S1")
    reading, _ = program("alma", "--read-only")
    refused = reading.send("PATCH", f"scores({row})", {"title": "x"})
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "ReadOnlyToken")
    gone = {"id": "1", "method": "DELETE", "url": f"scores({row})"}
    calls = {"requests": [gone, {"id": "2", "method": "GET", "url": "scores"}]}
    answers = reading.send("POST", "$batch", calls, Prefer="odata.continue-on-error").get_json()["responses"]
    assert [one["status"] for one in answers] == [403, 200]
    assert run(people, "grant", MAIL.format("alma"), "librarian")[0] == 0
    site.score("T1", "low")
    narrowed, _ = program("alma", "--role", "singer")
    everything, _ = program("alma")
    assert [len(one.rows("scores")) for one in (narrowed, everything)] == [1, 2]
    assert narrowed.get("people").status_code == 403
    other, _ = program("alma", "--role", "reader")  # which she does not hold
    assert other.get("scores").status_code == 403


def test_tokens_end_with_a_command_with_time_and_with_their_person(site, run, program, tmp_path):
    one, said = program("alma")
    two, _ = program("bo")
    _, listed = run(token, "list")
    assert [entry["contact"] for entry in listed["tokens"]] == [site.people["alma"], site.people["bo"]]
    assert "token" not in listed["tokens"][0]
    assert len(run(token, "list", MAIL.format("bo"))[1]["tokens"]) == 1
    assert run(token, "revoke", str(said["id"])) == (0, {"ok": True, "id": said["id"], "revoked": True})
    assert run(token, "revoke", str(said["id"]))[0] == 1
    mails = [message_from_bytes(one.read_bytes()) for one in sorted(tmp_path.glob("mail/*.eml"))]
    assert [(mail["To"], mail.get_payload(decode=True).decode().splitlines()[0]) for mail in mails if "alma" in mail["To"]] == [
        (MAIL.format("alma"), "A token was made with which a program acts in your name at archive."),
        (MAIL.format("alma"), "A token with which a program acted in your name at archive was taken back. It no longer works."),
    ]
    assert one.get("scores").status_code == 401
    assert two.get("scores").status_code == 200
    assert run(people, "lock", MAIL.format("bo"))[0] == 0
    assert two.get("scores").status_code == 401
    three, _ = program("cleo")
    with site.engine.begin() as connection:
        connection.execute(api_tokens.update().values(expires_at=api_tokens.c.created_at))
    assert three.get("scores").status_code == 401
    away, _ = program("cleo")
    with site.engine.begin() as connection:  # who signs in with another provider alone
        connection.execute(logins.delete().where(logins.c.contact_id == site.people["cleo"]))
        add_external(connection, site.people["cleo"], Identity("https://town.example", "c1", ""))
    assert away.get("scores").status_code == 200
    assert run(people, "lock", MAIL.format("cleo"))[0] == 0
    assert away.get("scores").status_code == 401
    four, _ = program("rut")
    contacts = site.snapshot.entities["contact"].table
    with site.engine.begin() as connection:
        connection.execute(contacts.update().where(contacts.c.id == site.people["rut"]).values(active=False))
    assert four.get("scores").status_code == 401
    assert run(token, "create", "nobody@archive.example", "--name", "x")[0] == 1
    assert run(token, "create", MAIL.format("alma"), "--name", "x", "--role", "sniger")[0] == 1
