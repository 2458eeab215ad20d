"""Which rows of ours go out: a declared condition on the row's own values, held against one row in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from metadata.model import Filter

Values = Mapping[str, Any]


def goes_out(condition: Filter | None, values: Values) -> bool:
    """Whether a row of ours with these attribute values goes out. Empty values equal null, and compare with nothing else."""
    if condition is None:
        return True
    if condition.all:
        return all(goes_out(part, values) for part in condition.all)
    if condition.any:
        return any(goes_out(part, values) for part in condition.any)
    found = values.get(condition.attribute)
    return COMPARED[condition.operator](None if found == "" else found, condition.value)


def _eq(found: Any, wanted: Any) -> bool:
    """Numbers by their value and all else by how it is written, since a file writes a date or a decimal as a text."""
    if found is None or wanted is None or wanted == "":
        return found is None and wanted in (None, "")
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    return bool(found == wanted) or str(found) == str(wanted)


def _among(found: Any, wanted: Any) -> bool:
    listed: Sequence[Any] = wanted if isinstance(wanted, (list, tuple)) else (wanted,)
    return any(_eq(found, item) for item in listed)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(found: Any, wanted: Any) -> bool:
        if found is None or wanted is None:
            return False
        same_kind = isinstance(found, (int, float)) or not hasattr(found, "isoformat")
        return compare(found, type(found)(wanted) if same_kind else type(found).fromisoformat(str(wanted)))

    return holds


COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": _eq,
    "ne": lambda found, wanted: not _eq(found, wanted),
    "lt": _ordered(lambda found, wanted: found < wanted),
    "le": _ordered(lambda found, wanted: found <= wanted),
    "gt": _ordered(lambda found, wanted: found > wanted),
    "ge": _ordered(lambda found, wanted: found >= wanted),
    "in": _among,
    "not_in": lambda found, wanted: not _among(found, wanted),
    "empty": lambda found, wanted: found is None,
    "not_empty": lambda found, wanted: found is not None,
}
"""How a value is compared, by the operator's name; those that are not here are for lists that people read."""
