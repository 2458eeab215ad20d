"""An ERP with a small, always equal past, and ways to put an order into it as an outsider would."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, insert, select

from connectors.sample_erp.database import create_tables, open_database, reader
from connectors.sample_erp.intake import take_waiting
from connectors.sample_erp.schema import sales_order, sales_order_line
from connectors.sample_erp.seed.fill import fill
from connectors.sample_erp.seed.world import SIZES

NOW = datetime(2026, 3, 11, 10, 30)


class Erp:
    """The ERP's database with the few verbs that the tests need."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def send(self, *lines: tuple[str | None, object], **header: Any) -> int:
        """Put down an order of (product, quantity) lines by Jane, linked by external id; its row id."""
        order = {
            "external_id": "portal-1",
            "customer_number": "C-1001",
            "contact_number": "P-1001",
            "requested_date": date(2026, 3, 20),
        } | header
        rows = [
            {"order_external_id": order["external_id"], "line_no": at, "product_number": number, "quantity": quantity}
            for at, (number, quantity) in enumerate(lines, 1)
        ]
        with self.engine.begin() as conn:
            if rows:
                conn.execute(insert(sales_order_line), rows)
            return int(conn.execute(insert(sales_order).returning(sales_order.c.id), order).scalar_one())

    def place(self, *lines: tuple[str | None, object], **header: Any) -> dict[str, Any]:
        """Send an order and let the ERP answer; the order's row afterwards."""
        order_id = self.send(*lines, **header)
        take_waiting(self.engine, NOW)
        return self.one(sales_order, id=order_id)

    def rows(self, table: Table, **where: object) -> list[dict[str, Any]]:
        """The rows of a table whose columns have these values, by key."""
        chosen = select(table).filter_by(**where).order_by(*table.primary_key.columns)
        with reader(self.engine).connect() as conn:
            return [dict(row) for row in conn.execute(chosen).mappings()]

    def one(self, table: Table, **where: object) -> dict[str, Any]:
        """The only row with these values."""
        (row,) = self.rows(table, **where)
        return row

    def count(self, table: Table) -> int:
        """How many rows a table has."""
        with reader(self.engine).connect() as conn:
            return conn.execute(select(func.count()).select_from(table)).scalar_one()

    def change(self, table: Table, values: dict[str, Any], **where: object) -> None:
        """Change rows behind the ERP's back."""
        with self.engine.begin() as conn:
            conn.execute(table.update().filter_by(**where).values(values))


def filled(url: str) -> Engine:
    """A database with the small seed of a fixed day."""
    engine = open_database(url)
    with engine.begin() as conn:
        create_tables(conn)
        fill(conn, SIZES["small"], NOW)
    return engine


@pytest.fixture
def erp(tmp_path: Path) -> Iterator[Erp]:
    engine = filled(f"sqlite:///{tmp_path / 'erp.db'}")
    yield Erp(engine)
    engine.dispose()


@pytest.fixture
def erp_anywhere(database_url: str) -> Iterator[Erp]:
    """The same ERP once on each kind of database."""
    engine = filled(database_url)
    yield Erp(engine)
    engine.dispose()


@pytest.fixture
def chain() -> tuple[str, Decimal]:
    """A product that is always sold, and a quantity of it."""
    return ("CH-1001", Decimal(3))
