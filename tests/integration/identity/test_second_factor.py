"""The second step of a sign-in: set up, asked for, locked, remembered, recovered, required, reset; codes are taken once."""

import datetime as dt
import email
import email.policy
import re

import pyotp
import sqlalchemy as sa
from click.testing import CliRunner

from metadata.model import SiteSetting
from runtime.cli.people import command as people
from runtime.identity import tables
from runtime.identity.vault import Vault
from runtime.records.tables import AUDIT
from support.portal import CAST, PASSWORD, SECRET

ALICE, CAROL = CAST["alice"][0], CAST["carol"][0]
STEP = dt.timedelta(seconds=30)


def act(browser, what, password=PASSWORD):
    return browser.post("/second-factor", {"act": what, "password": password})


def with_app(portal, name):
    """Turn an app on: the browser, the app, the recovery codes. The code that confirmed it is as old as it can be after it."""
    browser = portal.signed_in(name)
    assert act(browser, "app").location.endswith("/second-factor/setup")
    app = pyotp.TOTP(re.search(r"<code>([A-Z2-7 ]+)</code>", browser.get("/second-factor/setup").text)[1].replace(" ", ""))
    codes = recovery(browser.post("/second-factor/setup", {"code": app.now()}))
    portal.pass_time(2 * STEP)
    return browser, app, codes


def recovery(answer):
    assert answer.status_code == 200, answer.text
    return re.findall(r"<li><code>([A-Z0-9-]+)</code>", answer.text)


def at_the_step(portal, email, **fields):
    browser = portal.browser()
    answer = browser.sign_in(email, **fields)
    assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/signin/code")
    return browser


def give(browser, code, **fields):
    return browser.post("/signin/code", {"code": code, **fields})


def required_of(portal, role):
    portal.publish(SiteSetting(key="identity/second_factor_roles", value=role))


def test_an_app_is_asked_after_the_password_and_each_code_signs_in_once(portal):
    other = portal.signed_in("carol")
    own, app, codes = with_app(portal, "carol")
    assert (own.who(), other.who(), len(set(codes))) == ("Carol", "nobody", 10)
    browser, watcher = at_the_step(portal, CAROL, next="/club/vault"), at_the_step(portal, CAROL)
    assert browser.who() == "nobody"
    code = app.now()
    assert give(browser, "000000" if code != "000000" else "111111").status_code == 422
    answer = give(browser, f" {code[:3]} {code[3:]}", next="/club/vault")
    assert (answer.status_code, answer.location, browser.who()) == (303, "/club/vault", "Carol")
    replayed = give(watcher, code)
    assert (replayed.status_code, watcher.who()) == (422, "nobody")
    assert "wrong, was used already or is too old" in replayed.text
    assert give(watcher, codes[0].lower()).status_code == 303
    assert (watcher.who(), "9 recovery codes left" in watcher.get("/second-factor").text) == ("Carol", True)
    assert give(at_the_step(portal, CAROL), codes[0]).status_code == 422
    said = [row.changes for row in portal.rows(sa.select(AUDIT).where(AUDIT.c.privilege == "second_factor"))]
    assert [any(words in one for one in said) for words in ("on by app", "passed by app", "passed by recovery", "refused")] == [
        True
    ] * 4
    assert not any(code in one or codes[0] in one for one in said)
    shown = own.get("/security").text
    for words in (
        "switched on: codes of an app",
        "with a code of your app",
        "with a recovery code",
        "Wrong code in the second step",
    ):
        assert words in shown, words


def test_the_database_alone_gives_neither_secret_nor_codes(portal):
    _, app, codes = with_app(portal, "carol")
    kept = str([portal.rows(sa.select(table)) for table in tables.METADATA.sorted_tables])
    assert app.secret not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    row = portal.rows(sa.select(tables.second_factors))[0]
    sealed = Vault(SECRET)
    assert sealed.open(row.contact_id, row.secret) == app.secret
    assert (sealed.open(row.contact_id + 1, row.secret), Vault("another secret").open(row.contact_id, row.secret)) == (
        None,
        None,
    )


