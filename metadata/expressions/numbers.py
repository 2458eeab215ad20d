"""Numbers of the language: exact decimals with at most ten digits after the point, rounded half away from zero.

PostgreSQL's numeric, Python's Decimal and the browser's BigInt then give the same digits.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

SCALE = 10
_UNIT = Decimal(1).scaleb(-SCALE)
_EXACT = Context(prec=20_000, rounding=ROUND_HALF_UP, Emax=999_999, Emin=-999_999)
LARGEST = 2**63 - 1
"""The largest whole number of smallest units that both databases can keep in a column."""


def add(a: Decimal, b: Decimal) -> Decimal:
    """The sum, exactly."""
    return _EXACT.add(a, b)


def multiply(a: Decimal, b: Decimal) -> Decimal:
    """The product, to ten digits after the point."""
    return _EXACT.multiply(a, b).quantize(_UNIT, context=_EXACT)


def divide(a: Decimal, b: Decimal) -> Decimal | None:
    """The quotient, to ten digits after the point; None over nothing."""
    if not b:
        return None
    over, under = _whole(a), _whole(b)
    sign = -1 if (over < 0) != (under < 0) else 1
    units = (2 * abs(over) * 10**SCALE + abs(under)) // (2 * abs(under))
    return _EXACT.scaleb(Decimal(sign * units), -SCALE)


def rounded(value: Decimal, digits: Decimal) -> Decimal:
    """To this many digits after the point, from 0 to 10."""
    return value.quantize(Decimal(1).scaleb(-max(0, min(SCALE, int(digits)))), context=_EXACT)


def fitted(value: Decimal | None, scale: int) -> Decimal | None:
    """A result as a column of this scale keeps it; None where it is too large for one."""
    if value is None:
        return None
    found = value.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    return found if abs(found) <= Decimal(LARGEST).scaleb(-scale) else None


def _whole(value: Decimal) -> int:
    return int(_EXACT.scaleb(value, SCALE))
