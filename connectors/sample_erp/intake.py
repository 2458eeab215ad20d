"""Taking new orders: an outsider puts down a `sales_order` row, the ERP answers in it.

A row is taken in one transaction: checked, priced, numbered and charged to the customer's credit, or refused with a
message. Outsiders either write the order and its lines in one transaction, or the lines first (linked by
`order_external_id`) and the order last, since the order is what the ERP looks for.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, Engine, literal, or_, select
from sqlalchemy.exc import DataError, IntegrityError

from connectors.sample_erp.changes import Row, change_row, take_number
from connectors.sample_erp.checks import Draft, Refused, check, check_credit
from connectors.sample_erp.database import reader
from connectors.sample_erp.delivery_dates import confirm_dates
from connectors.sample_erp.pricing import (
    Tier,
    in_currency,
    line_discount,
    net_amount,
    order_totals,
    unit_price,
)
from connectors.sample_erp.schema import address, customer, price, sales_order, sales_order_line

LOG = logging.getLogger("sample_erp")
UNREADABLE = "The order holds a value that can't be read."
# Written into the statement, not bound: only then may the partial index of waiting orders serve it.
IS_NEW = sales_order.c.intake_status == literal("new", literal_execute=True)


def waiting(engine: Engine, limit: int = 100) -> list[int]:
    """The orders that nobody has looked at yet, oldest first."""
    with reader(engine).connect() as conn:
        return list(conn.scalars(select(sales_order.c.id).where(IS_NEW).order_by(sales_order.c.id).limit(limit)))


def take(engine: Engine, order_id: int, now: datetime) -> None:
    """Accept or refuse one order. A row that can't even be read is refused too, so that it holds up nobody."""
    try:
        with engine.begin() as conn:
            _decide(conn, order_id, now)
    except (ArithmeticError, TypeError, ValueError, DataError, IntegrityError) as fault:
        LOG.warning("order row %s can't be read: %r", order_id, fault)
        with engine.begin() as conn:
            _refuse(conn, order_id, Refused(UNREADABLE))


def take_waiting(engine: Engine, now: datetime) -> int:
    """Take everything that waits; how many orders that was."""
    orders = waiting(engine)
    for order_id in orders:
        take(engine, order_id, now)
    return len(orders)


def _decide(conn: Connection, order_id: int, now: datetime) -> None:
    chosen = select(sales_order).where(sales_order.c.id == order_id, IS_NEW)
    row = conn.execute(chosen.with_for_update(skip_locked=True)).mappings().first()
    if row is None:
        return
    order = dict(row)
    if order["order_no"]:
        # Sent once more after it was taken: it is priced, charged and perhaps shipped, so nothing may change.
        change_row(conn, sales_order, order_id, {"intake_status": "accepted"})
        return
    try:
        draft = check(conn, order, _lines(conn, order), now.date())
        priced = _price(conn, draft)
        sums = _sums(draft, priced)
        check_credit(draft.customer, sums["total"])
    except Refused as refusal:
        _refuse(conn, order_id, refusal)
        return
    _accept(conn, draft, priced, sums, now)


def _refuse(conn: Connection, order_id: int, refusal: Refused) -> None:
    answer = {
        "intake_status": "refused",
        "intake_message": refusal.message,
        "intake_field": refusal.field,
        "status": "cancelled",
    }
    change_row(conn, sales_order, order_id, answer)


def _lines(conn: Connection, order: Row) -> list[Row]:
    line = sales_order_line.c
    linked = line.order_id == order["id"]
    if order["external_id"]:
        linked = or_(linked, line.order_external_id == order["external_id"])
    chosen = select(sales_order_line).where(linked).order_by(line.line_no.is_(None), line.line_no, line.id)
    return [dict(row) for row in conn.execute(chosen).mappings()]


