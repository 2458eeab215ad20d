"""What a preflight finds: which map, what was looked at, what is wrong, and how it is mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

ERROR, WARNING = "error", "warning"
NAMED = 5
"""How many values a finding names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that would go wrong (error), or may (warning). `place` is an attribute or a column of the map.

    `check` is stable: connection, outside, rows, changes, key, value_map, type, required, lookup, company, deletions, writing,
    table, state.
    """

    map: str
    check: str
    severity: str
    place: str
    what: str
    mend: str

    def __str__(self) -> str:
        place = f" {self.place}" if self.place else ""
        return f"{self.severity}: {self.map}{place}: {self.what} {self.mend}"


def named(values: Iterable[object]) -> str:
    """The values that occur most, in quotes, and how many more there are."""
    counted = Counter(str(value) for value in values)
    first = [repr(value[:60]) for value, _ in islice(counted.most_common(), NAMED)]
    more = len(counted) - len(first)
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")
