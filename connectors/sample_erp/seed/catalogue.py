"""Products of a bicycle parts wholesaler with their prices and stock."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connectors.sample_erp.changes import Row
from connectors.sample_erp.delivery_dates import working_day
from connectors.sample_erp.pricing import EURO_RATES, in_currency

SERIES = ("Tour", "City", "Gravel", "Trail", "Sprint", "Cargo", "Classic", "Nordic", "Pro", "Junior")

LEVELS = {"RETAIL": Decimal("0.80"), "TRADE": Decimal("0.70"), "PARTNER": Decimal("0.64")}
"""What each level of price group pays of the list price."""

QUANTITY_STEPS = ((Decimal(1), Decimal("1.00")), (Decimal(10), Decimal("0.94")), (Decimal(50), Decimal("0.88")))
"""From which quantity on which share of the group's price is due."""


@dataclass(frozen=True)
class Category:
    """A shelf of the warehouse."""

    code: str
    name: str
    unit: str
    euros: tuple[int, int]
    grams: tuple[int, int]
    parts: tuple[str, ...]


CATEGORIES = (
    Category("CH", "Chains", "pcs", (9, 70), (220, 420),
             ("Chain 8-speed", "Chain 9-speed", "Chain 11-speed", "Chain 12-speed", "Single-speed chain")),
    Category("BR", "Brakes", "pcs", (6, 180), (40, 600),
             ("Brake pads", "Rim brake set", "Disc rotor 160 mm", "Hydraulic disc brake", "Brake lever pair")),
    Category("TY", "Tyres", "pcs", (12, 65), (350, 1100),
             ("Tyre 28-622", "Tyre 37-622", "Tyre 47-559", "Folding tyre 40-622", "Winter tyre 42-622")),
    Category("TU", "Inner tubes", "pcs", (3, 12), (90, 220),
             ("Inner tube 28 inch", "Inner tube 26 inch", "Inner tube 20 inch", "Light tube 700C", "Tubeless kit")),
    Category("WH", "Wheels", "pcs", (45, 420), (900, 2300),
             ("Front wheel 28 inch", "Rear wheel 28 inch", "Wheel set 700C", "Dynamo front wheel", "Rim 622-19")),
    Category("DR", "Drivetrain", "pcs", (14, 240), (120, 900),
             ("Cassette 8-speed", "Cassette 11-speed", "Crankset 44T", "Rear derailleur", "Bottom bracket")),
    Category("LI", "Lights", "pcs", (8, 120), (30, 250),
             ("Front light 30 lux", "Front light 80 lux", "Rear light", "Dynamo light set", "Light set USB")),
    Category("SA", "Saddles", "pcs", (15, 130), (230, 900),
             ("Saddle men", "Saddle women", "Gel saddle", "Seat post 27.2 mm", "Suspension seat post")),
    Category("HB", "Handlebars", "pcs", (7, 110), (90, 500),
             ("Handlebar 640 mm", "Drop bar 420 mm", "Grips pair", "Stem 90 mm", "Bar tape")),
    Category("PE", "Pedals", "pair", (9, 140), (180, 480),
             ("Platform pedals", "Trekking pedals", "Clip-in pedals", "Children's pedals", "Pedal cleats")),
    Category("LO", "Locks", "pcs", (12, 110), (300, 2400),
             ("Frame lock", "Folding lock", "U-lock 230 mm", "Chain lock 110 cm", "Cable lock")),
    Category("WS", "Workshop", "pcs", (4, 160), (20, 1500),
             ("Chain lubricant 100 ml", "Grease 500 g", "Cone spanner", "Chain tool", "Degreaser 1 l")),
)  # fmt: skip


def price_groups() -> list[tuple[str, str]]:
    """Every price group with its currency."""
    return [(f"{currency}-{level}", currency) for currency in EURO_RATES for level in LEVELS]


def products(count: int, rng: random.Random) -> list[Row]:
    """`count` products, spread evenly over the categories; about one in thirty is no longer sold."""
    return [_product(at, rng) for at in range(count)]


def _product(at: int, rng: random.Random) -> Row:
    shelf = CATEGORIES[at % len(CATEGORIES)]
    place = at // len(CATEGORIES)
    part = shelf.parts[place % len(shelf.parts)]
    series = SERIES[place // len(shelf.parts) % len(SERIES)]
    mark = f" mk{place // 50 + 1}" if place >= 50 else ""
    low, high = shelf.euros
    return {
        "number": f"{shelf.code}-{1001 + place}",
        "name": f"Veldhuis {series} {part}{mark}",
        "description": f"{part} of the {series} series, from our range of {shelf.name.lower()}.",
        "category": shelf.name,
        "unit": shelf.unit,
        "list_price": Decimal(rng.randint(low * 20, high * 20)) / 20,
        "currency": "EUR",
        "active": place == 0 or rng.random() > 0.03,
        "weight": Decimal(rng.randint(*shelf.grams)) / 1000,
    }


def prices(catalogue: list[Row]) -> Iterator[Row]:
    """Three quantity tiers of every product for every price group."""
    at = 0
    for item in catalogue:
        for group, currency in price_groups():
            base = in_currency(item["list_price"], currency) * LEVELS[group.rpartition("-")[2]]
            for min_quantity, share in QUANTITY_STEPS:
                at += 1
                yield {
                    "id": at,
                    "price_group": group,
                    "product_number": item["number"],
                    "min_quantity": min_quantity,
                    "unit_price": (base * share).quantize(Decimal("0.01")),
                    "currency": currency,
                }


def stocks(catalogue: list[Row], today: date, rng: random.Random) -> list[Row]:
    """What is on the shelves; short ones have a delivery on its way."""
    rows = []
    for item in catalogue:
        on_hand = rng.choice((0, 4, 12, 40, 90, 150, 260, 400))
        receipt = working_day(today + timedelta(days=rng.randint(3, 30))) if on_hand < 50 else None
        rows.append({"product_number": item["number"], "on_hand": Decimal(on_hand), "next_receipt": receipt})
    return rows
