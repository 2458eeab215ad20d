"""A person closes the own sign-in: nothing of it works any more, and those who look after people see that it was asked for."""

import datetime as dt

import sqlalchemy as sa

from runtime.identity.api_tokens import NewToken, find, give
from runtime.identity.sessions import utc_now
from runtime.identity.standings import ids_in, standings
from runtime.identity.tables import invitations
from support.portal import CAST, SITE

CAROL = CAST["carol"][0]
WEEK = dt.timedelta(days=7)


def test_a_closed_sign_in_works_nowhere_and_is_seen_by_those_who_look_after_people(portal):
    here, there = portal.signed_in("carol"), portal.signed_in("carol")
    contact, site = portal.ids["carol"], portal.snapshot.sites[SITE]
    with portal.engine.begin() as connection:
        _, token = give(connection, NewToken(contact, SITE, "till", (), False, WEEK))
        assert find(connection, portal.snapshot, SITE, token) is not None
    here.post("/password/forgot", {"email": CAROL})
    link = portal.outbox.link()
    assert "/security/close" in here.get("/security").text
    assert "Harbour" in here.get("/security/close").text
    unsure = here.post("/security/close")
    assert (unsure.status_code, there.who()) == (422, "Carol")
    with here.client.session_transaction() as session:
        session["proved"] = 0
    assert here.post("/security/close", {"sure": "1"}).status_code == 403
    with here.client.session_transaction() as session:
        session["proved"] = int(utc_now().timestamp())
    closed = here.post("/security/close", {"sure": "1"})
    assert (closed.status_code, closed.location) == (303, "/signin")
    assert "Your sign-in is closed." in here.get("/signin").text
    assert (here.who(), there.who()) == ("nobody", "nobody")
    assert portal.browser().sign_in(CAROL).status_code == 422
    assert 'name="password"' not in portal.browser().get(link).text
    assert portal.outbox.sent[-1].to == CAROL
    assert "was closed" in portal.outbox.sent[-1].text
    with portal.engine.begin() as connection:
        assert find(connection, portal.snapshot, SITE, token) is None
        stands = standings(connection, site, portal.ids.values())
        assert [who for who, one in portal.ids.items() if stands[one].closed] == ["carol"]
        assert stands[contact].barred
        (those, none) = ids_in(site, frozenset(), "closed")
        assert none == ()
        assert [set(connection.scalars(one)) for one in those] == [{contact}, {contact}]
        open_still = sa.select(invitations.c.id).where(
            invitations.c.contact_id == contact, invitations.c.expires_at > utc_now()
        )
        assert connection.scalars(open_still).all() == []


def test_nobody_has_nothing_to_close(local_portal):
    assert local_portal.browser().get("/security/close").status_code == 302
