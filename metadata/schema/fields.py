"""Marshmallow fields for the values that properties of components have."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from metadata.schema.faults import Fault, did_you_mean, refuse, shown, word_for
from metadata.text import ANY_LANGUAGE, Text
from metadata.told import told

UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
LARGEST = 2**63
FETCH_XML = re.compile(r"\s*<(fetch|filter|entity|condition)\b", re.IGNORECASE)

MESSAGES: Any = {
    "required": [Fault("missing", told("A value is required here; add it."))],
    "null": [Fault("empty", told("There is no value here; give one or remove the line."))],
}


class Base(fields.Field[Any]):
    """A property with its rules: `pattern`, `choices`, `min`, `max`, as given to `prop()`."""

    default_error_messages = MESSAGES

    def __init__(self, rules: Mapping[str, Any], **options: Any) -> None:
        super().__init__(metadata=rules, **options)
        self.rules = rules
        pattern = rules.get("pattern")
        self.pattern = re.compile(re.sub(r"\$(\)?)$", r"\\Z\1", pattern)) if pattern else None


class Word(Base):
    """A text on which people do not differ by language. A whole number is taken as its digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        word = plain_text(value)
        if self.pattern and not self.pattern.search(word):
            if self.rules.get("secret"):  # what was written is not quoted: messages stand in logs and on screens
                raise refuse(
                    "secret", told("Write ${{NAME}} here, and set the environment variable NAME, or NAME_FILE, to the secret.")
                )
            wanted = (
                told("it is written as in {example}", example=self.rules["like"])
                if self.rules.get("like")
                else told("it must match {pattern}", pattern=self.rules["pattern"])
            )
            raise refuse("pattern", told("{value} is not allowed here: {wanted}.", value=shown(word), wanted=wanted))
        choices = self.rules.get("choices")
        if choices and word not in choices:
            allowed = ", ".join(choice for choice in choices if choice)
            hint = did_you_mean(word, choices)
            raise refuse(
                "choice",
                told("{value} is none of the allowed values: {allowed}.{hint}", value=shown(word), allowed=allowed, hint=hint),
            )
        return word


class Whole(Base):
    """A whole number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise refuse("type", told("A whole number is expected here, not {value}.", value=shown(value)))
        check_range(value, self.rules)
        return value


class Real(Base):
    """A number that may have a fraction."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise refuse("type", told("A number is expected here, not {value}.", value=shown(value)))
        check_range(value, self.rules)
        return float(value)


class Flag(Base):
    """True or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise refuse("type", told("true or false is expected here, not {value}.", value=shown(value)))
        return value


class Scalar(Base):
    """A single value of any simple type, or a list of them. Dates become their ISO text, so that all stores agree."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list | tuple):
            return tuple(simple(item) for item in value)
        return simple(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        plain = self._deserialize(value, attr, None)
        return list(plain) if isinstance(plain, tuple) else plain


class TextField(Base):
    """A text per language: a plain string for all of them, or a mapping of language tags and `any`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Text:
        if not isinstance(value, Mapping):
            return Text.of(plain_text(value))
        texts: dict[str, str] = {}
        faults: dict[str, Any] = {}
        for tag, text in value.items():
            try:
                texts[language_tag(tag)] = plain_text(text)
            except ValidationError as error:
                faults[tag] = error.messages
        if faults:
            raise ValidationError(faults)
        return Text(tuple(sorted(texts.items())))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if not value.values:
            return ""
        if len(value.values) == 1 and value.values[0][0] == ANY_LANGUAGE and value.values[0][1]:
            return value.values[0][1]
        return {tag or "any": text for tag, text in sorted(value.values)}


class Pairs(Base):
    """A YAML mapping whose order counts, kept as pairs."""

    def __init__(self, value: fields.Field[Any], rules: Mapping[str, Any], **options: Any) -> None:
        super().__init__(rules, **options)
        self.value = value

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[tuple[str, Any], ...]:
        if not isinstance(value, Mapping):
            raise refuse("type", told("A mapping of names to values is expected here, not a {word}.", word=word_for(value)))
        pairs: list[tuple[str, Any]] = []
        faults: dict[str, Any] = {}
        for name, inner in value.items():
            try:
                pairs.append((plain_text(name), self.value.deserialize(inner)))
            except ValidationError as error:
                faults[name] = error.messages
        if faults:
            raise ValidationError(faults)
        return tuple(pairs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> dict[str, Any]:
        return {name: self.value._serialize(inner, None, None) for name, inner in value}


class TupleOf(fields.List[Any]):
    """A list, kept as a tuple."""

    default_error_messages = {**MESSAGES, "invalid": [Fault("type", told("A list is expected here."))]}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(value, attr, data, **kwargs))


class Part(fields.Nested):
    """A part of a component, with a schema of its own."""

    default_error_messages = MESSAGES

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        if isinstance(value, str) and FETCH_XML.match(value):
            message = told(
                "FetchXML is not read here; write the conditions as attribute, operator and value, grouped by all and any."
            )
            raise refuse("fetchxml", message)
        return super()._deserialize(value, attr, data, partial=partial, **kwargs)


def plain_text(value: Any) -> str:
    """A string that every store can hold. Raises ValidationError for anything else."""
    if isinstance(value, str):
        if UNSTORABLE.search(value):
            raise refuse("text", told("The text has control characters that cannot be stored; remove them."))
        return value
    if value is None:
        raise ValidationError(MESSAGES["null"])
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST:
        return str(value)
    quotes = told(" Put it in quotes.") if isinstance(value, bool | float) else ""
    raise refuse("type", told("A text is expected here, not {value}.{quotes}", value=shown(value), quotes=quotes))


def language_tag(tag: Any) -> str:
    """The tag as a text keeps it: `any` is for all languages."""
    if tag == "any":
        return ANY_LANGUAGE
    if isinstance(tag, str) and LANGUAGE_TAG.fullmatch(tag):
        return tag
    raise refuse(
        "language", told("{value} is no language tag; write one such as en-US, or any for all languages.", value=shown(tag))
    )


def simple(value: Any) -> Any:
    """A simple value as stores keep it. Raises ValidationError for lists in lists, mappings and what is no value."""
    match value:
        case None | bool():
            return value
        case str():
            return plain_text(value)
        case int() if abs(value) < LARGEST:
            return value
        case float() if math.isfinite(value):
            return value
        case dt.date() | dt.time():
            return value.isoformat()
        case Decimal() if value.is_finite():
            return str(value)
    raise refuse("type", told("A single value, or a list of single values, is expected here, not {value}.", value=shown(value)))


def check_range(value: float, rules: Mapping[str, Any]) -> None:
    """Raises ValidationError where a number is outside `min` and `max`."""
    low, high = rules.get("min"), rules.get("max")
    if abs(value) >= LARGEST or (low is not None and value < low) or (high is not None and value > high):
        span = (
            told("from {low} to {high}", low=low, high=high)
            if None not in (low, high)
            else told("of {low} or more", low=low)
            if high is None
            else told("up to {high}", high=high)
        )
        raise refuse("range", told("{value} is out of range; a number {span} is expected here.", value=shown(value), span=span))
