"""A read-only form as sections of facts. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from metadata.model import Form, FormField
from metadata.snapshot import Snapshot
from metadata.text import Text
from runtime.pages.columns import attribute_at, currency_path, heading_of
from runtime.pages.progress import progress_paths
from runtime.records.details import Record


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value; `wide` takes the width of two in a strip."""

    label: str
    value: Markup
    second: Markup = Markup()
    wide: bool = False


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


def facts(
    fields: tuple[FormField, ...], record: Record, label: Callable[[FormField], str], write: Callable[[str], Markup]
) -> tuple[Fact, ...]:
    """The fields whose attributes may be read, with their values; a record lacks those that may not."""
    return tuple(
        Fact(label(field), write(field.attribute), wide=field.width == "full")
        for field in fields
        if field.attribute in record.values and not field.hidden
    )


def field_label(snapshot: Snapshot, entity: str, say: Callable[[Text], str], field: FormField) -> str:
    """The label of a field: its own, or the attribute's."""
    return say(field.label) or heading_of(attribute_at(snapshot, entity, field.attribute), say)
