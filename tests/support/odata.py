"""Harbours and boats outside, behind the sample ERP's own OData service: a secret to know, small pages, faults on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.odata.adapter import ODataAdapter
from connectors.sample_erp.changes import add_rows, remove_row
from connectors.sample_erp.database import create_tables, open_database
from connectors.sample_erp.odata.faults import Fault
from connectors.sample_erp.odata.server import serving
from connectors.sample_erp.odata.service import Service

SECRET = "hush-hush-4711"
TABLES = sa.MetaData()
HARBOUR = sa.Table(
    "harbour",
    TABLES,
    sa.Column("code", sa.String(10), primary_key=True),
    sa.Column("name", sa.String(60)),
    sa.Column("depth", sa.Numeric(8, 2, asdecimal=False)),
    sa.Column("seq", sa.Integer),
    sa.Column("modified_seq", sa.BigInteger),
)
BOAT = sa.Table(
    "boat",
    TABLES,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(60)),
    sa.Column("built", sa.Date),
    sa.Column("price", sa.Numeric(10, 2)),
    sa.Column("state", sa.String(1)),
    sa.Column("harbour", sa.String(10)),
    sa.Column("tender_of", sa.Integer),
    sa.Column("seq", sa.Integer),
    sa.Column("external_id", sa.String(80), unique=True),
    sa.Column("home_code", sa.String(10), sa.ForeignKey("harbour.code")),
    sa.Column("modified_seq", sa.BigInteger),
)


class ODataOutside:
    """The service, and a hand that changes its rows behind it."""

    def __init__(self, service: Service, address: str) -> None:
        self.service = service
        self.address = address

    def settings(self, **more: str) -> dict[str, str]:
        """The settings of a connection to it."""
        given = {"url": f"{self.address}/data", "token_url": f"{self.address}/token", "client_id": "portal"}
        return {**given, "client_secret": SECRET, **more}

    def adapter(self, **more: str) -> ODataAdapter:
        """An adapter of its own."""
        return ODataAdapter("outside", self.settings(**more))

    def put(self, table: sa.Table, *rows: Mapping[str, Any]) -> None:
        """Insert or replace rows by key."""
        (key,) = table.primary_key.columns
        with self.service.engine.begin() as connection:
            for row in rows:
                connection.execute(sa.delete(table).where(key == row[key.name]))
                add_rows(connection, table, [dict(row)])

    def remove(self, table: sa.Table, key: Any) -> None:
        """Delete a row."""
        with self.service.engine.begin() as connection:
            remove_row(connection, table, key)

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """What is there, by key."""
        with self.service.engine.connect() as connection:
            return [dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()]

    def fault(self, kind: str, **more: Any) -> None:
        """Something goes wrong."""
        self.service.faults.set(Fault(kind, **more))


@contextmanager
def odata_outside(file: Path, largest: int = 4) -> Iterator[ODataOutside]:
    """A service over a database of its own, until the block ends."""
    engine = open_database(f"sqlite:///{file}")
    with engine.begin() as connection:
        create_tables(connection)
        TABLES.create_all(connection)
    service = Service(engine, TABLES, {"portal": SECRET}, largest=largest)
    with serving(service) as address:
        yield ODataOutside(service, address)
    engine.dispose()
