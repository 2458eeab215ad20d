"""Our side of a synchronisation: transactions of our engine, rows through the records room as the system."""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from connectors.home import Home
from connectors.port import RowStore
from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.database import reading, writing
from runtime.records.bulk import SqlRowStore

ORIGIN = "sync"


def home_of(engine: Engine, snapshot: Snapshot) -> Home:
    """The home of connectors on this engine, for one snapshot."""

    def rows(connection: Connection) -> RowStore:
        return SqlRowStore(connection, snapshot, Principal.system(ORIGIN))

    return Home(begin=writing(engine).begin, read=reading(engine).connect, rows=rows, release=snapshot.release)
