"""Database servers for tests, and a fresh database on one for each test."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from support.ports import free_port
from support.services import Unavailable

ROOM = 6 * 2**30
"""Bytes that a folder in memory has free before a server is put there: the log and some tests' databases, beside others'."""


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
    for the disk, which would otherwise be a fifth of the time of each test on PostgreSQL.

    A database can be kept as it is now, and a copy of it put in the place of an empty one (see `support.released`).
    """

    _current: "PostgresShelf | None" = None

    def __init__(self, server: sa.URL, worker: str) -> None:
        self._server, self._worker = server, worker
        self._engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
        self._beside = ThreadPoolExecutor(1)
        self._empty: list[Future[str]] = []
        self._kept: set[str] = set()
        self._copies: dict[str, Future[str]] = {}
        self._drops: list[Future[None]] = []
        PostgresShelf._current = self

    @classmethod
    def of(cls, url: sa.URL) -> "PostgresShelf":
        """The shelf of this process, which lent this database."""
        assert cls._current is not None, f"no shelf lent {url.database}"
        return cls._current

    @classmethod
    def current(cls) -> "PostgresShelf | None":
        """The shelf of this process, while there is one."""
        return cls._current

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The address of a new database, which goes away after the test."""
        ready = self._empty.pop() if self._empty else self._beside.submit(self._create)
        name = ready.result()
        if not self._empty:
            self._empty.append(self._beside.submit(self._create))
        try:
            yield as_text(self._server.set(database=name))
        finally:
            self.drop(name)

    def keep_copy(self, url: sa.URL) -> str:
        """Keep a database, to which nobody is connected, as it is now. Returns the name under which it can be copied."""
        kept = fresh_name(self._worker)
        self._run(f"ALTER DATABASE {url.database} RENAME TO {kept}")
        self._kept.add(kept)
        self._run(f"ALTER DATABASE {self._create(kept)} RENAME TO {url.database}")
        return kept

    def put_copy(self, url: sa.URL, kept: str) -> None:
        """Put a copy of what was kept in the place of an empty database, to which nobody is connected."""
        ready = self._copies.pop(kept, None)
        copy, empty = ready.result() if ready else self._create(kept), fresh_name(self._worker)
        self._run(f"ALTER DATABASE {url.database} RENAME TO {empty}", f"ALTER DATABASE {copy} RENAME TO {url.database}")
        self._empty.append(self._beside.submit(lambda: empty))
        self._copies[kept] = self._beside.submit(self._create, kept)

    def drop(self, name: str) -> None:
        """Drop a database beside the tests, with whoever is still connected, and the copy of it that was ready."""
        if ready := self._copies.pop(name, None):
            self.drop(ready.result())
        self._kept.discard(name)
        self._drops.append(self._beside.submit(self._run, f"DROP DATABASE {name} WITH (FORCE)"))

    def close(self) -> None:
        """Drop what is left, and raise what went wrong with any drop."""
        PostgresShelf._current = None
        for ready in self._empty:
            self.drop(ready.result())
        for kept in list(self._kept):
            self.drop(kept)
        for drop in self._drops:
            drop.result()
        self._beside.shutdown()
        self._engine.dispose()

    def _create(self, template: str = "template0") -> str:
        """The name of a new database: empty, or a copy."""
        name = fresh_name(self._worker)
        locale = " ENCODING 'UTF8' LOCALE 'C.UTF-8'" if template == "template0" else ""
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}{locale}{self._strategy}")
        if self._flushes:
            # No test outlives its server: a commit need not wait for the disk.
            self._run(f"ALTER DATABASE {name} SET synchronous_commit = off")
        return name

    @cached_property
    def _flushes(self) -> bool:
        """Does the server wait for the disk?"""
        with self._engine.connect() as connection:
            return bool(connection.execute(sa.text("SHOW fsync")).scalar_one() == "on")

    @cached_property
    def _strategy(self) -> str:
        """Copying files is the lesser work, but waits for the disk twice; servers before 15 know no other way."""
        with self._engine.connect() as connection:
            version = int(connection.execute(sa.text("SHOW server_version_num")).scalar_one())
        return "" if version < 150_000 or self._flushes else " STRATEGY FILE_COPY"

    def _run(self, *statements: str) -> None:
        with self._engine.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))


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

    Nothing is flushed to disk: fine for tests, wrong for any claim on durability or speed. It lies in memory where there is
    room for it: making and dropping a database is some thousand small files, a third of the work there.
    """
    programs = postgres_programs()
    folder = tempfile.mkdtemp(prefix="foyer-pg.", dir=roomy_folder())
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


def roomy_folder() -> str:
    """A folder in memory, else the one for what is temporary. Short, for a socket's path may have 107 characters."""
    in_memory = Path("/dev/shm")
    return str(in_memory) if in_memory.is_dir() and shutil.disk_usage(in_memory).free > ROOM else "/tmp"


@contextlib.contextmanager
def postgres() -> Iterator[sa.URL]:
    """The PostgreSQL server that FOYER_TEST_PG_URL names, else one of our own."""
    if named := server_url("FOYER_TEST_PG_URL", "postgresql+psycopg"):
        yield assert_reachable(named)
        return
    # Nobody follows the log of this server, no test wants its plans compiled, and no database lives long enough to be swept.
    with private_postgres("-c wal_level=minimal -c max_wal_senders=0 -c jit=off -c autovacuum=off") as server:
        yield server


def mariadb() -> sa.URL:
    """The MariaDB server that FOYER_TEST_MARIADB_URL names."""
    named = server_url("FOYER_TEST_MARIADB_URL", "mysql+pymysql")
    if named is None:
        raise Unavailable("FOYER_TEST_MARIADB_URL names no server")
    return assert_reachable(named)
