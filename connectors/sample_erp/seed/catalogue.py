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
class Part:
    """What a product is, with its usual list price in euros and its weight in grams."""

    name: str
    euros: int
    grams: int


@dataclass(frozen=True)
class Category:
    """A shelf of the warehouse."""

    code: str
    name: str
    unit: str
    parts: tuple[Part, ...]


CATEGORIES = (
    Category("CH", "Chains", "pcs", (
        Part("Chain 8-speed", 14, 300), Part("Chain 9-speed", 19, 290), Part("Chain 11-speed", 34, 260),
        Part("Chain 12-speed", 46, 250), Part("Single-speed chain", 11, 380),
    )),
    Category("BR", "Brakes", "pcs", (
        Part("Brake pads", 9, 40), Part("Rim brake set", 32, 380), Part("Disc rotor 160 mm", 24, 130),
        Part("Hydraulic disc brake", 118, 420), Part("Brake lever pair", 27, 210),
    )),
    Category("TY", "Tyres", "pcs", (
        Part("Tyre 28-622", 26, 420), Part("Tyre 37-622", 29, 680), Part("Tyre 47-559", 31, 840),
        Part("Folding tyre 40-622", 52, 510), Part("Winter tyre 42-622", 58, 980),
    )),
    Category("TU", "Inner tubes", "pcs", (
        Part("Inner tube 28 inch", 5, 150), Part("Inner tube 26 inch", 5, 165), Part("Inner tube 20 inch", 4, 120),
        Part("Light tube 700C", 9, 75), Part("Tubeless kit", 38, 260),
    )),
    Category("WH", "Wheels", "pcs", (
        Part("Front wheel 28 inch", 64, 1100), Part("Rear wheel 28 inch", 89, 1450), Part("Wheel set 700C", 310, 1850),
        Part("Dynamo front wheel", 142, 1600), Part("Rim 622-19", 41, 540),
    )),
    Category("DR", "Drivetrain", "pcs", (
        Part("Cassette 8-speed", 28, 340), Part("Cassette 11-speed", 72, 320), Part("Crankset 44T", 96, 780),
        Part("Rear derailleur", 68, 290), Part("Bottom bracket", 31, 270),
    )),
    Category("LI", "Lights", "pcs", (
        Part("Front light 30 lux", 24, 90), Part("Front light 80 lux", 69, 120), Part("Rear light", 16, 45),
        Part("Dynamo light set", 84, 210), Part("Light set USB", 37, 95),
    )),
    Category("SA", "Saddles", "pcs", (
        Part("City saddle", 29, 620), Part("Touring saddle", 54, 430), Part("Gel saddle", 38, 710),
        Part("Seat post 27.2 mm", 26, 290), Part("Suspension seat post", 79, 580),
    )),
    Category("HB", "Handlebars", "pcs", (
        Part("Handlebar 640 mm", 32, 310), Part("Drop bar 420 mm", 49, 285), Part("Grips pair", 14, 120),
        Part("Stem 90 mm", 36, 160), Part("Bar tape", 17, 90),
    )),
    Category("PE", "Pedals", "pair", (
        Part("Platform pedals", 24, 390), Part("Trekking pedals", 36, 360), Part("Clip-in pedals", 82, 330),
        Part("Children's pedals", 12, 250), Part("Pedal cleats", 19, 70),
    )),
    Category("LO", "Locks", "pcs", (
        Part("Frame lock", 33, 720), Part("Folding lock", 78, 1250), Part("U-lock 230 mm", 56, 1480),
        Part("Chain lock 110 cm", 64, 2300), Part("Cable lock", 16, 340),
    )),
    Category("WS", "Workshop", "pcs", (
        Part("Chain lubricant 100 ml", 8, 120), Part("Grease 500 g", 13, 560), Part("Cone spanner", 10, 110),
        Part("Chain tool", 27, 180), Part("Degreaser 1 l", 15, 1060),
    )),
)  # fmt: skip


def price_groups() -> list[tuple[str, str]]:
    """Every price group with its currency."""
    return [(f"{currency}-{level}", currency) for currency in EURO_RATES for level in LEVELS]


def price_group_rows() -> list[Row]:
    """Every price group as a row with a name for people, such as Partner prices in SEK."""
    return [
        {"code": code, "name": f"{code.rpartition('-')[2].title()} prices in {currency}"} for code, currency in price_groups()
    ]


def products(count: int, rng: random.Random) -> list[Row]:
    """`count` products, spread evenly over the categories; about one in thirty is no longer sold."""
    return [_product(at, rng) for at in range(count)]


def _product(at: int, rng: random.Random) -> Row:
    shelf = CATEGORIES[at % len(CATEGORIES)]
    place = at // len(CATEGORIES)
    part = shelf.parts[place % len(shelf.parts)]
    series = SERIES[place // len(shelf.parts) % len(SERIES)]
    mark = f" mk{place // 50 + 1}" if place >= 50 else ""
    return {
        "number": f"{shelf.code}-{1001 + place}",
        "name": f"Veldhuis {series} {part.name}{mark}",
        "description": f"{part.name}, {series} series. Sold per {shelf.unit}, ready to fit.",
        "category": shelf.name,
        "unit": shelf.unit,
        "list_price": Decimal(round(part.euros * rng.uniform(0.8, 1.6) * 20)) / 20,
        "currency": "EUR",
        "active": place == 0 or rng.random() > 0.03,
        "weight": Decimal(round(part.grams * rng.uniform(0.9, 1.15))) / 1000,
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
