"""What a row of the second pass of a load costs, tried while the first one goes, on rows that are there, and taken back.

Nobody can tell it from the first pass: one adds rows, the other changes them. Where it cannot be tried, because no row of what
is pointed at is there yet, it stays unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from connectors.checkpoint import Checkpoint
from connectors.errors import ConnectorError
from connectors.history import Counts
from connectors.home import Home
from connectors.inbound import Store, apply_records
from connectors.journal import recorded
from connectors.mapping import Lookups
from connectors.pace import Pace
from connectors.port import Key
from connectors.protocol import Record, Source
from connectors.tablemap import CompiledMap, Lookup

BEGINS = 0.1
"""The share of its rows after which a load has a pace of its own."""
SHARE = 50
"""One row of so many is tried at a time."""
FEWEST = 1000
"""Fewer rows than these say more of the statements that every batch costs than of its rows."""
LEAST = 20
"""Loads of fewer times as many rows as are tried are over before anybody asks."""
APART = 25
"""So many times as many rows come between two trials as are tried: more would take longer than they are worth."""
FIRST_FEW = 50
"""Rows that are tried before the time counts: statements are made the first time."""


class _TakenBack(Exception):
    """Ends a transaction of which nothing is to stay."""


@dataclass(slots=True)
class Rehearsal:
    """Tries the second pass of a load. `table_map` is that of the second pass, `store` how it will store rows, `limit` the rows
    of a batch."""

    home: Home
    source: Source
    table_map: CompiledMap
    store: Store
    limit: int
    besides: dt.timedelta = field(default_factory=dt.timedelta)
    """What keeping a batch costs beside its rows (history, checkpoint, commit), for each of its rows: a trial keeps none."""
    _tried_at: int = 0
    _pace: Pace = field(default_factory=Pace)

    def due(self, state: Checkpoint) -> bool:
        """Whether it is time, with a first pass as far as this, to try the second one."""
        total, done, size = state.rows_total or 0, state.rows_done, self._size(state)
        if state.loaded or total < size * LEAST or done < max(size, total * BEGINS):
            return False
        return not self._tried_at or done - self._tried_at >= size * APART

    def rehearse(self, state: Checkpoint) -> float | None:
        """Rows a second, as the second pass would take them now; None where that cannot be told."""
        self._tried_at = state.rows_done
        size = self._size(state)
        try:
            batch = self.source.pull(self.table_map, None, size)
            if not batch.records or self._refuses(self._applied(batch.records[:FIRST_FEW]), FIRST_FEW):
                return None
            begun = self.home.now()
            with ThreadPoolExecutor(1, "pull") as ahead:  # as it will be: one batch is stored while the next one is read
                reading = ahead.submit(self.source.pull, self.table_map, batch.cursor, size)
                counts = self._applied(batch.records)
                reading.result()
            took = self.home.now() - begun
        except (ConnectorError, SQLAlchemyError):
            return None  # whatever it is, the pass itself will meet it, and tell it
        return None if self._refuses(counts, len(batch.records)) else self._paced(len(batch.records), took)

    def _size(self, state: Checkpoint) -> int:
        return min(self.limit, max(FEWEST, (state.rows_total or 0) // SHARE))

    def _paced(self, rows: int, took: dt.timedelta) -> float:
        return self._pace.add(rows, (took + self.besides * rows).total_seconds())

    def _refuses(self, counts: Counts, rows: int) -> bool:
        """Whether too few rows could be changed to tell what that costs."""
        return counts.rejected * 10 > rows

    def _applied(self, records: Sequence[Record]) -> Counts:
        """What becomes of records, none of which is kept."""
        counts = Counts()
        try:
            with self.home.begin() as connection:
                work = recorded(self.home, connection, self.table_map)
                counts = apply_records(work, records, _StandIns(work.rows), self.store)
                raise _TakenBack
        except _TakenBack:
            return counts


class _StandIns(Lookups):
    """Look-ups that find some row of the target in place of one that has not come yet."""

    def __init__(self, port: Any) -> None:
        super().__init__(port)
        self._rows = port
        self._some: dict[str, int | None] = {}

    def find(self, lookup: Lookup, key: Key) -> Any:
        """See Lookups.find."""
        found = super().find(lookup, key)
        if found is not None:
            return found
        for target in lookup.targets:
            if target not in self._some:
                self._some[target] = next((row["id"] for row in self._rows.scan(target, (), 0, 1)), None)
            if self._some[target] is not None:
                return (target, self._some[target]) if lookup.polymorphic else self._some[target]
        return None
