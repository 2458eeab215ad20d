"""Requests that nobody means: the right status, a page with a number to quote, never a trace."""

import re

import pytest

from metadata.model import Site
from runtime.security import MAX_FORM_FIELDS
from runtime.services import services_of
from support.portal import CAST, PASSWORD, components, make_portal, text

TRACE = re.compile(r"Traceback|sqlalchemy\.|\.py(\"|&#34;|:\d)|File &#34;")


def refused(answer, status):
    assert answer.status_code == status
    assert not TRACE.search(answer.text)
    return True


@pytest.mark.parametrize(
    "path", ["/signin", "/signout", "/invitation", "/password/forgot", "/password/reset", "/sessions", "/news"]
)
def test_a_post_without_a_csrf_token_is_refused(local_portal, path):
    browser = local_portal.signed_in("carol")
    assert refused(browser.client.post(path, data={"email": CAST["alice"][0], "password": PASSWORD}), 400)
    assert refused(browser.client.post(path, data={"csrf_token": "wrong"}), 400)
    assert browser.who() == "Carol"


def test_the_token_of_another_browser_is_refused(local_portal):
    theirs = local_portal.browser().token()
    browser = local_portal.browser()
    browser.token()
    sent = {"email": CAST["alice"][0], "password": PASSWORD, "csrf_token": theirs}
    assert refused(browser.client.post("/signin", data=sent), 400)


def test_the_token_may_come_in_a_header(local_portal):
    browser = local_portal.browser()
    sent = {"email": CAST["carol"][0], "password": PASSWORD}
    assert browser.client.post("/signin", data=sent, headers={"X-CSRFToken": browser.token()}).status_code == 303


@pytest.mark.parametrize(
    "path",
    [
        "/news%00",
        "/a%00b/c",
        "/%ff%fe",
        "/news?q=%00",
        "/news?%00=1",
        "/news?q=%ff",
        "/signin?next=/%00",
        "/sv-SE/%c3%28",
        "/" + "a" * 3000,
        "/news?q=" + "a" * 9000,
        "/_static/base/%00",
        "/invitation?code=%00",
    ],
)
def test_addresses_that_are_no_text_or_far_too_long_are_refused(local_portal, path):
    answer = local_portal.browser().get(path)
    assert answer.status_code in ((404,) if path.startswith("/_static") else (400,))
    assert not TRACE.search(answer.text)


def test_a_form_with_bytes_that_are_no_text_is_refused(local_portal):
    browser = local_portal.browser()
    assert refused(browser.post("/signin", {"email": "a\0b", "password": "x"}), 400)
    part = b'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\n\xff\xfe\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b", "X-CSRFToken": browser.token()}
    assert refused(browser.client.post("/signin", data=part, headers=headers), 400)


@pytest.mark.parametrize(
    "path",
    [
        "/_static/base/../../secrets",
        "/_static/../runtime/app.py",
        "/_static/base/%2e%2e/%2e%2e/theme.yaml",
        "/_static/base//etc/passwd",
        "/_static/nothing/x.css",
        "/_static/base/",
        "/_static/_tokens/../x",
        "/_static/_tokens/nobody-1.css",
        "/..%5c..%5cx",
    ],
)
def test_no_file_outside_a_theme_is_given(local_portal, path):
    assert refused(local_portal.browser().get(path), 404)


def test_a_body_that_is_too_large_is_refused(sqlite_url, tmp_path):
    portal = make_portal(sqlite_url, tmp_path, FOYER_MAX_BODY_BYTES="20000")
    browser = portal.browser()
    sent = {"email": "x" * 30_000, "csrf_token": browser.token()}
    assert refused(browser.client.post("/signin", data=sent), 413)
    assert refused(browser.client.post("/signin", data=sent, content_type="multipart/form-data"), 413)


def test_a_form_with_far_too_many_fields_is_refused(local_portal):
    browser = local_portal.browser()
    sent = {f"f{number}": "1" for number in range(MAX_FORM_FIELDS + 1)} | {"csrf_token": browser.token()}
    parts = (f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in sent.items())
    body = f"{''.join(parts)}--b--\r\n".encode()
    assert refused(browser.client.post("/signin", data=body, content_type="multipart/form-data; boundary=b"), 413)
    assert refused(browser.client.post("/signin", data=sent), 413)


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "foyer=" + "x" * 5000},
        {"Cookie": "foyer=\x01\x02"},
        {"Accept-Language": "x" * 5000},
        {"User-Agent": "\xff" * 3000},
        {"X-Request-ID": "a\tb<script>"},
        {"X-Forwarded-For": "'; drop table"},
        {"Accept": "*/" + "*" * 999},
        {"Range": "bytes=9-1"},
    ],
)
def test_odd_headers_do_no_harm(local_portal, headers):
    answer = local_portal.browser().get("/news", headers=headers)
    assert answer.status_code == 200
    assert "script" not in answer.headers["X-Request-ID"]


