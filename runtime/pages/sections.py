"""A read-only form as sections of facts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

from metadata.model import Form, FormField
from metadata.snapshot import Snapshot
from metadata.text import Text
from runtime.pages.columns import attribute_at, currency_path, heading_at
from runtime.pages.progress import progress_paths


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled attribute, whose value is the record's; `wide` takes the width of two in a strip.

    One that is `optional` is left out where its value is empty.
    """

    label: str
    attribute: str
    wide: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class FactSection:
    """A group of facts with a heading."""

    label: str
    facts: tuple[Fact, ...]
    columns: int = 1


def form_fields(form: Form) -> tuple[FormField, ...]:
    """Every field that a read-only form shows."""
    sections = (section for tab in form.tabs for section in tab.sections)
    return (*form.summary, *(field for section in sections for field in section.fields if not field.hidden))


def form_paths(snapshot: Snapshot, form: Form) -> tuple[str, ...]:
    """The attribute paths of the record that a read-only form needs, each once."""
    shown = [field.attribute for field in form_fields(form)]
    currencies = [currency_path(path, attribute_at(snapshot, form.entity, path)) for path in shown]
    paths = (*shown, form.status, *progress_paths(form.progress), *currencies)
    return tuple(dict.fromkeys(path for path in paths if path))


def shown_fields(fields: tuple[FormField, ...], readable: Container[str]) -> tuple[FormField, ...]:
    """The fields that people see: not hidden ones, and none whose attribute may not be read."""
    return tuple(field for field in fields if field.attribute in readable and not field.hidden)


def field_label(snapshot: Snapshot, entity: str, say: Callable[[Text], str], field: FormField) -> str:
    """The label of a field: its own, or the attribute's."""
    return say(field.label) or heading_at(snapshot, entity, field.attribute, say)
