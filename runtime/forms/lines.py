"""Rows of a table of inputs: which rows were posted, and a form for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from runtime.forms.bound import bind, inputs, is_empty
from runtime.forms.fields import BaseForm, Input, Person
from runtime.forms.inputs import LookupInput, SwitchInput

ROWS = "lines"
_NAME = re.compile(r"lines-([0-9]{1,6})-[a-z]")


class TooManyLines(Exception):
    """There are more lines than the form takes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number in the names of its inputs, its form, and whether nobody has typed anything in it."""

    number: int
    form: BaseForm
    blank: bool = False


def prefix(number: int) -> str:
    """What goes before the names of a row's inputs."""
    return f"{ROWS}-{number}-"


def numbers(names: Iterable[str], most: int) -> tuple[int, ...]:
    """The rows that were posted, in order. Raises TooManyLines above `most`."""
    found = {int(match[1]) for match in map(_NAME.match, names) if match}
    if len(found) > most:
        raise TooManyLines
    return tuple(sorted(found))


def bind_lines(
    kind: type[BaseForm], person: Person, posted: MultiDict[str, str], most: int, opening: Mapping[str, Any]
) -> tuple[Line, ...]:
    """A form for each row that was posted. `opening` is what a row is opened with. Raises TooManyLines."""
    found = []
    for number in numbers(posted, most):
        form = bind(kind, person, posted=posted, prefix=prefix(number))
        found.append(Line(number, form, is_empty(form, opening)))
    return tuple(found)


def with_row(
    kind: type[BaseForm], posted: MultiDict[str, str], opening: Mapping[str, Any], person: Person
) -> MultiDict[str, str]:
    """What was posted, and one more row as it is opened, with a number of its own."""
    number = max(numbers(posted, len(posted) + 1), default=-1) + 1
    more = MultiDict(posted)
    for _, field in inputs(bind(kind, person, values=opening, prefix=prefix(number))):
        more.add(field.name, held(field))
    return more


def held(field: Input) -> str:
    """What is posted for an input as it is."""
    if isinstance(field, LookupInput):
        return ":".join(map(str, field.data)) if isinstance(field.data, tuple) else str(field.data or "")
    if isinstance(field, SwitchInput):
        return "1" if field.data else "0"
    return field.shown()


def without_row(posted: MultiDict[str, str], number: int) -> MultiDict[str, str]:
    """What was posted, less one row."""
    gone = prefix(number)
    return MultiDict((name, value) for name, value in posted.items(multi=True) if not name.startswith(gone))
