"""Is a new order one that the ERP can take? The first fault found refuses it, with the column that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, select

from connectors.sample_erp.changes import Row
from connectors.sample_erp.pricing import display
from connectors.sample_erp.schema import contact, customer, product


class Refused(Exception):
    """The order can't be taken as it stands."""

    def __init__(self, message: str, field: str | None = None) -> None:
        """Keep the sentence for the person and the column that it is about."""
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True)
class Draft:
    """A new order with everything that it points at, checked."""

    order: Row
    lines: list[Row]
    customer: Row
    contact: Row
    products: dict[str, Row]


def check(conn: Connection, order: Row, lines: list[Row], today: date) -> Draft:
    """Look up all that the order names; raise `Refused` at the first fault."""
    buyer = _customer(conn, order)
    person = _contact(conn, order, buyer)
    _company(order, buyer)
    _dates(order, today)
    _quantities(lines)
    return Draft(order, lines, buyer, person, _products(conn, lines))


def check_credit(buyer: Row, total: Decimal) -> None:
    """Refuse a total that the customer's remaining credit does not cover."""
    remaining = buyer["credit_limit"] - buyer["credit_used"]
    if total > remaining:
        currency = buyer["currency"]
        raise Refused(
            f"Order total {display(total, currency)} is over the remaining credit of "
            f"{display(max(remaining, Decimal(0)), currency)} for customer {buyer['number']}."
        )


def _customer(conn: Connection, order: Row) -> Row:
    number = order["customer_number"]
    # Locked, because two orders of one customer must not both spend the same credit.
    found = conn.execute(select(customer).where(customer.c.number == number).with_for_update())
    row = found.mappings().first()
    if row is None:
        raise Refused(f"Customer {number or '(none)'} is not known.", "customer_number")
    if not row["active"]:
        raise Refused(f"Customer {number} is closed for new orders.", "customer_number")
    return dict(row)


def _contact(conn: Connection, order: Row, buyer: Row) -> Row:
    number = order["contact_number"]
    row = conn.execute(select(contact).where(contact.c.number == number)).mappings().first()
    if row is None:
        raise Refused(f"Contact {number or '(none)'} is not known.", "contact_number")
    if not row["active"]:
        raise Refused(f"Contact {number} is no longer active.", "contact_number")
    # A contact of no customer is one of our own staff, who may order for anyone.
    if row["customer_number"] not in (None, buyer["number"]):
        raise Refused(f"Contact {number} is not a contact of customer {buyer['number']}.", "contact_number")
    return dict(row)


def _company(order: Row, buyer: Row) -> None:
    asked = order["company_code"]
    if asked and asked != buyer["company_code"]:
        message = f"Customer {buyer['number']} buys from company {buyer['company_code']}, not from {asked}."
        raise Refused(message, "company_code")


def _dates(order: Row, today: date) -> None:
    wanted = order["requested_date"]
    if wanted is not None and wanted < today:
        raise Refused(f"Requested date {wanted.isoformat()} is in the past.", "requested_date")


def _quantities(lines: Sequence[Row]) -> None:
    if not lines:
        raise Refused("The order has no lines.")
    for line in lines:
        if line["quantity"] is None or line["quantity"] <= 0:
            asked = line["product_number"] or "(none)"
            raise Refused(f"The quantity of product {asked} must be more than zero.", "quantity")


def _products(conn: Connection, lines: Sequence[Row]) -> dict[str, Row]:
    numbers = {line["product_number"] for line in lines if line["product_number"]}
    rows = conn.execute(select(product).where(product.c.number.in_(numbers))).mappings()
    known = {str(row["number"]): dict(row) for row in rows}
    for line in lines:
        number = line["product_number"]
        if number not in known:
            raise Refused(f"Product {number or '(none)'} is not known.", "product_number")
        if not known[number]["active"]:
            raise Refused(f"Product {number} is no longer sold.", "product_number")
    return known
