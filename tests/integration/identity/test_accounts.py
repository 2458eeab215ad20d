"""Several accounts, one sign-in: what is acted for is chosen, kept, and gone with the membership."""

import dataclasses
import datetime as dt
import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from metadata.checks import check
from metadata.model import Attribute, Entity, FurtherAccounts, ManyToMany, component_id
from runtime import errands
from runtime.arrivals import _principal
from runtime.cli.why import command as why
from runtime.database import writing
from runtime.forms import drafts
from runtime.identity import api_tokens, tables
from runtime.identity.sessions import load_arrival
from runtime.jobs.doing import Office
from runtime.jobs.queue import PARKED, TASK, Job, open_jobs, owe
from support.portal import SITE, components, make_portal

MEMBERSHIP = Entity(
    key="membership",
    attributes=(
        Attribute(key="person", type="lookup", target="contact"),
        Attribute(key="customer", type="lookup", target="account"),
        Attribute(key="web_role", type="text", max_length=60),
        Attribute(key="valid", type="boolean"),
    ),
)
ROWS = FurtherAccounts(entity="membership", contact="person", account="customer", role="web_role", active="valid")
LINKS = FurtherAccounts(relationship="accounts")
LATEST = "SELECT 1"


def by_rows(**other):
    contact = Entity(key="contact", further_accounts=dataclasses.replace(ROWS, **other))
    return (*components(), MEMBERSHIP, contact)


def by_links():
    contact = Entity(key="contact", many_to_many=(ManyToMany(key="accounts", target="account"),), further_accounts=LINKS)
    return (*components(), contact)


@pytest.fixture
def portal(database_url, tmp_path):
    made = make_portal(database_url, tmp_path, by_rows())
    yield made
    made.engine.dispose()


@pytest.fixture
def linked(database_url, tmp_path):
    made = make_portal(database_url, tmp_path, by_links())
    yield made
    made.engine.dispose()


def account(portal, name):
    table = portal.snapshot.entities["account"].table
    return portal.rows(sa.select(table.c.id).where(table.c.name == name))[0][0]


def join(portal, person, name, role=None, valid=None):
    """A membership, by its id."""
    table = portal.snapshot.entities["membership"].table
    now = dt.datetime.now(dt.UTC)
    stamps = {"version": 1, "created_at": now, "created_from": "test", "changed_at": now, "changed_from": "test"}
    values = {"person": portal.ids[person], "customer": account(portal, name), "web_role": role, "valid": valid}
    with writing(portal.engine).begin() as connection:
        return connection.execute(sa.insert(table).values(**stamps, **values).returning(table.c.id)).scalar_one()


def part(portal, number):
    table = portal.snapshot.entities["membership"].table
    with writing(portal.engine).begin() as connection:
        connection.execute(sa.delete(table).where(table.c.id == number))


def principal(portal, browser):
    with browser.client.session_transaction() as cookie:
        token = cookie.get("token", "")
    with portal.engine.connect() as connection:
        found = load_arrival(connection, portal.snapshot, SITE, token, LATEST).session
    return _principal(portal.snapshot, portal.snapshot.sites[SITE], found, "en-US")


def choose(portal, browser, name):
    return browser.post("/accounts", {"account": str(account(portal, name))})


def test_a_person_acts_for_the_account_that_was_chosen_and_for_no_other(portal):
    join(portal, "alice", "Quay", "keeper")
    browser = portal.signed_in("alice")
    before = principal(portal, browser)
    assert (before.account, before.acting, before.roles) == (account(portal, "Harbour"), None, {"member", "signed"})
    shown = browser.get("/accounts").text
    assert "Quay" in shown
    assert "Harbour" in shown
    assert choose(portal, browser, "Quay").status_code == 303
    after = principal(portal, browser)
    quay = account(portal, "Quay")
    assert (after.account, after.acting, after.binds["p_account"]) == (quay, quay, quay)
    assert after.roles == {"keeper", "signed"}
    assert (browser.get("/club/vault").status_code, browser.who()) == (200, "Alice")
    choose(portal, browser, "Harbour")
    assert (principal(portal, browser), browser.get("/club/vault").status_code) == (before, 403)


def test_the_account_chosen_last_is_acted_for_after_the_next_sign_in(portal):
    number = join(portal, "alice", "Quay", "keeper")
    choose(portal, portal.signed_in("alice"), "Quay")
    assert principal(portal, portal.signed_in("alice")).acting == account(portal, "Quay")
    part(portal, number)
    assert principal(portal, portal.signed_in("alice")).acting is None


