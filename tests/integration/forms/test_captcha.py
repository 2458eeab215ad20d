"""A form that asks whether a person sends it: of whom, how often an answer counts, and who decides."""

import dataclasses
import hashlib
import itertools
import json
import threading
from contextlib import contextmanager

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from metadata.checks import check
from metadata.model import SiteSetting, component_id
from metadata.store import MetadataStore
from runtime.app import create_app
from runtime.captcha.ports import Challenge
from runtime.captcha.question import BITS
from support.enquiries import ASK, enquiries, solved, typed
from support.portal import Browser
from support.pottery import POTTERY, hidden, make_pottery, shown_errors


@pytest.fixture
def asked(database_url, tmp_path):
    """The pottery with enquiries under a captcha."""
    made = make_pottery(database_url, tmp_path, *enquiries())
    yield made
    made.engine.dispose()


def stranger(pottery):
    return Browser(pottery.app.test_client())


def send(browser, page, **more):
    return browser.client.post(ASK, data={**hidden(page), **typed(), **more})


def worked(token):
    """The number that a script finds."""
    for number in itertools.count():
        digest = hashlib.sha256(f"{token}:{number}".encode()).digest()
        if int.from_bytes(digest[:4], "big") >> (32 - BITS) == 0:
            return str(number)


def test_a_stranger_answers_and_the_answer_counts_once(asked):
    browser = stranger(asked)
    page = browser.get(ASK).text
    refused = send(browser, page, _captcha_answer="999")
    assert (refused.status_code, asked.rows("enquiry")) == (422, [])
    assert shown_errors(refused.text) == ["That is not right, or too late. Answer the new question."]
    assert send(browser, page, **solved(page)).status_code == 303
    assert send(browser, page, **solved(page)).status_code == 422
    assert len(asked.rows("enquiry")) == 1


def test_the_work_of_a_script_counts_as_an_answer(asked):
    browser = stranger(asked)
    page = browser.get(ASK).text
    token = hidden(page)["_captcha"]
    assert send(browser, page, _captcha_work="0").status_code == 422
    assert send(browser, page, _captcha_work=worked(token)).status_code == 303


def test_who_has_passed_and_mends_something_else_is_not_asked_again(asked):
    browser = stranger(asked)
    page = browser.get(ASK).text
    answer = send(browser, page, subject="", **solved(page))
    assert (answer.status_code, solved(answer.text)) == (422, {})
    assert len(shown_errors(answer.text)) == 1
    assert send(browser, answer.text).status_code == 303
    assert send(browser, answer.text).status_code == 422
    assert len(asked.rows("enquiry")) == 1


@pytest.mark.parametrize(
    "forged", [{}, {"_captcha": "x"}, {"_captcha_ticket": "WyJhIiwiYiJd.x.y"}, {"_captcha_work": "9" * 40}]
)
def test_nothing_made_up_passes(asked, forged):
    browser = stranger(asked)
    kept = {**hidden(browser.get(ASK).text), "_captcha_answer": "", **typed(), **forged}
    assert browser.client.post(ASK, data=kept).status_code == 422
    assert asked.rows("enquiry") == []


def test_of_whom_it_is_asked(asked):
    browser = asked.as_("ada")
    page = browser.get(ASK).text
    assert solved(page) == {}
    assert send(browser, page).status_code == 303
    form = next(item for item in enquiries("everybody") if getattr(item, "captcha", ""))
    MetadataStore(asked.engine).publish("tester", components=(form,))
    page = browser.get(ASK).text
    assert solved(page)
    assert send(browser, page).status_code == 422


def test_pages_of_identity_ask_too_and_an_answer_is_for_one_page(asked):
    MetadataStore(asked.engine).publish(
        "tester", components=(SiteSetting(key="captcha/pages", value="reset, invitation, signin"),)
    )
    for path, data in (
        ("/password/forgot", {"email": "ada@clay.example"}),
        ("/invitation", {"code": "ABCD"}),
        ("/invitation", {"code": "ABCD", "password": "guessing codes", "repeat": "guessing codes"}),
        ("/signin", {"email": "ada@clay.example", "password": "correct horse battery"}),
    ):
        browser = stranger(asked)
        page = browser.get(path).text
        other = browser.get(ASK).text
        kept = {name: value for name, value in hidden(page).items() if name == "csrf_token"}
        assert browser.client.post(path, data={**kept, **data}).status_code == 422
        moved = {"_captcha": hidden(other)["_captcha"], **solved(other)}
        assert browser.client.post(path, data={**kept, **data, **moved}).status_code == 422
        right = {"_captcha": hidden(page)["_captcha"], **solved(page)}
        answer = browser.client.post(path, data={**kept, **data, **right})
        assert "not right, or too late" not in answer.text
    assert answer.status_code == 303


