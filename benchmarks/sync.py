"""`load`: the initial synchronisation of a table from one PostgreSQL database into another, beside a plain COPY of it."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from sqlalchemy import Engine, text

from benchmarks.data import fresh_postgres
from benchmarks.report import Table
from connectors.station import Station
from metadata.model import AlternateKey, Attribute, AttributeMap, Choice, Component, Entity, Option, Site, TableMap, ValueMap
from metadata.model import Connection as Outside
from metadata.snapshot import Snapshot
from metadata.store import MetadataStore
from runtime.database import make_engine
from runtime.sync.pool import Adapters
from runtime.sync.worker import maps_by_connection, open_station, prepare

GROUPS = 1_000
DLT_BACKENDS = ("sqlalchemy", "pyarrow")
OUTSIDE, INSIDE = "foyer_bench_outside", "foyer_bench_inside"
LOOKUPS, CODES, TEXTS, NUMBERS, AMOUNTS, DAYS = 3, 5, 3, 2, 2, 2
"""Columns of each kind; with the number, the name of a row and a yes or no these are twenty."""
PLAIN = (
    *((f"text{at}", "text", "'Text ' || i") for at in range(TEXTS)),
    *((f"amount{at}", "numeric(12,2)", "(i % 10000) / 4.0") for at in range(AMOUNTS)),
    *((f"count{at}", "bigint", "i % 977") for at in range(NUMBERS)),
    *((f"day{at}", "date", "date '2020-01-01' + (i % 1000)::int") for at in range(DAYS)),
)
CODED = tuple((f"state{at}", "text", "CASE WHEN i % 2 = 0 THEN 'A' ELSE 'L' END") for at in range(CODES))
POINTING = tuple((f"grp{at}", "text", f"'G' || (i * {at + 1} % {GROUPS} + 1)") for at in range(LOOKUPS))
MADE = (("no", "bigint", "i"), ("name", "text", "'Item ' || i"), *PLAIN, ("held", "boolean", "i % 3 = 0"), *CODED, *POINTING)
COLUMNS = ", ".join((*(name for name, _, _ in MADE), "seq"))
TYPES = ", ".join((*(f"{name} {kind}" for name, kind, _ in MADE), "seq bigint"))


def load(rows: int, dlt: str = "") -> Table:
    """Rows a second of the first load of `rows` rows with 20 attributes, 5 value maps and 3 look-ups; peak memory.

    `dlt` is an interpreter that has dlt, which then loads the same table in the same run; it converts nothing either.
    """
    source = fresh_postgres(OUTSIDE)
    fill(source, rows)
    seconds, memory = _synchronise(source)
    plain = _copy(source)
    table = Table(
        f"initial synchronisation, {rows:,} rows of {len(MADE)} columns", ("way", "seconds", "rows/s", "of COPY", "peak MB")
    )
    table.add(("foyer sync run --initial", f"{seconds:.1f}", f"{rows / seconds:,.0f}", f"{plain / seconds:.2f}", f"{memory}"))
    table.add(("plain COPY, nothing converted", f"{plain:.1f}", f"{rows / plain:,.0f}", "1", ""))
    for backend in DLT_BACKENDS:
        table.add((f"dlt, {backend}, nothing converted", *_dlt(dlt, source, backend, rows, plain)))
    return table


def _dlt(python: str, source: str, backend: str, rows: int, plain: float) -> tuple[str, str, str, str]:
    """What dlt takes for the same, or why that was not measured."""
    if not python:
        return "name an interpreter that has it: --dlt", "", "", ""
    with TemporaryDirectory() as folder:
        command = [python, str(Path(__file__).with_name("with_dlt.py")), source, fresh_postgres(INSIDE), backend, folder]
        quiet = {**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false", "HOME": folder}
        try:
            done = subprocess.run(command, cwd=folder, env=quiet, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as fault:
            said = getattr(fault, "stderr", None) or str(fault)
            return f"not measured: {said.strip().splitlines()[-1][:120]}", "", "", ""
    told = json.loads(done.stdout.strip().splitlines()[-1])
    seconds, memory = float(told["seconds"]), str(told["megabytes"])
    return f"{seconds:.1f}", f"{rows / seconds:,.0f}", f"{plain / seconds:.2f}", memory


def fill(url: str, rows: int) -> None:
    """The outside's tables: a thousand groups, and items that point at them."""
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE grp (code text PRIMARY KEY, name text, seq bigint)"))
        connection.execute(
            text("INSERT INTO grp SELECT 'G' || i, 'Group ' || i, i FROM generate_series(1, :n) i"), {"n": GROUPS}
        )
        connection.execute(text(f"CREATE TABLE item ({TYPES}, PRIMARY KEY (no))"))
        values = ", ".join(value for _, _, value in MADE)
        connection.execute(text(f"INSERT INTO item SELECT {values}, i FROM generate_series(1, :n) i"), {"n": rows})
        connection.execute(text("CREATE INDEX ON item (seq)"))
        connection.execute(text("ANALYZE"))
    engine.dispose()


