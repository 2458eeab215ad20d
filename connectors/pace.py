"""How fast the rows of a load come, and how long the rest takes: by what was lately, the second pass included."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from connectors.checkpoint import Checkpoint
from connectors.initial import SECOND

SECOND_COSTS = {"sqlite": 1.4, "postgresql": 2.2}
"""How many times longer a row takes in a second pass, which changes rows, than in a first one, where none has been yet."""
MEMORY = 0.2
"""What lies further back than this share of the time so far counts little."""
LEAST_MEMORY = 3.0
"""Seconds that count at least: a single slow batch is no change of pace."""


@dataclass(slots=True)
class Pace:
    """Rows a second in one pass; what was lately counts most, so that a pace that changes is followed."""

    _rows: float = 0.0
    _seconds: float = 0.0
    _so_far: float = 0.0

    def add(self, rows: int, seconds: float) -> float:
        """So many rows more took so long; the pace now."""
        seconds = max(seconds, 1e-6)
        self._so_far += seconds
        kept = math.exp(-seconds / max(LEAST_MEMORY, self._so_far * MEMORY))
        self._rows = self._rows * kept + rows
        self._seconds = self._seconds * kept + seconds
        return self._rows / self._seconds


@dataclass(frozen=True, slots=True)
class Loading:
    """How far a load is: the rows of its pass, the `share` of all rows to be read, and the seconds that the rest takes, where
    that is known."""

    second: bool
    done: int
    total: int | None
    pace: float
    share: float
    seconds: float | None


def loading(first: Checkpoint, second: Checkpoint | None, cost: float) -> Loading | None:
    """How far the load of a map is; None where it is over. `cost` is that of a row in the second pass, 0 where it has none."""
    later = first.loaded
    if later and (not cost or (second is not None and second.loaded)):
        return None
    at = second if later and second is not None else first
    done = first.rows_done if not later else second.rows_done if second is not None else 0
    total = at.rows_total or first.rows_total
    pace = first.pace or 0.0
    if later:
        pace = (second.pace if second is not None else None) or pace / cost
    if not total:
        return Loading(later, done, total, pace, 0.0, None)
    left = max(0, total - done) + (0.0 if later else cost * total)
    share = min(1.0, done / total)
    if cost:  # half by rows, not by how long they take: what is learnt of that meanwhile takes nothing back
        share = (share + later) / 2
    return Loading(later, done, total, pace, share, left / pace if pace else None)


def second_cost(states: Mapping[str, Checkpoint], table_map: str, dialect: str) -> float:
    """How many times longer a row of a map takes in its second pass: as it was, else as with other maps, else as is usual."""
    known = {}
    for name, first in states.items():
        second = states.get(name + SECOND)
        if second is not None and first.pace and second.pace:
            known[name] = first.pace / second.pace
    if table_map in known:
        return known[table_map]
    return fmean(known.values()) if known else SECOND_COSTS.get(dialect, 1.0)
