"""Filled databases: made once for each size, kept, and found again by the next run."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from benchmarks.rows import Filling, Row, Scale, fillings
from runtime.database import make_engine
from runtime.tables import create_engine_tables

SITE = Path(__file__).parent / "site"
SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
DONE = "bench_filled"
CHUNK = 20_000


class CannotPrepare(Exception):
    """A database for the benchmark could not be made; the message says why."""


def folder() -> Path:
    """Where SQLite files and what servers write is kept between runs."""
    place = Path(os.environ.get("FOYER_BENCH_DIR") or Path(tempfile.gettempdir()) / "foyer-bench")
    place.mkdir(parents=True, exist_ok=True)
    return place


def prepared(kind: str, scale: Scale, site: Path = SITE) -> str:
    """The address of a filled database of this size with this site, on "postgresql" or "sqlite". Raises CannotPrepare."""
    url = _postgres(scale.name) if kind == "postgresql" else f"sqlite:///{folder() / scale.name}.db"
    engine = make_engine(url)
    try:
        run_foyer(url, "publish", str(site))  # always: the rows may be those of a run before the site was changed
        if not _filled(engine):
            create_engine_tables(engine)
            _fill(engine, scale)
    finally:
        engine.dispose()
    return url


def environment(url: str, **settings: str) -> dict[str, str]:
    """The environment of a server on a database."""
    given = {"FOYER_DATABASE_URL": url, "FOYER_DATA_DIR": str(folder()), "FOYER_SECRET_KEY": "only for the benchmarks"}
    return {**os.environ, **given, **settings}


def run_foyer(url: str, *arguments: str) -> None:
    """Run a command of foyer on a database. Raises CannotPrepare with what it said."""
    command = [sys.executable, "-m", "runtime", *arguments]
    done = subprocess.run(command, env=environment(url), capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotPrepare(f"foyer {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")


def postgres_server() -> URL:
    """The PostgreSQL server of the benchmarks: FOYER_BENCH_PG_URL or FOYER_TEST_PG_URL, else the one of this machine."""
    named = os.environ.get("FOYER_BENCH_PG_URL") or os.environ.get("FOYER_TEST_PG_URL") or SERVER
    return make_url(named).set(drivername="postgresql+psycopg")


def fresh_postgres(name: str) -> str:
    """An empty database of this name; one that is there is dropped first."""
    with _server() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    return _postgres(name)


def _postgres(name: str) -> str:
    with _server() as connection:
        found = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).scalar()
        if not found:
            connection.execute(text(f"CREATE DATABASE {name}"))
    url = postgres_server().set(drivername="postgresql", database=name)
    return url.render_as_string(hide_password=False)


def _server() -> Connection:
    try:
        return create_engine(postgres_server(), isolation_level="AUTOCOMMIT").connect()
    except OperationalError as error:
        raise CannotPrepare(f"PostgreSQL does not answer (name one in FOYER_BENCH_PG_URL): {error.orig}") from error


def _filled(engine: Engine) -> bool:
    return inspect(engine).has_table(DONE)


def _fill(engine: Engine, scale: Scale) -> None:
    raw = engine.raw_connection()
    try:
        fill = _copy if engine.dialect.name == "postgresql" else _insert
        if engine.dialect.name == "sqlite":
            raw.cursor().execute("BEGIN")
        for filling in fillings(scale):
            fill(raw.driver_connection, filling)
        raw.commit()
    finally:
        raw.close()
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql(f"CREATE TABLE {DONE} (at integer)")


def _copy(connection: Any, filling: Filling) -> None:
    columns = ", ".join(filling.columns)
    cursor: psycopg.Cursor[Any] = connection.cursor()
    with cursor.copy(f"COPY {filling.table} ({columns}) FROM STDIN") as copy:
        for chunk in _chunks(filling.rows):
            copy.write("".join("\t".join(map(_text, row)) + "\n" for row in chunk))
    # New orders of the engine must not meet the ids that were written here.
    cursor.execute(f"SELECT setval('{filling.table}_id_seq', (SELECT max(id) FROM {filling.table}))")


def _text(value: object) -> str:
    return "\\N" if value is None else str(value)


def _insert(connection: Any, filling: Filling) -> None:
    marks = ", ".join("?" * len(filling.columns))
    statement = f"INSERT INTO {filling.table} ({', '.join(filling.columns)}) VALUES ({marks})"
    for chunk in _chunks(filling.rows):
        connection.executemany(statement, [tuple(map(_stored, row)) for row in chunk])


def _stored(value: object) -> object:
    """A value as the engine keeps it on SQLite."""
    if isinstance(value, Decimal):
        return int(value.scaleb(2))
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, dt.date) else value


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