def test_a_session_for_an_account_ends_with_the_membership(portal):
    number = join(portal, "alice", "Quay", "keeper")
    here, there = portal.signed_in("alice"), portal.signed_in("alice")
    choose(portal, here, "Quay")
    assert (here.who(), here.who(), there.who()) == ("Alice", "Alice", "Alice")
    table = portal.snapshot.entities["membership"].table
    portal.change(table, table.c.id == number, valid=False)
    assert (here.who(), there.who()) == ("nobody", "Alice")


def test_a_remembered_arrival_notices_another_role_in_the_membership(portal):
    number = join(portal, "alice", "Quay", "keeper")
    browser = portal.signed_in("alice")
    choose(portal, browser, "Quay")
    assert [browser.get("/club/vault").status_code for _ in range(3)] == [200, 200, 200]
    table = portal.snapshot.entities["membership"].table
    portal.change(table, table.c.id == number, web_role="member")
    assert browser.get("/club/vault").status_code == 403


def test_what_is_not_ones_own_cannot_be_chosen(portal):
    join(portal, "carol", "Harbour", "member")
    join(portal, "alice", "Quay", "keeper", valid=False)
    browser = portal.signed_in("alice")
    assert choose(portal, browser, "Quay").status_code == 404
    assert browser.post("/accounts", {"account": "x"}).status_code == 404
    assert principal(portal, browser).acting is None
    assert "Quay" not in browser.get("/accounts").text
    assert portal.browser().get("/accounts").status_code == 302


def test_a_form_opened_for_one_account_is_not_sent_for_another(portal):
    join(portal, "alice", "Quay", "keeper")
    browser = portal.signed_in("alice")
    opened = browser.token("/accounts")
    choose(portal, browser, "Quay")
    sent = browser.client.post("/accounts", data={"csrf_token": opened, "account": str(account(portal, "Harbour"))})
    assert sent.status_code == 400
    assert principal(portal, browser).acting == account(portal, "Quay")


def test_who_has_no_account_of_their_own_begins_with_the_first_further_one(portal):
    join(portal, "erin", "Quay", "keeper")
    browser = portal.signed_in("erin")
    assert principal(portal, browser).account == account(portal, "Quay")


def test_links_give_accounts_with_the_roles_of_the_contact(linked):
    link = linked.snapshot.entities["contact"].relationships["accounts"]
    with writing(linked.engine).begin() as connection:
        row = {link.near: linked.ids["alice"], link.far: account(linked, "Quay")}
        connection.execute(sa.insert(link.link).values(row))
    browser = linked.signed_in("alice")
    choose(linked, browser, "Quay")
    found = principal(linked, browser)
    assert (found.account, found.roles) == (account(linked, "Quay"), {"member", "signed"})
    assert [browser.who() for _ in range(2)] == ["Alice", "Alice"]


def test_there_is_no_switching_where_metadata_has_no_further_accounts(local_portal):
    browser = local_portal.signed_in("alice")
    assert browser.get("/accounts").status_code == 404
    local_portal.change(tables.sessions, sa.true(), account_id=account(local_portal, "Quay"))
    assert browser.who() == "nobody"


def test_a_token_acts_for_its_account_whatever_is_chosen_in_a_browser(portal):
    number = join(portal, "alice", "Quay", "keeper")
    browser = portal.signed_in("alice")
    quay = account(portal, "Quay")
    with writing(portal.engine).begin() as connection:
        given = [
            api_tokens.give(connection, api_tokens.NewToken(portal.ids["alice"], SITE, "x", (), False, dt.timedelta(1), acting))
            for acting in (None, quay)
        ]
    choose(portal, browser, "Quay")
    with portal.engine.connect() as connection:
        own, other = (api_tokens.find(connection, portal.snapshot, SITE, token) for _, token in given)
    assert (own.person.account, own.granted) == (account(portal, "Harbour"), {"member"})
    assert (other.person.account, other.granted, other.acting) == (quay, {"keeper"}, quay)
    part(portal, number)
    with portal.engine.connect() as connection:
        assert api_tokens.find(connection, portal.snapshot, SITE, given[1][1]) is None


