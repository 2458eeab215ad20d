"""The rows of the benchmark: accounts, a contact each, orders of few large and many small accounts, and their lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

VERSION = 1
"""Raised whenever the rows or the site change, so that a filled database of an older one is not used again."""

MEASURED, DEEP, LARGE = 1, 2, 3
SIZES = {MEASURED: 500, DEEP: 6_000, LARGE: 20_000}
"""How many orders the measured accounts have; the large one is left out where there are too few orders for it."""

STAMP = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
FIRST_DAY = dt.date(2024, 1, 1)
STATUSES = ("open", "confirmed", "delivered", "delivered", "delivered", "cancelled")
CITIES = ("Delft", "Utrecht", "Uppsala", "Malmö", "Antwerpen", "Kiel", "Bergen", "Lund")
LINES = 3
Row = tuple[object, ...]
STAMPS: Row = (1, STAMP, None, "system", STAMP, None, "system")
STAMP_COLUMNS = ("version", "created_at", "created_by", "created_from", "changed_at", "changed_by", "changed_from")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much there is. Orders with a number up to `with_lines` have lines, and so has every measured account."""

    orders: int
    accounts: int = 10_000
    with_lines: int = 100_000

    @property
    def name(self) -> str:
        """A name for a database of this size."""
        return f"foyer_bench_v{VERSION}_{self.accounts}_{self.orders}"

    @property
    def sizes(self) -> dict[int, int]:
        """The measured accounts that there is room for, with their numbers of orders."""
        room = self.orders // 2
        return {account: size for account, size in SIZES.items() if size <= room or account != LARGE}


@dataclass(frozen=True, slots=True)
class Filling:
    """The rows of one table."""

    table: str
    columns: tuple[str, ...]
    rows: Iterator[Row]


def fillings(scale: Scale) -> Iterator[Filling]:
    """All tables in the order in which they can be filled."""
    yield Filling("account", ("id", "number", "name", *STAMP_COLUMNS), _accounts(scale))
    yield Filling("contact", ("id", "full_name", "email", "account", "active", *STAMP_COLUMNS), _contacts(scale))
    columns = ("id", "number", "account", "contact", "reference", "ordered_on", "requested_on", "city", "status", "total")
    yield Filling("sales_order", (*columns, *STAMP_COLUMNS), _orders(scale))
    of_line = ("id", "sales_order", "line_no", "description", "quantity", "price", "amount")
    yield Filling("order_line", (*of_line, *STAMP_COLUMNS), _lines(scale))


def _accounts(scale: Scale) -> Iterator[Row]:
    for key in range(1, scale.accounts + 1):
        yield (key, f"C{key:06}", f"Customer {key} BV", *STAMPS)


def _contacts(scale: Scale) -> Iterator[Row]:
    for key in range(1, scale.accounts + 1):
        yield (key, f"Person {key} Jansen", f"person{key}@customer.example", key, True, *STAMPS)


def owner(scale: Scale, order: int) -> int:
    """The account of an order: the measured accounts' orders are spread evenly among all others."""
    place = (order * 7919) % scale.orders
    for account, size in scale.sizes.items():
        if place < size:
            return account
        place -= size
    others = scale.accounts - LARGE
    return LARGE + 1 + place % others


def _orders(scale: Scale) -> Iterator[Row]:
    for key in range(1, scale.orders + 1):
        account = owner(scale, key)
        day = FIRST_DAY + dt.timedelta(days=key * 700 // scale.orders)
        yield (
            key,
            f"S{key:07}",
            account,
            account,
            f"Ref {key * 31 % 99991} & Co",
            day,
            day + dt.timedelta(days=key % 21),
            CITIES[key % len(CITIES)],
            STATUSES[key % len(STATUSES)],
            Decimal(key * 997 % 2_000_000) / 100,
            *STAMPS,
        )


def _lines(scale: Scale) -> Iterator[Row]:
    key = 0
    for order in range(1, scale.orders + 1):
        if order > scale.with_lines and owner(scale, order) != MEASURED:
            continue
        for line in range(1, LINES + 1):
            key += 1
            price = Decimal(key * 37 % 90_000) / 100
            yield (key, order, line, f"Part no. {key % 4999} <M{line}>", line * 2, price, price * line * 2, *STAMPS)
