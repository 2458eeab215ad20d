"""What is wrong with an input, as a value that is put into words when the page is dressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Fault:
    """A key of the engine's texts with the values in its sentence, or the maker's own sentence instead."""

    key: str
    values: tuple[tuple[str, object], ...] = ()
    own: str = ""

    def sentence(self, say: Say) -> str:
        """The fault in words; `say(key, **values)` finds the engine's text in the language of the person."""
        return self.own or say(self.key, **dict(self.values))


class Unparsable(ValueError):
    """The text cannot be read as a value of its type. Carries the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def unparsable(key: str, **values: object) -> Unparsable:
    """The error for a text of the engine."""
    return Unparsable(Fault(key, tuple(values.items())))
