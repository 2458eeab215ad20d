"""Eighteen months of orders with their shipments and invoices, built by the same functions that serve the living
ERP.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

from connectors.sample_erp.changes import Row
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
from connectors.sample_erp.pricing import in_currency, line_discount, net_amount, order_totals, unit_price
from connectors.sample_erp.seed.cast import FIRST_ORDERS
from connectors.sample_erp.seed.partners import region_of
from connectors.sample_erp.seed.world import World

DAYS = 548
YOUNG_DAYS = 12
ZERO = Decimal(0)

STATES_BY_AGE = (
    (1, {"open": 6, "confirmed": 3}),
    (4, {"open": 1, "confirmed": 5, "picked": 4, "partly_delivered": 1}),
    (9, {"confirmed": 1, "picked": 2, "partly_delivered": 3, "delivered": 4, "cancelled": 1}),
    (20, {"partly_delivered": 2, "delivered": 4, "partly_invoiced": 2, "invoiced": 8, "cancelled": 1}),
    (DAYS + 9, {"partly_delivered": 1, "partly_invoiced": 1, "invoiced": 95, "cancelled": 3}),
)
"""Up to which age in days an order is how often in which state."""


@dataclass
class OrderFile:
    """An order and all the papers in its folder."""

    order: Row
    lines: list[Row]
    shipments: list[Row] = field(default_factory=list)
    shipment_lines: list[Row] = field(default_factory=list)
    invoices: list[Row] = field(default_factory=list)
    invoice_lines: list[Row] = field(default_factory=list)


class History:
    """Makes up orders in the order of time and numbers their papers."""

    def __init__(self, world: World, orders: int, first: dict[str, int], rng: random.Random) -> None:
        """`first` holds the number before the first one of each series."""
        self.world = world
        self.orders = orders
        self.rng = rng
        self.series = {prefix: count(last + 1) for prefix, last in first.items()}
        self.used = dict(first)
        self.line_ids = count(1)

    def files(self) -> Iterator[OrderFile]:
        """One order after the other, the oldest first."""
        times = sorted(self._time() for _ in range(self.orders))
        every = max(10, self.orders // 100)
        for at, ordered_at in enumerate(times):
            buyer, person = self.world.pick_buyer(at, every, self.rng)
            file = self._new_order(at, ordered_at, buyer, person)
            self._live(file, buyer, settled=at < len(FIRST_ORDERS))
            yield file

    def _number(self, prefix: str) -> str:
        self.used[prefix] = next(self.series[prefix])
        return f"{prefix}-{self.used[prefix]}"

    def _time(self) -> datetime:
        """Working hours of a working day; one order in ten is so young that it still moves."""
        rng, now = self.rng, self.world.now
        day = now.date() - timedelta(days=rng.randrange(YOUNG_DAYS if rng.random() < 0.1 else DAYS))
        day -= timedelta(days=max(0, day.weekday() - 4))
        moment = datetime(day.year, day.month, day.day, rng.randint(7, 16), rng.randrange(60), rng.randrange(60))
        return min(moment, now - timedelta(minutes=rng.randint(5, 300)))

    def _new_order(self, at: int, ordered_at: datetime, buyer: Row, person: Row) -> OrderFile:
        rng = self.rng
        day = ordered_at.date()
        place = rng.choice(self.world.places[buyer["number"]])
        requested = working_day(day + timedelta(days=rng.randint(3, 14)))
        order: Row = {
            "id": at + 1,
            "external_id": None,
            "order_no": self._number("SO"),
            "customer_number": buyer["number"],
            "company_code": buyer["company_code"],
            "contact_number": person["number"],
            "ordered_at": ordered_at,
            "name": rng.choice(region_of(buyer).requests).format(day.isocalendar().week),
            "requisition": f"PO-{rng.randrange(10_000, 100_000)}" if rng.random() < 0.7 else None,
            "requested_date": requested,
            **{f"delivery_{name}": place[name] for name in ("description", "street", "city", "postal_code", "country")},
            "language": person["language"],
            "currency": buyer["currency"],
            "price_group": buyer["price_group"],
            "status": "open",
            "confirmed_date": working_day(requested + timedelta(days=rng.choice((0, 0, 0, 1, 4)))),
            "intake_status": "accepted",
        }
        lines = [self._line(order, line_no) for line_no in range(1, rng.choice((1, 2, 2, 3, 3, 4, 5, 6, 8)) + 1)]
        nets = [line["net_amount"] for line in lines]
        order.update(vars(order_totals(nets, buyer["tax_rate"], buyer["currency"])))
        return OrderFile(order, lines)

    def _line(self, order: Row, line_no: int) -> Row:
        item = self.rng.choice(self.world.products)
        quantity = Decimal(self.rng.choice((1, 2, 2, 4, 5, 6, 10, 10, 12, 20, 50)))
        if item["list_price"] > 60:
            quantity = Decimal(self.rng.randint(1, 4))
        group = order["price_group"]
        fallback = in_currency(item["list_price"], order["currency"])
        each = unit_price(self.world.tiers.get((group, item["number"]), ()), quantity, fallback)
        discount = line_discount(group)
        return {
            "id": next(self.line_ids),
            "order_id": order["id"],
            "order_no": order["order_no"],
            "line_no": line_no,
            "product_number": item["number"],
            "description": item["name"],
            "quantity": quantity,
            "unit": item["unit"],
            "unit_price": each,
            "discount_percent": discount,
            "net_amount": net_amount(quantity, each, discount),
            "delivered_quantity": ZERO,
            "invoiced_quantity": ZERO,
            "status": "open",
            "confirmed_date": order["confirmed_date"],
            "country": order["delivery_country"],
            "delivery_description": order["delivery_description"],
        }

    def _live(self, file: OrderFile, buyer: Row, *, settled: bool) -> None:
        """Bring the order to a state that fits its age, with every paper that leads there."""
        order, rng = file.order, self.rng
        age = (self.world.now - order["ordered_at"]).days
        odds = next(states for limit, states in STATES_BY_AGE if age <= limit)
        state = "invoiced" if settled else rng.choices(list(odds), list(odds.values()))[0]
        if state in ("open", "confirmed", "cancelled"):
            self._mark(file, state)
        else:
            self._deliver(file, state)
        if state in ("partly_invoiced", "invoiced"):
            self._invoice(file, state, buyer)
        if state != "cancelled":
            paid = sum((row["paid"] for row in file.invoices), ZERO)
            self.world.owed[buyer["number"]] += order["total"] - paid

    def _mark(self, file: OrderFile, state: str) -> None:
        file.order["status"] = state
        for line in file.lines:
            line["status"] = state

    def _progress(self, file: OrderFile) -> None:
        file.order["status"] = status_of(file.lines)
        for line in file.lines:
            line["status"] = line_status(line) if line["delivered_quantity"] else "confirmed"

    def _deliver(self, file: OrderFile, state: str) -> None:
        """Pack, and ship unless the order is just picked; some orders go in two parcels."""
        parts = undelivered(file.lines)
        if state == "picked":
            self._pack(file, parts)
            self._mark(file, "picked")
            return
        shipped_at = file.order["ordered_at"] + timedelta(days=self.rng.randint(1, 3), hours=1)
        if state == "partly_delivered" or self.rng.random() < 0.2:
            parts = some_of(parts, self.rng)
        self._ship(file, parts, shipped_at)
        rest = undelivered(file.lines)
        if rest and state != "partly_delivered":
            self._ship(file, rest, shipped_at + timedelta(days=self.rng.randint(1, 6)))
        self._progress(file)

    def _pack(self, file: OrderFile, parts: list[Part]) -> Row:
        parcel, rows = shipment_rows(self._number("SH"), file.order, parts, self.rng)
        file.shipments.append(parcel)
        file.shipment_lines.extend(rows)
        return parcel

    def _ship(self, file: OrderFile, parts: list[Part], shipped_at: datetime) -> None:
        parcel = self._pack(file, parts)
        now = self.world.now
        shipped_at = min(shipped_at, now - timedelta(hours=1))
        parcel.update(status="shipped", shipped_at=shipped_at)
        arrived = shipped_at + timedelta(days=self.rng.randint(1, 3), minutes=self.rng.randrange(300))
        if arrived < now:
            parcel.update(status="delivered", delivered_at=arrived)
        for line, quantity in parts:
            line["delivered_quantity"] += quantity

    def _invoice(self, file: OrderFile, state: str, buyer: Row) -> None:
        today = self.world.now.date()
        day = min(file.shipments[-1]["shipped_at"].date() + timedelta(days=1), today)
        parts = uninvoiced(file.lines)
        if state == "partly_invoiced" or self.rng.random() < 0.1:
            parts = some_of(parts, self.rng)
        self._bill(file, parts, day, buyer)
        rest = uninvoiced(file.lines)
        if rest and state != "partly_invoiced":
            self._bill(file, rest, min(day + timedelta(days=5), today), buyer)
        self._progress(file)

    def _bill(self, file: OrderFile, parts: list[Part], day: date, buyer: Row) -> None:
        billed_tax = sum((row["tax"] for row in file.invoices), ZERO)
        number, terms = self._number("INV"), buyer["payment_terms"]
        bill = Bill(number, day, terms, billed_tax, closes(file.lines, parts))
        header, rows = invoice_rows(bill, file.order, parts)
        self._pay(header)
        file.invoices.append(header)
        file.invoice_lines.extend(rows)
        for line, quantity in parts:
            line["invoiced_quantity"] += quantity

    def _pay(self, header: Row) -> None:
        """Most old invoices are paid, a few are late, and some people pay at once."""
        late = header["due_date"] < self.world.now.date()
        if self.rng.random() < (0.97 if late else 0.3):
            header.update(paid=header["total"], status="paid")
        elif late:
            header["status"] = "overdue"
