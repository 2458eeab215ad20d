"""What a schema finds wrong, before it has a place: a stable code and a sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from metadata.told import told

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
    text = repr(value) if isinstance(value, str | int | float | bool | None) else _in_words(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _in_words(value: object) -> str:
    match value:
        case list() | tuple():
            return told("a list")
        case Mapping():
            return told("a mapping")
    return told("a value of an unknown type")


def word_for(value: object) -> str:
    """What YAML calls a value of this Python type."""
    match value:
        case None:
            return told("empty value")
        case bool():
            return told("true or false")
        case int() | float():
            return told("number")
        case str():
            return told("text")
        case list() | tuple():
            return told("list")
        case Mapping():
            return told("mapping")
    return told("value of an unknown type")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question to append to a message, or nothing where no known word is like this one."""
    found = difflib.get_close_matches(word[:200], sorted(set(known)), n=1, cutoff=0.6)
    return suggested(found[0]) if found else ""


def suggested(word: str) -> str:
    """The question whether a word was meant, to append to a message."""
    return told(" Did you mean {word!r}?", word=word)


SUGGESTION = suggested("").rstrip("'?")
"""How that begins."""


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