def test_an_unknown_host_reaches_the_site_without_hosts(local_portal):
    assert local_portal.browser().get("/news", headers={"Host": "anything.example:81"}).status_code == 200


@pytest.mark.parametrize("host", ["a b", "evil.example/x", "[::1", "x" * 300, "\xe9", ""])
def test_a_host_that_is_none_does_no_harm(local_portal, host):
    answer = local_portal.browser().get("/news", headers={"Host": host})
    assert answer.status_code in (200, 400)
    assert not TRACE.search(answer.text)


def test_a_host_that_no_site_answers_to_is_not_found(sqlite_url, tmp_path):
    portal = make_portal(sqlite_url, tmp_path, metadata=components(hosts=("portal.example",)))
    assert portal.app.test_client().get("/news", headers={"Host": "portal.example"}).status_code == 200
    assert refused(portal.app.test_client().get("/news", headers={"Host": "other.example"}), 404)


def test_a_failure_shows_a_number_and_a_time_and_nothing_else(local_portal, monkeypatch, caplog):
    def fail(*values):
        raise RuntimeError("the secret detail")

    monkeypatch.setattr("runtime.routes.find_page", fail)
    answer = local_portal.browser().get("/news")
    assert refused(answer, 500)
    number = answer.headers["X-Request-ID"]
    assert number in answer.text
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", answer.text)
    assert "the secret detail" not in answer.text
    record = next(record for record in caplog.records if getattr(record, "action", "") == "request_failed")
    assert record.request == number
    assert "the secret detail" in str(record.exc_info)


def test_a_failing_error_page_falls_back_to_a_plain_one(local_portal, monkeypatch):
    def fail(*values, **named):
        raise RuntimeError("the secret detail")

    monkeypatch.setattr(services_of(local_portal.app).renderer, "page", fail)
    answer = local_portal.browser().get("/signin")
    assert refused(answer, 500)
    assert answer.headers["X-Request-ID"] in answer.text


def test_programs_get_their_errors_as_json(local_portal):
    answer = local_portal.browser().get("/nowhere", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
    assert answer.json["error"]["id"] == answer.headers["X-Request-ID"]


def test_every_page_forbids_what_is_inline_and_framing(local_portal):
    for path in ("/news", "/signin", "/nowhere", "/healthz"):
        headers = local_portal.browser().get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert rule in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "private, no-store"
        assert "total;dur=" in headers["Server-Timing"]


def test_the_engines_own_pages_hold_to_the_policy(local_portal):
    for path in ("/signin", "/password/forgot", "/invitation", "/password/reset", "/nowhere"):
        page = local_portal.browser().get(path).text
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page), path


def test_a_static_file_may_be_kept_for_ever_when_its_address_names_its_content(local_portal):
    browser = local_portal.browser()
    address = re.search(r'href="(/_static/base/css/[^"]+\?v=[^"]+)"', browser.get("/signin").text)[1]
    kept, by_name = browser.get(address, buffered=True), browser.get(address.partition("?")[0], buffered=True)
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert by_name.headers["Cache-Control"] == "public, max-age=300"
    assert browser.get(address, headers={"If-None-Match": kept.headers["ETag"]}, buffered=True).status_code == 304


def test_the_tokens_of_a_site_are_a_stylesheet(local_portal):
    browser = local_portal.browser()
    address = re.search(r'href="(/_static/_tokens/[^"]+)"', browser.get("/signin").text)[1]
    answer = browser.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_database_that_is_away_is_told_as_such(local_portal, tmp_path):
    browser = local_portal.browser()
    browser.get("/news")
    local_portal.engine.dispose()
    (tmp_path / "test.db").rename(tmp_path / "moved.db")
    (tmp_path / "test.db").mkdir()
    answer = browser.get("/news")
    assert refused(answer, 503)
    assert answer.headers["Retry-After"]
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/readyz").status_code == 503


def test_a_site_with_nothing_published_says_so(sqlite_url, tmp_path):
    portal = make_portal(sqlite_url, tmp_path)
    portal.publish(Site(key="portal", label=text("Harbour"), hosts=("elsewhere.example",)))
    answer = portal.browser().get("/news")
    assert refused(answer, 404)


def test_what_another_site_has_a_browser_post_brings_no_new_cookie(local_portal):
    """The browser sent none with it (SameSite), and would put the new one in the place of its own: the person would be out."""
    headers = {"Sec-Fetch-Site": "cross-site"}
    for path in ("/signin", "/news", "/signin/with/nowhere/out", "/nowhere"):
        answer = local_portal.browser().client.post(path, data={"email": "x@y.example"}, headers=headers)
        assert (answer.status_code >= 400, "Set-Cookie" in answer.headers) == (True, False), path
    assert "Set-Cookie" in local_portal.browser().client.get("/signin").headers
