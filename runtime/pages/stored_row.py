"""A stored record as a row that the expressions of metadata are about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from metadata.expressions.entities import expression
from metadata.expressions.evaluate import Row, Value, evaluate
from metadata.expressions.tree import Kind, Node, names
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
    """A record as a row that expressions are about: what was read of it, by path."""

    snapshot: Snapshot
    entity: str
    values: Mapping[str, Any]
    words: WordsRow

    def value(self, path: str) -> Value:
        """The value of a name; None where it is empty or may not be read."""
        if path.startswith("@"):
            return self.words.value(path)
        attribute = self.snapshot.resolve(self.entity, path)[-1].model
        return plain(attribute, self.values.get(path))

    def related(self, relationship: str) -> Iterable[Row]:
        """None: related rows are not read for this."""
        return ()


class Asking:
    """Expressions over the records of an entity, to be asked of one after another: what they say of the person is read once."""

    def __init__(self, context: RequestContext, entity: str, texts: Iterable[str], *kinds: Kind) -> None:
        snapshot = context.snapshot
        self._nodes: Mapping[str, Node] = {text: expression(snapshot, entity, text, *kinds) for text in texts}
        asked = [name.path for node in self._nodes.values() for name in names(node)]
        contact = contact_values(context.reader, snapshot, context.principal, asked)
        words = Words(dt.datetime.now(dt.UTC), formats_of(context).zone.key, people_of(context), contact)
        self._snapshot, self._entity, self._words = snapshot, entity, WordsRow(snapshot, words)

    def answer(self, text: str, values: Mapping[str, Any]) -> Value:
        """What one of the expressions gives for a record of which its `asked_paths` were read."""
        return evaluate(self._nodes[text], StoredRow(self._snapshot, self._entity, values, self._words))


def asked_paths(snapshot: Snapshot, entity: str, texts: Iterable[str], *kinds: Kind) -> tuple[str, ...]:
    """What has to be read of a record to answer expressions."""
    found = (name.path for text in texts if text for name in names(expression(snapshot, entity, text, *kinds)))
    return tuple(dict.fromkeys(path for path in found if not path.startswith("@")))


def stored_paths(snapshot: Snapshot, entity: str, condition: str) -> tuple[str, ...]:
    """What has to be read of a record to tell whether a condition holds of it; nothing for no condition."""
    return asked_paths(snapshot, entity, (condition,), "boolean")


def holds_of(context: RequestContext, record: Record, condition: str) -> bool:
    """Whether a condition holds of a record whose `stored_paths` were read."""
    return Asking(context, record.entity, (condition,), "boolean").answer(condition, record.values) is True