def _price(conn: Connection, draft: Draft) -> list[Row]:
    """The priced columns of each line, in the order of the lines."""
    buyer = draft.customer
    tiers = _tiers(conn, buyer, draft.products)
    discount = line_discount(buyer["price_group"])
    priced = []
    for line in draft.lines:
        sold = draft.products[line["product_number"]]
        fallback = in_currency(sold["list_price"], buyer["currency"])
        each = unit_price(tiers.get(sold["number"], ()), line["quantity"], fallback)
        net = net_amount(line["quantity"], each, discount)
        priced.append({"unit_price": each, "discount_percent": discount, "net_amount": net})
    return priced


def _tiers(conn: Connection, buyer: Row, products: dict[str, Row]) -> dict[str, list[Tier]]:
    chosen = select(price.c.product_number, price.c.min_quantity, price.c.unit_price).where(
        price.c.product_number.in_(products),
        price.c.price_group == buyer["price_group"],
        price.c.currency == buyer["currency"],
    )
    tiers: dict[str, list[Tier]] = {}
    for number, min_quantity, each in conn.execute(chosen):
        tiers.setdefault(number, []).append(Tier(min_quantity, each))
    return tiers


def _sums(draft: Draft, priced: Sequence[Row]) -> dict[str, Decimal]:
    nets = [line["net_amount"] for line in priced]
    totals = order_totals(nets, draft.customer["tax_rate"], draft.customer["currency"])
    return dict(vars(totals))


def _accept(conn: Connection, draft: Draft, priced: list[Row], sums: dict[str, Decimal], now: datetime) -> None:
    buyer, order = draft.customer, draft.order
    number = take_number(conn, "SO")
    dates = confirm_dates(conn, draft.lines, order["requested_date"], now.date())
    header = {
        **sums,
        **_header(conn, draft, now),
        "order_no": number,
        "status": "open",
        "confirmed_date": max(dates),
        "intake_status": "accepted",
        "intake_message": None,
        "intake_field": None,
    }
    for at, (line, money) in enumerate(zip(draft.lines, priced, strict=True)):
        values = money | _line(draft, line, header) | {"line_no": at + 1, "confirmed_date": dates[at]}
        change_row(conn, sales_order_line, line["id"], values)
    change_row(conn, customer, buyer["number"], {"credit_used": buyer["credit_used"] + sums["total"]})
    # Last, so that whoever follows change numbers and sees the order accepted has its lines at hand.
    change_row(conn, sales_order, order["id"], header)


def _header(conn: Connection, draft: Draft, now: datetime) -> Row:
    """What the outsider left open and what only the ERP may say."""
    buyer, order = draft.customer, draft.order
    filled = {
        "company_code": buyer["company_code"],
        "currency": buyer["currency"],
        "price_group": buyer["price_group"],
        "language": order["language"] or draft.contact["language"] or buyer["language"],
        "ordered_at": order["ordered_at"] or now,
    }
    if order["delivery_street"]:
        return filled | {"delivery_description": order["delivery_description"]}
    return filled | _default_delivery(conn, buyer["number"])


def _default_delivery(conn: Connection, number: str) -> Row:
    place = address.c
    chosen = (
        select(place.description, place.street, place.city, place.postal_code, place.country)
        .where(place.customer_number == number, place.purpose == "delivery")
        .order_by(place.is_default.desc(), place.id)
    )
    row = conn.execute(chosen.limit(1)).mappings().first()
    return {f"delivery_{name}": value for name, value in row.items()} if row else {"delivery_description": None}


def _line(draft: Draft, line: Row, header: Row) -> Row:
    sold = draft.products[line["product_number"]]
    return {
        "order_id": draft.order["id"],
        "order_no": header["order_no"],
        "status": "open",
        "description": line["description"] or sold["name"],
        "unit": sold["unit"],
        "delivered_quantity": Decimal(0),
        "invoiced_quantity": Decimal(0),
        "country": line["country"] or header.get("delivery_country") or draft.order["delivery_country"],
        "delivery_description": line["delivery_description"] or header["delivery_description"],
    }
