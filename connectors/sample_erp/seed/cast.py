"""The fixed people and customers that tests, docs and the demo know by name, whatever the size of the seed."""

from decimal import Decimal

from connectors.sample_erp.changes import Row

COMPANIES: tuple[Row, ...] = (
    {
        "code": "VPNL", "name": "Veldhuis Parts B.V.", "currency": "EUR", "country": "NL", "street": "Rijnkade 18",
        "city": "Utrecht", "postal_code": "3511 LC", "email": "orders@veldhuis.example", "phone": "+31 30 555 0100",
        "vat_number": "NL812345678B01",
    },
    {
        "code": "VPSE", "name": "Veldhuis Parts Sverige AB", "currency": "SEK", "country": "SE",
        "street": "Magasinsgatan 7", "city": "Göteborg", "postal_code": "411 18",
        "email": "order@veldhuis-se.example", "phone": "+46 31 555 0100", "vat_number": "SE556677889901",
    },
)  # fmt: skip

NORDIC, KETTINGKAST, MALMO = "C-1001", "C-1002", "C-1003"


def _customer(number: str, name: str, parent: str | None, company: str, **rest: object) -> Row:
    money = {"credit_limit": Decimal(0), "credit_used": Decimal(0)}
    return {"number": number, "name": name, "parent_number": parent, "company_code": company} | money | rest


CUSTOMERS: tuple[Row, ...] = (
    _customer(
        NORDIC, "Nordic Cycle Supply AB", None, "VPSE", price_group="SEK-PARTNER", currency="SEK",
        payment_terms="NET30", tax_rate=Decimal("25.00"), language="sv-SE", country="SE", active=True,
    ),
    _customer(
        KETTINGKAST, "Fietsenwinkel De Kettingkast B.V.", None, "VPNL", price_group="EUR-TRADE", currency="EUR",
        payment_terms="NET14", tax_rate=Decimal("21.00"), language="nl-NL", country="NL", active=True,
    ),
    _customer(
        MALMO, "Nordic Cycle Supply Malmö", NORDIC, "VPSE", price_group="SEK-TRADE", currency="SEK",
        payment_terms="NET30", tax_rate=Decimal("25.00"), language="sv-SE", country="SE", active=True,
    ),
)  # fmt: skip

PLACES = {
    NORDIC: ("Terminalgatan 12", "Göteborg", "417 05"),
    KETTINGKAST: ("Oudegracht 214", "Utrecht", "3511 NR"),
    MALMO: ("Norra Vallgatan 58", "Malmö", "211 22"),
}
"""Street, city and postal code of the customers above."""

HOSTS = {NORDIC: "nordiccycle.example", KETTINGKAST: "kettingkast.example", MALMO: "nordiccycle-malmo.example"}
"""The mail domains of the customers above."""

CREDIT_LEFT = {NORDIC: Decimal(750_000), KETTINGKAST: Decimal(60_000), MALMO: Decimal(25_000)}
"""What they may still order for when the seed is done."""

ADA, JANE, SAM, RITA, MAY, DAVE = (f"P-{number}" for number in range(1000, 1006))


def _contact(number: str, customer: str | None, name: str, email: str, job_title: str, language: str) -> Row:
    first, _, last = name.partition(" ")
    buyer = next((row for row in CUSTOMERS if row["number"] == customer), None)
    swedish = buyer is not None and buyer["country"] == "SE"
    return {
        "number": number,
        "customer_number": customer,
        "company_code": buyer["company_code"] if buyer else "VPNL",
        "first_name": first,
        "last_name": last,
        "full_name": name,
        "email": email,
        "phone": f"{'+46 31' if swedish else '+31 30'} 555 {number[-4:]}",
        "job_title": job_title,
        "price_group": buyer["price_group"] if buyer else None,
        "currency": buyer["currency"] if buyer else "EUR",
        "country": buyer["country"] if buyer else "NL",
        "language": language,
        "active": True,
    }


CONTACTS: tuple[Row, ...] = (
    _contact(ADA, None, "Ada Veldhuis", "admin@veldhuis.example", "Portal administrator", "en-US"),
    _contact(JANE, NORDIC, "Jane Lindqvist", "jane@nordiccycle.example", "Buyer", "en-US"),
    _contact(SAM, NORDIC, "Sam Okafor", "sam@nordiccycle.example", "Workshop manager", "en-US"),
    _contact(RITA, NORDIC, "Rita Berg", "rita@nordiccycle.example", "Head of purchasing", "sv-SE"),
    _contact(MAY, KETTINGKAST, "May de Vries", "may@kettingkast.example", "Eigenaar", "nl-NL"),
    _contact(DAVE, MALMO, "Dave Holm", "dave@nordiccycle-malmo.example", "Butikschef", "sv-SE"),
)

FIRST_ORDERS = ((JANE, NORDIC), (SAM, NORDIC), (MAY, KETTINGKAST))
"""Who placed SO-100001, SO-100002 and SO-100003."""

TURNS = (
    (RITA, NORDIC), (JANE, NORDIC), (MAY, KETTINGKAST), (DAVE, MALMO), (SAM, NORDIC), (MAY, KETTINGKAST),
)  # fmt: skip
"""Who places the later orders of the cast, in turn."""
