"""JSON of messages: numbers with a point are read exactly, and what JSON has no type for is written as text."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from connectors.events.message import Unreadable


def read_json(body: bytes | str) -> Any:
    """The value of a text. Raises Unreadable, also for NaN and numbers that no decimal holds."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise Unreadable(f"the message is no JSON: {error}") from None


def write_json(value: Any) -> bytes:
    """A value as UTF-8; decimals, dates and moments are texts."""
    return json.dumps(value, default=_text, ensure_ascii=False, separators=(",", ":")).encode()


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")
