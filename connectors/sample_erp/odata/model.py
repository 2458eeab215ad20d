"""The ERP's tables as entity sets: names, kinds of properties, the description, and values in JSON."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import quoteattr

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, MetaData, Numeric, Table

from connectors.sample_erp.columns import Exact

NAMESPACE = "SampleErp"
HIDDEN = ("change_counter", "number_series", "deleted_row")
KINDS: tuple[tuple[type, str], ...] = (
    (Boolean, "Edm.Boolean"),
    (BigInteger, "Edm.Int64"),
    (Integer, "Edm.Int32"),
    (Exact, "Edm.Decimal"),
    (Numeric, "Edm.Decimal"),
    (DateTime, "Edm.DateTimeOffset"),
    (Date, "Edm.Date"),
)


class Wrong(Exception):
    """A request that cannot be answered: its status, and a sentence on it."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
        super().__init__(message)


def tables_of(metadata: MetaData) -> dict[str, Table]:
    """The tables that are shown, by name."""
    return {name: table for name, table in metadata.tables.items() if name not in HIDDEN}


def kind(column: Column[Any]) -> str:
    """The kind of a property."""
    return next((name for sort, name in KINDS if isinstance(column.type, sort)), "Edm.String")


def key_of(table: Table) -> Column[Any]:
    """The key of a table; each has one column."""
    (column,) = table.primary_key.columns
    return column


def navigations(table: Table) -> dict[str, tuple[Column[Any], Table]]:
    """What a row points at, by the names of the navigation properties: customer_number points at a customer."""
    found: dict[str, tuple[Column[Any], Table]] = {}
    for column in table.columns:
        for key in column.foreign_keys:
            name = column.name.rpartition("_")[0]
            if name and name not in table.c:
                found[name] = (column, key.column.table)
    return found


def service_document(root: str, tables: Mapping[str, Table]) -> dict[str, Any]:
    """What there is."""
    sets = [{"name": name, "kind": "EntitySet", "url": name} for name in tables]
    return {"@odata.context": f"{root}$metadata", "value": sets}


def description(tables: Mapping[str, Table]) -> str:
    """The `$metadata` document."""
    types = "".join(_type(table) for table in tables.values())
    sets = "".join(_set(table) for table in tables.values())
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"><edmx:DataServices>'
        f'<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="{NAMESPACE}">{types}'
        f'<EntityContainer Name="Container">{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>'
    )


def _type(table: Table) -> str:
    properties = "".join(
        f"<Property Name={quoteattr(column.name)} Type={quoteattr(kind(column))}{_scale(column)}"
        f' Nullable="{"true" if column.nullable else "false"}"/>'
        for column in table.columns
    )
    key = f"<Key><PropertyRef Name={quoteattr(key_of(table).name)}/></Key>"
    pointing = "".join(
        f'<NavigationProperty Name="{name}" Type="{NAMESPACE}.{target.name}_type"/>'
        for name, (_, target) in navigations(table).items()
    )
    return f'<EntityType Name="{table.name}_type">{key}{properties}{pointing}</EntityType>'


def _set(table: Table) -> str:
    bindings = "".join(
        f'<NavigationPropertyBinding Path="{name}" Target="{target.name}"/>' for name, (_, target) in navigations(table).items()
    )
    return f'<EntitySet Name="{table.name}" EntityType="{NAMESPACE}.{table.name}_type">{bindings}</EntitySet>'


def _scale(column: Column[Any]) -> str:
    return f' Scale="{column.type.scale}"' if isinstance(column.type, (Exact, Numeric)) else ""


def literal(column: Column[Any], text: str) -> Any:
    """A literal of an address as a value of the column. Raises Wrong for one of another kind."""
    if text == "null":
        return None
    sort = kind(column)
    try:
        if sort == "Edm.String":
            if len(text) < 2 or text[0] != "'" or text[-1] != "'":
                raise ValueError(text)
            return text[1:-1].replace("''", "'")
        return _value(sort, text)
    except (ValueError, ArithmeticError):
        raise Wrong(400, f"{text} is not a value of {column.name}, which is {sort}.") from None


def _value(sort: str, text: str) -> Any:
    match sort:
        case "Edm.Boolean":
            return {"true": True, "false": False}[text] if text in ("true", "false") else int("x")
        case "Edm.Int32" | "Edm.Int64":
            return int(text)
        case "Edm.Decimal":
            return Decimal(text)
        case "Edm.Date":
            return date.fromisoformat(text)
        case "Edm.DateTimeOffset":
            return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    return text


def stored(column: Column[Any], value: Any) -> Any:
    """A value of a request's JSON as it is stored. Raises Wrong for one of another kind."""
    sort = kind(column)
    try:
        if value is None:
            if not column.nullable:
                raise Wrong(400, f"{column.name} must have a value.")
            return None
        if sort == "Edm.String" and isinstance(value, str):
            return value
        if sort == "Edm.Boolean" and isinstance(value, bool):
            return value
        if sort in ("Edm.Int32", "Edm.Int64") and isinstance(value, int) and not isinstance(value, bool):
            return value
        if sort == "Edm.Decimal" and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            return Decimal(value)
        if sort in ("Edm.Date", "Edm.DateTimeOffset") and isinstance(value, str):
            return _value(sort, value)
    except (ValueError, ArithmeticError):
        pass
    raise Wrong(400, f"Cannot convert the value of {column.name} to {sort}.")


def shown(value: Any) -> Any:
    """A stored value as JSON has it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    return value.isoformat() if isinstance(value, date) else value


def row_shown(table: Table, row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """A row with its version and the properties that were asked for."""
    return {"@odata.etag": etag(row), **{name: shown(row[name]) for name in names}}


def etag(row: Mapping[str, Any]) -> str:
    """The version of a row."""
    text = json.dumps({name: shown(value) for name, value in row.items()}, default=str, sort_keys=True)
    return f'W/"{hashlib.blake2b(text.encode(), digest_size=9).hexdigest()}"'


def token(parts: Sequence[Any]) -> str:
    """Values as a part of an address that nobody reads but who wrote it."""
    return base64.urlsafe_b64encode(json.dumps([shown(part) for part in parts]).encode()).decode().rstrip("=")


def untoken(text: str) -> list[Any]:
    """What `token` was made of. Raises Wrong for anything else."""
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        raise Wrong(400, "The token of the page cannot be read.") from None
    if not isinstance(found, list):
        raise Wrong(400, "The token of the page cannot be read.")
    return found


def refusal(message: str, code: str = "") -> dict[str, Any]:
    """An error as Finance & Operations words it."""
    return {"error": {"code": code, "message": message}}
