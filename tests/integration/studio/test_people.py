"""Looking after people in the studio: who is seen, who may act, and that each deed counts and is noted."""

import datetime as dt
import io
import json

import pytest
import sqlalchemy as sa

from metadata.model import EntityPermission
from runtime.identity import tables
from runtime.identity.api_tokens import NewToken, give
from runtime.identity.invitations import InvitationTerms, invite
from runtime.identity.logins import create_login
from runtime.identity.roles import grant_roles, roles_of
from runtime.records.people import load_person
from support.people import open_people
from support.portal import PASSWORD
from support.studio import Maker, words


@pytest.fixture
def site(database_url, tmp_path):
    with open_people(database_url, tmp_path) as opened:
        yield opened


def acts(site, contact):
    with site.engine.connect() as connection:
        found = connection.execute(
            sa.text("SELECT privilege, contact, changes FROM foyer_audit WHERE entity = 'contact' AND row = :row ORDER BY id"),
            {"row": contact},
        )
        return [(act, who, json.loads(changes)) for act, who, changes in found if not act.startswith("sign_in")]


def mails(site):
    return site.app.extensions["foyer"].mailer.sent


def do(maker, site, name, act, **fields):
    """Press a button of a person's page."""
    path = f"people/{site.people[name]}"
    page = maker.get(path)
    token = page.text.partition('name="csrf-token" content="')[2].partition('"')[0]
    return maker.browser.client.post(f"/studio/{path}", data={"csrf_token": token, "do": act, **fields})


def names(page):
    return [line.partition("</bdi>")[0] for line in page.text.split('<a class="rec" href="/studio/people/')[1:]]


def found(page):
    return {line.partition("<bdi>")[2] for line in names(page)}


def test_people_are_found_by_words_and_by_how_they_stand(site, maker):
    dora = maker("dora")
    with site.engine.begin() as connection:
        grant_roles(connection, site.people["carol"], "marina", ("diver",))
        frida = load_person(connection, site.snapshot, site.people["frida"])
        invite(connection, site.snapshot, site.snapshot.sites["marina"], frida, InvitationTerms())
        connection.execute(
            sa.update(tables.logins).where(tables.logins.c.contact_id == site.people["bob"]).values(disabled=True)
        )
        soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=9)
        carol = tables.logins.c.contact_id == site.people["carol"]
        connection.execute(sa.update(tables.logins).where(carol).values(locked_until=soon, failed=5))
    assert {"Alice", "Bob", "Carol", "Dora", "Erin", "Frida", "Gustav"} <= found(dora.get("people"))
    assert found(dora.get("people?q=SAIL+ali")) == {"Alice"}
    for state, there in (
        ("active", {"Alice", "Dora", "Erin"}),
        ("invited", {"Frida"}),
        ("locked", {"Bob", "Carol"}),
        ("none", {"Frida", "Gustav"}),
        ("factor", {"Carol"}),
    ):
        assert found(dora.get(f"people?state={state}")) == there, state
    for wrong in ("people?state=other", "people?page=0", "people?page=x", "people?q=%00"):
        assert dora.get(wrong).status_code == 400, wrong


def test_the_list_takes_the_same_statements_for_many(site, maker):
    dora = maker("dora")
    dora.get("people")
    with site.counting() as few:
        dora.get("people?q=alice")
    site.add_all("contact", [{"full_name": f"Extra {place:03}", "email": f"x{place}@sail.example"} for place in range(60)])
    with site.counting() as many:
        page = dora.get("people")
    assert len(many) == len(few) <= 12
    assert len(names(page)) == 50
    assert len(names(dora.get("people?page=2"))) > 10


def test_only_those_with_the_right_enter_and_see_the_contacts_that_they_may_read(site, maker):
    assert Maker(site.stranger()).get("people").status_code == 302
    assert [maker(name).get("people").status_code for name in ("alice", "carol", "bob")] == [403] * 3
    assert maker("carol").get(f"people/{site.people['alice']}").status_code == 403
    erin = maker("erin")
    assert erin.get("").status_code == 200
    assert erin.get("edit/view/bookings-all").status_code == 403
    assert "Alice" in found(erin.get("people"))
    assert erin.get("people/999999").status_code == 404


def test_contacts_out_of_reach_are_as_if_they_were_not_there(database_url, tmp_path):
    near = EntityPermission(key="help-people", entity="contact", scope="self", privileges=("read",), roles=("helper",))
    with open_people(database_url, tmp_path, near) as site:
        erin = Maker.of(site, "erin")
        assert found(erin.get("people")) == {"Erin"}
        assert erin.get(f"people/{site.people['alice']}").status_code == 404
        token = erin.browser.token("/studio/people")
        answer = erin.browser.client.post(f"/studio/people/{site.people['alice']}", data={"csrf_token": token, "do": "lock"})
        assert answer.status_code == 404
        assert site.as_("alice")


