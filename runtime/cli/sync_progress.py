"""How a long load goes, told while it does: rows, pace, and how long the rest takes, a second pass included."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import click

from connectors.checkpoint import Checkpoint
from connectors.initial import SECOND
from connectors.pace import Cost, Loading, loading
from connectors.tablemap import CompiledMap

EACH_SECONDS = 1.0
"""How often it is told, at most."""


def _tell(line: str) -> None:
    click.echo(line, err=True)


class Progress:
    """Tells on the error stream how a long load goes. `costs` finds those of a row in the second pass, of maps that have one,
    as far as they are known by now."""

    def __init__(
        self,
        costs: Callable[[], Mapping[str, Cost]],
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[str], None] = _tell,
    ) -> None:
        self._costs = costs
        self._clock, self._tell = clock, tell
        self._told = clock()

    def __call__(self, table_map: CompiledMap, state: Checkpoint) -> None:
        """One batch is in."""
        now = self._clock()
        if now - self._told < EACH_SECONDS:
            return
        self._told = now
        self._tell(f"{table_map.key}: {self._said(table_map.key, state)}")

    def _said(self, table_map: str, state: Checkpoint) -> str:
        cost = self._costs().get(table_map)
        if state.map == table_map + SECOND:
            at = loading(replace(state, loaded=True), state, cost)
        else:
            at = None if state.loaded else loading(state, None, cost)
        if at is None:
            return f"{state.rows_done} rows" + (f", {state.pace:.0f} rows/s" if state.pace else "")
        return words_of_load(at, twice=bool(cost))


def words_of_load(at: Loading, *, twice: bool) -> str:
    """How far a load is, for a line."""
    known = at.total is not None and at.done <= at.total
    said = f"{at.done} of {at.total} rows" if known and at.total else f"{at.done} rows"
    if twice:
        said += ", second pass" if at.second else ", first of two passes"
    if at.pace:
        said += f", {at.pace:.0f} rows/s"
    return said + _rest(at)


def _rest(at: Loading) -> str:
    if not at.seconds or at.least is None or at.most is None:
        return ""
    few, many = f"{at.least:.0f}", f"{at.most:.0f}"
    return f", {few} s to go" if few == many else f", {few} to {many} s to go"
