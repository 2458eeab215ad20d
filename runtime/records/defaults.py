"""Defaults that are expressions: worked out of the new row's other values, of rows that its lookups lead to, and of words.

Of other rows the person sees what they may read, as in a form. A row that comes in by synchronisation is as it is outside, and
gets none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from metadata.expressions.entities import formula_in
from metadata.expressions.evaluate import Value
from metadata.expressions.grammar import parse
from metadata.expressions.tree import names
from metadata.snapshot import CompiledAttribute, CompiledEntity, Snapshot
from runtime.access import Principal
from runtime.records.entered import EnteredRow, outcome, plain
from runtime.records.errors import Invalid
from runtime.records.proof import Reader
from runtime.records.reach import Reach
from runtime.records.values import checked
from runtime.records.words import CONTACT, word_value


@dataclass(frozen=True, slots=True)
class Expressed:
    """The attributes of an entity whose default is an expression, with its text: none before those that it asks about.

    `waiting` are those that ask about other values of the row, so that a form cannot show them before it is saved.
    """

    ordered: tuple[tuple[CompiledAttribute, str], ...]
    waiting: frozenset[str]


def expressed(snapshot: Snapshot, entity: CompiledEntity) -> Expressed:
    """Such attributes, told once per snapshot."""
    return snapshot.derive(("expressed defaults", entity.key), lambda: _expressed(entity))


def _expressed(entity: CompiledEntity) -> Expressed:
    texts = {key: text for key, item in entity.attributes.items() if (text := formula_in(item.model.default)) is not None}
    asked = {key: [name.path.partition(".")[0] for name in names(parse(text))] for key, text in texts.items()}
    own = {key: [name for name in found if not name.startswith("@")] for key, found in asked.items()}
    order = [key for key in TopologicalSorter(own).static_order() if key in texts]
    ordered = tuple((entity.attributes[key], texts[key]) for key in order)
    return Expressed(ordered, frozenset(key for key, found in own.items() if found))


def work_out(
    connection: Reader, snapshot: Snapshot, principal: Principal, entity: CompiledEntity, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of a new row with those that expressions give it where none is given. Raises Invalid where one gives what the
    attribute cannot have."""
    declared = expressed(snapshot, entity).ordered
    complete = dict(values)
    if all(attribute.key in complete for attribute, _ in declared):
        return complete

    def word(path: str) -> Value:
        found: Value = word_value(connection, snapshot, principal, path, moment=path == "@now")
        if not path.startswith(CONTACT):
            return found
        return plain(snapshot.entities["contact"].attributes[path.removeprefix(CONTACT)].model, found)

    row = EnteredRow(snapshot, Reach(lambda: connection, snapshot, principal), entity.key, complete, word)
    codes: dict[str, str] = {}
    for attribute, text in declared:
        if attribute.key not in complete:
            found = outcome(snapshot, entity.key, text, attribute.model, row)
            complete[attribute.key], code = checked(snapshot, attribute, found)
            if code:
                codes[attribute.key] = code
    if codes:
        raise Invalid(codes)
    return complete


def without_empty(snapshot: Snapshot, entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form for a new row, less the empty ones whose default nobody could see on the form, and so not refuse."""
    waiting = expressed(snapshot, snapshot.entities[entity]).waiting
    return {key: value for key, value in values.items() if key not in waiting or value not in (None, "", ())}