def test_an_invitation_is_mailed_and_never_shown_and_ends_when_it_is_withdrawn(site, maker):
    dora = maker("dora")
    assert "There is no sign-in and no invitation that works" in words(dora.get(f"people/{site.people['frida']}"))
    assert do(dora, site, "frida", "invite").status_code == 303
    code = mails(site)[-1].text.partition("code=")[2].split()[0]
    page = dora.get(f"people/{site.people['frida']}")
    assert code not in page.text
    assert "Invited, and the invitation is not used yet" in words(page)
    assert do(dora, site, "frida", "invite").status_code == 303
    again = mails(site)[-1].text.partition("code=")[2].split()[0]
    stranger = site.stranger()
    assert (
        "That code" in stranger.get(f"/invitation?code={code}").text
        or stranger.get(f"/invitation?code={code}").status_code == 422
    )
    assert "Frida" in stranger.get(f"/invitation?code={again}").text
    with site.engine.connect() as connection:
        last = connection.execute(sa.select(sa.func.max(tables.invitations.c.id))).scalar_one()
    assert do(dora, site, "frida", "withdraw", invitation=str(last)).status_code == 303
    assert "Frida" not in stranger.get(f"/invitation?code={again}").text
    assert [(act, who) for act, who, _ in acts(site, site.people["frida"])] == [
        (act, site.people["dora"]) for act in ("invite", "invite", "revoke")
    ]
    refused = do(dora, site, "gustav", "invite")
    assert refused.status_code == 422
    assert "no e-mail address" in words(refused)
    assert do(dora, site, "alice", "invite").status_code == 422


def test_roles_are_given_and_taken_and_count_at_once(site, maker):
    dora, alice = maker("dora"), site.as_("alice")
    assert alice.get("/office").status_code == 403
    assert do(dora, site, "alice", "roles", role="master").status_code == 303
    with site.engine.connect() as connection:
        assert roles_of(connection, site.people["alice"], "marina") == {"master"}
    assert alice.get("/office").status_code == 200
    assert acts(site, site.people["alice"])[-1] == ("roles", site.people["dora"], {"given": ["master"], "taken": ["skipper"]})
    assert do(dora, site, "alice", "roles", role="member").status_code == 422
    assert do(dora, site, "alice", "roles", role="nothing").status_code == 422


def test_nobody_gives_or_touches_rights_in_the_studio_that_they_do_not_hold(site, maker):
    erin = maker("erin")
    for name in ("erin", "alice"):
        assert do(erin, site, name, "roles", role="chief").status_code == 403, name
    for act, fields in (("lock", {}), ("factor", {}), ("roles", {}), ("end", {"session": "all"}), ("unlock", {})):
        assert do(erin, site, "dora", act, **fields).status_code == 403, act
    assert "You cannot act on this person" in words(erin.get(f"people/{site.people['dora']}"))
    with site.engine.connect() as connection:
        assert roles_of(connection, site.people["erin"], "marina") == {"helper"}
    assert do(erin, site, "alice", "lock").status_code == 303


def test_locking_ends_what_is_open_and_unlocking_lets_in_again(site, maker):
    dora, alice = maker("dora"), site.as_("alice")
    assert do(dora, site, "alice", "lock").status_code == 303
    assert alice.get("/sessions").status_code in (302, 303)
    assert site.stranger().sign_in("alice@sail.example").status_code == 422
    assert "An administrator has locked the sign-in" in words(dora.get(f"people/{site.people['alice']}"))
    assert do(dora, site, "alice", "unlock").status_code == 303
    for _ in range(6):
        site.stranger().sign_in("alice@sail.example", "wrong")
    assert site.stranger().sign_in("alice@sail.example").status_code == 422
    assert do(dora, site, "alice", "unlock").status_code == 303
    assert site.stranger().sign_in("alice@sail.example", PASSWORD).status_code == 303
    assert do(dora, site, "dora", "lock").status_code == 422
    assert do(dora, site, "frida", "lock").status_code == 422
    assert [act for act, _, _ in acts(site, site.people["alice"])] == ["lock", "unlock", "unlock"]


