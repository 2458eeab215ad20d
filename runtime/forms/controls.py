"""How each attribute type is asked for: its control, and the input behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from metadata.model import Attribute
from runtime.forms.fields import Input
from runtime.forms.inputs import ChoiceInput, ChoicesInput, FileInput, LookupInput, SwitchInput
from runtime.forms.rules import Rules


@dataclass(frozen=True, slots=True)
class Control:
    """How a type is asked for: the control's name, which is also its template's, and the field; None: it is only shown."""

    name: str
    input: type[Input] | None


CONTROLS: Mapping[str, Control] = {
    "text": Control("text", Input),
    "long_text": Control("textarea", Input),
    "email": Control("text", Input),
    "phone": Control("text", Input),
    "url": Control("text", Input),
    "unique_id": Control("text", Input),
    "integer": Control("text", Input),
    "decimal": Control("text", Input),
    "money": Control("money", Input),
    "date": Control("text", Input),
    "datetime": Control("text", Input),
    "boolean": Control("checkbox", SwitchInput),
    "choice": Control("dropdown", ChoiceInput),
    "choices": Control("checkboxes", ChoicesInput),
    "lookup": Control("lookup", LookupInput),
    "auto_number": Control("shown", None),
    "file": Control("file", FileInput),
    "image": Control("file", FileInput),
}

STYLES: Mapping[str, frozenset[str]] = {
    "radios": frozenset({"choice"}),
    "dropdown": frozenset({"choice", "lookup"}),
    "checkboxes": frozenset({"choices"}),
    "textarea": frozenset({"text", "long_text"}),
}


def control_of(model: Attribute) -> Control:
    """How an attribute is asked for: as its type is, or by choosing where the engine knows the values of a text."""
    return CONTROLS["choice"] if model.values else CONTROLS[model.type]


def control_name(rules: Rules) -> str:
    """The control of a field: the type's own, or the other one that the form asks for where the type has it."""
    kind, style = "choice" if rules.attribute.model.values else rules.attribute.model.type, rules.field.style
    if style and kind in STYLES.get(style, frozenset()):
        return "lookup_dropdown" if (kind, style) == ("lookup", "dropdown") else style
    return CONTROLS[kind].name
