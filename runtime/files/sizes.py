"""Sizes of files in words. Pure."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_decimal

STEP = 1024
UNITS = ("B", "KB", "MB", "GB")
NO_BREAK = "\N{NO-BREAK SPACE}"


def size_said(size: int, locale: str) -> str:
    """A size with at most one decimal, such as "1.4 MB", in the manner of a locale such as sv_SE."""
    amount, unit = Decimal(size), 0
    while amount >= STEP and unit + 1 < len(UNITS):
        amount, unit = amount / STEP, unit + 1
    return f"{format_decimal(amount, format='#,##0.#', locale=locale)}{NO_BREAK}{UNITS[unit]}"
