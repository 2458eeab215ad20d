"""What the description of the Web API promises to each person: made calls by the thousand, and each answer is as it says.

Runs for FOYER_TEST_FUZZ seconds in all, a few where the variable is missing.
"""

import datetime as dt
import os
import time
from pathlib import Path

import hypothesis
import pytest

schemathesis = pytest.importorskip("schemathesis", reason="needs the extra nightly")

from schemathesis.checks import load_all_checks  # noqa: E402 - after what may be missing
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from runtime.identity.api_tokens import NewToken, give  # noqa: E402
from support.archive import CAST, SITE, open_archive  # noqa: E402
from support.seeds import seed  # noqa: E402

SECONDS = float(os.environ.get("FOYER_TEST_FUZZ", "10"))
PEOPLE = ("", *CAST)
METADATA = Path(__file__).parents[1] / "integration" / "api" / "archive.yaml"
CHECKS = (status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance)
AT_ONCE = 25
load_all_checks()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The archive with something on its shelves."""
    folder = tmp_path_factory.mktemp("described")
    with open_archive(f"sqlite:///{folder / 'archive.db'}", folder, METADATA) as opened:
        yield opened


def furnish(site):
    """A few rows of everything, again where all were deleted."""
    for number in range(3 - min(3, site.count("score"))):
        bach = site.add("composer", name="Bach", born=dt.date(1685, 3, 31))
        row = site.score(f"S{time.monotonic_ns()}", "high" if number else "low", title="Mass", composer=bach, pages=12)
        site.add("loan", number="L", score=row, copies=2)
        site.add("concert", name="Proms")


def bearer(site, name):
    """The headers of a program of somebody's; none of nobody's."""
    if not name:
        return {}
    with site.engine.begin() as connection:
        new = NewToken(site.people[name], SITE, "fuzz", (), reading=False, lifetime=dt.timedelta(days=1))
        return {"Authorization": f"Bearer {give(connection, new)[1]}"}


def described(site, headers):
    """The description as somebody gets it; statuses that it lists are the only ones that count."""
    document = site.app.test_client().get("/_api/$openapi", headers=headers).get_json()
    for path in document["paths"].values():
        for call in path.values():
            if isinstance(call, dict):
                del call["responses"]["default"]
    found = schemathesis.openapi.from_dict(document)
    found.app = site.app
    return found


@pytest.fixture(scope="module")
def end(site):
    """When all are through."""
    return time.monotonic() + SECONDS


@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize("name", PEOPLE)
def test_every_answer_is_one_that_the_description_promises(site, end, name):
    headers = bearer(site, name)
    left = PEOPLE[PEOPLE.index(name) :]  # who may call nothing leaves their share to the others
    until = time.monotonic() + (end - time.monotonic()) / len(left)
    calls = [call.ok() for call in described(site, headers).get_all_operations()]

    @hypothesis.seed(seed())
    @hypothesis.settings(max_examples=AT_ONCE, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(data=hypothesis.strategies.data())
    def asked(data, call):
        case = data.draw(call.as_strategy())
        answer = case.call(headers=headers)
        assert answer.status_code < 500 or answer.status_code == 501, answer.text
        case.validate_response(answer, checks=CHECKS)

    turn = 0
    while calls and (turn == 0 or time.monotonic() < until):
        furnish(site)
        asked(call=calls[turn % len(calls)])
        turn += 1
