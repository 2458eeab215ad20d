"""The numbers of the portal over HTTP: for whoever has the token, and for nobody where there is none."""

import datetime as dt

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from metadata.model import AttributeMap, Connection, TableMap
from metadata.store import MetadataStore
from runtime.app import create_app
from runtime.jobs import queue
from runtime.services import services_of
from runtime.tables import create_engine_tables
from support.portal import components, config, make_portal

TOKEN = "a token of sixteen letters"
PEOPLE = TableMap(
    key="people",
    connection="outside",
    entity="contact",
    table="person",
    integration_key=("email",),
    attributes=(AttributeMap(attribute="email", column="mail"),),
)
EXTRA = (Connection(key="outside", connector="memory"), PEOPLE)


@pytest.fixture
def watched(database_url, tmp_path):
    made = make_portal(database_url, tmp_path, (*components(), *EXTRA), FOYER_METRICS_TOKEN=TOKEN)
    yield made
    made.engine.dispose()


def ask(portal, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return portal.browser().client.get("/metrics", headers=headers)


def test_whoever_has_the_token_reads_the_numbers(watched):
    answer = ask(watched, TOKEN)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert 'foyer_sync_state{map="people",state="never"} 1.0\n' in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], "é" * 16])
def test_anybody_else_finds_nothing(watched, token):
    assert ask(watched, token.encode().decode("latin-1") if token else token).status_code == 404


@pytest.mark.parametrize("token", [None, "", "None"])
def test_without_a_token_there_is_no_such_address(local_portal, token):
    assert ask(local_portal, token).status_code == 404


def told(text):
    """The samples of a text that Prometheus's own parser reads, by name and labels."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def numbers(portal, name):
    """The samples of a name: their labels, less `le`, and their value."""
    found = told(ask(portal, TOKEN).text)
    return {tuple(value for _, value in labels): number for (said, *labels), number in found.items() if said == name}


def test_requests_are_counted_by_site_page_method_and_class(watched):
    alice = watched.signed_in("alice")
    for path in ("/news", "/news?q=1", "/people/7", "/club/vault"):
        alice.get(path)
    alice.client.head("/news")
    watched.browser().get("/club")
    found = numbers(watched, "foyer_http_requests_total")
    assert found["GET", "news", "portal", "2xx"] == 2
    assert found["GET", "person", "portal", "2xx"] == 1
    assert found["GET", "vault", "portal", "4xx"] == 1
    assert found["HEAD", "news", "portal", "2xx"] == 1
    assert found["GET", "club", "portal", "3xx"] == 1
    assert found["POST", "foyer:identity.signin_submit", "portal", "3xx"] == 1
    counted = numbers(watched, "foyer_http_request_duration_seconds_count")
    assert counted["GET", "news", "portal", "2xx"] == 2
    assert 0 < numbers(watched, "foyer_http_request_duration_seconds_sum")["GET", "news", "portal", "2xx"] < 10


def test_statements_and_their_time_are_counted_by_page(watched):
    browser = watched.browser()
    browser.get("/news")
    before = numbers(watched, "foyer_http_statements_total")["GET", "news", "portal"]
    for _ in range(3):
        browser.get("/news")
    assert numbers(watched, "foyer_http_statements_total")["GET", "news", "portal"] == before + 3
    assert 0 < numbers(watched, "foyer_http_sql_seconds_total")["GET", "news", "portal"] < 10


HOSTILE = (
    "/nowhere/{}", "/news/{}", "/{}.php", "/_static/harbour/{}", "/_static/_tokens/{}", "/_files/{}", "/_lookup/{}/{}",
    "/_api/{}", "/studio/{}", "/_hooks/{}", "/people/{}", "/news?page={}", "/sv-SE/{}",
)  # fmt: skip


def test_no_label_is_of_the_askers_choosing(watched):
    mark = "xyzzy"
    client = watched.browser().client

    def send(number):
        for path in HOSTILE:
            client.get(path.format(*[f"{mark}{number}"] * 2), headers={"X-Request-ID": f"{mark}-{number}-{number}"})
        for method in ("BREW", f"{mark.upper()}{number}", "PROPFIND"):
            client.open("/news", method=method)
        client.get("/news", headers={"Host": f"{mark}{number}.example", "User-Agent": mark, "Accept-Language": mark})

    send(0)
    before = ask(watched, TOKEN).text
    for number in range(1, 8):
        send(number)
    after = ask(watched, TOKEN).text
    assert mark not in after.lower()
    assert set(told(after)) - set(told(before)) <= {key for key in told(after) if "foyer:metrics" in str(key)}
    assert {labels[0] for labels in numbers(watched, "foyer_http_requests_total")} <= {"GET", "POST", "OTHER"}


def test_the_release_in_force_and_what_waits_are_told(watched):
    now = dt.datetime.now(dt.UTC)
    with watched.engine.begin() as connection:
        for number in (1, 2):
            job = queue.Job(f"welcome-{number}", queue.MAIL, "portal", None, "contact", number, {"to": "a secret"})
            queue.owe(connection, job, now - dt.timedelta(seconds=600))
        queue.park(connection, queue.claim(connection, now), "refused")
    found = told(ask(watched, TOKEN).text)
    assert found["foyer_release",] == watched.snapshot.release
    assert found["foyer_failed_release",] == 0
    assert found["foyer_database_up",] == 1
    assert found["foyer_http_requests_in_progress",] == 1
    assert [found["foyer_jobs", ("kind", "mail"), ("state", state)] for state in ("waiting", "parked")] == [1, 1]
    assert 600 <= found["foyer_oldest_job_seconds", ("kind", "mail"), ("state", "waiting")] < 900
    assert found["foyer_jobs", ("kind", "hook"), ("state", "waiting")] == 0
    (memory,) = numbers(watched, "foyer_process_resident_memory_bytes").values()
    assert memory > 10_000_000


def test_while_the_database_is_away_the_requests_are_told(watched, monkeypatch):
    watched.browser().get("/news")

    def away():
        raise OperationalError("SELECT 1", {}, Exception("away"))

    monkeypatch.setattr(watched.engine, "connect", away)
    found = told(ask(watched, TOKEN).text)
    assert found["foyer_database_up",] == 0
    assert ("foyer_release",) not in found
    assert any(name == "foyer_http_requests_total" for name, *_ in found)


def test_before_anything_is_published_there_is_no_release(sqlite_url, tmp_path):
    app = create_app(config(sqlite_url, tmp_path, FOYER_METRICS_TOKEN=TOKEN))
    create_engine_tables(services_of(app).engine)
    MetadataStore(services_of(app).engine).create()
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert told(answer.text)["foyer_release",] == 0
    services_of(app).engine.dispose()


def test_without_a_token_nothing_is_counted(local_portal):
    assert local_portal.services.numbers is None
