"""Headers of pages: strict without settings, and opened by a site's settings as far as these say and no further."""

from pathlib import Path

import pytest

from metadata.checks import check
from metadata.model import SiteSetting, component_id
from runtime.security import CONTENT_SECURITY_POLICY
from support.marina import MARINA
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
