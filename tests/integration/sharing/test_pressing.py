"""Buttons that a link lets be pressed: what they write, on which rows, with whose rights, and that none does more."""

import html
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from metadata.checks import check
from metadata.compiler import assign_site, compile_snapshot
from metadata.model import (
    ActionMail,
    Attribute,
    Entity,
    EntityPermission,
    Form,
    RecordAction,
    SetValue,
    SharedAction,
    component_id,
)
from metadata.text import Text
from runtime.exposure.lock import lock_text, reached
from runtime.records.tables import AUDIT
from support.portal import SITE, components, make_portal

BERTH = Entity(
    key="contact",
    attributes=(
        Attribute(key="state", type="text"),
        Attribute(key="approved_by", type="text"),
        Attribute(key="secret", type="text"),
    ),
)
APPROVE = RecordAction(
    key="approve",
    label=Text.of("Approve"),
    confirm=Text.of("The berth is theirs then."),
    when="state != 'approved'",
    values=(SetValue(attribute="state", value="approved"), SetValue(attribute="approved_by", value="@contact.full_name")),
)
SHEET = Form(
    key="berth",
    entity="contact",
    actions=(APPROVE, RecordAction(key="hush", values=(SetValue(attribute="secret", value="x"),))),
)
CREW = EntityPermission(
    key="crew",
    entity="contact",
    scope="account",
    via="account",
    privileges=("read", "write"),
    roles=("member",),
    share_read=("full_name", "state"),
    share_actions=(SharedAction(form="berth", action="approve"),),
    share_days=7,
)
NAME, GIVEN = "berth/approve", {"read": ["full_name", "state"], "press": ["berth/approve"], "days": "3"}


@pytest.fixture
def portal(database_url, tmp_path):
    made = make_portal(database_url, tmp_path, (*components(), BERTH))
    made.publish(SHEET, CREW)
    yield made
    made.engine.dispose()


def ask(portal, browser, who="bob", **other):
    return browser.post("/shares/new", {"entity": "contact", "row": str(portal.ids[who]), **GIVEN, **other})


def secret_of(answer):
    assert answer.status_code == 200, answer.text
    return html.unescape(re.search(r'value="http://[^/]+(/share\?link=[^"]+)"', answer.text)[1]).partition("=")[2]


def opened(portal, secret):
    browser = portal.browser()
    answer = browser.post("/share", {"link": secret})
    return browser, answer.location or ""


def version_of(portal, who):
    (row,) = portal.rows(sa.select(contacts(portal)).where(contacts(portal).c.id == portal.ids[who]))
    return row


def contacts(portal):
    return portal.snapshot.entities["contact"].table


def press(portal, browser, place, who="bob", **other):
    sent = {"row": str(portal.ids[who]), "version": str(version_of(portal, who).version), "press": NAME, **other}
    return browser.post(place, sent)


def test_a_button_is_pressed_by_a_link_with_the_makers_rights_and_writes_what_is_declared(portal):
    browser, place = opened(portal, secret_of(ask(portal, portal.signed_in("alice"))))
    page = browser.get(place).text
    assert ("Approve" in page, "The berth is theirs then." in page) == (True, True)
    assert press(portal, browser, place, state="evil", full_name="Evil").status_code == 303
    row = version_of(portal, "bob")
    assert (row.state, row.approved_by, row.full_name) == ("approved", portal.person("alice").name, portal.person("bob").name)
    assert "Approve" not in browser.get(place).text, "its condition holds no more"
    assert press(portal, browser, place).status_code == 422
    (changed,) = portal.rows(sa.select(AUDIT).where(AUDIT.c.privilege == "write", AUDIT.c.row == portal.ids["bob"]))
    assert (changed.contact, changed.origin) == (portal.ids["alice"], "share")
    acts = str(portal.rows(sa.select(AUDIT.c.changes).where(AUDIT.c.privilege == "share_link")))
    assert f"pressed {NAME} of contact" in acts


