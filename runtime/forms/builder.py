"""Forms to classes: once per snapshot, form, mode, set of attributes and language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from metadata.model import Form, FormField
from metadata.snapshot import CompiledAttribute, Snapshot
from runtime.forms.controls import control_of
from runtime.forms.fields import PREFIX, BaseForm
from runtime.forms.rules import Rules, rules_for
from runtime.records.defaults import expressed

Mode = Literal["insert", "edit", "read"]


@dataclass(frozen=True, slots=True)
class FormAsk:
    """Which class is wanted. `readable` and `writable` are the attribute keys that the person may read and give."""

    form: Form
    mode: Mode
    readable: frozenset[str]
    writable: frozenset[str]
    language: str


def form_fields(form: Form) -> Iterator[FormField]:
    """All fields of a form, in order."""
    for tab in form.tabs:
        for section in tab.sections:
            yield from section.fields


def takes_input(attribute: CompiledAttribute, field: FormField, ask: FormAsk) -> bool:
    """Whether a field is asked for, rather than shown, set or left out."""
    if ask.mode == "read" or field.read_only or field.hidden or attribute.system or field.set_on_save is not None:
        return False
    if ask.mode == "edit" and (attribute.model.immutable or attribute.key not in ask.readable):
        return False
    return attribute.key in ask.writable and control_of(attribute.model).input is not None


def asked_fields(snapshot: Snapshot, ask: FormAsk) -> tuple[tuple[CompiledAttribute, FormField], ...]:
    """The attributes that the form asks for, each once."""
    attributes = snapshot.entities[ask.form.entity].attributes
    found: dict[str, tuple[CompiledAttribute, FormField]] = {}
    for field in form_fields(ask.form):
        attribute = attributes.get(field.attribute)
        if attribute is not None and takes_input(attribute, field, ask):
            found.setdefault(attribute.key, (attribute, field))
    return tuple(found.values())


def form_class(snapshot: Snapshot, ask: FormAsk) -> type[BaseForm]:
    """The class of a form. What is not asked for has no field, so a posted value of that name meets nothing.

    Use it through `runtime.forms.bound.bind`.
    """
    key = ("form class", ask.form.key, ask.mode, ask.readable, ask.writable, ask.language)
    return snapshot.derive(key, lambda: _make(snapshot, ask))


def _make(snapshot: Snapshot, ask: FormAsk) -> type[BaseForm]:
    rules = {attribute.key: _rules(snapshot, ask, attribute, field) for attribute, field in asked_fields(snapshot, ask)}
    inputs = {PREFIX + name: control_of(rule.attribute.model).input(rule) for name, rule in rules.items()}  # type: ignore[misc]
    made = {
        "entity": ask.form.entity,
        "key": ask.form.key,
        "rules": rules,
        "lockable": frozenset(name for rule in ask.form.rules for name in rule.lock),
        "varying": frozenset(name for rule in ask.form.rules for name in rule.require),
    }
    return type("GeneratedForm", (BaseForm,), {**made, **inputs})


def _rules(snapshot: Snapshot, ask: FormAsk, attribute: CompiledAttribute, field: FormField) -> Rules:
    """The demands on a field; what the record's other values will give may be left empty on a new one."""
    rules = rules_for(snapshot, attribute, field, ask.language)
    waiting = expressed(snapshot, snapshot.entities[ask.form.entity]).waiting
    if ask.mode != "insert" or field.required or attribute.key not in waiting:
        return rules
    return replace(rules, required=False)
