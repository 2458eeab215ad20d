"""A form with what was posted or what is stored: binding, checking, and the values that come out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from werkzeug.datastructures import MultiDict

from runtime.forms.faults import Fault
from runtime.forms.fields import PREFIX, BaseForm, Input, Person, as_typed
from runtime.forms.parse import Manner


def bind(
    kind: type[BaseForm], person: Person, *, posted: Any = None, values: Mapping[str, Any] | None = None, prefix: str = ""
) -> BaseForm:
    """A form of a class. `posted` is a multidict of names and texts, `values` what is there already by attribute key.

    A value that was not posted stays what it is. `prefix` goes before every name, for a row among rows.
    """
    data = {PREFIX + key: value for key, value in (values or {}).items()}
    return kind(posted, data=data, prefix=prefix, meta={"person": person})


def inputs(form: BaseForm) -> Iterator[tuple[str, Input]]:
    """The attribute keys and inputs of a form, in order."""
    for name, field in form._fields.items():
        yield name.removeprefix(PREFIX), cast(Input, field)


def posted_values(form: BaseForm) -> dict[str, Any]:
    """The values that the person gave, by attribute key. Only meaningful after `form.validate()` is true."""
    return {key: field.data for key, field in inputs(form) if field.posted}


def all_values(form: BaseForm) -> dict[str, Any]:
    """The values of all inputs that can be read, given or stored; nothing of those that the form's rules leave as they are."""
    return {key: field.data for key, field in inputs(form) if not field.process_errors and (field.posted or not field.settled)}


def add_fault(form: BaseForm, key: str, fault: Fault) -> bool:
    """Lay a fault found elsewhere at its field. False where the form does not ask for the attribute."""
    field = form._fields.get(PREFIX + key)
    if field is None:
        return False
    field.errors = [*field.errors, fault]
    return True


def labels_of(form: BaseForm) -> dict[str, str]:
    """What the form calls its attributes, by their keys."""
    return {key: rules.label for key, rules in form.rules.items()}


def is_empty(form: BaseForm, opening: Mapping[str, Any]) -> bool:
    """Whether nobody has typed anything: every input is empty or holds what it was opened with."""
    return all(
        not field.process_errors and (field.data in (None, "", (), False) or field.data == opening.get(key))
        for key, field in inputs(form)
    )


def attribute_of(name: str) -> str:
    """The attribute behind a posted name, which for a lookup has the search box beside it."""
    return name.removesuffix("__q").removesuffix("__found")


def retyped(form: BaseForm, posted: MultiDict[str, str], manner: Manner) -> MultiDict[str, str]:
    """What was posted, with the values that could be read written as people of another language write them."""
    changed = MultiDict(posted)
    for _, field in inputs(form):
        if field.posted and not field.process_errors and field.rules.attribute.type.numeric:
            changed[field.name] = as_typed(field.data, manner)
    return changed