def test_pressing_opens_nothing_else_and_no_other_row(portal):
    browser, place = opened(portal, secret_of(ask(portal, portal.signed_in("alice"))))
    for wrong in ({"press": "berth/hush"}, {"press": "berth/nothing"}, {"press": "x"}, {"who": "alice"}, {"who": "carol"}):
        assert press(portal, browser, place, **wrong).status_code == 404, wrong
    typed = {"row": str(portal.ids["bob"]), "version": str(version_of(portal, "bob").version), "state": "evil"}
    assert browser.post(place, typed).status_code in (303, 403, 404)
    assert (version_of(portal, "bob").state, version_of(portal, "bob").secret) == (None, None)


def test_a_narrower_link_keeps_the_button_or_leaves_it_out_and_never_gets_it_back(portal):
    first, place = opened(portal, secret_of(ask(portal, portal.signed_in("alice"))))
    keep = {"entity": "contact", "row": str(portal.ids["bob"]), "keep": str(portal.ids["bob"])}
    second, there = opened(
        portal, secret_of(first.post(f"{place}/narrow", {**keep, "read": ["full_name", "state"], "days": "1"}))
    )
    assert "Approve" not in second.get(there).text
    assert press(portal, second, there).status_code == 404
    assert second.post(f"{there}/narrow", {**keep, **GIVEN}).status_code == 422, "it is not theirs to give"
    third, where = opened(portal, secret_of(first.post(f"{place}/narrow", {**keep, **GIVEN})))
    assert press(portal, third, where).status_code == 303


def test_a_button_hangs_on_what_the_link_lets_be_read(portal):
    browser, place = opened(portal, secret_of(ask(portal, portal.signed_in("alice"), read=["full_name"])))
    assert "Approve" not in browser.get(place).text
    assert press(portal, browser, place).status_code == 422
    assert version_of(portal, "bob").state is None


def test_it_ends_with_the_right_that_it_came_from(portal):
    browser, place = opened(portal, secret_of(ask(portal, portal.signed_in("alice"))))
    portal.publish(replace(CREW, share_actions=()))
    assert "Approve" not in browser.get(place).text
    assert press(portal, browser, place).status_code == 404
    portal.publish(replace(CREW, roles=("keeper",)))
    assert press(portal, browser, place).status_code == 404
    assert ask(portal, portal.signed_in("alice")).status_code == 404
    assert version_of(portal, "bob").state is None


def test_what_an_action_sends_or_leads_to_and_what_it_hangs_on_in_secret_is_not_shared():
    base = [*components(), BERTH]
    mail = replace(APPROVE, mail=(ActionMail(to=("email",), subject=Text.of("x"), snippet="text"),))
    for action, said in (
        (mail, "sends something in the name of the link's maker"),
        (replace(APPROVE, when="secret = 'x'"), "hangs on secret, which a link would tell"),
        (replace(APPROVE, values=(SetValue(attribute="account", value="@account"),)), "account leads to another row"),
        (replace(APPROVE, key="other"), "has no action 'approve'"),
    ):
        told = problems([*base, CREW, replace(SHEET, actions=(action,))])
        assert [one for one in told if said in one], (said, told)
    assert [one for one in problems([*base, replace(CREW, privileges=("read",)), SHEET]) if "may write: add write" in one]
    assert [one for one in problems([*base, CREW, SHEET]) if "share" in one] == []


def problems(parts):
    return [str(one) for one in check({component_id(one): one for one in parts}, {})]


def test_the_exposure_lock_holds_what_may_be_pressed():
    snapshot = compile_snapshot(assign_site([*components(), BERTH, SHEET, CREW]))
    lines = lock_text(reached(snapshot, snapshot.sites[SITE])).splitlines()
    assert [line for line in lines if "press:" in line] == [
        f"member  contact.{key}  write  share:crew/7 days/press:berth/approve  account:account"
        for key in ("approved_by", "state")
    ]