class Verifier:
    """A server of captchas, as Turnstile, hCaptcha and reCAPTCHA have one."""

    def __init__(self):
        self.asked, self.answer = [], {"success": True}

    def __call__(self, environ, start_response):
        self.asked.append(Request(environ).form.to_dict())
        body = self.answer if isinstance(self.answer, str) else json.dumps(self.answer)
        return Response(body, mimetype="application/json")(environ, start_response)


@contextmanager
def verifying(verifier):
    server = make_server("127.0.0.1", 0, verifier, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/siteverify"
    finally:
        server.shutdown()
        thread.join()


def with_config(pottery, **values):
    """The application with other settings of the installation."""
    services = pottery.app.extensions["foyer"]
    changed = dataclasses.replace(services, config=dataclasses.replace(services.config, **values))
    return dataclasses.replace(pottery, app=create_app(changed.config, services=changed))


@pytest.mark.parametrize(
    ("provider", "field", "host"),
    [
        ("turnstile", "cf-turnstile-response", "https://challenges.cloudflare.com"),
        ("hcaptcha", "h-captcha-response", "https://*.hcaptcha.com"),
        ("recaptcha", "g-recaptcha-response", "https://www.gstatic.com/recaptcha/"),
    ],
)
def test_another_who_decides_is_asked_with_our_secret(tmp_path, provider, field, host):
    settings = enquiries(provider=provider, site_key="our-key")
    pottery, verifier = make_pottery(f"sqlite:///{tmp_path}/p.db", tmp_path, *settings), Verifier()
    with verifying(verifier) as address:
        pottery = with_config(pottery, captcha_secret="hush", captcha_verify_url=address)
        browser = stranger(pottery)
        shown = browser.get(ASK)
        assert 'data-sitekey="our-key"' in shown.text
        policy = shown.headers["Content-Security-Policy"]
        assert f"script-src 'self' {host}" in policy or host in policy.partition("script-src")[2].partition(";")[0]
        assert host not in browser.get("/").headers["Content-Security-Policy"]
        assert (send(browser, shown.text).status_code, verifier.asked) == (422, [])
        for refusal in ({"success": False}, {"success": "true"}, "<html>", []):
            verifier.answer = refusal
            assert send(browser, shown.text, **{field: "theirs"}).status_code == 422
        verifier.answer = {"success": True}
        assert send(browser, shown.text, **{field: "theirs"}).status_code == 303
    assert verifier.asked[-1] == {"secret": "hush", "response": "theirs", "remoteip": "127.0.0.1"}
    refused = send(browser, shown.text, **{field: "theirs"})
    assert shown_errors(refused.text) == ["It could not be checked just now. Try again in a moment."]
    assert "hush" not in refused.text
    pottery.engine.dispose()


def test_a_provider_of_ones_own_is_plugged_in(tmp_path):
    class Handshake:
        def __init__(self, setup):
            self.setup = setup

        def challenge(self):
            return Challenge("captcha/question.html", {"first": "0", "second": "0", "token": "t", "bits": "1"})

        def judge(self, posted, address):
            return "passed" if posted.get("grip") == "firm" else "failed"

        def mark(self, posted):
            return ""

    pottery = make_pottery(f"sqlite:///{tmp_path}/p.db", tmp_path, *enquiries(provider="custom"))
    services = pottery.app.extensions["foyer"]
    changed = dataclasses.replace(services, captchas={"custom": Handshake})
    browser = Browser(create_app(changed.config, services=changed).test_client())
    page = browser.get(ASK).text
    assert [send(browser, page, grip=grip).status_code for grip in ("limp", "firm")] == [422, 303]
    pottery.engine.dispose()


def test_settings_that_cannot_be_are_told():
    def faults(**settings):
        components = {component_id(item): item for item in (*POTTERY, *enquiries(**settings))}
        return [problem.message for problem in check(components) if problem.code == "setting-value"]

    assert faults() == []
    (unknown,) = faults(provider="turnstyle")
    assert "one of question, turnstile" in unknown
    (keyless,) = faults(provider="hcaptcha")
    assert "captcha/site_key" in keyless
