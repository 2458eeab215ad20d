"""Headers of pages: strict without settings, and opened by a site's settings as far as these say and no further."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from metadata.checks import check
from metadata.model import Block, Page, PageTemplate, SiteSetting, WebTemplate, component_id
from runtime.security import CONTENT_SECURITY_POLICY
from support.marina import MARINA, SITE, text
from support.marina_site import open_marina
from support.studio import ROLES

POLICY, TRIED = "Content-Security-Policy", "Content-Security-Policy-Report-Only"


def setting(name: str, value: str) -> SiteSetting:
    return SiteSetting(key=f"headers/{name}", value=value)


def directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in policy.split(";"))}


def test_without_settings_a_page_is_strict(database_url: str, tmp_path: Path) -> None:
    with open_marina(database_url, tmp_path) as site:
        headers = site.stranger().get("/").headers
    assert headers[POLICY] == CONTENT_SECURITY_POLICY
    assert TRIED not in headers
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff")


def test_settings_add_hosts_a_policy_to_try_and_who_may_frame(database_url: str, tmp_path: Path) -> None:
    settings = (
        setting("content_sources", "img-src https://cdn.example;script-src https://*.stats.example"),
        setting("report_only", "default-src 'none'; report-uri /csp"),
        setting("frame_ancestors", "'self'  https://intranet.example"),
    )
    with open_marina(database_url, tmp_path, *settings, *ROLES) as site:
        page = site.stranger().get("/")
        found = directives(page.headers[POLICY])
        assert found["img-src"] == ["'self'", "data:", "https://cdn.example"]
        assert found["script-src"] == ["'self'", "https://*.stats.example"]
        assert (found["default-src"], found["object-src"]) == (["'self'"], ["'none'"])
        assert found["frame-ancestors"] == ["'self'", "https://intranet.example"]
        assert page.headers[TRIED] == "default-src 'none'; report-uri /csp"
        assert (page.headers["X-Frame-Options"], page.headers["X-Content-Type-Options"]) == ("SAMEORIGIN", "nosniff")
        for path in ("/signin", "/studio/"):  # where people sign in and the site is made nothing is opened
            headers = site.as_("dora").get(path).headers if path != "/signin" else site.stranger().get(path).headers
            assert (headers[POLICY], headers["X-Frame-Options"]) == (CONTENT_SECURITY_POLICY, "DENY")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("content_sources", "script-src 'unsafe-inline'"),
        ("content_sources", "script-src *"),
        ("content_sources", "script-src data:"),
        ("content_sources", "script-src http://cdn.example"),
        ("content_sources", "object-src https://cdn.example"),
        ("content_sources", "frame-ancestors https://evil.example"),
        ("content_sources", "img-src https://cdn.example\r\nSet-Cookie: a=b"),
        ("report_only", "default-src 'self'\nX: y"),
        ("frame_ancestors", "*"),
        ("frame_ancestors", "https://a.example; script-src *"),
    ],
)
def test_what_would_open_too_much_is_refused(name: str, value: str) -> None:
    given = {component_id(item): item for item in (*MARINA, setting(name, value))}
    assert [problem.code for problem in check(given) if problem.component.startswith("site_setting")] == ["setting-value"]


RUNNING = '<script nonce="{{ request.csp_nonce }}">document.title = "ran"</script>'
NONCE = re.compile(r'<script nonce="([A-Za-z0-9_-]{22,})">document')


def with_scripts(*more: object) -> tuple[object, ...]:
    shown = tuple(Block(type="component", web_template=key) for key in ("running", "running"))
    return (
        WebTemplate(key="running", source=RUNNING),
        WebTemplate(key="plain", source="<p>plain</p>"),
        WebTemplate(key="sometimes", source="{% if request.query.run %}" + RUNNING + "{% endif %}<p>here</p>"),
        WebTemplate(key="alone", source=RUNNING, bare=True),
        PageTemplate(key="alone", web_template="alone"),
        Page(key="runs", label=text("Runs"), parent="home", partial_url="runs", blocks=shown),
        Page(
            key="may",
            label=text("May"),
            parent="home",
            partial_url="may",
            blocks=(Block(type="component", web_template="sometimes"), Block(type="component", web_template="plain")),
        ),
        Page(key="bare", label=text("Bare"), parent="home", partial_url="bare", template="alone"),
        *more,
    )


def test_a_page_that_asks_for_a_nonce_has_one_of_its_own_in_its_policy(database_url: str, tmp_path: Path) -> None:
    tried = setting("report_only", "default-src 'none'; report-uri /csp")
    with open_marina(
        database_url, tmp_path, *with_scripts(tried, setting("content_sources", "img-src https://a.example"))
    ) as site:
        stranger, seen = site.stranger(), set()
        for path in ("/runs", "/runs", "/may?run=1", "/bare"):
            page = stranger.get(path)
            assert page.status_code == 200, page.text
            (nonce,) = set(NONCE.findall(page.text))
            seen.add(nonce)
            found, trying = directives(page.headers[POLICY]), directives(page.headers[TRIED])
            assert found["script-src"] == found["style-src"] == ["'self'", f"'nonce-{nonce}'"]
            assert (found["default-src"], found["img-src"][-1]) == (["'self'"], "https://a.example")
            assert (trying["script-src"], trying["default-src"]) == ([f"'nonce-{nonce}'"], ["'none'"])
            # Nothing keeps the page, so that no answer has the nonce of another one.
            assert (page.headers["Cache-Control"], "ETag" in page.headers) == ("private, no-store", False)
            again = stranger.get(path, headers={"If-None-Match": "*", "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"})
            assert (again.status_code, nonce in again.text) == (200, False)
        assert len(seen) == 4
        for path in ("/may", "/", "/signin", "/nowhere"):
            headers = stranger.get(path).headers
            assert "nonce" not in headers[POLICY] + headers.get(TRIED, ""), path


def test_the_header_of_a_site_has_the_nonce_of_each_request(database_url: str, tmp_path: Path) -> None:
    top = WebTemplate(key="top", source=f"<p>top</p>{RUNNING}")
    with open_marina(database_url, tmp_path, top, replace(SITE, header="top")) as site:
        pages = [site.stranger().get("/") for _ in range(2)]
        nonces = [NONCE.findall(page.text)[0] for page in pages]
        assert nonces[0] != nonces[1]
        for nonce, page in zip(nonces, pages, strict=True):
            assert directives(page.headers[POLICY])["script-src"] == ["'self'", f"'nonce-{nonce}'"]
        assert site.stranger().get("/signin").headers[POLICY] == CONTENT_SECURITY_POLICY
