"""Long lists of the studio a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import request

from runtime.errors import BadRequest

Line = TypeVar("Line")
AT_ONCE = 200
LONGEST = 6
"""Digits of a page's number."""


@dataclass(frozen=True, slots=True)
class Turned(Generic[Line]):
    """One page of lines: the first and the last by their places among all, and the addresses of the pages around it."""

    lines: Sequence[Line]
    first: int
    last: int
    total: int
    earlier: str = ""
    later: str = ""


def turned(lines: Sequence[Line], url: str, given: Mapping[str, str], at_once: int = AT_ONCE) -> Turned[Line]:
    """The page that the address asks for, the last one where it asks for a later one; `given` is what else stands there.

    Raises BadRequest for what is no page's number.
    """
    text = request.args.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST else 0
    if number < 1:
        raise BadRequest
    number = min(number, max(1, -(-len(lines) // at_once)))
    start = (number - 1) * at_once
    found = lines[start : start + at_once]

    def address(page: int) -> str:
        kept = {name: value for name, value in given.items() if value}
        return f"{url}?{urlencode({**kept, 'page': page})}"

    more = start + at_once < len(lines)
    return Turned(
        found,
        start + 1,
        start + len(found),
        len(lines),
        address(number - 1) if start else "",
        address(number + 1) if more else "",
    )