def test_five_wrong_codes_lock_whatever_password_is_given_between(portal):
    _, app, _ = with_app(portal, "carol")
    for _ in range(5):
        assert give(at_the_step(portal, CAROL), "1" * 7).status_code == 422
    locked = give(at_the_step(portal, CAROL), app.now())
    assert (locked.status_code, "is too old" in locked.text) == (422, True)
    portal.pass_time(dt.timedelta(minutes=16))
    assert give(at_the_step(portal, CAROL), app.now()).status_code == 303


def test_the_step_is_for_who_gave_the_password_a_short_while_ago(portal):
    _, app, _ = with_app(portal, "carol")
    assert portal.browser().get("/signin/code").location == "/signin"
    assert give(portal.browser(), app.now()).location == "/signin"
    late, changed = at_the_step(portal, CAROL), None
    portal.pass_time(dt.timedelta(minutes=11))
    assert (give(late, app.now()).location, late.who()) == ("/signin", "nobody")
    changed = at_the_step(portal, CAROL)
    own = at_the_step(portal, CAROL)
    assert give(own, app.now()).status_code == 303
    new = {"current": PASSWORD, "password": "a new long password", "repeat": "a new long password"}
    assert own.post("/password/change", new).status_code == 303
    portal.pass_time(2 * STEP)
    assert (give(changed, app.now()).location, changed.who()) == ("/signin", "nobody")


def test_a_known_browser_is_asked_no_more_until_it_is_forgotten(portal):
    _, app, _ = with_app(portal, "carol")
    browser = at_the_step(portal, CAROL)
    answer = give(browser, app.now(), known="1")
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("foyer_browser="))
    assert ("HttpOnly" in cookie, "SameSite=Lax" in cookie) == (True, True)
    browser.post("/signout")
    assert browser.sign_in(CAROL).location == "/"
    assert browser.who() == "Carol"
    assert portal.browser().sign_in(CAROL).location == "/signin/code"
    with_app(portal, "erin")
    assert browser.sign_in(CAST["erin"][0]).location == "/signin/code"
    assert 'name="browser"' in browser.get("/sessions").text
    number = portal.rows(sa.select(tables.browsers.c.id))[0][0]
    portal.signed_in("erin").post("/sessions", {"browser": str(number)})
    browser.post("/signout")
    assert browser.sign_in(CAROL).location == "/"
    browser.post("/sessions", {"browser": str(number)})
    browser.post("/signout")
    assert browser.sign_in(CAROL).location == "/signin/code"
    portal.publish(SiteSetting(key="identity/second_factor_days", value="0"))
    assert 'name="known"' not in browser.get("/signin/code").text
    portal.pass_time(2 * STEP)
    give(browser, app.now(), known="1")
    assert (browser.who(), portal.rows(sa.select(tables.browsers))) == ("Carol", [])


def test_codes_come_by_mail_where_the_person_chose_that(portal):
    def mailed():
        return re.match(r"\d{6}", portal.outbox.sent[-1].text)[0]

    browser = portal.signed_in("carol")
    act(browser, "mail")
    assert portal.outbox.sent[-1].to == CAROL
    assert len(recovery(browser.post("/second-factor/setup", {"code": mailed()}))) == 10
    watcher, again = at_the_step(portal, CAROL), at_the_step(portal, CAROL)
    first = mailed()
    give(again, "", act="send")
    assert mailed() != first
    assert give(again, first).status_code == 422
    assert give(again, mailed()).status_code == 303
    assert (give(watcher, mailed()).status_code, watcher.who()) == (422, "nobody")
    assert give(at_the_step(portal, CAROL), first).status_code == 422
    late = at_the_step(portal, CAROL)
    portal.change(tables.second_factors, sa.true(), code_expires_at=dt.datetime.now(dt.UTC))
    assert give(late, mailed()).status_code == 422


def test_who_has_no_password_proves_it_by_a_code(portal):
    def mailed():
        return re.match(r"\d{6}", portal.outbox.sent[-1].text)[0]

    browser, app, _ = with_app(portal, "erin")
    other = portal.signed_in("carol")
    act(other, "mail")
    other.post("/second-factor/setup", {"code": mailed()})
    for one, who in ((browser, CAST["erin"][0]), (other, CAROL)):
        portal.change(tables.logins, tables.logins.c.email == who, password_hash="")
        with one.client.session_transaction() as session:
            session["proved"] -= 31 * 60
    portal.outbox.sent.clear()
    assert "code" in browser.post("/my-data").text
    assert portal.outbox.sent == []
    assert browser.post("/my-data", {"_proof": "000000"}).status_code == 422
    assert browser.post("/my-data", {"_proof": app.now()}).status_code == 200
    assert "from the mail" in other.post("/my-data").text
    first = mailed()
    assert other.post("/my-data", {"_proof": "", "_another": "1"}).status_code == 403
    assert [mail.to for mail in portal.outbox.sent] == [CAROL, CAROL]
    assert mailed() != first
    assert other.post("/my-data", {"_proof": first}).status_code == 422
    assert other.post("/my-data", {"_proof": mailed()}).status_code == 200


