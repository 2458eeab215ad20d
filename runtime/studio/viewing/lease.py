"""The connection of a request that looks through somebody else's eyes: the database itself refuses to be written to."""

from __future__ import annotations

from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine

from metadata.migrate.shadows import shadows_of
from metadata.snapshot import Snapshot
from runtime.errors import LookingOnly
from runtime.lease import Doors, Lease
from runtime.records.proof import Reader


class LookingLease(Lease):
    """One connection in a transaction that is read only and is always rolled back, with what a draft adds made up."""

    def __init__(self, doors: Doors, engine: Engine, snapshot: Snapshot, served: Snapshot) -> None:
        super().__init__(doors)
        self._engine = engine
        self._snapshot = snapshot
        self._served = served

    def bare(self) -> Connection:
        """The connection to read on."""
        if self._reading is None:
            connection = self._engine.connect()
            try:
                connection.begin()
                for statement in shadows_of(connection, self._snapshot, self._served):
                    connection.exec_driver_sql(statement)
                on_sqlite = connection.dialect.name == "sqlite"
                connection.exec_driver_sql("PRAGMA query_only = ON" if on_sqlite else "SET TRANSACTION READ ONLY")
            except BaseException:
                connection.close()
                raise
            self._reading = connection
        return self._reading

    def transaction(self, patience_ms: int | None = None) -> AbstractContextManager[Connection]:  # type: ignore[override]
        """There is none. Raises LookingOnly."""
        raise LookingOnly

    def alone(self) -> Reader:
        """There is none. Raises LookingOnly."""
        raise LookingOnly

    def release(self) -> None:
        """Roll back and give the connection to the pool, which may write on it again."""
        connection, self._reading = self._reading, None
        if connection is None:
            return
        try:
            connection.rollback()
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = OFF")
                connection.rollback()
        except BaseException:
            connection.invalidate()
            raise
        finally:
            connection.close()

    def rest(self) -> None:
        """The same: such a connection does not wait for another request."""
        self.release()
