"""How fast the rows of a load come, and how long the rest takes: by what was lately, the second pass included."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from connectors.checkpoint import Checkpoint
from connectors.initial import SECOND

LEAST_COST, MOST_COST = 0.7, 4.0
"""A row took from 0.8 to 3.5 times as long in the second pass of a load, by the number of rows and the size of batches."""
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
class Cost:
    """How many times longer a row takes in the second pass of a load than in the first; not surely, where it never was."""

    usual: float
    least: float
    most: float


def sure_cost(times: float) -> Cost:
    """A cost that is known."""
    return Cost(times, times, times)


@dataclass(frozen=True, slots=True)
class Loading:
    """How far a load is: the rows of its pass, the `share` of all rows to be read, and the seconds that the rest takes, where
    that is known. What a second pass takes is not known before its map was once loaded: then from `least` to `most` seconds."""

    second: bool
    done: int
    total: int | None
    pace: float
    share: float
    seconds: float | None
    least: float | None
    most: float | None


def loading(first: Checkpoint, second: Checkpoint | None, cost: Cost | None) -> Loading | None:
    """How far the load of a map is; None where it is over. `cost` is that of a row in the second pass, if it has one."""
    later = first.loaded
    if later and (not cost or (second is not None and second.loaded)):
        return None
    at = second if later and second is not None else first
    done = first.rows_done if not later else second.rows_done if second is not None else 0
    total = at.rows_total or first.rows_total
    pace, costs = first.pace or 0.0, [cost.usual, cost.least, cost.most] if cost else [0.0] * 3
    if later and second is not None and second.pace:
        pace, costs = second.pace, [1.0] * 3  # it tells itself what its rows cost
    elif later:
        pace, costs = pace / costs[0], [times / costs[0] for times in costs]
    if not total:
        return Loading(later, done, total, pace, 0.0, None, None, None)
    rest, share = max(0, total - done), min(1.0, done / total)
    if cost:  # half by rows, not by how long they take: what is learnt of that meanwhile takes nothing back
        share = (share + later) / 2
    left = [(rest * times if later else rest + total * times) / pace if pace else None for times in costs]
    return Loading(later, done, total, pace, share, *left)


def second_cost(states: Mapping[str, Checkpoint], table_map: str, dialect: str) -> Cost:
    """How many times longer a row of a map takes in its second pass: as it was, else as with other maps, else as is usual."""
    known = {}
    for name, first in states.items():
        second = states.get(name + SECOND)
        if second is not None and first.pace and second.pace:
            known[name] = first.pace / second.pace
    if table_map in known:
        return sure_cost(known[table_map])
    usual = fmean(known.values()) if known else SECOND_COSTS.get(dialect, 1.0)
    return Cost(usual, min(usual, LEAST_COST), max(usual, MOST_COST))
