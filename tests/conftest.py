"""Fixtures for every test: databases, the browser, and how hard Hypothesis tries."""

import contextlib
import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from support import brokers, browsers, databases
from support.axe import assert_no_axe_violations
from support.seeds import seed, seed_lines
from support.services import Unavailable, missing, required, summary_lines

# A slow machine is no fault of the code under test: no deadline, no complaint that making data takes long.
_patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "print_blob": True}
settings.register_profile("default", max_examples=40, derandomize=False, **_patient)
settings.register_profile("ci", max_examples=200, derandomize=False, **_patient)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.hookimpl(tryfirst=True)  # Hypothesis looks at its option when its turn comes
def pytest_configure(config: pytest.Config) -> None:
    required()  # a name we do not know is refused before anything runs
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = seed()


def pytest_report_header() -> str:
    return f"seed: {seed()}"


def pytest_collection_finish() -> None:
    # Sites are full of cycles and die with their test. Looking for them seldom, and never among what has been loaded, is a
    # fifth of the time of a test with a site.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    lines = summary_lines(report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple))
    if lines:
        terminalreporter.section("services not there")
        for line in lines:
            terminalreporter.write_line(line)
    for line in seed_lines(failed=bool(terminalreporter.stats.get("failed"))):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def worker() -> str:
    """The name of this test process: main, or gw0, gw1, ... under xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A PostgreSQL server that may be written to: FOYER_TEST_PG_URL, else a private one that ends with the tests."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(databases.postgres())
        except Unavailable as reason:
            missing("postgresql", str(reason))
        yield server


@pytest.fixture(scope="session")
def postgres_shelf(postgres_server: sa.URL, worker: str) -> Iterator[databases.PostgresShelf]:
    """Where the PostgreSQL databases of the tests come from, one after another."""
    shelf = databases.PostgresShelf(postgres_server, worker)
    yield shelf
    shelf.close()


@pytest.fixture
def pg_url(postgres_shelf: databases.PostgresShelf) -> Iterator[str]:
    """The address of an empty PostgreSQL database, gone after the test."""
    with postgres_shelf.database() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an empty SQLite file of the test's own."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database, once of each kind that Foyer runs on."""
    return request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "pg_url"}[request.param])


@pytest.fixture(scope="session")
def mariadb_server() -> sa.URL:
    """The MariaDB server that FOYER_TEST_MARIADB_URL names."""
    try:
        return databases.mariadb()
    except Unavailable as reason:
        missing("mariadb", str(reason))


@pytest.fixture
def mariadb_url(mariadb_server: sa.URL, worker: str) -> Iterator[str]:
    """The address of an empty MariaDB database, gone after the test."""
    with databases.mariadb_database(mariadb_server, worker) as url:
        yield url


@pytest.fixture(params=brokers.KINDS)
def stream(request: pytest.FixtureRequest) -> Iterator[brokers.Stream]:
    """A stream of the test's own on each broker: FOYER_TEST_NATS_URL and its like, else where such a server stands usually."""
    with contextlib.ExitStack() as stack:
        try:
            found = stack.enter_context(brokers.stream_of(request.param))
        except Unavailable as reason:
            missing(request.param, str(reason))
        yield found


@pytest.fixture(scope="session")
def browser_executable() -> str:
    """The browser to drive."""
    try:
        return browsers.find_browser()
    except Unavailable as reason:
        missing("browser", str(reason))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_executable: str) -> dict[str, Any]:
    """How pytest-playwright starts the browser: the installed one, headless unless --headed. What is expected of a page has
    as long to come true as a page has to load: other tests run beside."""
    from playwright.sync_api import expect

    expect.set_options(timeout=browsers.PATIENCE_MS)
    return {
        **browser_type_launch_args,
        "executable_path": browser_executable,
        "args": [*browser_type_launch_args.get("args", []), *browsers.ARGUMENTS],
    }


@pytest.fixture(scope="session")
def axe() -> Callable[..., None]:
    """assert_no_axe_violations, for a test that has nothing else to import."""
    return assert_no_axe_violations
