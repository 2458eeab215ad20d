"""Engines: one set of connections to the database, opened and set up alike everywhere.

In: a database address. Out: a SQLAlchemy engine, whose errors do not quote the values of a statement. A transaction
that will write starts so on SQLite: its engine or connection carries the execution option `foyer_write` (see
`writing`), which makes it BEGIN IMMEDIATE, once it is its turn among the writers of this process (runtime/turns). The
option `foyer_schema` does the same for changes of tables, with foreign keys off until the connection goes back to the
pool.

Connections rest outside any transaction, on PostgreSQL too, and a transaction begins with a BEGIN of ours: so reading alone
(`reading`) costs no statement besides, nor a change of mode at each checkout.
"""

from __future__ import annotations

import os
import select
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from metadata.expressions.sqlite_functions import install
from runtime.rested import ask_after_rest
from runtime.sending import SendingConnection, SendingCursor
from runtime.turns import QueuedConnection, connection_factory, turns_of

DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
BUSY_TIMEOUT_MS = 30_000
"""How long a writer on SQLite waits for another one."""
PATIENCE = "foyer_patience_ms"
SCHEMA_CHANGE = "foyer_schema"
MISSPELT = "pg_trgm.word_similarity_threshold=0.45"
"""How much of a word must be the same for a search on PostgreSQL to take it for one misspelt."""


class UnknownDatabase(ValueError):
    """The database address is not one of SQLite or PostgreSQL."""


def parse_url(text: str) -> URL:
    """The address with the driver that Foyer uses. Raises UnknownDatabase for anything but SQLite and PostgreSQL."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # a port that is no number, brackets that do not close
        raise UnknownDatabase("the database address cannot be read; write sqlite:///file or postgresql://...") from None
    backend = url.drivername.partition("+")[0]
    if backend not in DRIVERS:
        raise UnknownDatabase(f"{backend} is not a database that Foyer runs on; use sqlite or postgresql")
    return url.set(drivername=DRIVERS[backend])


def make_engine(url: str | URL, *, pool_size: int = 8, ping: bool = True) -> Engine:
    """An engine for the address. Nothing is opened until it is used. Raises UnknownDatabase.

    A pooled connection that has rested is asked whether it is still there. Without `ping` it is not, and the caller copes
    with one that has died.
    """
    address = parse_url(url if isinstance(url, str) else url.render_as_string(hide_password=False))
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, pool_size)
    engine = create_engine(
        address,
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_recycle=1800,
        query_cache_size=2000,
        hide_parameters=True,
        connect_args={
            "prepare_threshold": 2,
            "connect_timeout": 10,
            "options": f"-c timezone=UTC -c {MISSPELT}",
            "cursor_factory": SendingCursor,
        },
    )
    event.listen(engine, "do_connect", _connect_postgres)
    event.listen(engine, "begin", _begin_postgres)
    if ping:
        ask_after_rest(engine)
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine for reading without a transaction: each statement sees what is committed when it begins."""
    return engine.execution_options(foyer_read=True)


def writing(engine: Engine) -> Engine:
    """The same engine for transactions that will write: `with writing(engine).begin() as connection`."""
    return engine.execution_options(foyer_write=True)


def hurried(engine: Engine, milliseconds: int) -> Engine:
    """The same engine for transactions that had rather fail than wait for another writer on SQLite."""
    return engine.execution_options(**{PATIENCE: milliseconds})


def start_writing(connection: Connection, patience_ms: int | None = None) -> None:
    """Begin a transaction that will write, on a connection for reading; `connection.begin()` then only sees to its end.

    With `patience_ms` it raises OperationalError rather than wait longer for another writer on SQLite.
    """
    if connection.dialect.name == "sqlite":
        _begin_writing(connection, BUSY_TIMEOUT_MS if patience_ms is None else patience_ms)
    else:
        _say(connection, "BEGIN")


def is_quiet(connection: Connection) -> bool:
    """Whether the server has said nothing since the last statement; where it has, it may have ended the connection."""
    if connection.dialect.name == "sqlite":
        return True
    raw: Any = connection.connection.driver_connection
    if raw.closed:
        return False
    heard = select.poll()
    heard.register(raw.fileno(), select.POLLIN)
    return not heard.poll(0)


def restore_patience(connection: Connection) -> None:
    """Give a connection that stays open its usual patience again."""
    if connection.info.pop(PATIENCE, False):
        _say(connection, f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def _say(connection: Connection, command: str) -> None:
    """Send a command without the machinery that a statement with values needs. Raises DBAPIError as a statement does."""
    error_class = connection.dialect.loaded_dbapi.Error
    raw: Any = connection.connection.driver_connection
    try:
        raw.execute(command)
    except error_class as error:
        raise DBAPIError.instance(
            command, None, error, error_class, hide_parameters=True, dialect=connection.dialect
        ) from error


def _sqlite(address: URL, pool_size: int) -> Engine:
    in_memory = not address.database or address.database == ":memory:"
    sizes: dict[str, Any] = {} if in_memory else {"pool_size": pool_size, "max_overflow": pool_size}
    connect_args: dict[str, Any] = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    connect_args["factory"] = QueuedConnection
    if not in_memory:
        connect_args["factory"] = connection_factory(turns_of(os.path.realpath(str(address.database))))
    engine = create_engine(address, connect_args=connect_args, query_cache_size=2000, hide_parameters=True, **sizes)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "checkin", _return_sqlite)
    return engine


def _connect_postgres(dialect: Any, record: Any, given: list[Any], named: dict[str, Any]) -> SendingConnection:
    return SendingConnection.connect(*given, **named)


def _prepare_sqlite(raw: Any, record: Any) -> None:
    """Take the transaction out of the driver's hands (it would begin late and not at all for DDL), set the pragmas, and add
    the functions of expressions."""
    raw.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "cache_size = -16000",
    ):
        raw.execute(f"PRAGMA {pragma}")
    install(raw)


def _begin_postgres(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("foyer_read") and options.get("isolation_level") != "AUTOCOMMIT":
        _say(connection, "BEGIN")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("foyer_read"):
        return
    if options.get(SCHEMA_CHANGE):
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
        connection.info[SCHEMA_CHANGE] = True
    patience = int(options.get(PATIENCE, BUSY_TIMEOUT_MS))
    if options.get("foyer_write") or options.get(SCHEMA_CHANGE):
        _begin_writing(connection, patience)
    else:
        _wait_at_most(connection, patience)
        _say(connection, "BEGIN")


def _begin_writing(connection: Connection, patience: int) -> None:
    raw = connection.connection.driver_connection
    left = raw.take_turn(patience) if isinstance(raw, QueuedConnection) else patience
    try:
        _wait_at_most(connection, left if patience < BUSY_TIMEOUT_MS or not left else patience)
        _say(connection, "BEGIN IMMEDIATE")
    except BaseException:
        if isinstance(raw, QueuedConnection):
            raw.end_turn()
        raise


def _wait_at_most(connection: Connection, milliseconds: int) -> None:
    """Another patience than the usual one, until the connection goes back to the pool."""
    if milliseconds != BUSY_TIMEOUT_MS:
        _say(connection, f"PRAGMA busy_timeout = {milliseconds}")
        connection.info[PATIENCE] = True


def _return_sqlite(raw: Any, record: Any) -> None:
    if raw is not None and record.info.pop(SCHEMA_CHANGE, False):
        raw.execute("PRAGMA foreign_keys = ON")
    if raw is not None and record.info.pop(PATIENCE, False):
        raw.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
