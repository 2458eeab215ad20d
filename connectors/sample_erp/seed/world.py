"""The master data that orders are made from, and the picks that the making needs."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import accumulate

from connectors.sample_erp.changes import Row
from connectors.sample_erp.pricing import Tier
from connectors.sample_erp.seed import cast, catalogue, partners


@dataclass(frozen=True)
class Size:
    """How much to make up."""

    customers: int
    contacts: int
    products: int
    orders: int


SIZES = {
    "small": Size(customers=12, contacts=40, products=60, orders=300),
    "demo": Size(customers=800, contacts=3000, products=600, orders=12_000),
    "large": Size(customers=10_000, contacts=30_000, products=2_000, orders=1_000_000),
}


@dataclass
class World:
    """All rows but the orders and what follows from them."""

    now: datetime
    customers: list[Row]
    contacts: list[Row]
    addresses: list[Row]
    products: list[Row]
    prices: list[Row]
    stocks: list[Row]
    by_customer: dict[str, Row] = field(init=False)
    people: dict[str, list[Row]] = field(init=False)
    places: dict[str, list[Row]] = field(init=False)
    tiers: dict[tuple[str, str], list[Tier]] = field(init=False)
    weights: list[float] = field(init=False)
    owed: dict[str, Decimal] = field(init=False)

    def __post_init__(self) -> None:
        """Index the rows by what the orders will ask for."""
        self.by_customer = {row["number"]: row for row in self.customers}
        self.owed = {number: Decimal(0) for number in self.by_customer}
        self.people, self.places, self.tiers = {}, {}, {}
        for row in self.contacts:
            self.people.setdefault(row["customer_number"], []).append(row)
        for row in self.addresses:
            if row["purpose"] == "delivery":
                self.places.setdefault(row["customer_number"], []).append(row)
        for row in self.prices:
            tier = Tier(row["min_quantity"], row["unit_price"])
            self.tiers.setdefault((row["price_group"], row["product_number"]), []).append(tier)
        # A few customers order a lot and many a little, as everywhere.
        self.weights = list(accumulate(1 / (3 + at) ** 0.5 for at in range(len(self.customers))))

    def pick_buyer(self, at: int, every: int, rng: random.Random) -> tuple[Row, Row]:
        """Customer and contact of the order at this place: someone of the cast now and then, else anybody."""
        turn, rest = divmod(at, every)
        if at < len(cast.FIRST_ORDERS):
            return self._cast(*cast.FIRST_ORDERS[at])
        if rest == 0:
            return self._cast(*cast.TURNS[turn % len(cast.TURNS)])
        buyer = rng.choices(self.customers, cum_weights=self.weights)[0]
        return buyer, rng.choice(self.people[buyer["number"]])

    def _cast(self, contact: str, customer: str) -> tuple[Row, Row]:
        person = next(row for row in self.people[customer] if row["number"] == contact)
        return self.by_customer[customer], person


def make_world(size: Size, now: datetime, rng: random.Random) -> World:
    """Make up everything that stands before the first order."""
    buyers = partners.customers(size.customers, rng)
    products = catalogue.products(size.products, rng)
    return World(
        now=now,
        customers=buyers,
        contacts=partners.contacts(size.contacts, buyers, rng),
        addresses=partners.addresses(buyers, rng),
        products=products,
        prices=list(catalogue.prices(products)),
        stocks=catalogue.stocks(products, now.date(), rng),
    )
