"""Definitions of entities at hand: the Common Data Model, flattened to three CSV files, which tell types and spellings."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.odata.description import Description

TYPES = {
    "integer": "integer",
    "bigInteger": "integer",
    "boolean": "boolean",
    "NoYesId": "boolean",
    "dateTime": "datetime",
    "date": "date",
    "TransDate": "date",
    "decimal": "decimal",
    "double": "decimal",
    "currency": "money",
    "baseCurrency": "money",
    "guid": "unique_id",
    "email": "email",
    "phone": "phone",
    "url": "url",
}
"""Data types of the model by attribute types; all others are texts."""
KINDS = {
    "Edm.Boolean": "boolean",
    "Edm.Byte": "integer",
    "Edm.Int16": "integer",
    "Edm.Int32": "integer",
    "Edm.Int64": "integer",
    "Edm.Decimal": "decimal",
    "Edm.Double": "decimal",
    "Edm.Date": "date",
    "Edm.DateTimeOffset": "datetime",
    "Edm.Guid": "unique_id",
}
"""Kinds of properties by attribute types; all others are texts."""
LOOKUPS = frozenset({"lookup", "customer", "owner"})
CHOICES = frozenset({"listLookup", "listLookupCorrelated"})
OWN_KEY = "entityId"
FILES = ("entities.csv", "attributes.csv", "options.csv")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an entity. `targets` are entities by their names in the model; `options` values with labels."""

    name: str
    data_type: str
    label: str
    description: str
    length: int
    targets: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Definitions:
    """Columns by entity (its logical name) and by column; outside spellings by entity and by column in capitals."""

    columns: Mapping[str, Mapping[str, Column]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    logical: Mapping[str, str] = field(default_factory=dict)
    spelled: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    service: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def set_of(self, title: str) -> str:
        """The entity set of the service at hand that an entity's title means; empty where there is none."""
        wanted = set_name(title)
        if wanted in self.service:
            return wanted
        return next((name for name in self.service if name.lower() == wanted.lower()), "")

    def property_of(self, title: str, column: str) -> tuple[str, str]:
        """The property that a column means in that set, and its kind; empty where there is none."""
        properties = self.service.get(self.set_of(title), {})
        return next(((name, kind) for name, kind in properties.items() if name.upper() == column.upper()), ("", ""))


def set_name(title: str) -> str:
    """The entity set of an entity's title, as Finance & Operations names them: the words together, each with a capital."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9_]+", title) if word)


def read_service(file: Path) -> Mapping[str, Mapping[str, str]]:
    """The properties of a service's entity sets, from its $metadata document. Raises OSError and connectors' Fatal."""
    return Description(file.name, file.read_bytes()).properties()


def read_definitions(folder: Path) -> Definitions:
    """The definitions of a folder with entities.csv, attributes.csv and options.csv. Raises OSError, naming what is missing."""
    entities, attributes, options = (_rows(folder / name) for name in FILES)
    logical: dict[str, str] = {}
    titles: dict[str, str] = {}
    for row in entities:
        if row["source"] == "dataverse" and row["logicalName"]:
            logical[row["entity"]] = row["logicalName"].lower()
            titles[row["logicalName"].lower()] = row["displayName"]
    labels: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in options:
        labels[row["document"], row["attribute"]].setdefault(row["value"], row["label"])
    columns: dict[str, dict[str, Column]] = defaultdict(dict)
    spelled: dict[str, dict[str, str]] = defaultdict(dict)
    for row in attributes:
        if row["source"] == "dataverse" and row["entity"] in logical:
            column = _column(row, labels.get((row["document"], row["attribute"]), {}))
            columns[logical[row["entity"]]][column.name] = column
        elif row["source"] == "fno-entity":
            spelled[row["entity"]][row["attribute"].upper()] = row["attribute"]
    return Definitions(columns, titles, logical, spelled)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _column(row: Mapping[str, str], options: Mapping[str, str]) -> Column:
    return Column(
        name=(row["logicalName"] or row["attribute"]).lower(),
        data_type=row["dataType"],
        label=row["displayName"],
        description=row["description"],
        length=int(row["maxLength"] or 0),
        targets=tuple(name for name in row["lookupTargets"].split("|") if name),
        options=tuple(options.items()),
    )
