"""What an operator does to a map as a whole: for the command line and the studio alike.

Rows that one side would not take are mended by `letters`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from sqlalchemy.exc import DBAPIError

from connectors import checkpoint as checkpoints
from connectors import history
from connectors.conflicts import Conflict, decide, find_conflict
from connectors.errors import ConnectorError, first_line
from connectors.events import ledger
from connectors.forecast import Forecast, Forecaster
from connectors.home import Home, Work
from connectors.initial import SECOND, Step
from connectors.seen import doubt_all_seen
from connectors.sql.tracked import fill_cursor
from connectors.tablemap import CompiledMap
from connectors.wishes import wish_for
from runtime.sync.pool import Adapters

DEADLOCK, TRIES = "40P01", 5


class NotPossible(Exception):
    """A map cannot be told to do this; the message says why, and what can be done instead."""


def pause(home: Home, table_map: CompiledMap, by: str = "") -> None:
    """Let a map rest, and those of its group, until it is resumed. `by` names who wanted that."""
    with home.begin() as connection:
        checkpoints.pause(connection, table_map.unit, home.now(), by)


def resume(home: Home, table_map: CompiledMap) -> None:
    """Let a map run again, and those of its group, also where they had stopped at a fault."""
    with home.begin() as connection:
        checkpoints.resume(connection, table_map.unit)


def ask_for_run(home: Home, table_map: CompiledMap) -> None:
    """Have the worker run a map now, whatever its interval, and deliver what waits. Raises NotPossible for one that rests."""
    with home.begin() as connection:
        states = [checkpoints.read_checkpoint(connection, name) for name in table_map.unit]
        if any(state.paused_at is not None for state in states):
            raise NotPossible(f"{table_map.key} is paused; resume it first.")
        for name in table_map.unit:
            checkpoints.retry_now(connection, name)
        wish_for(connection, table_map.key, home.now())


def load_again(home: Home, maps: Sequence[CompiledMap]) -> dict[str, int]:
    """Have maps load everything from the beginning; rows that are the same stay as they are. What comes out is the number of
    the run after which each map's runs are of this load, by the map's key."""
    return {item.key: _past_a_deadlock(partial(_begin_anew, home, item.key)) for item in maps}


def _begin_anew(home: Home, table_map: str) -> int:
    with home.begin() as connection:
        doubt_all_seen(connection, table_map)
        ledger.forget(connection, table_map)
        for name in (table_map, table_map + SECOND):
            checkpoints.restart(connection, name)
        return history.newest_run(connection)  # last: a pass under way has written its run by now, or never will


def _past_a_deadlock(act: Callable[[], int]) -> int:
    """Do it again where the database chose it to give way to a worker that runs the map meanwhile. Raises DBAPIError."""
    left = TRIES
    while True:
        left -= 1
        try:
            return act()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != DEADLOCK or not left:
                raise


def read_again(home: Home, table_map: CompiledMap, column: str = "", low: str = "", high: str = "") -> str:
    """Have a map read rows again, all or those whose column lies in a range, beside what changes; what it will read, in words.

    Raises NotPossible.
    """
    if (low or high) and not column:
        raise NotPossible("Name the column whose values lie between the lowest and the highest.")
    if table_map.streams:
        raise NotPossible(f"{table_map.key} reads a stream of events, which is told once; load it again from the beginning.")
    by_range = table_map.connection.connector == "sql" and not table_map.compares
    if column and not by_range:
        raise NotPossible(f"{table_map.key} cannot read a range; leave the column empty and it reads all rows again.")
    with home.begin() as connection:
        if by_range:
            checkpoints.begin_at(connection, table_map.key, fill_cursor(column, low, high))
        else:
            checkpoints.begin_at(connection, table_map.key, None)
            doubt_all_seen(connection, table_map.key)
        wish_for(connection, table_map.key, home.now())
    return f"rows with {column} from {low or 'the lowest'} to {high or 'the highest'}" if column else "all rows"


def resolve(home: Home, maps: Sequence[CompiledMap], number: int, side: str) -> Conflict | None:
    """Decide which of two values stays, and let the change that waited go on; None where nothing of that number waits."""
    with home.begin() as connection:
        found = find_conflict(connection, number)
        table_map = next((item for item in maps if found is not None and item.key == found.map), None)
        if found is None or table_map is None or found.winner:
            return None
        decide(Work(connection, home.rows(connection), table_map, home.now()), found, side)
        return found


def look_ahead(home: Home, steps: Sequence[Step], initial: bool, samples: int, most: int | None = None) -> Iterator[Forecast]:
    """What a run of these steps would do, writing nothing; `most` rows of each are looked at."""
    adapters = Adapters()
    try:
        for connection in dict.fromkeys(step.table_map.connection for step in steps):
            mine = [step for step in steps if step.table_map.connection == connection]
            try:
                yield from Forecaster(home, adapters.of(connection), initial, samples, most).look(mine)
            except ConnectorError as fault:
                yield from (Forecast(step.table_map.key, {}, (), first_line(fault)) for step in mine)
    finally:
        adapters.close()
