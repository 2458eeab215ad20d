"""Webhooks that come in: signed ones are stored before the answer and taken once, all others find nothing out."""

import json
import time
import uuid

import pytest
import sqlalchemy as sa

from connectors import tables
from connectors.adapters import open_adapter
from connectors.station import Station
from connectors.tablemap import compiled_maps
from connectors.webhook.signing import secrets_of, sign
from metadata.model import AttributeMap, Connection, TableMap
from runtime.sync.homes import home_of
from support.portal import components, make_portal

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PEOPLE = TableMap(
    key="people",
    connection="choir",
    entity="contact",
    table="singer",
    integration_key=("email",),
    attributes=(AttributeMap(attribute="email", column="mail"), AttributeMap(attribute="full_name", column="name")),
)
SETTINGS = (("secret", "${CHOIR_SECRET}"), ("max_bytes", "2000"), ("per_minute", "40"))
CHOIR = Connection(key="choir", connector="webhook", settings=SETTINGS)


@pytest.fixture
def choir(database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("CHOIR_SECRET", SECRET)
    made = make_portal(database_url, tmp_path, (*components(), CHOIR, PEOPLE))
    yield made
    made.engine.dispose()


def send(portal, body, identity="", moment=None, address="choir", secret=SECRET):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    identity, moment = identity or uuid.uuid4().hex, int(time.time()) if moment is None else moment
    signature = sign(secrets_of(secret)[0], identity, moment, text)
    headers = {"webhook-id": identity, "webhook-timestamp": str(moment), "webhook-signature": signature}
    given = {**headers, "Content-Type": "application/json"}
    return portal.browser().client.post(f"/_hooks/{address}", data=text, headers=given)


def singer(mail, name="Ann", word="created"):
    return {"type": f"singer.{word}", "timestamp": "2026-01-01T00:00:00Z", "data": {"mail": mail, "name": name}}


def waiting(portal):
    return len(portal.rows(sa.select(tables.inbox.c.id)))


def pull(portal):
    station = Station(home_of(portal.engine, portal.snapshot), open_adapter(CHOIR), "choir", compiled_maps(portal.snapshot))
    try:
        (run,) = station.pull(compiled_maps(portal.snapshot))
    finally:
        station.close()
    return run


def names(portal):
    contact = portal.snapshot.entities["contact"].table
    chosen = sa.select(contact.c.full_name).where(contact.c.email.like("%@choir.example")).order_by(contact.c.email)
    return [row[0] for row in portal.rows(chosen)]


def test_a_signed_message_is_stored_then_answered_and_taken_once_however_often_it_comes(choir):
    for _ in range(2):
        answer = send(choir, singer("ann@choir.example"), identity="msg_1")
        assert (answer.status_code, answer.json) == (202, {"status": "accepted"})
    assert waiting(choir) == 1
    assert pull(choir).counts.inserted == 1
    assert (names(choir), waiting(choir)) == (["Ann"], 0)
    send(choir, singer("ann@choir.example", "Beth", "updated"), identity="msg_2")
    pull(choir)
    send(choir, singer("ann@choir.example"), identity="msg_1")
    pull(choir)
    assert (names(choir), waiting(choir)) == (["Beth"], 0)


def test_who_does_not_sign_or_comes_late_is_told_nothing_and_nothing_is_stored(choir):
    assert choir.browser().client.post("/_hooks/choir", json=singer("a@choir.example")).status_code == 401
    assert send(choir, singer("a@choir.example"), secret="another-secret-of-mine").status_code == 401
    late = send(choir, singer("a@choir.example"), moment=int(time.time()) - 301)
    assert (late.status_code, late.json) == (401, {"status": "not signed"})
    assert send(choir, singer("a@choir.example"), address="quire").status_code == 404
    assert choir.browser().client.get("/_hooks/choir").status_code in (404, 405)
    assert waiting(choir) == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"\xff", 400), ({"type": "singer.created"}, 400), (b" " * 2001, 413), ({"type": "bird", "data": {}}, 202)],
)
def test_what_is_no_event_is_told_so_and_what_nobody_reads_is_not_kept(choir, body, status):
    assert send(choir, body).status_code == status
    assert waiting(choir) == 0


def test_a_row_that_cannot_be_taken_waits_for_somebody_as_from_anywhere_else(choir):
    send(choir, {"type": "singer.created", "data": {"mail": "a@choir.example"}})
    assert pull(choir).counts.rejected == 1


def test_too_many_are_put_off(choir):
    answers = [send(choir, singer("a@choir.example")).status_code for _ in range(41)]
    assert answers[-1] == 429
    assert answers.count(202) == 40


def test_without_its_secret_the_address_is_not_available(choir, monkeypatch):
    monkeypatch.delenv("CHOIR_SECRET")
    assert send(choir, singer("a@choir.example")).status_code == 503
