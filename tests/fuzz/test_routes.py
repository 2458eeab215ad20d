"""Every route with whatever comes: no failure of the server, no trace, and no word of a row that is hidden.

Asks for FOYER_TEST_FUZZ seconds in all; where the variable is missing, as many requests as are the same on any machine.
"""

import json
import os
import random
import re
import time
from urllib.parse import quote

import pytest

from runtime.canary.asking import Ask, send
from runtime.canary.findings import marks_in
from runtime.canary.ground import Ground
from runtime.canary.kept import plan_kept
from runtime.canary.marks import Marks
from runtime.canary.of_pages import list_asks, page_asks
from runtime.canary.of_programs import api_asks, feed_asks, file_asks, lookup_asks
from runtime.canary.otherwise import judged, seen_cells
from runtime.canary.people import Visitor
from runtime.canary.seeding import plan
from runtime.canary.worlds import worlds
from support.canary_faults import release_aviary
from support.seeds import seed

SECONDS = float(os.environ.get("FOYER_TEST_FUZZ", "0"))
AT_LEAST = 100
"""Requests of each person."""
SOURCES = (page_asks, list_asks, feed_asks, lookup_asks, file_asks, api_asks)
METHODS = ("GET", "GET", "GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
PIECES = (
    *("", "0", "-1", "999999999999999999999", "1e309", "NaN", "null", "true", "'", '"', "''", "%", "_", "\\", "\x00", "\x7f"),
    *(
        "../../etc/passwd",
        "..%2f",
        "//host.example",
        "{{7*7}}",
        "<script>",
        "$",
        "$filter",
        "(",
        "))((",
        "a" * 5000,
        "é",
        "\u202e",
    ),
    *(
        "\U0001f41d",
        "\ud7ff",
        "2026-02-30",
        "0001-01-01",
        "9999-12-31T23:59:59Z",
        "1;2",
        "or 1=1",
        "name eq 'x'",
        "notes($expand=*)",
        "@contact",
    ),
)
NAMES = (
    "sort",
    "q",
    "view",
    "page",
    "after",
    "before",
    "scope",
    "layout",
    "on",
    "span",
    "export",
    "f.name",
    "f.cage",
    "2.q",
    "row",
)
NAMES += ("$filter", "$orderby", "$top", "$skip", "$skiptoken", "$apply", "$expand", "$search", "$select", "$count", "history")
NAMES += (
    "restore",
    "delete",
    "import",
    "bulk",
    "keep",
    "columns",
    "step",
    "continue",
    "act",
    "type",
    "width",
    "within",
    "near",
)
ROUTES = (
    "/signin",
    "/signin/code",
    "/invitation",
    "/password/reset",
    "/second-factor",
    "/logins",
    "/sessions",
    "/studio/",
    "/_api/$batch",
)
PEOPLE = (
    Visitor("anonymous"),
    Visitor("own"),
    Visitor("own", ("warden",)),
    Visitor("own", ("clerk", "warden")),
    Visitor("stranger", ("warden",)),
    Visitor("loner", ("warden",)),
    Visitor("parent", ("clerk",)),
    Visitor("own", ("warden",), acting=True),
)
TRACES = ("Traceback (most recent call last)", "sqlalchemy.exc", 'File "/')


@pytest.fixture(scope="module")
def near(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    release_aviary(folder)
    with worlds(folder) as (found, _):
        yield found


def mangled(chance, text):
    """A text with something else somewhere in it."""
    piece = chance.choice(PIECES)
    at = chance.randrange(len(text) + 1)
    return chance.choice((piece, text[:at] + piece + text[at:], text[:at] + piece, text))


def made(chance, known):
    """A request like one that is known, with parts of it put otherwise."""
    ask = chance.choice(known)
    path = ask.path if chance.random() < 0.6 else "/".join(mangled(chance, part) for part in ask.path.split("/"))
    path = chance.choice(ROUTES) if chance.random() < 0.1 else path
    query = [(name, mangled(chance, value) if chance.random() < 0.7 else value) for name, value in ask.query]
    query += [(chance.choice(NAMES), chance.choice(PIECES)) for _ in range(chance.randrange(3))]
    method = chance.choice(METHODS)
    fields, body, found = (), None, None
    if method in ("POST", "PUT", "PATCH"):
        fields = tuple((chance.choice(NAMES), chance.choice(PIECES)) for _ in range(chance.randrange(4)))
        body = {chance.choice(NAMES): chance.choice(PIECES)} if "/_api" in path else None
        found = b"{" + chance.randbytes(20) if chance.random() < 0.2 else b""
    headers = [("If-None-Match", chance.choice(("*", 'W/"1"', '"'))), ("Range", "bytes=5-1"), ("Accept", "text/html")]
    clean = quote(path.encode("utf-8", "replace"), safe="/%()$'=,")
    safe = tuple((name, value.encode("utf-8", "replace").decode()) for name, value in query)
    given = () if chance.random() < 0.7 else (chance.choice(headers),)
    # Two slashes at the beginning would be the name of a host to the client that sends this, and not a path.
    return Ask("fuzz", f"/{clean.removeprefix('/')}".replace("//", "/%2F", 1), safe, method, fields, body, found or b"", given)


@pytest.mark.timeout(SECONDS / len(PEOPLE) + 120)
@pytest.mark.parametrize("visitor", PEOPLE, ids=lambda visitor: visitor.name)
def test_no_request_makes_the_server_fail_or_tell(near, visitor):
    site = next(iter(near.snapshot.sites.values()))
    marks = Marks()
    planted = plan(near.snapshot, marks)
    plan_kept(near.snapshot, planted, marks)
    near.plant(planted, site)
    asker = visitor.asker(near.snapshot, site, planted)
    judge = judged(near.snapshot, site, planted, asker)
    ground = Ground(near.snapshot, site, planted, marks, judge, seen_cells(judge))
    client = near.sign_in(site, asker, visitor.roles)
    token = re.search(
        r'name="csrf[-_]token"[^>]*?(?:value|content)="([^"]+)"', send(client, "localhost", Ask("", "/signin")).raw
    )
    known = [ask for source in SOURCES for ask in source(ground)]
    chance, until, bad = random.Random(f"{seed()} {visitor.name}"), time.monotonic() + SECONDS / len(PEOPLE), []

    asked = 0
    while (asked < AT_LEAST or time.monotonic() < until) and len(bad) < 20:
        asked += 1
        ask = made(chance, known)
        answer = send(client, "localhost", ask, token[1] if token and chance.random() < 0.8 else "")
        told = [cell for _, cell in marks_in(ground, ask, answer)]
        if (answer.status >= 500 and answer.status != 501) or told or any(word in answer.raw for word in TRACES):
            bad.append((str(ask), json.dumps([ask.fields, ask.json], default=str), answer.status, answer.body[:200], told))

    assert bad == []
