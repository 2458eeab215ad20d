"""How orders live on after they were taken: confirmed, picked, shipped, invoiced, paid. One small step at a time."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, func, select

from connectors.sample_erp.changes import Row, add_rows, change_row, take_number
from connectors.sample_erp.delivery_dates import working_day
from connectors.sample_erp.documents import (
    Bill,
    Part,
    closes,
    invoice_rows,
    line_status,
    shipment_rows,
    some_of,
    status_of,
    undelivered,
    uninvoiced,
)
from connectors.sample_erp.schema import (
    customer,
    invoice,
    invoice_line,
    sales_order,
    sales_order_line,
    shipment,
    shipment_line,
    stock,
)

PARTLY = 0.3
"""How often a delivery or an invoice covers only a part of the order."""

RESTOCK = Decimal(100)

Step = Callable[[Connection, Row, datetime, random.Random], None]


def advance(conn: Connection, now: datetime, rng: random.Random, count: int = 3) -> list[str]:
    """Move up to `count` orders one step on and settle as many invoices; the numbers of the moved orders."""
    moved = []
    for _ in range(count):
        order = _pick_order(conn, rng)
        if order is not None:
            step(conn, order, now, rng)
            moved.append(str(order["order_no"]))
        _settle(conn, now.date(), rng)
    return moved


def step(conn: Connection, order: Row, now: datetime, rng: random.Random) -> None:
    """Move one order to its next state; an invoiced or cancelled one stays."""
    move = STEPS.get(order["status"])
    if move is not None:
        move(conn, order, now, rng)


def _pick_order(conn: Connection, rng: random.Random) -> Row | None:
    """A random living order, or as often the newest of its state, so that fresh orders get somewhere soon."""
    column = sales_order.c
    status = rng.choice(list(STEPS))
    living = select(sales_order).where(column.status == status, column.intake_status == "accepted")
    if rng.random() < 0.5:
        chosen = living.order_by(column.id.desc())
    else:
        # A random place in the index (status, id) costs the same in a table of any size.
        ends = select(func.min(column.id), func.max(column.id)).where(column.status == status)
        low, high = conn.execute(ends).one()
        if low is None:
            return None
        chosen = living.where(column.id >= rng.randint(low, high)).order_by(column.id)
    row = conn.execute(chosen.limit(1).with_for_update(skip_locked=True)).mappings().first()
    return dict(row) if row else None


def _confirm(conn: Connection, order: Row, now: datetime, rng: random.Random) -> None:
    for line in _lines(conn, order):
        change_row(conn, sales_order_line, line["id"], {"status": "confirmed"})
    change_row(conn, sales_order, order["id"], {"status": "confirmed"})


def _pick(conn: Connection, order: Row, now: datetime, rng: random.Random) -> None:
    lines = _lines(conn, order)
    parts = undelivered(lines)
    if rng.random() < PARTLY:
        parts = some_of(parts, rng)
    _pack(conn, order, parts, now.date(), rng)
    for line, _ in parts:
        change_row(conn, sales_order_line, line["id"], {"status": "picked"})
    change_row(conn, sales_order, order["id"], {"status": "picked"})


def _ship(conn: Connection, order: Row, now: datetime, rng: random.Random) -> None:
    """Send what is packed; the rest of a partly delivered order is packed first."""
    _arrive(conn, order, now)
    lines = _lines(conn, order)
    if order["status"] == "partly_delivered":
        _pack(conn, order, undelivered(lines), now.date(), rng)
    by_number = {line["line_no"]: line for line in lines}
    for number in _shipments(conn, order, "packed"):
        sent = select(shipment_line.c.order_line_no, shipment_line.c.quantity)
        for line_no, quantity in conn.execute(sent.where(shipment_line.c.shipment_number == number)):
            by_number[line_no]["delivered_quantity"] += quantity
        change_row(conn, shipment, number, {"status": "shipped", "shipped_at": now})
    _save_progress(conn, order, lines, "delivered_quantity")


def _bill(conn: Connection, order: Row, now: datetime, rng: random.Random) -> None:
    """Invoice a part of a delivered order, or all the rest of it."""
    _arrive(conn, order, now)
    lines = _lines(conn, order)
    parts = uninvoiced(lines)
    if order["status"] == "delivered" and rng.random() < PARTLY:
        parts = some_of(parts, rng)
    billed = select(func.coalesce(func.sum(invoice.c.tax), 0)).where(invoice.c.order_no == order["order_no"])
    terms = select(customer.c.payment_terms).where(customer.c.number == order["customer_number"])
    bill = Bill(
        number=take_number(conn, "INV"),
        day=now.date(),
        payment_terms=conn.scalar(terms),
        billed_tax=Decimal(conn.execute(billed).scalar_one()).quantize(Decimal("0.01")),
        closes=closes(lines, parts),
    )
    header, rows = invoice_rows(bill, order, parts)
    add_rows(conn, invoice, [header])
    add_rows(conn, invoice_line, rows)
    for line, quantity in parts:
        line["invoiced_quantity"] += quantity
    _save_progress(conn, order, lines, "invoiced_quantity")


STEPS: dict[str, Step] = {
    "open": _confirm,
    "confirmed": _pick,
    "picked": _ship,
    "partly_delivered": _ship,
    "delivered": _bill,
    "partly_invoiced": _bill,
}


def _pack(conn: Connection, order: Row, parts: list[Part], today: date, rng: random.Random) -> None:
    header, rows = shipment_rows(take_number(conn, "SH"), order, parts, rng)
    add_rows(conn, shipment, [header])
    add_rows(conn, shipment_line, rows)
    for line, quantity in parts:
        _take_from_stock(conn, line["product_number"], quantity, today)


def _take_from_stock(conn: Connection, number: str, quantity: Decimal, today: date) -> None:
    """Lower the stock; when it falls short a delivery has just come in and the next one is on its way."""
    on_hand = conn.scalar(select(stock.c.on_hand).where(stock.c.product_number == number)) or Decimal(0)
    values: Row = {"on_hand": on_hand - quantity}
    if on_hand < quantity:
        values = {"on_hand": RESTOCK, "next_receipt": working_day(today + timedelta(days=21))}
    change_row(conn, stock, number, values)


def _arrive(conn: Connection, order: Row, now: datetime) -> None:
    """What was on the road by the last step has reached the customer."""
    for number in _shipments(conn, order, "shipped"):
        change_row(conn, shipment, number, {"status": "delivered", "delivered_at": now})


def _shipments(conn: Connection, order: Row, status: str) -> list[str]:
    column = shipment.c
    chosen = select(column.number).where(column.order_no == order["order_no"], column.status == status)
    return list(conn.scalars(chosen.order_by(column.number)))


def _lines(conn: Connection, order: Row) -> list[Row]:
    line = sales_order_line.c
    chosen = select(sales_order_line).where(line.order_id == order["id"]).order_by(line.line_no)
    return [dict(row) for row in conn.execute(chosen).mappings()]


def _save_progress(conn: Connection, order: Row, lines: list[Row], quantity: str) -> None:
    for line in lines:
        change_row(conn, sales_order_line, line["id"], {quantity: line[quantity], "status": line_status(line)})
    change_row(conn, sales_order, order["id"], {"status": status_of(lines)})


def _settle(conn: Connection, today: date, rng: random.Random) -> None:
    """Look at the invoice that is due first: it is paid, late or not, or it becomes overdue."""
    column = invoice.c
    status = rng.choice(("open", "overdue"))
    due_first = select(invoice).where(column.status == status).order_by(column.due_date, column.number)
    bill = conn.execute(due_first.limit(1).with_for_update(skip_locked=True)).mappings().first()
    if bill is None:
        return
    late = bill["due_date"] < today
    if late and status == "open":
        change_row(conn, invoice, bill["number"], {"status": "overdue"})
    elif rng.random() < PARTLY:
        change_row(conn, invoice, bill["number"], {"status": "paid", "paid": bill["total"]})
        _release_credit(conn, bill["customer_number"], bill["total"])


def _release_credit(conn: Connection, number: str, paid: Decimal) -> None:
    chosen = select(customer.c.credit_used).where(customer.c.number == number).with_for_update()
    used = conn.execute(chosen).scalar_one()
    change_row(conn, customer, number, {"credit_used": used - paid})
