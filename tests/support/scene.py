"""A worker that reads an outside database with triggers, somebody who changes that all the time, and whoever looks."""

import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from connectors.sql.installing import plan_tracking
from connectors.tablemap import compiled_maps
from metadata.model import TableMap
from runtime.database import make_engine, writing
from runtime.sync.worker import Worker, prepare
from support.harbour import snapshot_of, whole_tables
from support.sql_outside import filled

LINES = 4
TRACKED: dict[str, Any] = {"change_column": "", "tracking": "triggers", "interval": 0.05}


class Scene:
    """An outside with triggers, a worker that reads it, and whoever changes it until nobody looks any more."""

    def __init__(self, ours: str, theirs: str, *maps: TableMap) -> None:
        self.outside = filled(theirs, 2 * LINES)
        self.snapshot = snapshot_of(*maps, settings={"url": theirs}, connector="sql")
        plan_tracking("outside", {"url": theirs}, compiled_maps(self.snapshot), run=True)
        self.engine = make_engine(ours)
        with writing(self.engine).begin() as connection:
            whole_tables(self.snapshot).create_all(connection)
        prepare(self.engine)
        self.stop, self.over = threading.Event(), threading.Event()
        self.worker = threading.Thread(target=Worker(self.engine, lambda: self.snapshot, self.stop).run)
        self.worker.start()

    def ours(self, asked: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """What is asked, on our side."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(asked)]

    def theirs(self, asked: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """What is asked, outside."""
        with self.outside.connect() as connection:
            return [tuple(row) for row in connection.execute(asked)]

    def change(self, write: Callable[[sa.Connection, int], None]) -> None:
        """Change what is outside over and over, each time in a transaction, in a thread of its own."""

        def go_on() -> None:
            turn = 0
            while not self.over.wait(0.01):
                turn += 1
                with self.outside.begin() as connection:
                    write(connection, turn)

        self.changing = threading.Thread(target=go_on)
        self.changing.start()

    def rest(self) -> None:
        """Change nothing more."""
        self.over.set()
        self.changing.join()

    def close(self) -> None:
        """Stop the worker."""
        self.over.set()
        self.stop.set()
        self.worker.join()
        self.engine.dispose()
        self.outside.dispose()
