"""Shipments and invoices from the lines of an order. Pure: the living ERP and the seed both write what is built
here.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connectors.sample_erp.changes import Row
from connectors.sample_erp.pricing import cents

CARRIERS = ("PostNord", "DHL", "PostNL", "DPD", "UPS")

Part = tuple[Row, Decimal]
"""An order line and how much of it a document is about."""


@dataclass(frozen=True)
class Bill:
    """What an invoice is called, when, and where it stands among those of its order."""

    number: str
    day: date
    payment_terms: str | None
    billed_tax: Decimal
    closes: bool


def undelivered(lines: Sequence[Row]) -> list[Part]:
    """What is still to be shipped."""
    return _open_parts(lines, "quantity", "delivered_quantity")


def uninvoiced(lines: Sequence[Row]) -> list[Part]:
    """What has been shipped and is not invoiced yet."""
    return _open_parts(lines, "delivered_quantity", "invoiced_quantity")


def _open_parts(lines: Sequence[Row], whole: str, done: str) -> list[Part]:
    return [(line, line[whole] - line[done]) for line in lines if line[whole] > line[done]]


def some_of(parts: Sequence[Part], rng: random.Random) -> list[Part]:
    """A real part of it: some lines, or half of a single one; all of it when that can't be divided."""
    if len(parts) > 1:
        return list(parts[: rng.randint(1, len(parts) - 1)])
    return [(line, quantity // 2 if quantity >= 2 else quantity) for line, quantity in parts]


def status_of(lines: Sequence[Row]) -> str:
    """How far the order is, by what its lines say."""
    if not uninvoiced(lines) and not undelivered(lines):
        return "invoiced"
    if undelivered(lines):
        return "partly_delivered"
    return "partly_invoiced" if any(line["invoiced_quantity"] for line in lines) else "delivered"


def line_status(line: Row) -> str:
    """The same for one line, which may have nothing delivered yet."""
    return status_of([line]) if line["delivered_quantity"] else "picked"


def shipment_rows(number: str, order: Row, parts: Sequence[Part], rng: random.Random) -> tuple[Row, list[Row]]:
    """A packed parcel and its lines; it has not left the house yet."""
    header = {
        "number": number,
        "order_no": order["order_no"],
        "customer_number": order["customer_number"],
        "shipped_at": None,
        "carrier": rng.choice(CARRIERS),
        "tracking_number": f"{rng.choice('JRT')}{rng.randrange(10**10, 10**11)}{order['delivery_country'] or ''}",
        "status": "packed",
        "promised_date": order["confirmed_date"],
        "delivered_at": None,
    }
    lines = [
        {
            "id": f"{number}-{at}",
            "shipment_number": number,
            "order_no": order["order_no"],
            "order_line_no": line["line_no"],
            "product_number": line["product_number"],
            "quantity": quantity,
        }
        for at, (line, quantity) in enumerate(parts, 1)
    ]
    return header, lines


def closes(lines: Sequence[Row], parts: Sequence[Part]) -> bool:
    """Do these parts invoice all that is left of the order?"""
    left = sum((line["quantity"] - line["invoiced_quantity"] for line in lines), Decimal(0))
    return left == sum((quantity for _, quantity in parts), Decimal(0))


def due_date(day: date, payment_terms: str | None) -> date:
    """The last day to pay, by terms such as NET30."""
    days = (payment_terms or "").removeprefix("NET")
    return day + timedelta(days=int(days) if days.isdigit() else 30)


def invoice_rows(bill: Bill, order: Row, parts: Sequence[Part]) -> tuple[Row, list[Row]]:
    """An invoice and its lines. The one that closes the order takes freight, discount and the last cent of tax, so
    that all invoices of an order add up to exactly its total.
    """
    lines = [_invoice_line(line, quantity) for line, quantity in parts]
    if bill.closes:
        lines += _closing_lines(order)
    for at, line in enumerate(lines, 1):
        line.update(id=f"{bill.number}-{at}", invoice_number=bill.number, line_no=at)
    subtotal = sum((line["net_amount"] for line in lines), Decimal("0.00"))
    tax = order["tax"] - bill.billed_tax if bill.closes else _tax_share(order, subtotal)
    header = {
        "number": bill.number,
        "order_no": order["order_no"],
        "customer_number": order["customer_number"],
        "company_code": order["company_code"],
        "invoice_date": bill.day,
        "due_date": due_date(bill.day, bill.payment_terms),
        "currency": order["currency"],
        "subtotal": subtotal,
        "tax": tax,
        "total": subtotal + tax,
        "paid": Decimal("0.00"),
        "status": "open",
    }
    return header, lines


def _invoice_line(line: Row, quantity: Decimal) -> Row:
    """The share of the line's amount, cut so that the shares of all invoices add up to it."""
    before = _amount_of(line, line["invoiced_quantity"])
    after = _amount_of(line, line["invoiced_quantity"] + quantity)
    return {
        "product_number": line["product_number"],
        "description": line["description"],
        "quantity": quantity,
        "unit": line["unit"],
        "unit_price": line["unit_price"],
        "net_amount": after - before,
    }


def _amount_of(line: Row, quantity: Decimal) -> Decimal:
    return cents(Decimal(line["net_amount"]) * quantity / line["quantity"])


def _closing_lines(order: Row) -> list[Row]:
    charges = (("Freight", order["freight"]), ("Order discount", -order["discount"]))
    return [
        {
            "product_number": None,
            "description": description,
            "quantity": Decimal(1),
            "unit": "pcs",
            "unit_price": charge,
            "net_amount": charge,
        }
        for description, charge in charges
        if charge
    ]


def _tax_share(order: Row, subtotal: Decimal) -> Decimal:
    taxable = order["total"] - order["tax"]
    return cents(order["tax"] * subtotal / taxable) if taxable else Decimal("0.00")
