"""The statements, written by hand for each database, on a connection that each thread keeps."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

COUNT = "(SELECT count(*) FROM (SELECT 1 FROM sales_order WHERE account = {p} LIMIT 10001) f)"
COLUMNS = "o.id, o.number, o.ordered_on, c.full_name, o.reference, o.city, o.status, o.requested_on, o.total"
JOIN = "LEFT JOIN contact c ON c.id = o.contact AND c.account = {p}"
LIST = f"SELECT {COLUMNS}, {COUNT} FROM sales_order o {JOIN} WHERE o.account = {{p}} "
LIST += "ORDER BY o.ordered_on DESC, o.id DESC LIMIT {p} OFFSET {p}"
DEEP = f"SELECT {COLUMNS}, {COUNT} FROM (SELECT id FROM sales_order WHERE account = {{p}} "
DEEP += f"ORDER BY ordered_on DESC, id DESC LIMIT {{p}} OFFSET {{p}}) i JOIN sales_order o ON o.id = i.id {JOIN} "
DEEP += "ORDER BY o.ordered_on DESC, o.id DESC"
ORDER = "SELECT o.id, o.number, o.ordered_on, c.full_name AS contact, o.reference, o.city, o.status, o.requested_on, o.total, "
ORDER += "a.name AS account FROM sales_order o LEFT JOIN contact c ON c.id = o.contact AND c.account = {p} "
ORDER += "LEFT JOIN account a ON a.id = o.account WHERE o.number = {p} AND o.account = {p}"
NEWEST = "SELECT id, number, ordered_on, reference, city, status, requested_on, total, version FROM sales_order "
NEWEST += "WHERE account = {p} ORDER BY ordered_on DESC, id DESC LIMIT {p}"
LINES = "SELECT description, line_no, quantity, price, amount FROM order_line WHERE sales_order = {p} ORDER BY line_no LIMIT 50"
INSERT = "INSERT INTO sales_order (account, contact, reference, city, requested_on, number, ordered_on, status, version, "
INSERT += "created_at, created_by, created_from) SELECT {p}, {p}, {p}, {p}, {p}, {number}, {p}, 'open', 1, {p}, {p}, 'portal' "
# Whoever places an order may still sign in, belongs to the account, and is a buyer.
INSERT += "WHERE EXISTS (SELECT 1 FROM contact c JOIN foyer_contact_role r ON r.contact_id = c.id WHERE c.id = {p} "
INSERT += "AND c.account = {p} AND c.active IS NOT FALSE AND r.site = 'bench' AND r.role = 'buyer') "
INSERT += "RETURNING id, created_at, contact, account, number, reference, city, requested_on, ordered_on, status"
TRAIL = "INSERT INTO foyer_audit (at, contact, account, site, origin, privilege, entity, row, changes) "
TRAIL += "SELECT created_at, contact, account, 'bench', 'portal', 'create', 'sales_order', id, {changes} FROM {placed}"
WRITTEN = ("number", "account", "contact", "reference", "city", "requested_on", "ordered_on", "status")
DEEP_FROM = 40 * 25


class Order(NamedTuple):
    """An order as its page shows it."""

    id: int
    number: str
    ordered_on: dt.date
    contact: str
    reference: str
    city: str
    status: str
    requested_on: dt.date
    total: Decimal
    account: str


class Database:
    """The three pages' statements. `connect` opens a connection; `mark` stands for a value, `number` makes a new number."""

    def __init__(self, connect: Callable[[], Any], mark: str, number: str) -> None:
        self._connect = connect
        self._local = threading.local()
        self._list, self._deep, self._order, self._lines = (text.format(p=mark) for text in (LIST, DEEP, ORDER, LINES))
        self._newest = NEWEST.format(p=mark)
        self._insert = INSERT.format(p=mark, number=number)

    @property
    def _connection(self) -> Any:
        found = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = self._connect()
        return found

    def orders(self, account: int, limit: int, offset: int) -> list[tuple[Any, ...]]:
        """A page of an account's orders; the last column is their number."""
        if offset >= DEEP_FROM:
            values: tuple[int, ...] = (account, account, limit, offset, account)
            return list(self._connection.execute(self._deep, values).fetchall())
        values = (account, account, account, limit, offset)
        return list(self._connection.execute(self._list, values).fetchall())

    def newest(self, account: int, limit: int) -> list[tuple[Any, ...]]:
        """An account's newest orders: id, number, day, reference, place, status, wanted day, total and version."""
        return list(self._connection.execute(self._newest, (account, limit)).fetchall())

    def order(self, account: int, number: str) -> tuple[Order | None, list[tuple[Any, ...]]]:
        """An order of an account with its lines."""
        row = self._connection.execute(self._order, (account, number, account)).fetchone()
        if row is None:
            return None, []
        return Order(*row), self._connection.execute(self._lines, (row[0],)).fetchall()

    def create(self, values: tuple[object, ...]) -> bool:
        """A new order and its line of the trail, in one transaction: account, contact, reference, city, requested day.

        False where the person may not place it.
        """
        raise NotImplementedError

    def _values(self, values: tuple[object, ...]) -> tuple[object, ...]:
        account, contact, *_ = values
        now = dt.datetime.now(dt.UTC)
        return (*values, now.date(), now, contact, contact, account)


class PostgresDatabase(Database):
    """PostgreSQL, where one statement writes both."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        super().__init__(connect, "%s", "'H' || nextval('bench_number')")
        trail = TRAIL.format(changes=_changes("json_build_object", "json_build_array") + "::text", placed="placed")
        self._placing = f"WITH placed AS ({self._insert}) {trail}"

    def create(self, values: tuple[object, ...]) -> bool:
        """See the base."""
        return bool(self._connection.execute(self._placing, self._values(values)).rowcount)


class SqliteDatabase(Database):
    """SQLite, where each table takes a statement."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        super().__init__(connect, "?", "'H' || (SELECT max(id) FROM sales_order)")
        self._trail = TRAIL.format(changes=_changes("json_object", "json_array"), placed="sales_order WHERE id = ?")

    def create(self, values: tuple[object, ...]) -> bool:
        """See the base."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            placed = connection.execute(self._insert, self._values(values)).fetchone()
            if placed is not None:
                connection.execute(self._trail, (placed[0],))
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        return placed is not None


def _changes(document: str, pair: str) -> str:
    """What was written, from nothing to what it is now, as JSON."""
    pairs = ", ".join(f"'{name}', {pair}(NULL, {name})" for name in WRITTEN)
    return f"{document}({pairs})"


def connect_to(url: str) -> Database:
    """The statements on the database of an address."""
    if url.startswith("sqlite:///"):
        return SqliteDatabase(lambda: _sqlite(url.removeprefix("sqlite:///")))
    address = url.replace("postgresql+psycopg:", "postgresql:")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS bench_number")
    return PostgresDatabase(lambda: psycopg.connect(address, autocommit=True, prepare_threshold=1))


def _sqlite(path: str) -> sqlite3.Connection:
    sqlite3.register_adapter(dt.date, dt.date.isoformat)
    sqlite3.register_adapter(dt.datetime, dt.datetime.isoformat)
    sqlite3.register_converter("date", lambda text: dt.date.fromisoformat(text.decode()))
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -16000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
