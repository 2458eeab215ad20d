"""What an order costs: price by customer group and quantity, discount, freight, tax. Pure, and exact to the cent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
PRICE_UNIT = Decimal("0.0001")
HUNDRED = Decimal(100)
ORDER_DISCOUNT = Decimal(2)

EURO_RATES = {"EUR": Decimal(1), "SEK": Decimal("11.25"), "GBP": Decimal("0.86")}
"""What one euro of the price list is worth in the currency of a customer."""

GROUP_DISCOUNTS = {"PARTNER": Decimal("2.50")}
"""Discount percent on every line, by the level that ends a price group such as SEK-PARTNER."""


@dataclass(frozen=True)
class Tier:
    """The unit price from a quantity upward."""

    min_quantity: Decimal
    unit_price: Decimal


@dataclass(frozen=True)
class OrderTerms:
    """Freight is free, and the order discount is given, from these subtotals upward."""

    freight: Decimal
    free_freight_from: Decimal
    discount_from: Decimal


TERMS = {
    "EUR": OrderTerms(Decimal("9.50"), Decimal(250), Decimal(5000)),
    "SEK": OrderTerms(Decimal("95.00"), Decimal(2500), Decimal(50000)),
    "GBP": OrderTerms(Decimal("8.50"), Decimal(220), Decimal(4500)),
}


@dataclass(frozen=True)
class Totals:
    """The sums of an order: total = subtotal - discount + freight + tax."""

    subtotal: Decimal
    discount: Decimal
    freight: Decimal
    tax: Decimal
    total: Decimal


def cents(value: Decimal) -> Decimal:
    """Round as an invoice does: half a cent goes up."""
    return value.quantize(CENT, ROUND_HALF_UP)


def in_currency(euros: Decimal, currency: str) -> Decimal:
    """A list price in another currency; one that we do not trade in counts as euros."""
    return (euros * EURO_RATES.get(currency, Decimal(1))).quantize(PRICE_UNIT, ROUND_HALF_UP)


def unit_price(tiers: Iterable[Tier], quantity: Decimal, list_price: Decimal) -> Decimal:
    """The price of the highest tier that the quantity reaches, or the list price below all of them."""
    reached = [tier for tier in tiers if tier.min_quantity <= quantity]
    if not reached:
        return list_price
    return max(reached, key=lambda tier: tier.min_quantity).unit_price


def line_discount(price_group: str | None) -> Decimal:
    """The discount percent that a price group gets on each line."""
    level = (price_group or "").rpartition("-")[2]
    return GROUP_DISCOUNTS.get(level, Decimal(0))


def net_amount(quantity: Decimal, price: Decimal, discount_percent: Decimal) -> Decimal:
    """What one line costs before tax, rounded once."""
    return cents(quantity * price * (HUNDRED - discount_percent) / HUNDRED)


def order_totals(nets: Sequence[Decimal], tax_rate: Decimal, currency: str) -> Totals:
    """Add up rounded lines; tax is taken once, on the sum, so that it does not drift with the number of lines."""
    terms = TERMS.get(currency, TERMS["EUR"])
    subtotal = sum(nets, Decimal("0.00"))
    discounted = subtotal >= terms.discount_from
    discount = cents(subtotal * ORDER_DISCOUNT / HUNDRED) if discounted else Decimal("0.00")
    freight = Decimal("0.00") if subtotal >= terms.free_freight_from else terms.freight
    taxable = subtotal - discount + freight
    tax = cents(taxable * tax_rate / HUNDRED)
    return Totals(subtotal, discount, freight, tax, taxable + tax)


def display(amount: Decimal, currency: str | None) -> str:
    """An amount for a message to a person: 12 345,00 SEK."""
    figures = f"{cents(amount):,.2f}".replace(",", " ").replace(".", ",")
    return f"{figures} {currency or ''}".rstrip()
