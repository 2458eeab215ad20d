"""Writing the made-up world into an empty database, in batches, so that memory does not grow with its size."""

import random
from datetime import datetime
from decimal import ROUND_UP, Decimal
from itertools import islice

from sqlalchemy import Connection, bindparam, func, select, update

from connectors.sample_erp.changes import Row, add_rows, take_seqs
from connectors.sample_erp.database import FIRST_NUMBERS
from connectors.sample_erp.schema import (
    address,
    company,
    contact,
    customer,
    invoice,
    invoice_line,
    number_series,
    price,
    price_group,
    product,
    sales_order,
    sales_order_line,
    shipment,
    shipment_line,
    stock,
)
from connectors.sample_erp.seed.cast import COMPANIES, CREDIT_LEFT
from connectors.sample_erp.seed.catalogue import price_group_rows
from connectors.sample_erp.seed.history import History, OrderFile
from connectors.sample_erp.seed.world import Size, World, make_world

BATCH = 1000
ROUND_TO = {"SEK": Decimal(10_000), "EUR": Decimal(1_000), "GBP": Decimal(1_000)}


def fill(conn: Connection, size: Size, now: datetime, number: int = 20_240_901) -> None:
    """Make up a world of this size; the same `number` and `now` make the same one."""
    rng = random.Random(number)  # noqa: S311 - made-up data has to repeat itself
    world = make_world(size, now, rng)
    _write_master_data(conn, world)
    history = History(world, size.orders, FIRST_NUMBERS, rng)
    files = history.files()
    while batch := list(islice(files, BATCH)):
        _write_orders(conn, batch)
    _write_credit(conn, world, rng)
    _move_counters(conn, history)


def _write_master_data(conn: Connection, world: World) -> None:
    add_rows(conn, company, COMPANIES)
    add_rows(conn, price_group, price_group_rows())
    add_rows(conn, customer, world.customers)
    add_rows(conn, contact, world.contacts)
    add_rows(conn, address, world.addresses)
    add_rows(conn, product, world.products)
    add_rows(conn, price, world.prices)
    add_rows(conn, stock, world.stocks)


def _write_orders(conn: Connection, files: list[OrderFile]) -> None:
    add_rows(conn, sales_order, [file.order for file in files])
    add_rows(conn, sales_order_line, [row for file in files for row in file.lines])
    add_rows(conn, shipment, [row for file in files for row in file.shipments])
    add_rows(conn, shipment_line, [row for file in files for row in file.shipment_lines])
    add_rows(conn, invoice, [row for file in files for row in file.invoices])
    add_rows(conn, invoice_line, [row for file in files for row in file.invoice_lines])


def _write_credit(conn: Connection, world: World, rng: random.Random) -> None:
    """What each customer owes is known at the end; one in ten is close to his limit."""
    rows: list[Row] = []
    for buyer in world.customers:
        owed = world.owed[buyer["number"]]
        step = ROUND_TO[buyer["currency"]]
        factor = Decimal(1) if rng.random() < 0.1 else Decimal(rng.choice((2, 3, 5)))
        limit = ((owed + step) * factor / step).quantize(Decimal(1), ROUND_UP) * step
        if buyer["number"] in CREDIT_LEFT:
            limit = owed + CREDIT_LEFT[buyer["number"]]
        rows.append({"key": buyer["number"], "used": owed, "limit": limit})
    first = take_seqs(conn, len(rows))
    stamped = [row | {"seq": first + at} for at, row in enumerate(rows)]
    change = update(customer).where(customer.c.number == bindparam("key"))
    columns = {"credit_used": "used", "credit_limit": "limit", "modified_seq": "seq"}
    conn.execute(change.values({name: bindparam(bind) for name, bind in columns.items()}), stamped)


def _move_counters(conn: Connection, history: History) -> None:
    """New orders go on where the made-up ones end."""
    for prefix, last in history.used.items():
        conn.execute(update(number_series).where(number_series.c.prefix == prefix).values(last=last))
    if conn.dialect.name == "postgresql":
        for table in (sales_order, sales_order_line):
            conn.execute(select(func.setval(f"{table.name}_id_seq", select(func.max(table.c.id)).scalar_subquery())))