def test_sessions_end_and_a_second_factor_is_reset(site, maker):
    dora, one, two = maker("dora"), site.as_("alice"), site.as_("alice")
    with site.engine.begin() as connection:
        newest = connection.execute(
            sa.select(sa.func.max(tables.sessions.c.id)).where(tables.sessions.c.contact_id == site.people["alice"])
        ).scalar_one()
        connection.execute(sa.insert(tables.second_factors).values(contact_id=site.people["alice"], method="mail"))
    assert do(dora, site, "alice", "end", session=str(newest)).status_code == 303
    assert one.get("/sessions").status_code == 200
    assert two.get("/sessions").status_code in (302, 303)
    assert do(dora, site, "alice", "factor").status_code == 303
    assert one.get("/sessions").status_code in (302, 303)
    assert "Second factor Not set" in words(dora.get(f"people/{site.people['alice']}"))
    assert [act for act, _, _ in acts(site, site.people["alice"])] == ["sign_out", "second_factor"]
    with site.engine.begin() as connection:
        now = dt.datetime.now(dt.UTC)
        for number in (1, 2):
            connection.execute(
                sa.insert(tables.external_logins).values(
                    issuer=f"https://id{number}.example",
                    subject="a",
                    contact_id=site.people["frida"],
                    created_at=now,
                    used_at=now,
                )
            )
        ids = list(connection.scalars(sa.select(tables.external_logins.c.id).order_by(tables.external_logins.c.id)))
    assert do(dora, site, "frida", "unlink", login=str(ids[0])).status_code == 303
    assert do(dora, site, "frida", "unlink", login=str(ids[1])).status_code == 422


def test_readiness_says_what_is_missing_of_the_way(site, maker):
    dora = maker("dora")
    site.book("A1")
    assert "The list bookings shows 1 row." in words(dora.get(f"people/{site.people['alice']}"))
    assert "No web role of their own" in words(dora.get(f"people/{site.people['frida']}"))
    carol = words(dora.get(f"people/{site.people['carol']}"))
    assert "No list shows a row. berths: there are no rows; bookings: there are 1 rows, and the permissions" in carol
    with site.engine.begin() as connection:
        grant_roles(connection, site.people["carol"], "marina", ("diver",))
    assert "A second factor is asked for" in words(dora.get(f"people/{site.people['carol']}"))


def test_what_is_posted_wrong_is_refused(site, maker):
    dora = maker("dora")
    assert do(dora, site, "alice", "explode").status_code == 400
    assert do(dora, site, "alice", "end", session="x").status_code == 400
    assert dora.browser.client.post(f"/studio/people/{site.people['alice']}", data={"do": "lock"}).status_code == 400


CSV = """E-mail;Name;Account;Roles
frida@sail.example;;sail;skipper
nils@row.example;Nils Nil;Row;
nils@row.example;Nils again;;
alice@sail.example;;;
gustav;;;
olga@row.example;=Olga;nowhere;
pia@row.example;Pia;;chief
"""


def upload(maker, text, **fields):
    token = maker.browser.token("/studio/people/file")
    data = {"csrf_token": token, "do": "try", **fields}
    if text is not None:
        data["file"] = (io.BytesIO(text.encode()), "people.csv")
    return maker.browser.client.post("/studio/people/file", data=data, content_type="multipart/form-data")


def test_a_file_of_people_is_tried_whole_before_anything_is_sent(site, maker):
    dora = maker("dora")
    page = upload(dora, CSV.replace("chief", "nothing"))
    said = words(page)
    for line in (
        "2 frida@sail.example Invited",
        "3 nils@row.example Nils Nil New contact, invited",
        "4 nils@row.example Nils again Not sent The address stands in the file before.",
        "5 alice@sail.example Not sent The person has a sign-in already.",
        "6 gustav Not sent This is no e-mail address.",
        "7 olga@row.example =Olga Not sent There is no such account.",
        "8 pia@row.example Pia Not sent A web role is not there, or you may not give it.",
    ):
        assert line in said, line
    assert mails(site) == []
    with site.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.invitations)).scalar() == 0
        assert connection.execute(sa.text("SELECT count(*) FROM contact WHERE email = 'nils@row.example'")).scalar() == 0
    form = dora.form_in(page, "rows")
    faults = dora.send("people/file", form, ("do", "faults"))
    assert faults.headers["Content-Type"].startswith("text/csv")
    assert "7,olga@row.example,'=Olga,There is no such account." in faults.text
    sent = dora.send("people/file", form, ("do", "send"))
    assert [line.partition(" ")[0] for line in words(sent).partition("Not sent 5")[2].split("@")[:0]] == []
    assert {message.to for message in mails(site)} == {"frida@sail.example", "nils@row.example"}
    with site.engine.connect() as connection:
        found = connection.execute(sa.text("SELECT full_name, account FROM contact WHERE email = 'nils@row.example'")).one()
        kept = connection.execute(sa.select(tables.invitations.c.roles).order_by(tables.invitations.c.id)).scalars().all()
    assert (found.full_name, found.account) == ("Nils Nil", site.accounts["row"])
    assert kept == ["skipper", ""]


