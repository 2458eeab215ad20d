"""A marshmallow schema for each frozen dataclass, made from its annotations and the rules of its properties."""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
from collections.abc import Mapping
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

from marshmallow import RAISE, Schema, fields, post_load

from metadata.schema.faults import Fault
from metadata.schema.fields import MESSAGES, Flag, Pairs, Part, Real, Scalar, TextField, TupleOf, Whole, Word
from metadata.text import Text
from metadata.told import told

UNKNOWN = "unknown-key"
NO_DEFAULT = object()
SIMPLE: dict[Any, type[fields.Field[Any]]] = {
    str: Word,
    int: Whole,
    float: Real,
    bool: Flag,
    Text: TextField,
    Any: Scalar,
}


class ModelSchema(Schema):
    """Loads plain data into `model`, and dumps only what differs from the defaults."""

    model: ClassVar[type]
    defaults: ClassVar[Mapping[str, Any]]
    error_messages: Any = {
        "type": [Fault("type", told("A mapping of properties is expected here."))],
        "unknown": Fault(UNKNOWN, told("There is no such property.")),
    }

    class Meta:
        """Every key must be known."""

        unknown = RAISE

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        """The frozen value."""
        return self.model(**data)

    def dump(self, obj: Any, *, many: bool | None = None) -> dict[str, Any]:
        """The properties that say something, in the order in which they are declared. What is as by default is not written out
        first: most of a component is."""
        return {
            name: field._serialize(value, name, obj)
            for name, field in self.dump_fields.items()
            if (value := getattr(obj, name)) is not (default := self.defaults.get(name, NO_DEFAULT)) and value != default
        }


def hints(model: type) -> dict[str, Any]:
    """The resolved annotations of a model; names are looked up in its module only, never among its own properties."""
    return get_type_hints(model, globalns=vars(sys.modules[model.__module__]), localns={})


def schema_for(model: Any) -> ModelSchema:
    """The one schema of a dataclass."""
    return _schema_for(model)


@functools.cache
def _schema_for(model: Any) -> ModelSchema:
    annotations = hints(model)
    declared: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    for field in dataclasses.fields(model):
        required = field.default is dataclasses.MISSING
        declared[field.name] = field_for(annotations[field.name], field.metadata, required=required)
        if not required:
            defaults[field.name] = field.default
    schema = type(f"{model.__name__}Schema", (ModelSchema,), {**declared, "model": model, "defaults": defaults})
    return schema()  # type: ignore[no-any-return]


def field_for(hint: Any, rules: Mapping[str, Any], **options: Any) -> fields.Field[Any]:
    """The field for an annotation. Raises TypeError for one that the metadata language does not have."""
    if get_origin(hint) in (Union, types.UnionType):
        inner = next(arm for arm in get_args(hint) if arm is not types.NoneType)
        return field_for(inner, rules, **options, allow_none=True)
    if hint in SIMPLE:
        if hint is Any:
            options["allow_none"] = True
        return SIMPLE[hint](rules, **options)  # type: ignore[call-arg]
    if dataclasses.is_dataclass(hint):
        return Part(functools.partial(schema_for, hint), metadata=rules, **options)
    if get_origin(hint) is tuple:
        return field_for_tuple(get_args(hint)[0], rules, **options)
    raise TypeError(f"no schema for the annotation {hint!r}")


def field_for_tuple(item: Any, rules: Mapping[str, Any], **options: Any) -> fields.Field[Any]:
    """The field for a tuple of items: pairs are a mapping in YAML, anything else a list."""
    if get_origin(item) is tuple:
        return Pairs(field_for(get_args(item)[1], {}), rules, **options)
    return TupleOf(field_for(item, rules), metadata=rules, **options)


__all__ = ["MESSAGES", "UNKNOWN", "ModelSchema", "field_for", "hints", "schema_for"]
