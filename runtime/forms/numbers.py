"""Numbers as people of different languages type them."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from runtime.forms.faults import Unparsable, unparsable

LONGEST_NUMBER = 60
_BLANKS = re.compile("[\\s\u00a0\u202f\u2009'’]")
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_PLAIN = re.compile(r"\d+(?:\.\d+)?|\.\d+")


@lru_cache(maxsize=200)
def locale_for(language: str) -> Locale:
    """The locale of a language tag, else of its base language, else English."""
    for tag in (language, language.partition("-")[0]):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


@lru_cache(maxsize=200)
def group_symbol(language: str) -> str:
    """The sign between thousands in a language: a comma, a point, or something that is not a mark."""
    return str(locale_for(language).number_symbols["latn"]["group"])


@lru_cache(maxsize=200)
def decimal_symbol(language: str) -> str:
    """The sign before the decimals in a language."""
    return str(locale_for(language).number_symbols["latn"]["decimal"])


def not_number(language: str) -> Unparsable:
    """The error for a text that is no number."""
    return unparsable("form.not_number", example=plain(Decimal("12.5"), language, least=2))


def _with_point(text: str, language: str) -> str:
    """The digits with a point before the decimals and nothing between thousands."""
    marks = [sign for sign in text if sign in ".,"]
    if not marks:
        return text
    if len(set(marks)) == 2:
        whole, decimals = text.rsplit(marks[-1], 1)
        if marks.count(marks[-1]) > 1 or not _GROUPED.fullmatch(whole):
            raise not_number(language)
        return f"{re.sub('[.,]', '', whole)}.{decimals}"
    if len(marks) > 1 or (marks[0] == group_symbol(language) and _GROUPED.fullmatch(text)):
        if not _GROUPED.fullmatch(text):
            raise not_number(language)
        return text.replace(marks[0], "")
    return text.replace(",", ".")


def parse_number(text: str, language: str) -> Decimal:
    """The number that a person of a language means: `1 234,50`, `1.234,50`, `1,234.50` and `1234.5` alike.

    A single mark is read as the language reads it; where it cannot stand between thousands it marks the decimals.
    Raises Unparsable for everything else, never guesses past a mark.
    """
    if len(text) > LONGEST_NUMBER:
        raise not_number(language)
    bare = _BLANKS.sub("", text).replace("\u2212", "-")
    sign = bare[:1] if bare[:1] in ("-", "+") else ""
    pointed = _with_point(bare[len(sign) :], language)
    if not pointed.isascii() or not _PLAIN.fullmatch(pointed):
        raise not_number(language)
    return Decimal(("-" if sign == "-" else "") + pointed)


def decimals(number: Decimal) -> int:
    """How many digits after the point a number needs."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def plain(number: Decimal, language: str, least: int = 0) -> str:
    """A number for an input: no thousands, the language's decimal mark, at least `least` decimals."""
    shown = max(least, decimals(number))
    text = f"{number:.{shown}f}"
    return text.replace(".", ",") if decimal_symbol(language) == "," else text
