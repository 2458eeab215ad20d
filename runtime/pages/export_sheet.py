"""What an exported list says: a heading and a typed value for each readable column of its view. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

from metadata.model import Attribute, ColumnOverride
from metadata.snapshot import Snapshot
from metadata.text import Text, in_words
from runtime.pages.columns import currency_path, fixed_currency, heading_at, heading_of
from runtime.records.plan import ListPlan, PlannedColumn
from runtime.records.prepared import Row

Say = Callable[[Text], str]
BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column: its heading, where its value stands in a row, and the value as a cell has it."""

    heading: str
    index: int
    value: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """How values are worded: texts of the metadata, yes and no, the person's time zone, the currency where money names none."""

    say: Say
    yes: str
    no: str
    zone: dt.tzinfo
    currency: str = ""


def sheet_columns(
    snapshot: Snapshot, plan: ListPlan, overrides: Sequence[ColumnOverride], wording: Wording
) -> tuple[SheetColumn, ...]:
    """The columns of a plan: the view's, small print after its column, and a currency that differs by row after its amount."""
    labels = {override.attribute: wording.say(override.label) for override in overrides}
    labels = {**_declared(snapshot, plan, wording.say), **{path: label for path, label in labels.items() if label}}
    return tuple(
        found
        for column in plan.columns
        for part in (column, column.second)
        if part is not None
        for found in _columns(snapshot, plan, part, labels.get(part.path, ""), wording)
    )


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(BEGINNINGS) else text


def _declared(snapshot: Snapshot, plan: ListPlan, say: Say) -> dict[str, str]:
    return {column.attribute: say(column.label) for column in snapshot.views[plan.view].columns}


def _columns(snapshot: Snapshot, plan: ListPlan, column: PlannedColumn, label: str, wording: Wording) -> Iterator[SheetColumn]:
    model = column.attribute.model
    index = column.index if column.attribute.type.name != "lookup" else column.label_index
    if index is None:
        return
    yield SheetColumn(
        label or heading_at(snapshot, plan.entity.key, column.path, wording.say), index, _writer(snapshot, model, wording)
    )
    currency = plan.extra.get(currency_path(column.path, model))
    if currency is not None:
        yield SheetColumn(heading_of(currency.attribute.model, wording.say), currency.index, _plain)


def _writer(snapshot: Snapshot, model: Attribute, wording: Wording) -> Callable[[Any], Any]:
    match model.type:
        case "boolean":
            return lambda value: None if value is None else bool(value)
        case "datetime":
            return lambda value: None if value is None else value.astimezone(wording.zone).replace(tzinfo=None, microsecond=0)
        case "choice" | "choices":
            known = {
                option.value: wording.say(option.label) or in_words(option.value)
                for option in snapshot.choices[model.choice].options
            }
            if model.type == "choice":
                return lambda value: None if value is None else known.get(value, value)
            return lambda values: None if values is None else ", ".join(known.get(value, value) for value in values)
        case "money":
            return _amount(fixed_currency(model, wording.currency))
        case "integer" | "decimal" | "date":
            return _plain
    return _text


def cells(columns: Sequence[SheetColumn], row: Row) -> list[Any]:
    """The cells of a row."""
    return [column.value(row[column.index]) for column in columns]


def _amount(currency: str) -> Callable[[Any], Any]:
    """Amounts as exact as they are kept, with the digits of their currency and no zeros after them."""
    digits = Decimal(1).scaleb(-get_currency_precision(currency))

    def write(value: Decimal | None) -> Decimal | None:
        if value is None:
            return None
        rounded = value.quantize(digits)
        return rounded if rounded == value else value.normalize()

    return write


def _plain(value: Any) -> Any:
    return value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
