"""Database servers for tests, and a fresh database on one for each test."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from support.services import Unavailable


def server_url(variable: str, driver: str) -> sa.URL | None:
    """The server that an environment variable names, reached through our driver."""
    text = os.environ.get(variable)
    if not text:
        return None
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise Unavailable(f"{variable} is not a database address") from None
    return url.set(drivername=driver)


def run_statements(server: sa.URL, *statements: str) -> None:
    """Run statements outside a transaction, as CREATE DATABASE asks for."""
    engine = sa.create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def assert_reachable(server: sa.URL) -> sa.URL:
    """The server itself, once it has answered."""
    try:
        run_statements(server, "SELECT 1")
    except DBAPIError as error:
        cause = str(error.orig).strip().splitlines()[0]
        raise Unavailable(f"{server.render_as_string(hide_password=True)} does not answer: {cause}") from error
    return server


def fresh_name(worker: str) -> str:
    """A database name that no other test process uses."""
    return f"foyer_test_{worker}_{uuid.uuid4().hex[:12]}"


def as_text(url: sa.URL) -> str:
    """The address with its password, as configuration takes it."""
    return url.render_as_string(hide_password=False)


@contextlib.contextmanager
def postgres_database(server: sa.URL, worker: str) -> Iterator[str]:
    """A new database on a PostgreSQL server, dropped afterwards with whoever is still connected."""
    name = create_postgres(server, worker)
    try:
        yield as_text(server.set(database=name))
    finally:
        drop_postgres(server, name)


def create_postgres(server: sa.URL, worker: str) -> str:
    """The name of a new database on a PostgreSQL server."""
    name = fresh_name(worker)
    run_statements(server, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
    return name


def drop_postgres(server: sa.URL, name: str) -> None:
    """Drop a database with whoever is still connected."""
    run_statements(server, f"DROP DATABASE {name} WITH (FORCE)")


class PostgresShelf:
    """New databases for one test after another. The next is made, and the last one dropped, beside the tests: a drop waits
    for the disk, which would otherwise be a fifth of the time of each test on PostgreSQL."""

    def __init__(self, server: sa.URL, worker: str) -> None:
        self._server, self._worker = server, worker
        self._beside = ThreadPoolExecutor(1)
        self._next: Future[str] | None = None
        self._drops: list[Future[None]] = []

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The address of a new database, which goes away after the test."""
        ready = self._next or self._beside.submit(create_postgres, self._server, self._worker)
        name = ready.result()
        self._next = self._beside.submit(create_postgres, self._server, self._worker)
        try:
            yield as_text(self._server.set(database=name))
        finally:
            self._drops.append(self._beside.submit(drop_postgres, self._server, name))

    def close(self) -> None:
        """Drop what is left, and raise what went wrong with any drop."""
        if self._next is not None:
            drop_postgres(self._server, self._next.result())
        for drop in self._drops:
            drop.result()
        self._beside.shutdown()


@contextlib.contextmanager
def mariadb_database(server: sa.URL, worker: str) -> Iterator[str]:
    """A new database on a MariaDB server, dropped afterwards."""
    name = fresh_name(worker)
    run_statements(server, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        yield as_text(server.set(database=name))
    finally:
        run_statements(server, f"DROP DATABASE {name}")


def postgres_programs() -> Path:
    """The folder of the newest PostgreSQL server programs installed here."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")
    by_version = sorted(debian, key=lambda path: float(path.parts[4]))
    found = by_version[-1] if by_version else shutil.which("pg_ctl")
    if not found:
        raise Unavailable("not installed (apt-get install postgresql), and FOYER_TEST_PG_URL names no server")
    return Path(found).resolve().parent


@contextlib.contextmanager
def private_postgres(*more: str) -> Iterator[sa.URL]:
    """A throw-away PostgreSQL server of our own, for root (who hands over to the user postgres) and for anybody else.

    Nothing is flushed to disk: fine for tests, wrong for any claim on durability or speed.
    """
    programs = postgres_programs()
    folder = tempfile.mkdtemp(prefix="foyer-pg.", dir="/tmp")  # a socket's path may have 107 characters
    prefix: list[str] = []
    if os.geteuid() == 0:
        try:
            shutil.chown(folder, "postgres")
        except LookupError:
            os.rmdir(folder)
            raise Unavailable("PostgreSQL refuses to run as root, and there is no user postgres") from None
        prefix = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *arguments: str) -> None:
        command = [*prefix, str(programs / program), "-D", f"{folder}/data", *arguments]
        # The server must be able to enter its working folder, and root's home is closed to it.
        done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise Unavailable(f"{program} failed: {done.stderr.strip()}")

    port = free_port()
    options = f"-k {folder} -p {port} -c listen_addresses=127.0.0.1 -c max_connections=100"
    careless = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    started = False
    try:
        run("initdb", "-U", "foyer", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        run("pg_ctl", "-w", "-s", "-l", f"{folder}/log", "-o", " ".join((options, careless, *more)), "start")
        started = True
        yield sa.URL.create("postgresql+psycopg", "foyer", host="127.0.0.1", port=port, database="postgres")
    finally:
        try:
            if started:
                run("pg_ctl", "-m", "immediate", "-s", "stop")
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A TCP port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def postgres() -> Iterator[sa.URL]:
    """The PostgreSQL server that FOYER_TEST_PG_URL names, else one of our own."""
    if named := server_url("FOYER_TEST_PG_URL", "postgresql+psycopg"):
        yield assert_reachable(named)
        return
    with private_postgres() as server:
        yield server


def mariadb() -> sa.URL:
    """The MariaDB server that FOYER_TEST_MARIADB_URL names."""
    named = server_url("FOYER_TEST_MARIADB_URL", "mysql+pymysql")
    if named is None:
        raise Unavailable("FOYER_TEST_MARIADB_URL names no server")
    return assert_reachable(named)
