"""A row that is being entered: values, paths over lookups, and the lines of the record, as expressions are about it.

Nothing of it is stored yet. A calculated attribute is worked out of what has been entered; another row is seen as far as the
person may read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from metadata.expressions.entities import KINDS, expression
from metadata.expressions.evaluate import Row, Value, evaluate
from metadata.expressions.numbers import fitted
from metadata.model import Attribute
from metadata.snapshot import Snapshot
from runtime.records.reach import Reach
from runtime.records.values import number_scale


@dataclass(frozen=True, slots=True)
class EnteredRow:
    """A record that is being entered. `word` gives what @today, @contact.<attribute> and the like mean; `lines` the values of
    the rows entered for a relationship."""

    snapshot: Snapshot
    reach: Reach
    entity: str
    values: Mapping[str, Any]
    word: Callable[[str], Value]
    lines: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def value(self, path: str) -> Value:
        """The value of a name; None where it is empty or may not be read."""
        if path.startswith("@"):
            return self.word(path)
        attribute = self.snapshot.resolve(self.entity, path)[-1].model
        if attribute.formula and "." not in path:
            return evaluate(expression(self.snapshot, self.entity, attribute.formula, KINDS[attribute.type]), self)
        return plain(attribute, self.reach.value(self.entity, self.values, path))

    def related(self, relationship: str) -> Iterable[EnteredRow]:
        """The lines of a relationship."""
        far = self.snapshot.entities[self.entity].relationships[relationship].entity
        for values in self.lines.get(relationship, ()):
            yield EnteredRow(self.snapshot, self.reach, far, values, self.word)

    def holds(self, condition: str) -> bool:
        """Whether an expression is true of the row."""
        return evaluate(expression(self.snapshot, self.entity, condition, "boolean"), self) is True


def outcome(snapshot: Snapshot, entity: str, text: str, attribute: Attribute, row: Row) -> Any:
    """What an expression gives an attribute, rounded as it keeps numbers; None for nothing and for what is too large."""
    found = evaluate(expression(snapshot, entity, text, KINDS[attribute.type]), row)
    if not isinstance(found, Decimal):
        return None if found in ("", ()) else found
    whole = attribute.type == "integer"
    number = fitted(found, 0 if whole else number_scale(attribute))
    return int(number) if number is not None and whole else number


def plain(attribute: Attribute, value: Any) -> Value:
    """A value of an attribute as expressions have it: numbers as Decimal, options as a tuple, a lookup as the id."""
    if value is None or value == "":
        return None
    kind = KINDS.get(attribute.type)
    if kind == "number":
        return Decimal(value)
    if kind == "set":
        return tuple(value)
    if kind == "row":
        return int(value[-1] if isinstance(value, tuple) else value)
    found: Value = value
    return found
