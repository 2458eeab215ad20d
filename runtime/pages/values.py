"""One value of a record, as a detail page shows it."""

from __future__ import annotations

from markupsafe import Markup

from metadata.snapshot import Snapshot
from runtime.pages.columns import currency_path
from runtime.records.details import Record
from runtime.render import Formats


def value_html(snapshot: Snapshot, formats: Formats, record: Record, path: str) -> Markup:
    """The value of a path, in full: of a lookup the name of its row, of money the amount with its currency."""
    attribute = snapshot.resolve(record.entity, path)[-1]
    value = record.values.get(path)
    currency = currency_path(path, attribute.model)
    if currency and value is not None:
        return Markup(formats.money(value, record.values.get(currency)))  # noqa: S704 - formats write HTML
    shown = record.labels.get(path) if attribute.type.name == "lookup" else value
    return formats.for_attribute(attribute, snapshot, full=True)(shown)
