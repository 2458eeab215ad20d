"""What a schema finds wrong, before it has a place: a stable code and a sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one value."""

    code: str
    message: str


def refuse(code: str, message: str) -> ValidationError:
    """The marshmallow error that carries one fault."""
    return ValidationError([Fault(code, message)])


def shown(value: object) -> str:
    """A value as it may be quoted in a message: short, on one line."""
    text = repr(value) if isinstance(value, str | int | float | bool | None) else f"a {word_for(value)}"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def word_for(value: object) -> str:
    """What YAML calls a value of this Python type."""
    match value:
        case None:
            return "empty value"
        case bool():
            return "true or false"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list() | tuple():
            return "list"
        case Mapping():
            return "mapping"
    return "value of an unknown type"


SUGGESTION = " Did you mean "


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question to append to a message, or nothing where no known word is like this one."""
    found = difflib.get_close_matches(word[:200], sorted(set(known)), n=1, cutoff=0.6)
    return f"{SUGGESTION}{found[0]!r}?" if found else ""


def without_suggestion(message: str) -> str:
    """A message without the question at its end: what is wrong, not what may have been meant."""
    return message.partition(SUGGESTION)[0]


def flatten(messages: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The faults in marshmallow's nested messages with the keys that lead to each."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from flatten(inner, path if key == "_schema" else (*path, str(key)))
    elif isinstance(messages, list | tuple):
        for inner in messages:
            yield from flatten(inner, path)
    else:
        yield path, messages
