"""`drain`: what was owed to the outside during an outage goes there, from a PostgreSQL database of ours.

The outside is a database of its own, or the sample ERP over OData, served by a thread of this process. Each change is of
another row: rows that are there and have changed, which are looked at before they are written, and rows that are new there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import BigInteger, Column, Engine, MetaData, String, Table, create_engine, func, select

from benchmarks.data import fresh_postgres
from benchmarks.report import Table as Report
from benchmarks.sync import OUTSIDE, station_of
from connectors.home import utc_now
from connectors.outbox import Owing, count_owed, owe
from connectors.sample_erp.database import create_tables, open_database
from connectors.sample_erp.odata.server import serving
from connectors.sample_erp.odata.service import Service
from metadata.model import AlternateKey, Attribute, AttributeMap, Component, Entity, Site, TableMap
from metadata.model import Connection as Outside

WAYS = ("postgresql", "sqlite", "odata")
_TABLES = MetaData()
ITEM = Table(
    "item",
    _TABLES,
    Column("no", BigInteger, primary_key=True),
    Column("name", String(60)),
    Column("modified_seq", BigInteger),
)


@dataclass(frozen=True, slots=True)
class There:
    """The outside: how its rows can be seen, and how it is connected."""

    engine: Engine
    connector: str
    settings: Mapping[str, str]


def drain(way: str, changes: int) -> Report:
    """Changes a second, of rows that are there and of new ones."""
    report = Report(f"{changes:,} changes owed, to {way}", ("changes", "seconds", "changes/s"))
    with _outside(way) as there, station_of(_components(there)) as station:
        for kind in ("insert", "update"):
            with station.home.begin() as connection:
                for number in range(changes):
                    owe(connection, _owing(kind, number), utc_now())
            begun = time.perf_counter()
            while station.deliver():
                pass
            seconds = time.perf_counter() - begun
            with station.home.read() as connection, there.engine.connect() as outside:
                left = count_owed(connection)
                named = select(func.count()).where(ITEM.c.name.like(f"{kind}%"))
                arrived = outside.execute(named.select_from(ITEM)).scalar_one()
            if left or arrived != changes:
                raise AssertionError(f"{arrived} of {changes} have arrived, {left} are owed")
            report.add((f"{kind}s", f"{seconds:.1f}", f"{changes / seconds:,.0f}"))
    return report


def _owing(kind: str, number: int) -> Owing:
    payload: dict[str, Any] = {"key": {"no": number}, "values": {"name": f"{kind} {number}"}}
    if kind == "update":
        payload["was"] = {"name": f"insert {number}"}
    return Owing("items", "item", number + 1, kind, payload)


@contextmanager
def _outside(way: str) -> Iterator[There]:
    with TemporaryDirectory() as folder:
        url = fresh_postgres(OUTSIDE) if way == "postgresql" else f"sqlite:///{Path(folder) / 'outside.db'}"
        engine = open_database(url) if way == "odata" else create_engine(url)
        with engine.begin() as connection:
            if way == "odata":
                create_tables(connection)
            _TABLES.create_all(connection)
        try:
            if way != "odata":
                yield There(engine, "sql", {"url": url})
                return
            with serving(Service(engine, _TABLES)) as address:
                yield There(engine, "odata", {"url": f"{address}/data"})
        finally:
            engine.dispose()


def _components(there: There) -> Iterator[Component]:
    yield Site(key="drain")
    yield Entity(
        key="item",
        primary_name="name",
        keys=(AlternateKey(key="number", attributes=("number",)),),
        attributes=(
            Attribute(key="number", type="integer", required="required"),
            Attribute(key="name", type="text", max_length=60),
        ),
    )
    yield Outside(key="outside", connector=there.connector, settings=tuple(there.settings.items()))
    yield TableMap(
        key="items",
        connection="outside",
        entity="item",
        table="item",
        integration_key=("number",),
        attributes=(
            AttributeMap(attribute="number", column="no", direction="both"),
            AttributeMap(attribute="name", column="name", direction="both"),
        ),
    )
