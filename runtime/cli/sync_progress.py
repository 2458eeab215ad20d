"""How a long load goes, told while it does: rows, pace, and how long the rest takes, a second pass included."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import click

from connectors.checkpoint import Checkpoint
from connectors.initial import SECOND, plan_load
from connectors.tablemap import CompiledMap

SECOND_COSTS = {"sqlite": 1.4, "postgresql": 2.2}
"""How many times longer a row takes in a second pass, which changes rows, than in a first one, which adds them."""
EACH_SECONDS = 1.0
"""How often it is told, at most."""


def _tell(line: str) -> None:
    click.echo(line, err=True)


class Progress:
    """Tells on the error stream how a long load goes. `maps` are all of a connection, `dialect` is that of our database."""

    def __init__(
        self,
        maps: Iterable[CompiledMap],
        dialect: str,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[str], None] = _tell,
    ) -> None:
        self._twice = {step.table_map.key for step in plan_load(maps) if step.later}
        self._cost = SECOND_COSTS.get(dialect, 1.0)
        self._clock, self._tell = clock, tell
        self._told = clock()
        self._began: dict[str, tuple[float, int]] = {}

    def __call__(self, table_map: CompiledMap, state: Checkpoint) -> None:
        """One batch is in."""
        now = self._clock()
        started, first = self._began.setdefault(state.map, (now, state.rows_done))
        if now - self._told < EACH_SECONDS:
            return
        self._told = now
        said = f"{table_map.key}: {state.rows_done}"
        known = state.rows_total is not None and state.rows_done <= state.rows_total
        said += f" of {state.rows_total} rows" if known and state.rows_total else " rows"
        said += self._pass(table_map.key, state)
        rate = (state.rows_done - first) / max(now - started, 0.001)
        if rate:
            said += f", {rate:.0f} rows/s"
            seconds = self.seconds_left(state, rate)
            said += f", {seconds:.0f} s to go" if seconds > 0 else ""
        self._tell(said)

    def seconds_left(self, state: Checkpoint, rate: float) -> float:
        """How long the rest of a map's load takes at this pace of its pass; 0 where the source has not told how many rows."""
        total = state.rows_total or 0
        left = max(0, total - state.rows_done) / rate
        return left + self._cost * total / rate if state.map in self._twice and not state.loaded else left

    def _pass(self, table_map: str, state: Checkpoint) -> str:
        if state.map.endswith(SECOND):
            return ", second pass"
        return ", first of two passes" if table_map in self._twice and not state.loaded else ""
