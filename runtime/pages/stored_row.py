"""A stored record as a row that the conditions of metadata are about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from metadata.expressions.entities import expression
from metadata.expressions.evaluate import Row, Value, evaluate
from metadata.expressions.tree import names
from metadata.snapshot import Snapshot
from runtime.context import RequestContext
from runtime.forms.opening import contact_values
from runtime.forms.words import Words, WordsRow
from runtime.pages.form_setting import people_of
from runtime.pages.speech import formats_of
from runtime.records.details import Record
from runtime.records.entered import plain


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A record as a row that expressions are about."""

    snapshot: Snapshot
    record: Record
    words: WordsRow

    def value(self, path: str) -> Value:
        """The value of a name; None where it is empty or may not be read."""
        if path.startswith("@"):
            return self.words.value(path)
        attribute = self.snapshot.resolve(self.record.entity, path)[-1].model
        return plain(attribute, self.record.values.get(path))

    def related(self, relationship: str) -> Iterable[Row]:
        """None: related rows are not read for this."""
        return ()


def stored_paths(snapshot: Snapshot, entity: str, condition: str) -> tuple[str, ...]:
    """What has to be read of a record to tell whether a condition holds of it; nothing for no condition."""
    return tuple(path for path in _names(snapshot, entity, condition) if not path.startswith("@"))


def holds_of(context: RequestContext, record: Record, condition: str) -> bool:
    """Whether a condition holds of a record whose `stored_paths` were read."""
    snapshot = context.snapshot
    contact = contact_values(context.reader, snapshot, context.principal, _names(snapshot, record.entity, condition))
    words = Words(dt.datetime.now(dt.UTC), formats_of(context).zone.key, people_of(context), contact)
    row = StoredRow(snapshot, record, WordsRow(snapshot, words))
    return evaluate(expression(snapshot, record.entity, condition, "boolean"), row) is True


def _names(snapshot: Snapshot, entity: str, condition: str) -> tuple[str, ...]:
    if not condition:
        return ()
    return tuple(name.path for name in names(expression(snapshot, entity, condition, "boolean")))
