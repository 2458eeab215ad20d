"""A change of the secret key: nobody is signed out, nothing that was sealed is lost, and the old key opens nothing any more."""

import dataclasses
import re

import pyotp
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from runtime.app import create_app, make_services
from runtime.cli.rotate_secrets import command
from runtime.identity import tables
from runtime.identity.rotating import rotate
from runtime.identity.vault import Vault
from support.portal import CAST, PASSWORD, SECRET, AtOnce, Browser, Portal, config, make_portal, titles

NEW, NEWEST = "the key after the first one", "the key after that"
CAROL = CAST["carol"][0]


@pytest.fixture
def portal(database_url, tmp_path):
    made = make_portal(database_url, tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def started_with(portal, database_url, tmp_path):
    """The same portal, started anew with a secret key and those of before."""
    engines = []

    def start(key, *old):
        settings = config(database_url, tmp_path, FOYER_SECRET_KEY=key, FOYER_OLD_SECRET_KEYS="\n".join(old))
        services = dataclasses.replace(make_services(settings), mailer=portal.outbox, aside=AtOnce())
        engines.append(services.engine)
        return Portal(create_app(settings, services=services, show=titles), services, portal.outbox, portal.ids)

    yield start
    for engine in engines:
        engine.dispose()


def moved(browser, portal):
    """The same browser at the portal as it was started anew."""
    client = portal.app.test_client()
    client._cookies = browser.client._cookies
    return Browser(client)


def set_up(portal):
    browser = portal.signed_in("carol")
    browser.post("/second-factor", {"act": "app", "password": PASSWORD})
    shown = browser.get("/second-factor/setup").text
    app = pyotp.TOTP(re.search(r"<code>([A-Z2-7 ]+)</code>", shown)[1].replace(" ", ""))
    codes = re.findall(r"<li><code>([A-Z0-9-]+)</code>", browser.post("/second-factor/setup", {"code": app.now()}).text)
    return browser, app, codes


def second_step(portal, code):
    browser = portal.browser()
    assert browser.sign_in(CAROL).status_code == 303
    return browser.post("/signin/code", {"code": code}).status_code


def factor(portal):
    return portal.rows(sa.select(tables.second_factors))[0]


def test_a_new_secret_key_ends_no_session_no_open_form_and_no_second_factor(portal, started_with):
    browser, app, codes = set_up(portal)
    token = browser.token("/password/forgot")
    again = started_with(NEW, SECRET)
    browser = moved(browser, again)
    assert browser.who() == "Carol"
    sent = {"csrf_token": token, "email": "nobody@nowhere.example"}
    assert browser.client.post("/password/forgot", data=sent).status_code in (200, 303)
    assert second_step(again, codes[0]) == 303
    with again.engine.begin() as connection:
        assert rotate(connection, NEW, [SECRET]).closed == ()
        assert rotate(connection, NEW, [SECRET]).done == 1  # again, and nothing is lost
    row = factor(again)
    assert (Vault(NEW).open(row.contact_id, row.secret), Vault(SECRET).open(row.contact_id, row.secret)) == (app.secret, None)
    last = started_with(NEW)  # the old key is forgotten
    assert moved(browser, last).who() == "Carol"
    assert second_step(last, codes[1]) == 303
    assert second_step(last, codes[1]) == 422
    with last.engine.begin() as connection:
        rotate(connection, NEWEST, [NEW])
    last = started_with(NEWEST)
    assert second_step(last, codes[2]) == 303
    portal.change(tables.second_factors, sa.true(), spent_at=None)
    assert second_step(last, app.now()) == 303


def test_a_key_that_was_never_named_opens_nothing(portal, started_with):
    browser, _, codes = set_up(portal)
    token = browser.token("/password/forgot")
    stranger = started_with(NEW, NEWEST)
    browser = moved(browser, stranger)
    assert browser.who() == "nobody"
    assert browser.client.post("/password/forgot", data={"csrf_token": token, "email": "a@b.example"}).status_code == 400
    assert second_step(stranger, codes[0]) == 422


def test_the_command_tells_of_what_it_could_not_open_and_leaves_it(portal, tmp_path, database_url):
    set_up(portal)
    before = factor(portal)

    def run(**keys):
        environ = {"FOYER_DATABASE_URL": database_url, "FOYER_DATA_DIR": str(tmp_path), **keys}
        return CliRunner().invoke(command, [], env=environ)

    wrong = run(FOYER_SECRET_KEY=NEW)
    assert (wrong.exit_code, f"contact {before.contact_id}" in wrong.stderr) == (1, True)
    assert factor(portal) == before
    assert run(FOYER_SECRET_KEY=NEW, FOYER_OLD_SECRET_KEYS=f"{NEWEST}\n{SECRET}").exit_code == 0
    assert Vault(NEW).open(before.contact_id, factor(portal).secret)
