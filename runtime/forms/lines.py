"""Rows of a table of inputs: which rows were posted, and a form for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from runtime.forms.bound import bind, is_empty
from runtime.forms.fields import BaseForm, Person

ROWS = "lines"
_NAME = re.compile(r"lines-([0-9]{1,6})-[a-z]")


class TooManyLines(Exception):
    """There are more lines than the form takes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number in the names of its inputs, and its form."""

    number: int
    form: BaseForm

    @property
    def blank(self) -> bool:
        """Whether nobody has typed anything in it."""
        return is_empty(self.form)


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
    kind: type[BaseForm], person: Person, posted: MultiDict[str, str], most: int, values: Mapping[str, Any] | None = None
) -> tuple[Line, ...]:
    """A form for each row that was posted. Raises TooManyLines."""
    return tuple(
        Line(number, bind(kind, person, posted=posted, values=values, prefix=prefix(number)))
        for number in numbers(posted, most)
    )


def without_row(posted: MultiDict[str, str], number: int) -> MultiDict[str, str]:
    """What was posted, less one row."""
    gone = prefix(number)
    return MultiDict((name, value) for name, value in posted.items(multi=True) if not name.startswith(gone))
