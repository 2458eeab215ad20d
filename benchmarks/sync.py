"""`load`: the initial synchronisation of a table from one PostgreSQL database into another, beside a plain COPY of it."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

import psycopg
from sqlalchemy import text

from benchmarks.data import fresh_postgres
from benchmarks.report import Table
from metadata.model import AlternateKey, Attribute, AttributeMap, Choice, Component, Entity, Option, Site, TableMap, ValueMap
from metadata.model import Connection as Outside
from metadata.store import MetadataStore
from runtime.database import make_engine
from runtime.sync.pool import Adapters
from runtime.sync.worker import maps_by_connection, open_station, prepare

GROUPS = 1_000
OUTSIDE, INSIDE = "foyer_bench_outside", "foyer_bench_inside"
COLUMNS = "no, name, built, price, state, grp, seq"


def load(rows: int) -> Table:
    """Rows a second of the first load of `rows` rows with six attributes, a value map and a lookup; peak memory."""
    source = fresh_postgres(OUTSIDE)
    _fill(source, rows)
    seconds, memory = _synchronise(source)
    plain = _copy(source)
    table = Table(f"initial synchronisation, {rows:,} rows", ("way", "seconds", "rows/s", "peak MB"))
    table.add(("foyer sync run --initial", f"{seconds:.1f}", f"{rows / seconds:,.0f}", f"{memory}"))
    table.add(("plain COPY, nothing converted", f"{plain:.1f}", f"{rows / plain:,.0f}", ""))
    return table


def _fill(url: str, rows: int) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE grp (code text PRIMARY KEY, name text, seq bigint)"))
        connection.execute(
            text("INSERT INTO grp SELECT 'G' || i, 'Group ' || i, i FROM generate_series(1, :n) i"), {"n": GROUPS}
        )
        connection.execute(
            text(
                "CREATE TABLE item (no bigint PRIMARY KEY, name text, built date, price numeric(12,2), "
                "state text, grp text, seq bigint)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO item SELECT i, 'Item ' || i, date '2020-01-01' + (i % 1000)::int, (i % 10000) / 4.0, "
                "CASE WHEN i % 2 = 0 THEN 'A' ELSE 'L' END, 'G' || (i % :g + 1), i FROM generate_series(1, :n) i"
            ),
            {"g": GROUPS, "n": rows},
        )
        connection.execute(text("CREATE INDEX ON item (seq)"))
    engine.dispose()


def _synchronise(source: str) -> tuple[float, int]:
    engine = make_engine(fresh_postgres(INSIDE))
    store = MetadataStore(engine)
    store.create()
    snapshot = store.publish("benchmark", components=tuple(components(source))).snapshot
    prepare(engine)
    (connection,) = maps_by_connection(snapshot)
    adapters = Adapters()
    station = open_station(engine, snapshot, connection, adapters)
    begun = time.perf_counter()
    station.turn()
    seconds = time.perf_counter() - begun
    station.close()
    adapters.close()
    engine.dispose()
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _copy(source: str) -> float:
    with psycopg.connect(source) as outside, psycopg.connect(fresh_postgres(INSIDE)) as inside:
        inside.execute(
            "CREATE TABLE item (no bigint PRIMARY KEY, name text, built date, price numeric, state text, grp text, seq bigint)"
        )
        begun = time.perf_counter()
        with (
            outside.cursor().copy(f"COPY item ({COLUMNS}) TO STDOUT") as out,
            inside.cursor().copy("COPY item FROM STDIN") as into,
        ):
            for piece in out:
                into.write(piece)
        inside.commit()
        return time.perf_counter() - begun


def components(source: str) -> Iterator[Component]:
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
            Attribute(key="name", type="text"),
            Attribute(key="built", type="date"),
            Attribute(key="price", type="money"),
            Attribute(key="state", type="choice", choice="item_state"),
            Attribute(key="grp", type="lookup", target="grp"),
        ),
    )
    yield Outside(key="outside", connector="sql", settings=(("url", source),))
    plain = [AttributeMap(attribute=key, column=key) for key in ("name", "built", "price")]
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
    yield TableMap(
        key="items",
        connection="outside",
        entity="item",
        table="item",
        integration_key=("number",),
        change_column="seq",
        attributes=(
            AttributeMap(attribute="number", column="no"),
            *plain,
            AttributeMap(attribute="state", column="state", values=states),
            AttributeMap(attribute="grp", column="grp", lookup_key=("code",)),
        ),
    )
