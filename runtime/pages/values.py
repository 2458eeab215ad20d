"""One value of a record, as a detail page shows it: decided once for an attribute, then written for record after record."""

from __future__ import annotations

from collections.abc import Callable

from metadata.snapshot import Snapshot
from runtime.pages.columns import currency_path
from runtime.records.details import Record
from runtime.render import Formats

Writer = Callable[[Record], str]


def value_writer(snapshot: Snapshot, formats: Formats, entity: str, path: str, thumbnail: int = 0) -> Writer:
    """Writes the value of a path in full, as HTML: of a lookup or file its name, of money the amount with its currency,
    of a picture one with the width of a `thumbnail`."""
    attribute = snapshot.resolve(entity, path)[-1]
    write = formats.html(attribute, snapshot, full=True, thumbnail=thumbnail)
    currency = currency_path(path, attribute.model)
    if currency:
        return _money(formats, path, currency, write)
    if attribute.type.labelled:
        return lambda record: write(record.labels.get(path))
    return lambda record: write(record.values.get(path))


def _money(formats: Formats, path: str, currency: str, write: Callable[[object], str]) -> Writer:
    def money(record: Record) -> str:
        amount = record.values.get(path)
        return write(None) if amount is None else formats.money(amount, record.values.get(currency))

    return money