def test_every_change_takes_the_password(local_portal):
    browser, app, codes = with_app(local_portal, "carol")
    for what in ("app", "mail", "codes", "off"):
        assert act(browser, what, "wrong").status_code == 422
        local_portal.change(tables.logins, sa.true(), failed=0, locked_until=None)
    assert give(at_the_step(local_portal, CAROL), app.now()).status_code == 303
    renewed = act(browser, "codes")
    assert len(set(recovery(renewed)) - set(codes)) == 10
    assert "The second step is on" not in renewed.text
    assert give(at_the_step(local_portal, CAROL), codes[0]).status_code == 422
    assert act(browser, "off").status_code == 303
    assert local_portal.browser().sign_in(CAROL).location == "/"
    assert act(browser, "off").status_code == 400
    assert local_portal.browser().get("/second-factor").location == "/signin?next=/second-factor"


def test_who_has_a_role_that_asks_for_it_sets_it_up_before_all_else(portal):
    before = portal.signed_in("carol")
    required_of(portal, "keeper, editor")
    assert before.get("/news").location == "/second-factor"
    assert before.post("/news", token_from="/second-factor").status_code == 403
    assert before.get("/_feed/x").status_code == 403
    assert "Your role asks for a second step" in before.get("/second-factor").text
    assert portal.signed_in("alice").who() == "Alice"
    assert portal.browser().who() == "nobody"
    browser, _, _ = with_app(portal, "carol")
    assert browser.who() == "Carol"
    assert 'value="off"' not in browser.get("/second-factor").text
    assert act(browser, "off").status_code == 400


def test_an_invitation_does_not_lead_around_the_second_step(local_portal):
    with_app(local_portal, "carol")
    browser = local_portal.browser()
    sent = {"code": local_portal.invite("carol"), "password": PASSWORD}
    assert browser.post("/invitation", sent).location == "/signin/code"
    assert browser.who() == "nobody"


def test_hostile_codes_are_wrong_codes(local_portal):
    with_app(local_portal, "carol")
    browser = at_the_step(local_portal, CAROL)
    for given in ("123456", "١٢٣٤٥٦", "", "\ud800", "x" * 5000, "0" * 6):
        assert give(browser, given.encode("utf-8", "replace").decode()).status_code == 422
        local_portal.change(tables.second_factors, sa.true(), failed=0, locked_until=None)


def test_a_lost_phone_is_reset_by_command(portal, tmp_path):
    browser, _, _ = with_app(portal, "carol")
    environ = {
        "FOYER_DATABASE_URL": portal.services.config.database_url,
        "FOYER_DATA_DIR": str(tmp_path),
        "FOYER_SECRET_KEY": SECRET,
    }
    done = CliRunner().invoke(people, ("reset-second-factor", CAROL), env=environ)
    assert (done.exit_code, browser.who()) == (0, "nobody")
    assert portal.browser().sign_in(CAROL).location == "/"
    assert [portal.rows(sa.select(table)) for table in (tables.second_factors, tables.recovery_codes)] == [[], []]
    acts = sa.select(AUDIT.c.origin, AUDIT.c.changes).where(AUDIT.c.privilege == "second_factor").order_by(AUDIT.c.id.desc())
    said = portal.rows(acts)[0]
    assert (said.origin, "reset" in said.changes) == ("admin", True)
    (mail,) = (tmp_path / "mail").iterdir()
    told = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    assert (told["To"], "second step" in told.get_content()) == (CAROL, True)
    # Of what was not there nobody is told.
    assert CliRunner().invoke(people, ("reset-second-factor", CAROL), env=environ).exit_code == 0
    assert len(list((tmp_path / "mail").iterdir())) == 1
