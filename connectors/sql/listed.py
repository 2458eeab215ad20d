"""The values that a CHECK allows a text column: `status IN ('open', 'closed')`, as each database writes it down.

Only a condition that is such a list as a whole is understood; of any other nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_TYPE = r"(?:::[a-z ]+(?:\(\d+\))?(?:\[\])?)?"
_NAME = r"(?P<q>[\"`\[]?)(?P<name>[^\"`\[\]():\s]+)[\"`\]]?"
_LITERAL = rf"(?:N|_\w+)?'((?:[^']|'')*)'{_TYPE}"
_LISTS = (
    re.compile(rf"{_NAME}\s+IN\s*\((?P<list>.*)\)", re.IGNORECASE | re.DOTALL),
    re.compile(rf"\(?{_NAME}\)?{_TYPE}\s*=\s*ANY\s*\(+\s*ARRAY\s*\[(?P<list>.*?)\]\)*{_TYPE}\)*", re.IGNORECASE | re.DOTALL),
)
_ITEMS = re.compile(rf"\s*{_LITERAL}\s*(?:,\s*{_LITERAL}\s*)*")


def listed_values(checks: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The allowed values by column. Where two conditions speak of one column, both would have to hold, and it is left out."""
    found: dict[str, tuple[str, ...]] = {}
    spoken: set[str] = set()
    for check in checks:
        told = _told(_bare(check.strip()))
        if told is None:
            continue
        name, values = told
        if name in spoken:
            found.pop(name, None)
            continue
        spoken.add(name)
        found[name] = values
    return found


def _told(check: str) -> tuple[str, tuple[str, ...]] | None:
    for form in _LISTS:
        match = form.fullmatch(check)
        if match is not None and _ITEMS.fullmatch(match["list"]):
            values = re.findall(_LITERAL, match["list"])
            return match["name"], tuple(dict.fromkeys(value.replace("''", "'") for value in values))
    return None


def _bare(check: str) -> str:
    """Without brackets around the whole."""
    while check.startswith("(") and check.endswith(")"):
        depth = 0
        for at, letter in enumerate(check):
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if depth == 0 and at < len(check) - 1:
                return check
        check = check[1:-1].strip()
    return check
