"""Definitions of entities at hand: the Common Data Model, flattened to three CSV files, which tell types and spellings."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
