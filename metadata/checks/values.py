"""Whether a literal, or a word such as @today, is a value that an attribute can have."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from metadata.checks.world import PathError, World, targets_of
from metadata.model import Attribute
from metadata.schema.faults import did_you_mean, shown
from metadata.told import Called, told
from metadata.types import TYPES

DAY = re.compile(r"@today([+-]\d{1,5}d)?")
PEOPLE = ("@contact", "@account", "@company")
WORDS = (*PEOPLE, "@today", "@now")
PATHS = ("@contact.", "@query.", "@record.")


def fault_in(world: World, attribute: Attribute, value: Any, words: tuple[str, ...] = ()) -> str:
    """What is wrong with a value for an attribute, "" where nothing is. `words` are the prefixes allowed besides WORDS.

    A word is recognised by its leading @; @@ begins a literal.
    """
    if attribute.type not in TYPES:
        return ""
    if isinstance(value, str) and value.startswith("@") and not value.startswith("@@"):
        return fault_in_word(world, attribute, value, words)
    if attribute.type == "choices" and isinstance(value, tuple):
        return next((fault for item in value if (fault := fault_in_literal(world, attribute, item))), "")
    return fault_in_literal(world, attribute, value)


def fault_in_word(world: World, attribute: Attribute, word: str, prefixes: tuple[str, ...]) -> str:
    """What is wrong with a word for an attribute."""
    prefix = next((prefix for prefix in prefixes if word.startswith(prefix) and len(word) > len(prefix)), "")
    if prefix == "@contact.":
        try:
            world.resolve("contact", word.removeprefix(prefix))
        except PathError as error:
            return error.message
        return ""
    if prefix:
        return ""
    if word in PEOPLE:
        fits = attribute.type == "lookup" and word[1:] in (targets_of(attribute) or (word[1:],))
    elif DAY.fullmatch(word) or word == "@now":
        fits = attribute.type in ("date", "datetime")
    else:
        hint = did_you_mean(word, (*WORDS, *prefixes))
        return told(
            "{word} is no word that is understood here; write @@ for a text that begins with @.{hint}",
            word=shown(word),
            hint=hint,
        )
    return (
        ""
        if fits
        else told(
            "{word} is no value for {attribute}, which is of type {type}.",
            word=word,
            attribute=attribute.key,
            type=Called(attribute.type, "type"),
        )
    )


def fault_in_literal(world: World, attribute: Attribute, value: Any) -> str:
    """What is wrong with a literal for an attribute."""
    if attribute.type in ("choice", "choices"):
        options = world.options(attribute)
        if options is None or str(value) in options:
            return ""
        return told(
            "{value} is no option of the choice {choice}.{hint}",
            value=shown(value),
            choice=attribute.choice,
            hint=did_you_mean(str(value), options),
        )
    try:
        PARSE[attribute.type](value)
    except (ValueError, TypeError, InvalidOperation):
        return told(
            "{value} is no value for {attribute}, which is of type {type}.",
            value=shown(value),
            attribute=attribute.key,
            type=Called(attribute.type, "type"),
        )
    if TYPES[attribute.type].textual and attribute.max_length and len(str(value)) > attribute.max_length:
        return told(
            "{value} is longer than the {max_length} characters of {attribute}.",
            value=shown(value),
            max_length=attribute.max_length,
            attribute=attribute.key,
        )
    return ""


def parse_text(value: Any) -> str:
    """A text; a whole number is taken as its digits."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError
    return str(value)


def parse_integer(value: Any) -> int:
    """A whole number."""
    if isinstance(value, bool | float):
        raise TypeError
    return int(str(value)[:40])


def parse_number(value: Any) -> Decimal:
    """An exact number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    number = Decimal(str(value)[:60])
    if not number.is_finite():
        raise ValueError
    return number


def parse_boolean(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def parse_nothing(value: Any) -> None:
    """No literal can be written for a file."""
    raise TypeError


PARSE: dict[str, Callable[[Any], Any]] = {
    **{name: parse_text for name, kind in TYPES.items() if kind.textual},
    "unique_id": lambda value: uuid.UUID(value),
    "integer": parse_integer,
    "decimal": parse_number,
    "money": parse_number,
    "boolean": parse_boolean,
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "lookup": parse_integer,
    "file": parse_nothing,
    "image": parse_nothing,
}
