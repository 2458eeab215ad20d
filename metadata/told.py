"""Sentences about metadata that know what they are made of, so that they can be told again in another language.

Whoever takes a `Told` for a string has the English one: logs, the command line and programs read on as before. It keeps
its template and its values besides, and a value may itself be told: a suggestion at the end, a list in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from string import Formatter
from typing import Any, Self

Value = str | int | float


class Told(str):
    """A sentence in English, with the template and the named values that it was made of."""

    template: str
    values: Mapping[str, Value]
    capital: bool

    def __new__(cls, template: str, values: Mapping[str, Value], capital: bool = False) -> Self:
        """The sentence that `template` makes of `values`, beginning with a capital letter where that is wanted."""
        english = template.format_map(values)
        made = super().__new__(cls, capitalised(english) if capital else english)
        made.template, made.values, made.capital = template, values, capital
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.template, dict(self.values), self.capital)

    def __add__(self, other: str) -> str:
        return joined((self, other), "")


def told(template: str, /, **values: object) -> str:
    """A sentence made of a template and its values, as `str.format` would make it."""
    kept = {name: value if isinstance(value, str | int | float) else str(value) for name, value in values.items()}
    return Told(template, kept)


class Called(str):
    """A word of the engine's own that languages may have a word for: `of` says of what, such as `kind` and `type`."""

    of: str

    def __new__(cls, word: str, of: str) -> Self:
        """The word as it is written in metadata."""
        made = super().__new__(cls, word)
        made.of = of
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.of)


def joined(parts: Iterable[str], between: str = ", ") -> str:
    """Parts one after the other, each in the language of the whole."""
    values = {f"part_{number}": part for number, part in enumerate(parts)}
    separator = between.replace("{", "{{").replace("}", "}}")
    return Told(separator.join(f"{{{name}}}" for name in values), values)


def all_of(parts: Iterable[str]) -> str:
    """Parts joined by the word for and."""
    whole = ""
    for part in parts:
        whole = told("{before} and {last}", before=whole, last=part) if whole else part
    return whole


def one_of(parts: Iterable[str]) -> str:
    """Parts joined by the word for or."""
    whole = ""
    for part in parts:
        whole = told("{before} or {last}", before=whole, last=part) if whole else part
    return whole


def as_sentence(message: str) -> str:
    """A message that begins with a capital letter, in whatever language it is told."""
    if isinstance(message, Told):
        return Told(message.template, message.values, capital=True)
    return capitalised(message)


def capitalised(text: str) -> str:
    """A text with its first letter large."""
    return text[:1].upper() + text[1:]


class _Grouping(Formatter):
    """Fills a template, with numbers whose thousands are to be told apart as a language writes them."""

    def __init__(self, number: Callable[[int], str]) -> None:
        self._number = number

    def format_field(self, value: Any, format_spec: str) -> str:
        """A value of a template; `{most:,}` is what asks for thousands."""
        return self._number(value) if format_spec == "," and isinstance(value, int) else str(format(value, format_spec))


def retold(
    message: str, sentence: Callable[[str], str], word: Callable[[Called], str], number: Callable[[int], str] = "{:,}".format
) -> str:
    """A message in another language, given how that says a template, a word, and a number with its thousands told apart.

    What was never told stays as it is.
    Nothing is raised for a translation that asks for values that there are not: then the English one is told.
    """
    if isinstance(message, Called):
        return word(message)
    if not isinstance(message, Told):
        return message
    values = {
        name: retold(value, sentence, word, number) if isinstance(value, str) else value
        for name, value in message.values.items()
    }
    template = sentence(message.template)
    try:
        said = _Grouping(number).vformat(template, (), values)
    except (LookupError, ValueError, AttributeError):
        return str(message)
    return capitalised(said) if _begins_with_capital(template, message) else said


def _begins_with_capital(template: str, message: Told) -> bool:
    """Whether a message begins with a capital letter that its template does not have: never with the name of something."""
    if not message.capital and not message.template[:1].isupper():
        return False
    first = template[1:].partition("}")[0] if template.startswith("{") else ""
    return not first or isinstance(message.values.get(first), Told | Called)
