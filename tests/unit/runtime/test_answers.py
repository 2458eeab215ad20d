"""The headers that every answer is sent with, beside its own."""

import pytest
from flask import Flask, Response

from runtime.answers import Answer, see_other
from runtime.security import ALWAYS, PRIVATE, STRICT_TRANSPORT


def sent(answer: Answer, method: str = "GET") -> dict[str, list[str]]:
    """The headers of an answer by name, as they leave."""
    found: dict[str, list[str]] = {}
    app = Flask("headers")
    with app.test_request_context("/", method=method) as context:
        for name, value in answer.get_wsgi_response(context.request.environ)[2]:
            found.setdefault(name, []).append(value)
    return found


def test_each_security_header_is_sent_once():
    headers = sent(Answer("text"))
    assert {name: headers[name] for name, _ in ALWAYS} == {name: [value] for name, value in ALWAYS}
    assert headers["Cache-Control"] == [PRIVATE]
    assert "Strict-Transport-Security" not in headers


def test_what_an_answer_says_itself_wins():
    answer = Answer("text", headers={"cache-control": "public", "Content-Security-Policy": "sandbox"})
    answer.secure = True
    headers = sent(answer)
    assert headers["Content-Security-Policy"] == ["sandbox"]
    assert (headers["cache-control"], "Cache-Control" in headers) == (["public"], False)
    assert headers["Strict-Transport-Security"] == [STRICT_TRANSPORT]


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (None, "Cookie"),
        ("Accept-Language", "Accept-Language, Cookie"),
        ("Accept, cookie", "Accept, cookie"),
        ("*", "*"),
    ],
)
def test_caches_are_told_of_the_cookie_once(own, said):
    answer = Answer("text", headers={"Vary": own} if own else None)
    answer.by_cookie = True
    assert sent(answer)["Vary"] == [said]


@pytest.mark.parametrize(("status", "location"), [(303, "/größe"), (201, "/größe")])
def test_an_answer_that_leads_elsewhere_is_corrected_as_flask_does(status, location):
    headers = {"Location": location}
    ours, theirs = sent(Answer("", status=status, headers=headers)), Response("", status=status, headers=headers)
    with Flask("headers").test_request_context("/") as context:
        expected = dict(theirs.get_wsgi_headers(context.request.environ))
    assert {name: ours[name] for name in expected} == {name: [value] for name, value in expected.items()}


@pytest.mark.parametrize("address", ["/orders/W0001?page=2", "/größe", "/a b"])
def test_what_follows_a_form_is_named_as_flask_would(address):
    expected = Response("", status=303, headers={"Location": address})
    with Flask("headers").test_request_context("/") as context:
        place = expected.get_wsgi_headers(context.request.environ)["Location"]
    answer = see_other(address)
    headers = sent(answer)
    assert (answer.status_code, headers["Location"], headers["Content-Length"]) == (303, [place], ["0"])
    assert headers["Cache-Control"] == [PRIVATE]


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_says_no_length(status):
    assert "Content-Length" not in sent(Answer("text", status=status))
