"""Several accounts: in random worlds a session sees what a plain reading of the rules gives the account that was chosen."""

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.model import Entity, FurtherAccounts, ManyToMany
from runtime.access import Principal
from runtime.access.principal import Person
from runtime.identity import tables
from runtime.identity.sessions import NewSession, load_arrival, open_session
from runtime.records import Denied, ListAsk, count_view, fetch_list, plan_list
from support.inhabited import inhabited
from support.reading import view_of
from support.worlds import OWN, SITE, worlds

pytestmark = pytest.mark.timeout(900)  # many worlds, on a machine that may be busy
CONTACT = Entity(
    key="contact",
    many_to_many=(ManyToMany(key="accounts", target="account"),),
    further_accounts=FurtherAccounts(relationship="accounts"),
)


@pytest.fixture(autouse=True)
def _sessions(engine):
    tables.create(engine)


def arrived(connection, snapshot, world, acting):
    """Who a session for an account is, by the first statement of a request; None where it does not hold."""
    new = NewSession(world.contact, SITE, "", False, dt.timedelta(hours=1), acting)
    found = load_arrival(connection, snapshot, SITE, open_session(connection, new), "SELECT 1").session
    if found is None:
        return None
    person = Person(found.person.contact, found.person.account, acting=found.acting)
    return Principal.signed_in(snapshot, SITE, person, world.roles)


@settings(suppress_health_check=list(HealthCheck), max_examples=40)
@given(world=worlds(), data=st.data())
def test_a_session_sees_the_rows_of_the_account_that_was_chosen(engine, world, data):
    world, components = world
    key = data.draw(st.sampled_from(OWN))
    accounts = sorted(world.rows["account"])
    member_of = data.draw(st.sets(st.sampled_from(accounts))) if accounts else set()
    chosen = data.draw(st.sampled_from([*accounts, None]))
    with inhabited(engine, world, (*components, CONTACT, view_of(world.entities[key]))) as (snapshot, connection, _):
        if world.contact is None:
            return
        link = snapshot.entities["contact"].relationships["accounts"]
        for account in sorted(member_of):
            connection.execute(sa.insert(link.link).values({link.near: world.contact, link.far: account}))
        principal = arrived(connection, snapshot, world, chosen)
        assert (principal is None) == (chosen is not None and chosen not in member_of)
        if principal is None:
            return
        world.account = world.rows["contact"][world.contact].get("account") if chosen is None else chosen
        assert principal.account == world.account
        try:
            plan = plan_list(snapshot, principal, "v")
        except Denied:
            assert not world.grants(key, "read")
            return
        shown = fetch_list(connection, plan, principal, ListAsk("v", page_size=100)).rows
        assert [row[0] for row in shown] == sorted(world.visible(key))
        assert count_view(connection, snapshot, principal, "v") == len(world.visible(key))
