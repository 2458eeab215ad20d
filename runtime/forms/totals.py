"""Estimates under the lines of a form: products of paths, such as `quantity * product.price`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any


def total_paths(expression: str) -> tuple[str, ...]:
    """The paths that are multiplied; none for an empty expression."""
    return tuple(part.strip() for part in expression.split("*") if part.strip())


def product(paths: Iterable[str], value_of: Callable[[str], Any]) -> Decimal | None:
    """The product of the values; None where one is missing or no number."""
    result = Decimal(1)
    for path in paths:
        value = value_of(path)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return None
        result *= value
    return result


def total(amounts: Iterable[Decimal | None]) -> tuple[Decimal, int]:
    """The sum of the amounts that are known, and how many they are."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)), len(known)