def test_why_is_told_of_somebody_as_they_act_for_a_further_account(portal, tmp_path):
    join(portal, "alice", "Quay", "keeper")
    url = portal.engine.url.render_as_string(hide_password=False)
    environ = {"FOYER_DATABASE_URL": url, "FOYER_DATA_DIR": str(tmp_path), "FOYER_SECRET_KEY": "s" * 40}

    def told(*options):
        arguments = [portal.person("alice").email, "read", "contact", "--json", *options]
        return CliRunner().invoke(why, arguments, env=environ).output

    assert "keeper" not in json.loads(told())["roles"]
    assert "keeper" in json.loads(told("--account", "Quay"))["roles"]
    assert "member" not in json.loads(told("--account", "Quay"))["roles"]
    assert json.loads(told("--account", "Harbour")) == json.loads(told())
    portal.change(portal.snapshot.entities["membership"].table, sa.true(), valid=False)
    assert "may not act for the account Quay" in told("--account", "Quay")
    assert "accounts have the number or name" in told("--account", "Nowhere")


def test_drafts_and_errands_of_one_account_are_not_there_for_another(portal):
    now, alice, quay = dt.datetime.now(dt.UTC), portal.ids["alice"], account(portal, "Quay")
    own, other = drafts.Owner(alice, SITE, "order"), drafts.Owner(alice, SITE, "order", quay)
    mine, theirs = errands.Owner(alice, SITE, "bulk"), errands.Owner(alice, SITE, "bulk", quay)
    with writing(portal.engine).begin() as connection:
        kept = drafts.begin(connection, drafts.fresh(own, "", now).with_step("a", {"secret": 1}))
        begun = errands.begin(connection, theirs, {"rows": [1]}, {}, now)
        assert drafts.latest(connection, other) is None
        assert drafts.find(connection, other, kept.id) is None
        assert drafts.latest(connection, own) == kept
        assert errands.find(connection, mine, begun.id, now) is None
        assert errands.find(connection, theirs, begun.id, now) is not None


def test_the_trail_names_the_account_that_was_acted_for(portal):
    join(portal, "alice", "Quay", "keeper")
    browser = portal.signed_in("alice")
    choose(portal, browser, "Quay")
    choose(portal, browser, "Harbour")
    audit = sa.table("foyer_audit", sa.column("account"), sa.column("privilege"), sa.column("id"))
    wanted = sa.select(audit.c.account).where(audit.c.privilege == "account_chosen").order_by(audit.c.id)
    assert [row[0] for row in portal.rows(wanted)] == [account(portal, "Harbour"), account(portal, "Quay")]


def test_what_is_owed_is_done_for_the_account_it_was_asked_for_or_not_at_all(portal):
    number, quay = join(portal, "alice", "Quay", "keeper"), account(portal, "Quay")
    done, now = [], dt.datetime.now(dt.UTC)
    tasks = {"note": lambda work: done.append((work.principal.account, work.principal.roles))}
    office = Office(portal.engine, lambda: portal.snapshot, portal.outbox, None, tasks.get)
    job = Job("a", TASK, SITE, portal.ids["alice"], "contact", 1, {"task": "note", "values": {}}, acting=quay)
    with writing(portal.engine).begin() as connection:
        owe(connection, job, now)
    assert office.work(now)
    assert done == [(quay, {"keeper", "signed"})]
    part(portal, number)
    with writing(portal.engine).begin() as connection:
        owe(connection, dataclasses.replace(job, key="b"), now)
    assert office.work(now)
    assert len(done) == 1
    with portal.engine.connect() as connection:
        assert [left.state for left in open_jobs(connection)] == [PARKED]


def faults(*entities):
    found = check({component_id(one): one for one in (*components(), *entities)})
    return [problem.message for problem in found if problem.code == "further-accounts"]


@pytest.mark.parametrize(
    ("further", "wrong"),
    [
        (FurtherAccounts(), "Name either"),
        (FurtherAccounts(entity="membership", relationship="accounts"), "Name either"),
        (FurtherAccounts(relationship="acounts"), "no N:N relationship acounts with account"),
        (dataclasses.replace(LINKS, role="web_role"), "A relationship has no role"),
        (dataclasses.replace(ROWS, contact="customer"), "no lookup customer to contact alone"),
        (dataclasses.replace(ROWS, active="web_role"), "no attribute web_role of its own that is boolean"),
        (dataclasses.replace(ROWS, role="valid"), "no attribute valid of its own that is text or choice"),
    ],
)
def test_further_accounts_that_lead_nowhere_are_told(further, wrong):
    links = (ManyToMany(key="accounts", target="account"),)
    contact = Entity(key="contact", many_to_many=links, further_accounts=further)
    assert [wrong in message for message in faults(MEMBERSHIP, contact)] == [True]


def test_only_the_contact_has_further_accounts():
    odd = dataclasses.replace(MEMBERSHIP, further_accounts=LINKS)
    assert ["Only the entity contact" in message for message in faults(odd)] == [True]
