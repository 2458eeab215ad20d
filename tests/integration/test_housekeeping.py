"""Once an hour what is no longer of use goes, and nothing else does."""

import datetime as dt
import json
import threading

import pytest
import sqlalchemy as sa

from runtime.access.sharing import link_rows, links
from runtime.database import make_engine, writing
from runtime.forms.drafts import drafts
from runtime.housekeeping import keep_tidy, tidy
from runtime.identity.tables import api_tokens, browsers, logout_tokens, newcomers, saml_answers, sessions, tokens
from runtime.logs import JsonLines
from runtime.records import audit
from runtime.records.tables import AUDIT
from runtime.tables import create_engine_tables

NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def engine(database_url):
    made = make_engine(database_url)
    yield made
    made.dispose()


def ago(**span):
    return NOW - dt.timedelta(**span)


def a_draft(name, touched, sent=None):
    fixed = {"contact_id": 1, "site": "main", "form": "f", "data": "{}", "attempt": "a", "created_at": ago(days=400)}
    return {**fixed, "id": name, "changed_at": touched, "finished_at": sent}


def a_session(name, expires, revoked=None):
    fixed = {"contact_id": 1, "site": "main", "created_at": ago(days=9), "seen_at": ago(days=8)}
    return {**fixed, "token_hash": name, "expires_at": expires, "revoked_at": revoked}


def a_token(name, expires, used=None):
    fixed = {"purpose": "reset", "contact_id": 1, "created_at": ago(days=9)}
    return {**fixed, "token_hash": name, "expires_at": expires, "used_at": used}


def an_api_token(name, expires, revoked=None):
    fixed = {"contact_id": 1, "site": "main", "name": name, "created_at": ago(days=9)}
    return {**fixed, "token_hash": name, "expires_at": expires, "revoked_at": revoked}


def a_browser(name, expires):
    return {"contact_id": 1, "site": "main", "created_at": ago(days=9), "token_hash": name, "expires_at": expires}


def an_answer(name, expires):
    fixed = {"site": "main", "provider": "hall", "told": "{}", "created_at": ago(days=9)}
    return {**fixed, "assertion_hash": name, "ticket_hash": name, "expires_at": expires}


def a_newcomer(name, expires):
    return {
        "ticket_hash": name,
        "site": "main",
        "provider": "hall",
        "held": "",
        "created_at": ago(days=9),
        "expires_at": expires,
    }


def a_link(number, name, expires):
    fixed = {"contact_id": 1, "site": "main", "entity": "e", "reading": "a", "created_at": ago(days=90)}
    return {**fixed, "id": number, "token_hash": name, "expires_at": expires}


def a_logout(name, expires):
    return {"token_hash": name, "expires_at": expires}


def furnish(engine):
    """Of each table rows that stay, named so, and rows that go."""
    rows = {
        drafts: [
            a_draft("sent long ago", ago(days=31), ago(days=31)),
            a_draft("stays: sent lately", ago(days=95), ago(days=29)),
            a_draft("forgotten", ago(days=91)),
            a_draft("stays: touched", ago(days=89)),
        ],
        sessions: [
            a_session("over", ago(seconds=1)),
            a_session("signed out", ago(days=-1), ago(minutes=1)),
            a_session("stays", ago(days=-1)),
        ],
        tokens: [
            a_token("too old", ago(seconds=1)),
            a_token("used", ago(days=-1), ago(minutes=1)),
            a_token("stays", ago(days=-1)),
        ],
        api_tokens: [
            an_api_token("over", ago(seconds=1)),
            an_api_token("taken back", ago(days=-1), ago(minutes=1)),
            an_api_token("stays", ago(days=-1)),
        ],
        browsers: [a_browser("over", ago(seconds=1)), a_browser("stays", ago(days=-1))],
        saml_answers: [an_answer("over", ago(seconds=1)), an_answer("stays", ago(days=-1))],
        logout_tokens: [a_logout("over", ago(seconds=1)), a_logout("stays", ago(days=-1))],
        newcomers: [a_newcomer("over", ago(seconds=1)), a_newcomer("stays", ago(days=-1))],
        links: [a_link(1, "over", ago(days=31)), a_link(2, "stays", ago(days=29))],
        link_rows: [{"share_id": 1, "row_id": 7}, {"share_id": 2, "row_id": 7}],
    }
    create_engine_tables(engine)
    with writing(engine).begin() as connection:
        for table, given in rows.items():
            connection.execute(sa.insert(table), given)