def test_nobody_invites_by_file_what_they_may_not_make_or_give(site, maker):
    erin = maker("erin")
    said = words(upload(erin, CSV))
    assert "pia@row.example Pia Not sent A web role is not there, or you may not give it." in said
    assert "nils@row.example Nils Nil Not sent" in said
    assert "no column" not in said
    assert upload(erin, "a;b\n1;2\n").status_code == 422
    assert upload(erin, "").status_code == 422
    assert upload(erin, "E-mail\n" + "x@y.example\n" * 501).status_code == 422
    assert upload(erin, "E-mail\n" + "x" * 300_000).status_code == 422
    assert upload(maker("alice"), CSV).status_code == 403


def merge(maker, keep, other, count):
    token = maker.browser.token("/studio/people")
    return maker.browser.client.post(
        f"/studio/people/{keep}/merge", data={"csrf_token": token, "other": str(other), "count": str(count)}
    )


def test_duplicates_become_one_with_all_that_named_them(site, maker):
    dora = maker("dora")
    ann = [site.add("contact", full_name=f"Ann {n}", email="Ann@sail.example", active=True) for n in (1, 2)]
    with site.engine.begin() as connection:
        grant_roles(connection, ann[1], "marina", ("skipper",))
        create_login(connection, site.app.extensions["foyer"].passwords, ann[1], "ann@sail.example", PASSWORD)
    site.people["ann"] = ann[1]
    bookings = [site.book(f"D{n}") for n in range(3)]
    with site.engine.begin() as connection:
        connection.execute(sa.text("UPDATE booking SET skipper = :ann"), {"ann": ann[1]})
    assert "ann@sail.example" in words(dora.get("people/duplicates"))
    plan = dora.get(f"people/{ann[0]}/merge?other={ann[1]}")
    assert "Booking skipper : 3 rows" in words(plan)
    assert merge(dora, ann[0], ann[1], 2).status_code == 409
    assert merge(maker("erin"), ann[0], ann[1], 3).status_code == 422
    refused = sa.text("SELECT contact, entity, changes FROM foyer_audit WHERE privilege = 'refused' ORDER BY id DESC")
    with site.engine.connect() as connection:
        who, entity, facts = connection.execute(refused).first()
    assert (who, entity, f"/studio/people/{ann[0]}/merge" in facts) == (site.people["erin"], "booking", True)
    with site.engine.connect() as connection:
        assert set(connection.scalars(sa.text("SELECT skipper FROM booking"))) == {ann[1]}
    assert merge(dora, ann[0], ann[1], 3).status_code == 303
    with site.engine.connect() as connection:
        assert set(connection.scalars(sa.text("SELECT skipper FROM booking"))) == {ann[0]}
        assert connection.execute(sa.text("SELECT count(*) FROM contact WHERE email = 'Ann@sail.example'")).scalar() == 1
        assert roles_of(connection, ann[0], "marina") == {"skipper"}
        changed = connection.execute(
            sa.text("SELECT count(*) FROM foyer_audit WHERE entity = 'booking' AND privilege = 'write'")
        ).scalar()
    assert changed == len(bookings)
    act, who, facts = acts(site, ann[0])[-1]
    assert (act, who, facts["merged"], facts["moved"]) == ("merge", site.people["dora"], ann[1], {"booking.skipper": 3})
    assert site.stranger().sign_in("ann@sail.example").status_code == 303
    assert "No two contacts" in words(dora.get("people/duplicates"))


def test_more_rows_than_are_moved_at_once_are_moved_in_parts(site, maker, monkeypatch):
    for module in ("runtime.records.joining", "runtime.studio.people.joining"):
        monkeypatch.setattr(f"{module}.MOST_ROWS", 2)
    dora = maker("dora")
    keep, gone = (site.add("contact", full_name=f"Ann {n}", email=f"ann{n}@sail.example", active=True) for n in (1, 2))
    for n in range(5):
        site.book(f"D{n}")
    with site.engine.begin() as connection:
        connection.execute(sa.text("UPDATE booking SET skipper = :gone"), {"gone": gone})
    for left in (3, 1):
        part = merge(dora, keep, gone, left + 2)
        assert part.status_code == 200
        assert f"{left} row" in words(part)
    assert merge(dora, keep, gone, 3).status_code == 409
    assert merge(dora, keep, gone, 1).status_code == 303
    with site.engine.connect() as connection:
        assert list(connection.scalars(sa.text("SELECT skipper FROM booking"))) == [keep] * 5
    assert [facts["moved"] for act, _, facts in acts(site, keep) if act == "merge_part"] == [2, 2]


