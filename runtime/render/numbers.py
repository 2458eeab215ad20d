"""Numbers as a language writes them, quickly: one pass of Python's own formatting, then the language's marks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal, get_currency_precision, get_decimal_symbol, get_group_symbol, get_minus_sign_symbol

NO_BREAK = "\u00a0"

NumberFormat = Callable[[int | Decimal], str]


def currency_digits(code: str) -> int:
    """Digits after the point with which a currency is written: 2 for SEK, 0 for JPY, 2 where there is no code."""
    return int(get_currency_precision(code)) if code else 2


@lru_cache(maxsize=256)
def fixed(locale: Locale, digits: int) -> NumberFormat:
    """Writes numbers with just so many digits after the point."""
    pattern = f",.{digits}f"
    if locale.decimal_formats[None].grouping != (3, 3):
        babel_pattern = f"#,##,##0.{'0' * digits}".rstrip(".")
        return lambda value: format_decimal(value, format=babel_pattern, locale=locale)
    return _with_marks(locale, lambda value: format(value, pattern))


@lru_cache(maxsize=256)
def shortest(locale: Locale, digits: int) -> NumberFormat:
    """Writes numbers with at most so many digits after the point, without zeros at the end."""
    write = fixed(locale, digits)
    point = get_decimal_symbol(locale)

    def short(value: int | Decimal) -> str:
        text = write(value)
        return text.rstrip("0").removesuffix(point) if point in text else text

    return short


@lru_cache(maxsize=256)
def ungrouped(locale: Locale) -> NumberFormat:
    """Writes whole numbers that are names rather than amounts, such as years."""
    minus = get_minus_sign_symbol(locale)
    return lambda value: str(value).replace("-", minus)


def _with_marks(locale: Locale, plain: NumberFormat) -> NumberFormat:
    """Numbers with a language's marks in the place of Python's; three replacements cost half of a translation."""
    # A space between thousands never breaks, whichever the locale data has.
    group = get_group_symbol(locale).replace(" ", NO_BREAK)
    point, minus = get_decimal_symbol(locale), get_minus_sign_symbol(locale)
    if (group, point, minus) == (",", ".", "-"):
        return plain
    return lambda value: plain(value).replace("-", minus).replace(",", "\0").replace(".", point).replace("\0", group)
