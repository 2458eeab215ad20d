"""Tokens that name a place in an ordered list: the values of a row's sort columns and its id.

A token is no secret and carries no right: its values are only compared with, under the same predicate as everything else.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

import orjson

from runtime.records.plan import ListPlan, SortKey
from runtime.records.values import LARGEST, checked, read_value

LONGEST = 4000
UNUSABLE = ("type", "too_large", "too_small", "scale")


def make_token(sort: Sequence[SortKey], values: Sequence[Any], row: int) -> str:
    """The token of a row: `values` are those of its sort columns."""
    parts = [_mark(sort), *(None if value is None else _plain(value) for value in values), row]
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def read_token(plan: ListPlan, sort: Sequence[SortKey], token: str) -> tuple[Any, ...]:
    """The values and the id in a token made for this order. Raises ValueError where it is none."""
    if len(token) > LONGEST or not token.isascii():
        raise ValueError("too long")
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        parts = json.loads(text)
    except (binascii.Error, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("not a token") from error
    if not isinstance(parts, list) or len(parts) != len(sort) + 2 or parts[0] != _mark(sort):
        raise ValueError("a token of another list")
    row = parts[-1]
    if type(row) is not int or not 0 <= row <= LARGEST:
        raise ValueError("not a row")
    return (*(_typed(plan, path, part) for (path, _), part in zip(sort, parts[1:-1], strict=True)), row)


def _mark(sort: Sequence[SortKey]) -> str:
    return ",".join(f"-{path}" if descending else path for path, descending in sort)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int)) else value.isoformat() if hasattr(value, "isoformat") else str(value)


def _typed(plan: ListPlan, path: str, part: Any) -> Any:
    if part is None:
        return None
    if not isinstance(part, (str, int)):
        raise ValueError("not a value")
    attribute = plan.name_type(path)
    value, code = checked(plan.snapshot, attribute, read_value(attribute.type.name, part))
    if code in UNUSABLE:
        raise ValueError(code)
    return part if part == "" else value
