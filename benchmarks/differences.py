"""What a comparison of both sides finds and mends, and what rows that cannot be taken cost, among many that are in order."""

from __future__ import annotations

import time

from sqlalchemy import text

from benchmarks.data import fresh_postgres
from benchmarks.report import Table
from benchmarks.sync import OUTSIDE, fill, inside
from connectors.compare import compare, hand_over
from connectors.rejects import count_rejects
from connectors.station import Station
from runtime.database import make_engine
from runtime.sync.letters import retry_letters

PLANTED, BAD = 10, 137


def compared(rows: int) -> Table:
    """Ten rows of ours are changed behind the worker's back: seconds until they are found, and until they are mended."""
    source = fresh_postgres(OUTSIDE)
    fill(source, rows)
    with inside(source) as station:
        station.turn()
        (table_map,) = [item for item in station.maps if item.key == "items"]
        _change(station, f"UPDATE item SET name = 'Other' WHERE number % {rows // PLANTED} = 1")
        begun = time.perf_counter()
        found = list(compare(station.home, station.adapter, table_map))
        taken = time.perf_counter() - begun
        hand_over(station.home, table_map, found)
        station.pull([table_map])
        mended = time.perf_counter() - begun
        left = len(list(compare(station.home, station.adapter, table_map)))
    table = Table(f"comparison of {rows:,} rows, {PLANTED} of which differ", ("found", "seconds", "mended after", "left"))
    table.add((f"{len(found)}", f"{taken:.1f}", f"{mended:.1f}", f"{left}"))
    return table


def rejected(rows: int) -> Table:
    """137 rows have a code that the value map does not know: what is listed, and what trying them again touches."""
    source = fresh_postgres(OUTSIDE)
    fill(source, rows)
    engine = make_engine(source)
    wrong = f"no IN (SELECT i * {rows // BAD} FROM generate_series(1, {BAD}) i)"
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE item SET state0 = 'Z' WHERE {wrong}"))
    with inside(source) as station:
        begun = time.perf_counter()
        station.turn()
        seconds = time.perf_counter() - begun
        with station.home.read() as connection:
            listed = count_rejects(connection)["items"]
        _change(station, "UPDATE foyer_sync_reject SET record = replace(record, '\"Z\"', '\"A\"')")
        (table_map,) = [item for item in station.maps if item.key == "items"]
        begun = time.perf_counter()
        retry_letters(station.home, [table_map])
        again = time.perf_counter() - begun
        with station.home.read() as connection:
            there, left = connection.execute(text("SELECT count(*) FROM item")).scalar_one(), count_rejects(connection)
    engine.dispose()
    table = Table(f"{BAD} bad rows among {rows:,}", ("listed", "load rows/s", "there before", "there after", "seconds", "left"))
    table.add(
        (f"{listed}", f"{rows / seconds:,.0f}", f"{rows - listed:,}", f"{there:,}", f"{again:.2f}", f"{sum(left.values())}")
    )
    return table


def _change(station: Station, statement: str) -> None:
    with station.home.begin() as connection:
        connection.execute(text(statement))
