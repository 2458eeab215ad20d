"""What the theme is given of actions on many rows: the bar under a list's tools, the question, the outcome."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marks:
    """The boxes of rows: the id of the form that they belong to, and the privileges of which a row needs one to have a box."""

    form: str
    privileges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BulkButton:
    """An action; `value` is what its button posts."""

    value: str
    label: str
    kind: str = "secondary"


@dataclass(frozen=True, slots=True)
class BulkBar:
    """The form to which the boxes of the rows belong."""

    id: str
    url: str
    block: int
    buttons: tuple[BulkButton, ...]
    csrf: str = ""


@dataclass(frozen=True, slots=True)
class BulkQuestion:
    """How many rows there are to be done, and what will be done with them."""

    count: int
    text: str
    label: str
    kind: str
    url: str
    back: str
    block: int


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """How many rows were done and which were not, each with the reason; `left` are still to come, by another press."""

    done: int
    left: int
    failed: tuple[tuple[str, str], ...]
    unnamed: int
    url: str
    back: str
    block: int

    @property
    def failures(self) -> int:
        """How many rows were left as they are."""
        return len(self.failed) + self.unnamed
