"""Places in JSON: pointers as RFC 6901 has them, and paths of names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def at(document: Any, pointer: str) -> Any:
    """What a pointer such as /data/items leads to; the whole document for an empty one; None where it leads nowhere."""
    if not pointer:
        return document
    steps = pointer.removeprefix("/").split("/")
    return part(document, [step.replace("~1", "/").replace("~0", "~") for step in steps])


def part(document: Any, steps: Sequence[str]) -> Any:
    """What a way of names, or of places in lists, leads to; None where it leads nowhere."""
    found = document
    for step in steps:
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def has(document: Any, steps: Sequence[str]) -> bool:
    """Whether the last name of a way is there, whatever its value."""
    holder = part(document, steps[:-1])
    return isinstance(holder, dict) and steps[-1] in holder
