"""Values of a write before they meet SQL: may they be given, are they well formed, and what stands where none is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metadata.expressions.entities import formula_in
from metadata.snapshot import CompiledAttribute, CompiledEntity, Snapshot
from runtime.access import Access, Principal
from runtime.records.defaults import work_out
from runtime.records.errors import Denied, Invalid
from runtime.records.proof import Reader
from runtime.records.values import checked, read_value
from runtime.records.words import is_word, literal, word_value


def permitted(entity: CompiledEntity, access: Access, values: Mapping[str, Any]) -> None:
    """Refuse attributes that do not exist, that the engine keeps, or that may not be given.

    Raises Invalid (code `unknown`) and Denied.
    """
    unknown = {key: "unknown" for key in values if key not in entity.attributes or entity.attributes[key].system}
    if unknown:
        raise Invalid(unknown)
    for key in values:
        if key not in access.attributes:
            raise Denied(entity.key, attribute=key)


def cleaned(snapshot: Snapshot, principal: Principal, entity: CompiledEntity, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they will be stored. Raises Invalid with a code for each attribute at fault."""
    clean: dict[str, Any] = {}
    codes: dict[str, str] = {}
    for key, value in values.items():
        attribute = entity.attributes[key]
        clean[key], code = _cleaned(snapshot, attribute, value)
        if not code and clean[key] is None and attribute.model.required == "required":
            code = "required"
        if not code and attribute.type.name == "auto_number" and principal.kind != "system" and clean[key] is not None:
            code = "automatic"
        if code:
            codes[key] = code
    if codes:
        raise Invalid(codes)
    return clean


def _cleaned(snapshot: Snapshot, attribute: CompiledAttribute, value: Any) -> tuple[Any, str]:
    if attribute.target_column is None or value is None:
        return checked(snapshot, attribute, value)
    if not isinstance(value, tuple) or len(value) != 2:
        return value, "type"
    target, row = value
    if target not in attribute.targets:
        return value, "target"
    return value, checked(snapshot, attribute, row)[1]


def with_defaults(
    connection: Reader, snapshot: Snapshot, principal: Principal, entity: CompiledEntity, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of a new row: defaults where none is given. Raises Invalid where a required one is still missing, or where an
    expression gives what its attribute cannot have."""
    complete = dict(values)
    for attribute in _with_default(snapshot, entity):
        if attribute.key not in values:
            complete[attribute.key] = default_value(connection, snapshot, principal, attribute)
    complete = work_out(connection, snapshot, principal, entity, complete)
    missing = {key: "required" for key in _required(snapshot, entity) if complete.get(key) is None}
    if missing:
        raise Invalid(missing)
    return complete


def _with_default(snapshot: Snapshot, entity: CompiledEntity) -> tuple[CompiledAttribute, ...]:
    def make() -> tuple[CompiledAttribute, ...]:
        return tuple(item for item in entity.attributes.values() if not item.system and has_default(item))

    return snapshot.derive(("attributes with default", entity.key), make)


def has_default(attribute: CompiledAttribute) -> bool:
    """Whether an attribute has a default that is a literal or a word."""
    return attribute.model.default is not None and formula_in(attribute.model.default) is None


def _required(snapshot: Snapshot, entity: CompiledEntity) -> tuple[str, ...]:
    def make() -> tuple[str, ...]:
        required = (item for item in entity.attributes.values() if item.model.required == "required")
        return tuple(item.key for item in required if item.type.name != "auto_number")

    return snapshot.derive(("required attributes", entity.key), make)


def default_value(connection: Reader, snapshot: Snapshot, principal: Principal, attribute: CompiledAttribute) -> Any:
    """The default of an attribute for this principal; None where its word has no value."""
    default = attribute.model.default
    if not is_word(default):
        return checked(snapshot, attribute, read_value(attribute.type.name, literal(default)))[0]
    value = word_value(connection, snapshot, principal, default, moment=attribute.type.name == "datetime")
    if attribute.target_column is not None and value is not None:
        target = default.removeprefix("@").partition(".")[0]
        return (target, value) if target in attribute.targets else None
    return value
