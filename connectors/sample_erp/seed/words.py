"""The words that made-up people, shops and places are put together from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """The names and habits of the customers of one language."""

    language: str
    country: str
    currency: str
    company_code: str
    tax_rate: str
    phone: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    shops: tuple[str, ...]
    family_shops: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]
    job_titles: tuple[str, ...]
    requests: tuple[str, ...]


SWEDEN = Region(
    language="sv-SE",
    country="SE",
    currency="SEK",
    company_code="VPSE",
    tax_rate="25.00",
    phone="+46 8",
    first_names=(
        "Anna", "Lars", "Karin", "Erik", "Sara", "Johan", "Elin", "Anders", "Maja", "Gustav", "Ingrid", "Oskar",
        "Linnea", "Nils", "Astrid", "Viktor", "Ebba", "Axel", "Hanna", "Emil",
    ),
    last_names=(
        "Andersson", "Johansson", "Karlsson", "Nilsson", "Eriksson", "Larsson", "Olsson", "Persson", "Svensson",
        "Gustafsson", "Lindberg", "Lundgren", "Bergström", "Sandberg", "Forsberg", "Holmgren", "Åkesson", "Wallin",
        "Nyström", "Hedlund",
    ),
    shops=("Cykelhuset {}", "{} Cykel & Sport", "Velo {} AB", "{}s Cykelverkstad", "Cykelcity {}", "{} Hjul AB",
           "Cykelkompaniet {}", "Ekerlunds Cykel i {}", "Pedalen {}"),
    family_shops=("{} Cykel i {}", "{} & Söner Cykel, {}"),
    streets=("Storgatan", "Kungsgatan", "Drottninggatan", "Järnvägsgatan", "Hamngatan", "Skolgatan", "Verkstadsgatan"),
    cities=(("Stockholm", "111 2#"), ("Göteborg", "411 0#"), ("Malmö", "211 1#"), ("Uppsala", "753 2#"),
            ("Västerås", "722 1#"), ("Örebro", "702 1#"), ("Linköping", "582 2#"), ("Helsingborg", "252 2#"),
            ("Jönköping", "553 1#"), ("Norrköping", "602 2#"), ("Lund", "222 2#"), ("Umeå", "903 2#"),
            ("Gävle", "803 1#"), ("Borås", "503 3#"), ("Växjö", "352 3#"), ("Karlstad", "652 2#")),
    job_titles=("Inköpare", "Butikschef", "Verkstadschef", "Ekonomiansvarig", "Ägare"),
    requests=("Vårlager", "Verkstad vecka {}", "Påfyllning", "Kampanj", "Kundorder", "Service vecka {}", "Vinterlager"),
)  # fmt: skip

NETHERLANDS = Region(
    language="nl-NL",
    country="NL",
    currency="EUR",
    company_code="VPNL",
    tax_rate="21.00",
    phone="+31 30",
    first_names=(
        "Sanne", "Daan", "Lotte", "Bram", "Fleur", "Sem", "Anouk", "Thijs", "Eva", "Jasper", "Femke", "Ruben", "Iris",
        "Koen", "Marieke", "Joost", "Noor", "Pieter", "Roos", "Wouter",
    ),
    last_names=("de Jong", "Jansen", "de Boer", "Visser", "Bakker", "Smit", "Meijer", "Mulder", "Bos", "Vos",
                "Peters", "Hendriks", "van Dijk", "van Leeuwen", "Dekker", "Brouwer", "de Wit", "Dijkstra", "Kok",
                "van den Berg"),
    shops=("Rijwielhuis {}", "Fietsenmaker {}", "{} Tweewielers B.V.", "Fietspunt {}", "De Trapper {}",
           "{} Fietsen", "Wielerhuis {}", "Fietsatelier {}", "De Gouden Spaak {}"),
    family_shops=("Fietsen {} {}", "{} Rijwielen {}"),
    streets=("Hoofdstraat", "Kerkstraat", "Stationsweg", "Dorpsstraat", "Molenweg", "Industrieweg", "Havenstraat"),
    cities=(("Utrecht", "351# AB"), ("Amsterdam", "101# KL"), ("Rotterdam", "301# CD"), ("Den Haag", "251# EV"),
            ("Eindhoven", "561# GH"), ("Groningen", "971# JM"), ("Tilburg", "501# RT"), ("Breda", "481# XN"),
            ("Nijmegen", "651# PB"), ("Apeldoorn", "731# DS"), ("Haarlem", "201# VW"), ("Arnhem", "681# LK"),
            ("Zwolle", "801# BC"), ("Leiden", "231# ZE"), ("Delft", "261# HJ"), ("Deventer", "741# TM")),
    job_titles=("Inkoper", "Filiaalmanager", "Werkplaatschef", "Administrateur", "Eigenaar"),
    requests=("Voorjaarsvoorraad", "Werkplaats week {}", "Aanvulling", "Actie", "Klantorder", "Onderhoud week {}",
              "Wintervoorraad"),
)  # fmt: skip

BRITAIN = Region(
    language="en-US",
    country="GB",
    currency="GBP",
    company_code="VPNL",
    tax_rate="20.00",
    phone="+44 161",
    first_names=(
        "Olivia", "Jack", "Amelia", "Harry", "Grace", "George", "Ruby", "Oscar", "Lily", "Arthur", "Sophie", "Priya",
        "Leon", "Zara", "Callum", "Imogen", "Owen", "Freya", "Rhys", "Nadia",
    ),
    last_names=(
        "Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Davies", "Evans", "Thomas", "Johnson", "Roberts",
        "Walker", "Wright", "Robinson", "Hughes", "Patel", "Green", "Hall", "Clarke", "Begum",
    ),
    shops=("{} Cycles Ltd", "The {} Bike Company", "Spokes of {}", "{} Wheelworks", "Pedal & Post {}",
           "{} Bicycle Repair", "Northgate Cycles {}", "The Chainring, {}", "{} Bike Co-op"),
    family_shops=("{} & Sons Cycles, {}", "{} Bikes {}"),
    streets=("High Street", "Station Road", "Church Lane", "Victoria Road", "Mill Lane", "Canal Street", "Park Road"),
    cities=(("Manchester", "M1 #AF"), ("Bristol", "BS1 #TR"), ("Leeds", "LS1 #BA"), ("York", "YO1 #HT"),
            ("Sheffield", "S1 #GE"), ("Norwich", "NR1 #DH"), ("Cambridge", "CB2 #AD"), ("Oxford", "OX1 #DP"),
            ("Exeter", "EX1 #LB"), ("Cardiff", "CF10 #AT"), ("Edinburgh", "EH1 #YJ"), ("Glasgow", "G1 #EJ"),
            ("Bath", "BA1 #NF"), ("Derby", "DE1 #PQ"), ("Lancaster", "LA1 #JB"), ("Durham", "DH1 #RW")),
    job_titles=("Buyer", "Store manager", "Workshop manager", "Accounts", "Owner"),
    requests=("Spring stock", "Workshop week {}", "Top-up", "Promotion", "Customer order", "Service week {}",
              "Winter stock"),
)  # fmt: skip

REGIONS = (SWEDEN, NETHERLANDS, BRITAIN)
