"""Made-up customers, the people who work there, and where they live."""

import random
import re
import unicodedata
from decimal import Decimal

from connectors.sample_erp.changes import Row
from connectors.sample_erp.seed.cast import CONTACTS, CUSTOMERS, HOSTS, PLACES
from connectors.sample_erp.seed.words import REGIONS, Region

BRANCHES = 0.06
"""How many customers belong to another one."""


def region_of(customer: Row) -> Region:
    """The region whose language the customer speaks."""
    return next(region for region in REGIONS if region.language == customer["language"])


def customers(count: int, rng: random.Random) -> list[Row]:
    """The cast's customers and made-up ones, parents before their branches."""
    rows = [dict(row) for row in CUSTOMERS]
    taken = {row["name"] for row in rows}
    for at in range(len(rows), count):
        rows.append(_customer(at, rows, taken, rng))
    return rows


def _customer(at: int, rows: list[Row], taken: set[str], rng: random.Random) -> Row:
    parents = [row for row in rows[3:203] if row["parent_number"] is None]
    if parents and rng.random() < BRANCHES:
        parent = rng.choice(parents)
        city = rng.choice(region_of(parent).cities)[0]
        name = _unused(f"{parent['name']} ({city})", taken)
        return parent | {"number": f"C-{1001 + at}", "name": name, "parent_number": parent["number"]}
    region = rng.choices(REGIONS, (5, 4, 2))[0]
    level = rng.choices(("RETAIL", "TRADE", "PARTNER"), (5, 4, 1))[0]
    return {
        "number": f"C-{1001 + at}",
        "name": _unused(_shop(region, rng), taken),
        "company_code": region.company_code,
        "parent_number": None,
        "price_group": f"{region.currency}-{level}",
        "currency": region.currency,
        "credit_limit": Decimal(0),
        "credit_used": Decimal(0),
        "payment_terms": rng.choice(("NET14", "NET30", "NET30", "NET60")),
        "tax_rate": Decimal(region.tax_rate),
        "language": region.language,
        "country": region.country,
        "active": rng.random() > 0.03,
    }


def _shop(region: Region, rng: random.Random) -> str:
    city = rng.choice(region.cities)[0]
    if rng.random() < 0.6:
        return rng.choice(region.family_shops).format(rng.choice(region.last_names), city)
    return rng.choice(region.shops).format(city)


def _unused(wish: str, taken: set[str]) -> str:
    """The wish itself, or the wish with the first number that nobody has."""
    name, at = wish, 2
    while name in taken:
        name, at = f"{wish} {at}", at + 1
    taken.add(name)
    return name


def contacts(count: int, buyers: list[Row], rng: random.Random) -> list[Row]:
    """The cast and made-up people: every customer has one at least, larger ones more."""
    rows = [dict(row) for row in CONTACTS]
    taken = {str(row["email"]) for row in rows}
    made_up = max(count - len(rows), len(buyers))
    for at in range(made_up):
        buyer = buyers[at] if at < len(buyers) else buyers[int(rng.random() ** 2 * len(buyers))]
        rows.append(_contact(f"P-{1006 + at}", buyer, taken, rng))
    return rows


def _contact(number: str, buyer: Row, taken: set[str], rng: random.Random) -> Row:
    region = region_of(buyer)
    first, last = rng.choice(region.first_names), rng.choice(region.last_names)
    host = HOSTS.get(buyer["number"]) or f"{_ascii(buyer['name'])[:30].strip('-')}.example"
    email = _unused_address(f"{_ascii(first)}.{_ascii(last)}", host, taken)
    return {
        "number": number,
        "customer_number": buyer["number"],
        "company_code": buyer["company_code"],
        "first_name": first,
        "last_name": last,
        "full_name": f"{first} {last}",
        "email": email,
        "phone": f"{region.phone} 555 {rng.randrange(10_000):04}",
        "job_title": rng.choice(region.job_titles),
        "price_group": buyer["price_group"],
        "currency": buyer["currency"],
        "country": buyer["country"],
        "language": region.language if rng.random() < 0.9 else "en-US",
        "active": rng.random() > 0.04,
    }


def _unused_address(local: str, host: str, taken: set[str]) -> str:
    """An e-mail address that nobody has yet."""
    address, at = f"{local}@{host}", 2
    while address in taken:
        address, at = f"{local}{at}@{host}", at + 1
    taken.add(address)
    return address


def _ascii(words: str) -> str:
    """Letters and digits of plain ASCII, joined by hyphens."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def addresses(buyers: list[Row], rng: random.Random) -> list[Row]:
    """An invoice address and one to three delivery addresses for each customer."""
    rows: list[Row] = []
    for buyer in buyers:
        for at in range(1 + rng.choice((1, 1, 1, 2, 3))):
            rows.append({"id": len(rows) + 1} | _address(buyer, at, rng))
    return rows


def _address(buyer: Row, at: int, rng: random.Random) -> Row:
    region = region_of(buyer)
    city, postal = rng.choice(region.cities)
    number = rng.randint(1, 180)
    street = rng.choice(region.streets)
    place = (
        f"{number} {street}" if region.country == "GB" else f"{street} {number}",
        city,
        postal.replace("#", str(rng.randint(1, 9))),
    )
    if at < 2:
        place = PLACES.get(buyer["number"], place)
    street, city, postal = place
    return {
        "customer_number": buyer["number"],
        "description": ("Head office", "Main warehouse", f"Shop {city}", f"Workshop {city}")[at],
        "street": street,
        "city": city,
        "postal_code": postal,
        "country": buyer["country"],
        "purpose": "invoice" if at == 0 else "delivery",
        "is_default": at < 2,
    }