def token_of(connection, contact, name, roles=(), acting=None):
    new = NewToken(contact, "marina", name, roles, reading=False, lifetime=dt.timedelta(days=1), acting=acting)
    return give(connection, new)[0]


def test_passkeys_and_tokens_go_along_and_reach_no_more_than_before(site, maker):
    dora = maker("dora")
    account = site.accounts["sail"]
    keep, gone, far = (
        site.add("contact", full_name=f"Ann {n}", email=f"ann{n}@sail.example", active=True, account=of)
        for n, of in ((1, account), (2, account), (3, site.accounts["row"]))
    )
    key = {"credential": "c", "public_key": "p", "name": "Phone", "created_at": dt.datetime.now(dt.UTC)}
    with site.engine.begin() as connection:
        grant_roles(connection, keep, "marina", ("master",))
        grant_roles(connection, gone, "marina", ("skipper",))
        kept = {
            token_of(connection, gone, "all"): "skipper",
            token_of(connection, gone, "some", ("diver",)): "diver",
            token_of(connection, far, "there", ("diver",), account): "diver",
        }
        token_of(connection, far, "of another account", ("diver",))
        token_of(connection, far, "all of nobody", acting=account)
        connection.execute(sa.insert(tables.passkeys).values(credential_hash="h", contact_id=gone, **key))
    assert merge(dora, keep, gone, 0).status_code == 303
    assert merge(dora, keep, far, 0).status_code == 303
    with site.engine.connect() as connection:
        columns = tables.api_tokens.c
        found = connection.execute(sa.select(columns.id, columns.contact_id, columns.roles)).all()
        assert {(token, contact): roles for token, contact, roles in found} == {(token, keep): kept[token] for token in kept}
        assert list(connection.scalars(sa.select(tables.passkeys.c.contact_id))) == [keep]


def test_merging_refuses_oneself_what_is_not_there_and_who_stands_above(site, maker):
    dora, erin = maker("dora"), maker("erin")
    frida, alice = site.people["frida"], site.people["alice"]
    assert merge(dora, frida, 999999, 0).status_code == 404
    assert merge(dora, frida, frida, 0).status_code == 400
    assert merge(dora, frida, site.people["dora"], 0).status_code == 403
    assert merge(erin, frida, site.people["dora"], 0).status_code == 403
    assert dora.get(f"people/{frida}/merge?other=x").status_code == 400
    assert "Alice" in words(dora.get(f"people/{frida}/merge?q=alice"))
    with site.engine.begin() as connection:
        connection.execute(sa.update(tables.logins).where(tables.logins.c.contact_id == alice).values(disabled=True))
    assert merge(dora, site.people["bob"], alice, 0).status_code == 303
    assert site.stranger().sign_in("bob@sail.example").status_code == 422


def test_one_person_is_invited_by_a_form(site, maker):
    dora = maker("dora")
    assert 'href="/studio/people/new"' in dora.get("people").text

    def ask(**typed):
        return dora.send("people/new", dora.form("people/new", "email"), ("", ""), **typed)

    for typed, said in (
        ({"email": "gustav"}, "This is no e-mail address."),
        ({"email": "nils@row.example", "account": "nowhere"}, "There is no such account."),
        ({"email": "alice@sail.example"}, "The person has a sign-in already."),
        ({"email": "nils@row.example", "role": "nothing"}, "A web role is not there"),
    ):
        refused = ask(**typed)
        assert refused.status_code == 422
        assert said in words(refused)
        assert f'value="{typed["email"]}"' in refused.text
    assert mails(site) == []
    sent = ask(email="nils@row.example", name="Nils Nil", account="Row", role="skipper")
    assert sent.status_code == 303
    assert "Nils Nil" in words(dora.browser.get(sent.location))
    assert {message.to for message in mails(site)} == {"nils@row.example"}
    with site.engine.connect() as connection:
        found = connection.execute(sa.text("SELECT full_name, account FROM contact WHERE email = 'nils@row.example'")).one()
        kept = connection.execute(sa.select(tables.invitations.c.roles)).scalars().all()
    assert (found.full_name, found.account, kept) == ("Nils Nil", site.accounts["row"], ["skipper"])
    erin = maker("erin")
    assert "Chief" not in words(erin.get("people/new"))
    over = erin.send("people/new", erin.form("people/new", "email"), ("", ""), email="pia@row.example", role="chief")
    assert over.status_code == 422
    assert maker("alice").get("people/new").status_code == 403
