"""A transaction that only reads, and reads one moment: of other transactions all that they have written, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from connectors.errors import Fatal

_MARIADB = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
_BEGUN_BY = {"mysql": _MARIADB, "mariadb": _MARIADB, "sqlite": ("BEGIN",)}


def stand_still(connection: Connection) -> None:
    """Begin such a transaction on a connection that is in none; it ends with it. Raises Fatal where the database has none."""
    name = connection.dialect.name
    if name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    elif name in _BEGUN_BY:
        for statement in _BEGUN_BY[name]:
            connection.exec_driver_sql(statement)
    else:
        raise Fatal(f"maps of a group are read from one moment of PostgreSQL, MariaDB or SQLite, not of {name}")


@dataclass(frozen=True, slots=True)
class Seen:
    """Which transactions of PostgreSQL such a transaction sees: those before `end` that were not open when it began."""

    end: int
    open: frozenset[int]

    def has(self, lower: int) -> bool:
        """Whether a transaction is seen, by the lower 32 bits of its number; it is within 2**31 of ours."""
        number = self.end - ((self.end - lower + 2**31) % 2**32 - 2**31)
        return number < self.end and number not in self.open


def seen_by(connection: Connection) -> Seen:
    """What the transaction of this connection sees; it stands still from here on, where it has asked nothing before."""
    _, end, still = connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one().split(":")
    return Seen(int(end), frozenset(int(number) for number in still.split(",") if number))
