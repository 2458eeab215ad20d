"""A world whose outside is a database that tells its changes, by triggers or by its log."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from connectors.checkpoint import begin_at
from connectors.sql.adapter import SqlAdapter
from connectors.sql.installing import Step, plan_tracking
from connectors.sql.tracked import fill_cursor
from connectors.tablemap import compiled_maps
from support.harbour import harbours, make_world

NAMES = ("code", "name")


class Tracked:
    """A world whose harbours are in an outside database that tells its changes."""

    def __init__(self, url: str, tracking: str, ours: str, **more: Any) -> None:
        self.url, self.engine = url, sa.create_engine(url)
        self.table = sa.Table(
            "harbour",
            sa.MetaData(),
            sa.Column("no", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("code", sa.String(10), unique=True),
            sa.Column("name", sa.String(60)),
            sa.Column("depth", sa.Numeric(8, 2, asdecimal=False)),
        )
        self.table.create(self.engine)
        given = {"change_column": "", "tracking": tracking, "delete": "delete", "batch_size": 3, **more}
        self.world = make_world(
            ours, [harbours(**given)], SqlAdapter("outside", {"url": url}), connector="sql", settings={"url": url}
        )

    def install(self, **how: Any) -> list[Step]:
        """Install what tells the changes."""
        return plan_tracking("outside", {"url": self.url}, compiled_maps(self.world.snapshot), **{"run": True, **how})

    def run(self, *statements: str) -> None:
        """Run statements outside, in one transaction."""
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))

    def add(self, *numbers: int, name: str = "A") -> None:
        """Insert harbours outside."""
        self.run(*(f"INSERT INTO harbour VALUES ({no}, 'H{no}', '{name}', 1.5)" for no in numbers))

    def pull(self) -> list[tuple[Any, ...]]:
        """What a worker does: without looking at all keys."""
        self.world.pull()
        return sorted(self.world.rows("harbour", *NAMES))

    def problem(self) -> str:
        """What is wrong with the map."""
        return self.world.checkpoint("harbours").problem or ""

    def backfill(self, *between: str) -> None:
        """Have rows read again, all or a range."""
        with self.world.now() as connection:
            begin_at(connection, "harbours", fill_cursor(*(between or ("", "", ""))))

    def again(self) -> None:
        """Another process, which knows what is stored and nothing else."""
        self.world.adapter.close()
        self.world.adapter = SqlAdapter("outside", {"url": self.url})

    def close(self) -> None:
        """Close both sides."""
        self.world.adapter.close()
        self.world.engine.dispose()
        self.engine.dispose()