def _synchronise(source: str) -> tuple[float, int]:
    with inside(source) as station:
        begun = time.perf_counter()
        station.turn()
        seconds = time.perf_counter() - begun
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextmanager
def inside(source: str, **more: Any) -> Iterator[Station]:
    """A worker's station on an empty database of ours, until the block ends. `more` are properties of the map of items."""
    with station_of(components(source, **more)) as station:
        yield station


@contextmanager
def station_of(site: Iterable[Component]) -> Iterator[Station]:
    """The same for the one connection of a site."""
    engine = make_engine(fresh_postgres(INSIDE))
    snapshot = publish_site(engine, site)
    (connection,) = maps_by_connection(snapshot)
    adapters = Adapters()
    station = open_station(engine, snapshot, connection, adapters)
    try:
        yield station
    finally:
        station.close()
        adapters.close()
        engine.dispose()


def publish(engine: Engine, source: str, **more: Any) -> Snapshot:
    """The site on an empty database of ours, with the worker's tables."""
    return publish_site(engine, components(source, **more))


def publish_site(engine: Engine, site: Iterable[Component]) -> Snapshot:
    """The same for a site of other components."""
    store = MetadataStore(engine)
    store.create()
    snapshot = store.publish("benchmark", components=tuple(site)).snapshot
    prepare(engine)
    return snapshot


def _copy(source: str) -> float:
    with psycopg.connect(source) as outside, psycopg.connect(fresh_postgres(INSIDE)) as inside:
        inside.execute(f"CREATE TABLE item ({TYPES}, PRIMARY KEY (no))")
        begun = time.perf_counter()
        with (
            outside.cursor().copy(f"COPY item ({COLUMNS}) TO STDOUT") as out,
            inside.cursor().copy("COPY item FROM STDIN") as into,
        ):
            for piece in out:
                into.write(piece)
        inside.commit()
        return time.perf_counter() - begun


KINDS = {"text": "text", "numeric(12,2)": "money", "bigint": "integer", "date": "date"}


def components(source: str, **more: Any) -> Iterator[Component]:
    """Two entities and the maps that fill them."""
    yield Site(key="load")
    yield Choice(key="item_state", options=(Option(value="active"), Option(value="left")))
    code = AlternateKey(key="code", attributes=("code",))
    yield Entity(
        key="grp",
        primary_name="code",
        keys=(code,),
        attributes=(
            Attribute(key="code", type="text", required="required"),
            Attribute(key="name", type="text"),
        ),
    )
    yield Entity(
        key="item",
        primary_name="name",
        keys=(AlternateKey(key="number", attributes=("number",)),),
        attributes=(
            Attribute(key="number", type="integer", required="required"),
            Attribute(key="name", type="text", max_length=60),
            *(Attribute(key=name, type=KINDS[kind]) for name, kind, _ in PLAIN),
            Attribute(key="held", type="boolean"),
            *(Attribute(key=name, type="choice", choice="item_state") for name, _, _ in CODED),
            *(Attribute(key=name, type="lookup", target="grp") for name, _, _ in POINTING),
        ),
    )
    yield Outside(key="outside", connector="sql", settings=(("url", source),))
    plain = [AttributeMap(attribute=key, column=key) for key in ("name", *(name for name, _, _ in PLAIN), "held")]
    states = (ValueMap(outside="A", inside="active"), ValueMap(outside="L", inside="left"))
    yield TableMap(
        key="groups",
        connection="outside",
        entity="grp",
        table="grp",
        integration_key=("code",),
        change_column="seq",
        attributes=(AttributeMap(attribute="code", column="code"), AttributeMap(attribute="name", column="name")),
    )
    items: dict[str, Any] = {
        "change_column": "seq",
        "attributes": (
            AttributeMap(attribute="number", column="no"),
            *plain,
            *(AttributeMap(attribute=name, column=name, values=states) for name, _, _ in CODED),
            *(AttributeMap(attribute=name, column=name, lookup_key=("code",)) for name, _, _ in POINTING),
        ),
    }
    given = {**items, **more}
    yield TableMap(key="items", connection="outside", entity="item", table="item", integration_key=("number",), **given)
