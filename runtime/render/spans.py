"""Spans of time in words."""

from __future__ import annotations

from runtime.render.texts import Texts

UNITS = (("days", 86_400), ("hours", 3600), ("minutes", 60), ("seconds", 1))
FEW = 10
"""Below so many of a unit the next smaller one is told as well."""


def span(say: Texts, seconds: float) -> str:
    """A span of time in its largest unit, the next one beside it where that says something."""
    left = max(0, int(seconds))
    place = next((at for at, (_, size) in enumerate(UNITS) if left >= size), len(UNITS) - 1)
    unit, size = UNITS[place]
    said = say(f"studio.sync_{unit}", number=left // size)
    if place + 1 == len(UNITS) or left // size >= FEW:
        return said
    smaller, small = UNITS[place + 1]
    rest = left % size // small
    return f"{said} {say(f'studio.sync_{smaller}', number=rest)}" if rest else said
