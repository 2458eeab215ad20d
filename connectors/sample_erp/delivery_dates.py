"""When can it be there? Confirmed dates by what is in stock and what is on its way."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import Connection, select

from connectors.sample_erp.changes import Row
from connectors.sample_erp.schema import stock

HANDLING_DAYS = 2
PURCHASE_DAYS = 14


def working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def promise(quantity: Decimal, on_hand: Decimal, next_receipt: date | None, today: date) -> date:
    """The first working day on which this quantity can be delivered."""
    if quantity <= on_hand:
        ready = today
    elif next_receipt is not None and next_receipt > today:
        ready = next_receipt
    else:
        ready = today + timedelta(days=PURCHASE_DAYS)
    return working_day(ready + timedelta(days=HANDLING_DAYS))


def confirm_dates(conn: Connection, lines: Sequence[Row], requested: date | None, today: date) -> list[date]:
    """A confirmed date per line, never before the date that the customer asked for."""
    numbers = {line["product_number"] for line in lines}
    chosen = select(stock.c.product_number, stock.c.on_hand, stock.c.next_receipt)
    known = {row[0]: (row[1], row[2]) for row in conn.execute(chosen.where(stock.c.product_number.in_(numbers)))}
    dates = []
    for line in lines:
        on_hand, receipt = known.get(line["product_number"], (Decimal(0), None))
        dates.append(max(requested or today, promise(line["quantity"], on_hand, receipt, today)))
    return dates
