"""The signed cookie: what was found good is remembered, and never for longer or for others than it is good."""

import datetime as dt
import time
from unittest import mock

import pytest
from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface
from markupsafe import Markup

from runtime.answers import Answer
from runtime.cookies import LARGEST, CookieSessions


@pytest.fixture
def app() -> Flask:
    """An application whose pages write and read the session."""
    made = Flask("cookies")
    made.secret_key = "a secret for tests only"
    made.config["SESSION_REFRESH_EACH_REQUEST"] = False
    made.session_interface = CookieSessions()

    @made.get("/write/<value>")
    def write(value: str) -> str:
        session["value"] = value
        session.permanent = True
        return ""

    @made.get("/read")
    def read() -> str:
        return str(session.get("value", "nothing"))

    @made.get("/spoil")
    def spoil() -> str:
        session["value"] = "spoilt"
        return ""

    @made.get("/untouched")
    def untouched() -> str:
        return ""

    @made.get("/list")
    def grow() -> str:
        session.setdefault("list", []).append("more")
        return str(len(session["list"]))

    return made


def cookie_of(app: Flask, path: str = "/write/kept", sent: str = "") -> str:
    answer = app.test_client(use_cookies=False).get(path, headers={"Cookie": sent} if sent else {})
    return answer.headers["Set-Cookie"].partition(";")[0]


def read(app: Flask, cookie: str, path: str = "/read") -> str:
    return app.test_client(use_cookies=False).get(path, headers={"Cookie": cookie}).text


def test_what_was_written_is_read_again_and_again(app):
    cookie = cookie_of(app)
    assert [read(app, cookie) for _ in range(3)] == ["kept"] * 3


def test_a_cookie_too_old_is_refused_though_it_was_found_good(app):
    cookie = cookie_of(app)
    assert read(app, cookie) == "kept"
    late = time.time() + app.permanent_session_lifetime.total_seconds() + 2
    with mock.patch("time.time", return_value=late):
        assert read(app, cookie) == "nothing"


def test_a_changed_cookie_is_refused_before_and_after_the_good_one(app):
    cookie = cookie_of(app)
    changed = cookie[:-2] + ("AA" if not cookie.endswith("AA") else "BB")
    assert [read(app, one) for one in (changed, cookie, changed)] == ["nothing", "kept", "nothing"]


def test_another_secret_makes_a_remembered_cookie_worthless(app):
    cookie = cookie_of(app)
    assert read(app, cookie) == "kept"
    app.secret_key = "another secret for tests"
    assert read(app, cookie) == "nothing"


def test_a_request_that_changes_its_session_changes_nobody_elses(app):
    cookie = cookie_of(app)
    assert read(app, cookie) == "kept"
    assert cookie_of(app, "/spoil", cookie) != cookie
    assert read(app, cookie) == "kept"


def test_what_can_be_changed_in_place_is_each_requests_own(app):
    cookie = cookie_of(app, "/list")
    assert [read(app, cookie, "/list") for _ in range(3)] == ["2", "2", "2"]


def test_caches_are_told_where_the_cookie_was_looked_at(app):
    cookie = cookie_of(app)
    client = app.test_client(use_cookies=False)
    for path, vary in (("/read", "Cookie"), ("/untouched", None)):
        answer = client.get(path, headers={"Cookie": cookie})
        assert (answer.headers.get("Vary"), answer.headers.get("Set-Cookie")) == (vary, None)


@pytest.mark.parametrize("length", [5, 2000, 5000])
@pytest.mark.parametrize("settings", [{}, {"SESSION_COOKIE_SECURE": True, "SESSION_COOKIE_SAMESITE": "Lax"}])
def test_a_cookie_is_the_one_that_flask_would_send(app, settings, length):
    app.response_class = Answer
    app.config.update(settings)
    others = SecureCookieSessionInterface()

    @app.before_request
    def more():
        if request.path == "/spoil":
            session["query"] = "".join(f"{number:x}" for number in range(length))[:length]
            session["told"] = [("good", "It is saved.")]

    ours = app.test_client(use_cookies=False).get("/spoil")
    app.session_interface, app.response_class = others, Flask.response_class
    theirs = app.test_client(use_cookies=False).get("/spoil")
    told = [answer.headers["Set-Cookie"].partition(";") for answer in (ours, theirs)]
    assert (told[0][2], ours.headers["Vary"]) == (told[1][2], theirs.headers["Vary"])
    serializer = others.get_signing_serializer(app)
    assert serializer is not None
    values = [serializer.loads(cookie.partition("=")[2]) for cookie, _, _ in told]
    assert values[0] == values[1]
    assert values[0]["value"] == "spoilt"


@pytest.mark.parametrize(
    "more",
    [
        {
            "_flashes": [("good", "It is saved, “Zoë”."), ("warn", "Look.")],
            "token": "t",
            "number": 7,
            "yes": True,
            "none": None,
        },
        {"_flashes": [("good", Markup("<b>Saved</b>"))]},
        {"_flashes": []},
        {"_flashes": [["a", "list"]]},
        {" t": ["no", "pair"]},
        {" t": ["no", "pair"], "other": ()},
        {"value": 2**70},
        {"value": "\ud800"},
        {"value": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)},
        {"value": {" t": [1]}, "text": Markup("<i>")},
    ],
)
def test_flask_reads_what_is_written_as_if_it_had_written_it_itself(app, more):
    others = SecureCookieSessionInterface()
    ours, theirs = (interface.get_signing_serializer(app) for interface in (app.session_interface, others))
    assert ours is not None
    assert theirs is not None
    read = theirs.loads(ours.dumps(more))
    assert read == theirs.loads(theirs.dumps(more))
    assert [type(one) for one in read.get("_flashes", ())] == [type(one) for one in more.get("_flashes", ())]


def test_the_memory_does_not_grow_without_end(app):
    memory = app.session_interface._checked
    cookie = cookie_of(app)
    assert read(app, cookie) == "kept"
    memory.update({("", str(number)): next(iter(memory.values())) for number in range(LARGEST)})
    other = cookie_of(app, "/write/other")
    assert (read(app, other), len(memory)) == ("other", 1)