def left(engine):
    hashed = (sessions, tokens, api_tokens, browsers, logout_tokens, links)
    names = (
        drafts.c.id,
        *(table.c.token_hash for table in hashed),
        saml_answers.c.ticket_hash,
        newcomers.c.ticket_hash,
        link_rows.c.share_id,
    )
    with engine.connect() as connection:
        return [sorted(connection.scalars(sa.select(name))) for name in names]


STAYING = [["stays: sent lately", "stays: touched"], *[["stays"]] * 8, [2]]


def test_old_drafts_and_what_has_ended_go_and_the_rest_stays(engine):
    furnish(engine)
    gone = {
        "foyer_api_told": 0,
        "foyer_draft": 2,
        "foyer_errand": 0,
        "foyer_session": 2,
        "foyer_token": 2,
        "foyer_api_token": 2,
    }
    gone |= {
        "foyer_known_browser": 1,
        "foyer_job": 0,
        "foyer_spent_captcha": 0,
        "foyer_saml_answer": 1,
        "foyer_provider_session": 0,
        "foyer_registration": 0,
        "foyer_logout_token": 1,
        "foyer_newcomer": 1,
        "foyer_share": 1,
        "foyer_share_row": 1,
    }
    assert tidy(engine, NOW) == gone
    assert left(engine) == STAYING
    assert not any(tidy(engine, NOW).values())


def test_a_database_without_the_tables_is_tidy(engine):
    assert tidy(engine, NOW) == {}


def test_the_worker_tidies_at_its_start_and_ends_when_told(engine):
    furnish(engine)
    stop = threading.Event()
    stop.set()
    keep_tidy(engine, stop, lambda: NOW)
    assert left(engine) == STAYING


def test_what_has_gone_is_told_in_a_line_of_the_log(engine, caplog):
    furnish(engine)
    stop = threading.Event()
    stop.set()
    with caplog.at_level("INFO", "runtime.housekeeping"):
        keep_tidy(engine, stop, lambda: NOW)
    (record,) = [one for one in caplog.records if one.getMessage() == "tidied up"]
    told = json.loads(JsonLines().format(record))
    assert told["action"] == "tidied"
    assert told[str(sessions.name)] > 0


def a_line(kind, age):
    fixed = {"contact": 1, "site": "main", "origin": "web", "entity": "contact", "changes": '{"phone": [null, "555"]}'}
    return {**fixed, "privilege": kind, "at": ago(days=age), "row": 7}


def kinds(engine):
    with engine.connect() as connection:
        return list(connection.scalars(sa.select(AUDIT.c.privilege).order_by(AUDIT.c.id)))


def test_lines_of_the_trail_go_with_time_where_the_operator_says_so(engine, monkeypatch):
    """In steps, however many there are; not who asked to be removed, and not without a line that tells it."""
    monkeypatch.setattr(audit, "STEP", 2)
    create_engine_tables(engine)
    lines = [a_line("closing", 400), a_line("erased", 400), *[a_line("write", 400)] * 5, a_line("create", 364)]
    with writing(engine).begin() as connection:
        connection.execute(sa.insert(AUDIT), lines)
    assert "foyer_audit" not in tidy(engine, NOW)
    assert tidy(engine, NOW, audit_days=365)["foyer_audit"] == 5
    assert kinds(engine) == ["closing", "erased", "create", "trimmed", "trimmed", "trimmed"]
    assert tidy(engine, NOW, audit_days=365)["foyer_audit"] == 0
    with engine.connect() as connection:
        told = connection.scalars(sa.select(AUDIT.c.changes).where(AUDIT.c.privilege == "trimmed")).all()
    assert [json.loads(one)["lines"] for one in told] == [2, 2, 1]
