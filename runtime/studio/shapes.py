"""What a property of a model takes, as an editor needs to know it: a shape for each annotation of the metadata language."""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from metadata.schema.build import hints, schema_for
from metadata.text import Text

Form = Literal["word", "whole", "real", "flag", "maybe", "scalar", "text", "marks", "words", "pairs", "part", "parts"]
SIMPLE: Mapping[Any, Form] = {str: "word", int: "whole", float: "real", bool: "flag", Text: "text", Any: "scalar"}


@dataclass(frozen=True, slots=True)
class Shape:
    """One property: its name, how it is edited, its rules, and the model of its parts.

    `item` is the form of one value of `words` or `pairs`. `default` is the plain value where it is left out.
    """

    name: str
    form: Form
    rules: Mapping[str, Any]
    required: bool
    default: Any
    item: Form = "word"
    model: Any = None
    optional: bool = False

    @property
    def help(self) -> str:
        """The sentence of the model."""
        return str(self.rules.get("help", ""))


@functools.cache
def shapes_of(model: Any) -> tuple[Shape, ...]:
    """The properties of a model in the order in which they are declared."""
    annotations = hints(model)
    return tuple(_shape(model, field, annotations[field.name]) for field in dataclasses.fields(model))


def _shape(model: Any, field: dataclasses.Field[Any], hint: Any) -> Shape:
    required = field.default is dataclasses.MISSING
    default = None
    if not required and field.default is not None:
        default = schema_for(model).fields[field.name].serialize(field.name, {field.name: field.default})
    form, item, part = _form(hint, field.metadata)
    optional = get_origin(hint) in (Union, types.UnionType)
    return Shape(field.name, form, field.metadata, required, default, item, part, optional)


def _form(hint: Any, rules: Mapping[str, Any]) -> tuple[Form, Form, Any]:
    """How an annotation is edited, how one value in it is, and its model."""
    if get_origin(hint) in (Union, types.UnionType):
        form, item, part = _form(next(arm for arm in get_args(hint) if arm is not types.NoneType), rules)
        return ("maybe" if form == "flag" else form), item, part
    if hint in SIMPLE:
        return SIMPLE[hint], "word", None
    if dataclasses.is_dataclass(hint):
        return "part", "word", hint
    inner = get_args(hint)[0]
    if get_origin(inner) is tuple:
        return "pairs", SIMPLE[get_args(inner)[1]], None
    if dataclasses.is_dataclass(inner):
        return "parts", "word", inner
    return ("marks" if rules.get("choices") else "words"), SIMPLE[inner], None


def fits(shape: Shape, value: Any) -> bool:
    """Can the editor of a shape hold a value, right or wrong? What cannot be held is edited as YAML."""
    match shape.form:
        case "parts":
            return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)
        case "part" | "pairs":
            return isinstance(value, Mapping) and (shape.form == "part" or all(map(_simple, value.values())))
        case "words" | "marks":
            return isinstance(value, list) and all(map(_simple, value))
        case "text":
            return isinstance(value, str) or (isinstance(value, Mapping) and all(isinstance(v, str) for v in value.values()))
        case "flag" | "maybe":
            return isinstance(value, bool)
        case "scalar":
            return _simple(value) or (isinstance(value, list) and all(map(_simple, value)))
    return _simple(value) and not isinstance(value, bool)


def _simple(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
