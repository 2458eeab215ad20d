"""Style sheets of a site's own: in their order after the theme and its values, at an address that changes with them."""

import dataclasses
import re

import pytest

from metadata.checks import check
from metadata.model import Site, SiteSetting, StyleSheet, component_id
from metadata.store import MetadataStore
from support.pottery import POTTERY, make_pottery

RED = StyleSheet(key="red", site="pottery", order=2, source=".panel { background: rgb(200, 0, 0); }\n")
BLUE = StyleSheet(key="blue", site="pottery", order=1, source=".panel { background: rgb(0, 0, 200); }\n")


@pytest.fixture
def pottery(database_url, tmp_path):
    made = make_pottery(database_url, tmp_path, RED, BLUE)
    yield made
    made.engine.dispose()


def publish(pottery, *components, delete=()):
    MetadataStore(pottery.engine).publish("tester", components=components)


def own(page):
    return re.findall(r'<link rel="stylesheet" href="([^"]*/_own/[^"]*)">', page)


def test_sheets_stand_after_all_others_in_their_order(pottery):
    browser = pottery.as_("ada")
    page = browser.get("/firings").text
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]*)">', page)
    assert "/_tokens/" in sheets[-2]
    assert own(page) == sheets[-1:]
    answer = browser.get(sheets[-1])
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.text.index("0, 0, 200") < answer.text.index("200, 0, 0")
    assert browser.client.get(sheets[-1], headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert "'unsafe" not in browser.get("/firings").headers["Content-Security-Policy"]


def test_strangers_and_the_sign_in_page_have_them_and_the_studio_has_not(pottery):
    client = pottery.app.test_client()
    (address,) = own(client.get("/signin").text)
    assert client.get(address).status_code == 200
    assert own(pottery.as_("ada").get("/account/security").text)
    assert client.get("/_static/_own/pottery-0123.css").headers["Cache-Control"] == "public, max-age=300"
    assert client.get("/_static/_own/nobody-0123.css").status_code == 404


def test_a_change_has_another_address_on_the_next_request_and_one_that_is_off_is_not_sent(pottery):
    browser = pottery.as_("ada")
    (before,) = own(browser.get("/firings").text)
    publish(pottery, dataclasses.replace(RED, source=".panel { background: rgb(0, 200, 0); }"))
    (after,) = own(browser.get("/firings").text)
    assert before != after
    assert "0, 200, 0" in browser.get(after).text
    publish(pottery, dataclasses.replace(RED, active=False), dataclasses.replace(BLUE, active=False))
    assert own(browser.get("/firings").text) == []
    assert browser.get(after).status_code == 404


def found(*sheets, **setting):
    more = (SiteSetting(key="headers/content_sources", site="pottery", **setting),) if setting else ()
    problems = check({component_id(item): item for item in (*POTTERY, *sheets, *more)})
    return [(problem.severity, problem.message) for problem in problems]


@pytest.mark.parametrize(
    ("source", "severity", "message"),
    [
        ("a{}\n.panel { color: red", "error", "Line 2: What begins here is not closed"),
        ("a{}\n/* no end", "error", "Line 2: What begins here is not closed"),
        ("@import url(other.css);", "error", "Nothing can be imported into a sheet"),
        ("a{}\n\np { color red; top: 0 }", "warning", "Line 3: This cannot be read as CSS"),
        ("} p { top: 0 }", "warning", "This cannot be read as CSS"),
        (
            "@media print { p { background: url('https://cdn.example/a.png') } }",
            "warning",
            "No browser loads 'https://cdn.example",
        ),
        ("p { background: url(//cdn.example/a.png) }", "warning", "No browser loads '//cdn.example/a.png'"),
        ("p { color: " + "(" * 50 + ")" * 50 + "}", "error", "nested more than 40 deep"),
    ],
)
def test_what_a_browser_would_pass_over_is_told_with_its_line(source, severity, message):
    ((found_severity, found_message),) = found(dataclasses.replace(RED, source=source))
    assert (found_severity, message in found_message) == (severity, True), found_message


def test_what_is_in_order_is_not_complained_of():
    fine = (
        '@charset "utf-8"; :root { --x: {a: b}; } a { &:hover { color: red } background: url(data:image/png;base64,aa) }'
        " @font-face { font-family: x; src: url(/fonts/a.woff2) } @keyframes k { from { top: 0 } 50% { top: 1px } }"
        " @layer base, top; @container (width > 20em) { p { top: calc((1px + 2px) * 3) } } p::before { content: '}' }"
    )
    assert found(dataclasses.replace(RED, source=fine)) == []
    asks = dataclasses.replace(RED, source="p { background: url(https://cdn.example/a.png) }")
    assert found(asks, value="img-src https://cdn.example") == []


@pytest.mark.parametrize("piece", ["{", "(", "'", "a{", "@media x{", "f(", "/*", "\\", "}", "url("])
def test_a_hostile_sheet_is_told_and_not_followed(piece):
    problems = found(dataclasses.replace(RED, source=piece * 20_000))
    assert problems


def test_all_sheets_of_a_site_are_measured_together():
    half = "/*" + "x" * 200_000 + "*/"
    assert found(dataclasses.replace(RED, source=half)) == []
    messages = [message for _, message in found(dataclasses.replace(RED, source=half), dataclasses.replace(BLUE, source=half))]
    assert ["larger than 300,000 bytes together" in message for message in messages] == [True]
    late = dataclasses.replace(RED, source=half + "a {")
    assert [message for _, message in found(late, dataclasses.replace(BLUE, source=half))] == messages, "it is not read either"
    other = Site(key="other", hosts=("other.example",))
    elsewhere = dataclasses.replace(BLUE, site="other", source=half)
    assert not any("larger" in message for _, message in found(dataclasses.replace(RED, source=half), other, elsewhere))
