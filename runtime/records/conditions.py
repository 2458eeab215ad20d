"""Declared filters to SQL.

A condition on what may not be read does not hold, whatever its operator: it shows nothing and tells nothing. Nor does one
whose word of the request has no value for this person, such as @account for somebody without an account.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, false, or_
from sqlalchemy import literal as sql_literal
from sqlalchemy.types import TypeEngine

from metadata.model import Filter
from metadata.snapshot import CompiledAttribute, Snapshot
from runtime.access import Standing
from runtime.records.operators import operator_for
from runtime.records.source import Source, trace
from runtime.records.values import read_value
from runtime.records.words import Operand, is_word, literal, operand


def condition(snapshot: Snapshot, standing: Standing, source: Source, wanted: Filter) -> ColumnElement[bool]:
    """The filter on the rows of `source`, whose joins grow with the paths used."""
    if wanted.all:
        return and_(*(condition(snapshot, standing, source, part) for part in wanted.all))
    if wanted.any:
        return or_(false(), *(condition(snapshot, standing, source, part) for part in wanted.any))
    if not wanted.attribute:
        return false()
    return _single(snapshot, standing, source, wanted)


def _single(snapshot: Snapshot, standing: Standing, source: Source, wanted: Filter) -> ColumnElement[bool]:
    leaves = trace(snapshot, standing, source.entity.key, wanted.attribute)
    column = source.value(wanted.attribute)
    if leaves is None or column is None:
        return false()
    attribute = leaves[-1].attribute
    operator = operator_for(wanted.operator, attribute.type)
    if operator is None:
        return false()
    try:
        values = [_operand(snapshot, attribute, value, operator.on_text) for value in operator.parse(wanted.value)]
    except ValueError:
        return false()
    plain = [value if operator.on_text else value.value for value in values]
    given = [value.given for value in values if isinstance(value, Operand) and value.given is not None]
    return and_(*given, operator.apply(column, plain))


def _operand(snapshot: Snapshot, attribute: CompiledAttribute, value: Any, on_text: bool) -> Any:
    if on_text:
        if is_word(value):
            raise ValueError("a piece of text is written out")
        return str(literal(value))
    if is_word(value):
        return operand(snapshot, value, attribute.type.name == "datetime")
    kind: TypeEngine[Any] = attribute.column.type
    typed = read_value(attribute.type.name, literal(value))
    return Operand(sql_literal(typed, Text() if attribute.type.name == "choices" else kind))
