"""A transaction that only reads, and reads one moment: of other transactions all that they have written, or nothing."""

from __future__ import annotations

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
